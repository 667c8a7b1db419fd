"""Second factors: what a person has besides the password."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q, TextField
from django.db.models.functions import Cast, Lower
from django.db.models.lookups import Regex

from azora.kernel.conditions import choice_field, one_of
from azora.kernel.records import Record


class FactorKind(models.TextChoices):
    TOTP = "totp", "time-based codes"
    WEBAUTHN = "webauthn", "security key or passkey"
    RECOVERY_CODES = "recovery_codes", "recovery codes"


class TotpAlgorithm(models.TextChoices):
    SHA1 = "sha1"
    SHA256 = "sha256"
    SHA512 = "sha512"


class TwoFactorDevice(Record):
    """A second factor of a person: an app with codes (RFC 6238), a WebAuthn credential, or a sheet of recovery codes.

    It counts once it is confirmed. Recovery codes carry at least 128 random bits each, so a plain SHA-256 keeps them.
    """

    # A factor says nothing without the person.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="two_factor_devices")
    kind = choice_field(FactorKind)
    name = models.CharField(max_length=200, help_text="As the person calls it.")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    totp_algorithm = choice_field(TotpAlgorithm, null=True, blank=True)
    totp_digits = models.SmallIntegerField(null=True, blank=True)
    totp_period = models.SmallIntegerField(null=True, blank=True, help_text="Seconds.")
    totp_last_step = models.BigIntegerField(
        null=True, blank=True, help_text="The last time step used; a code of it or before is refused."
    )

    webauthn_credential_id = models.BinaryField(null=True, blank=True)
    webauthn_public_key = models.BinaryField(null=True, blank=True, help_text="COSE.")
    webauthn_sign_count = models.BigIntegerField(null=True, blank=True)
    webauthn_aaguid = models.UUIDField(null=True, blank=True, help_text="The authenticator's model.")
    webauthn_transports = ArrayField(models.CharField(max_length=20), null=True, blank=True)

    recovery_code_hashes = ArrayField(models.CharField(max_length=64), null=True, blank=True, editable=False)

    class Meta(Record.Meta):
        constraints = [
            one_of("kind", FactorKind, name="accounts_twofactordevice_kind"),
            models.UniqueConstraint(
                "user",
                Lower("name"),
                name="accounts_twofactordevice_name",
                violation_error_message="The person has a second factor of this name already.",
            ),
            models.CheckConstraint(
                name="accounts_twofactordevice_name_given",
                condition=~Q(name=""),
                violation_error_message="A second factor needs a name.",
            ),
            models.UniqueConstraint(
                fields=["user"],
                name="accounts_twofactordevice_one_sheet",
                condition=Q(kind=FactorKind.RECOVERY_CODES),
                violation_error_message="The person has recovery codes already.",
            ),
            models.UniqueConstraint(
                fields=["webauthn_credential_id"],
                name="accounts_twofactordevice_credential",
                violation_error_message="This security key is registered already.",
            ),
            models.CheckConstraint(
                name="accounts_twofactordevice_totp",
                condition=Q(
                    kind=FactorKind.TOTP,
                    totp_algorithm__isnull=False,
                    totp_digits__isnull=False,
                    totp_period__isnull=False,
                )
                | (
                    ~Q(kind=FactorKind.TOTP)
                    & Q(
                        totp_algorithm__isnull=True,
                        totp_digits__isnull=True,
                        totp_period__isnull=True,
                        totp_last_step__isnull=True,
                    )
                ),
                violation_error_message="Time-based codes, and they alone, have an algorithm, digits and a period.",
            ),
            models.CheckConstraint(
                name="accounts_twofactordevice_totp_algorithm",
                condition=Q(totp_algorithm__isnull=True) | Q(totp_algorithm__in=TotpAlgorithm.values),
                violation_error_message=f"totp_algorithm must be one of {', '.join(TotpAlgorithm.values)}.",
            ),
            models.CheckConstraint(
                name="accounts_twofactordevice_totp_range",
                condition=(Q(totp_digits__isnull=True) | Q(totp_digits__range=(6, 8)))
                & (Q(totp_period__isnull=True) | Q(totp_period__range=(15, 300)))
                & (Q(totp_last_step__isnull=True) | Q(totp_last_step__gte=0)),
                violation_error_message="Codes have 6 to 8 digits, a period of 15 to 300 seconds and no negative step.",
            ),
            models.CheckConstraint(
                name="accounts_twofactordevice_webauthn",
                condition=Q(
                    kind=FactorKind.WEBAUTHN,
                    webauthn_credential_id__isnull=False,
                    webauthn_public_key__isnull=False,
                    webauthn_sign_count__gte=0,
                )
                | (
                    ~Q(kind=FactorKind.WEBAUTHN)
                    & Q(
                        webauthn_credential_id__isnull=True,
                        webauthn_public_key__isnull=True,
                        webauthn_sign_count__isnull=True,
                        webauthn_aaguid__isnull=True,
                        webauthn_transports__isnull=True,
                    )
                ),
                violation_error_message="Security keys, and they alone, have a credential, a public key and a count.",
            ),
            models.CheckConstraint(
                name="accounts_twofactordevice_recovery",
                condition=Q(kind=FactorKind.RECOVERY_CODES, recovery_code_hashes__isnull=False)
                | (~Q(kind=FactorKind.RECOVERY_CODES) & Q(recovery_code_hashes__isnull=True)),
                violation_error_message="Recovery codes, and they alone, have hashes of codes.",
            ),
            # An array's text quotes what is not a plain word, so this holds every element and refuses NULL.
            models.CheckConstraint(
                name="accounts_twofactordevice_recovery_digest",
                condition=Q(recovery_code_hashes__isnull=True)
                | Q(Regex(Cast(F("recovery_code_hashes"), TextField()), r"^\{([0-9a-f]{64}(,[0-9a-f]{64})*)?\}$")),
                violation_error_message="Recovery codes are kept as SHA-256 digests.",
            ),
            models.CheckConstraint(
                name="accounts_twofactordevice_use",
                condition=Q(last_used_at__isnull=True)
                | Q(confirmed_at__isnull=False, last_used_at__gte=F("confirmed_at")),
                violation_error_message="A second factor is used after it was confirmed.",
            ),
        ]

    def __str__(self) -> str:
        return self.name
