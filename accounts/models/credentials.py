"""How people and services prove who they are. What is secret is kept as a hash; see docs/domains/accounts.md."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q, TextField
from django.db.models.functions import Cast, Lower
from django.db.models.lookups import Regex

from accounts.models.organizations import TenantRecord
from accounts.models.people import Membership
from azora.kernel.conditions import choice_field, one_of
from azora.kernel.records import Record

SHA256_HEX = r"^[0-9a-f]{64}$"

#: One scope: everything (`*`), an app (`lms`) or a resource (`lms.courses`), and what may be done with it.
SCOPE = r"(\*|[a-z]+(\.[a-z]+(-[a-z]+)*)?):(read|write)"


def digest_field() -> models.CharField:
    """A column for a SHA-256 digest in lower-case hexadecimal; pair it with :func:`is_digest`."""
    return models.CharField(max_length=64, editable=False)


def is_digest(field: str, *, name: str) -> models.CheckConstraint:
    """The constraint that holds a column to the form of a SHA-256 digest, so that no secret lands there by mistake."""
    return models.CheckConstraint(
        name=name,
        condition=Q(**{f"{field}__regex": SHA256_HEX}),
        violation_error_message=f"{field} must be a SHA-256 digest in 64 lower-case hexadecimal digits.",
    )


class Account(Record):
    """A person's account at an OAuth or OpenID Connect provider, by which they log in here."""

    # The link says nothing without the person.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="accounts")
    provider = models.CharField(max_length=60, help_text="The provider's short name, for example keycloak.")
    provider_account_id = models.CharField(max_length=255, help_text="The subject (`sub`) that the provider gives.")
    username = models.CharField(max_length=255, blank=True, default="", db_default="", help_text="The name used there.")
    email = models.EmailField(max_length=254, blank=True, default="", db_default="")
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta(Record.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "provider_account_id"],
                name="accounts_account_provider_account",
                violation_error_message="This account of the provider is linked to a person already.",
            ),
            models.CheckConstraint(
                name="accounts_account_provider_form",
                condition=Q(provider__regex=r"^[a-z0-9]+([._-][a-z0-9]+)*$"),
                violation_error_message="A provider's short name has lower-case letters and digits.",
            ),
            models.CheckConstraint(
                name="accounts_account_id_given",
                condition=~Q(provider_account_id=""),
                violation_error_message="The provider's id of the account is missing.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider}: {self.username or self.provider_account_id}"


class AssuranceLevel(models.TextChoices):
    """How surely the person was recognised: NIST SP 800-63B, section 4."""

    ONE = "aal1", "one factor"
    TWO = "aal2", "two factors"
    THREE = "aal3", "two factors, one of them hardware"


class Session(Record):
    """A browser's session. The token in its cookie is not kept, only the token's SHA-256."""

    # Whoever is erased is logged out everywhere. None while nobody has logged in.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="sessions"
    )
    token_hash = digest_field()
    data = models.TextField(
        blank=True, default="", db_default="", editable=False, help_text="Signed, as Django encodes it."
    )
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    device = models.CharField(
        max_length=500, blank=True, default="", db_default="", help_text="The browser, as it named itself."
    )
    ip_address = models.GenericIPAddressField(null=True, blank=True, help_text="Where the person logged in from.")
    assurance_level = choice_field(AssuranceLevel, null=True, blank=True)

    class Meta(Record.Meta):
        constraints = [
            is_digest("token_hash", name="accounts_session_token_digest"),
            models.UniqueConstraint(
                fields=["token_hash"],
                name="accounts_session_token",
                violation_error_message="There is a session with this token already.",
            ),
            models.CheckConstraint(
                name="accounts_session_assurance_level",
                condition=Q(assurance_level__isnull=True) | Q(assurance_level__in=AssuranceLevel.values),
                violation_error_message=f"assurance_level must be one of {', '.join(AssuranceLevel.values)}.",
            ),
            models.CheckConstraint(
                name="accounts_session_assured",
                condition=Q(user__isnull=True, assurance_level__isnull=True)
                | Q(user__isnull=False, assurance_level__isnull=False),
                violation_error_message="A session has an assurance level when somebody is logged in, and only then.",
            ),
            models.CheckConstraint(
                name="accounts_session_revocation",
                condition=Q(revoked_at__isnull=True) | Q(revoked_at__gte=F("created_at")),
                violation_error_message="A session cannot be revoked before it began.",
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="accounts_session_expiry")]

    def __str__(self) -> str:
        return f"session {self.pk}"


class TokenPurpose(models.TextChoices):
    INVITATION = "invitation"
    EMAIL_VERIFICATION = "email_verification"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - the name of a purpose
    LOG_IN = "log_in"


class VerificationToken(Record):
    """What was sent to a person so that they prove an address: works once, for one purpose, until it expires.

    A newer token for the same purpose replaces the older one, whose row goes.
    """

    # Tokens are worth nothing without the person or the membership that they were made for.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="verification_tokens")
    membership = models.ForeignKey(
        Membership, on_delete=models.CASCADE, null=True, blank=True, related_name="verification_tokens"
    )
    purpose = choice_field(TokenPurpose)
    email = models.EmailField(max_length=254, help_text="Where it was sent.")
    token_hash = digest_field()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta(Record.Meta):
        constraints = [
            one_of("purpose", TokenPurpose, name="accounts_verificationtoken_purpose"),
            is_digest("token_hash", name="accounts_verificationtoken_token_digest"),
            models.UniqueConstraint(
                fields=["token_hash"],
                name="accounts_verificationtoken_token",
                violation_error_message="There is a verification token like this already.",
            ),
            models.UniqueConstraint(
                fields=["user", "purpose", "membership"],
                name="accounts_verificationtoken_one_unused",
                condition=Q(used_at__isnull=True),
                nulls_distinct=False,
                violation_error_message="The person has an unused token for this already.",
            ),
            models.CheckConstraint(
                name="accounts_verificationtoken_membership",
                condition=Q(purpose=TokenPurpose.INVITATION, membership__isnull=False)
                | (~Q(purpose=TokenPurpose.INVITATION) & Q(membership__isnull=True)),
                violation_error_message="An invitation is to a membership; other tokens have none.",
            ),
            models.CheckConstraint(
                name="accounts_verificationtoken_expiry",
                condition=Q(expires_at__gt=F("created_at")),
                violation_error_message="A token cannot expire before it is made.",
            ),
            models.CheckConstraint(
                name="accounts_verificationtoken_use",
                condition=Q(used_at__isnull=True) | Q(used_at__gte=F("created_at"), used_at__lte=F("expires_at")),
                violation_error_message="A token is used between its making and its expiry.",
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="accounts_token_expiry")]

    def __str__(self) -> str:
        return f"{self.purpose} token {self.pk}"


class ApiKey(TenantRecord):
    """A service's key to the rows of one organization: `azk_<prefix>_<secret>`, the secret kept as its SHA-256."""

    name = models.CharField(max_length=200, help_text="Which service holds it.")
    prefix = models.CharField(max_length=12, help_text="The part by which it is found; not secret.")
    secret_hash = digest_field()
    scopes = ArrayField(models.CharField(max_length=130), help_text="For example lms.courses:read, lms:write, *:read.")
    # A service's key goes on working when the person who made it is gone.
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="To the minute.")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name = "API key"
        constraints = [
            *TenantRecord.Meta.constraints,
            is_digest("secret_hash", name="accounts_apikey_secret_digest"),
            # Over all organizations: the key is found by it before its organization is known.
            models.UniqueConstraint(
                fields=["prefix"],
                name="accounts_apikey_prefix",
                violation_error_message="There is a key with this prefix already.",
            ),
            models.CheckConstraint(
                name="accounts_apikey_prefix_form",
                condition=Q(prefix__regex=r"^[a-z2-7]{12}$"),
                violation_error_message="A key's prefix has twelve letters and digits of base 32.",
            ),
            models.UniqueConstraint(
                "organization",
                Lower("name"),
                name="accounts_apikey_name",
                condition=Q(revoked_at__isnull=True),
                violation_error_message="There is a key with this name already; revoke it or choose another name.",
            ),
            models.CheckConstraint(
                name="accounts_apikey_name_given",
                condition=~Q(name=""),
                violation_error_message="A key needs the name of the service that holds it.",
            ),
            # An array's text quotes what is not a plain word, so this holds every element and refuses NULL and {}.
            models.CheckConstraint(
                name="accounts_apikey_scopes_form",
                condition=Regex(Cast(F("scopes"), TextField()), rf"^\{{{SCOPE}(,{SCOPE})*\}}$"),
                violation_error_message="Scopes look like lms.courses:read, lms:write or *:read; a key has some.",
            ),
            models.CheckConstraint(
                name="accounts_apikey_expiry",
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=F("created_at")),
                violation_error_message="A key cannot expire before it is made.",
            ),
            models.CheckConstraint(
                name="accounts_apikey_revocation",
                condition=Q(revoked_at__isnull=True) | Q(revoked_at__gte=F("created_at")),
                violation_error_message="A key cannot be revoked before it is made.",
            ),
        ]

    def __str__(self) -> str:
        return self.name
