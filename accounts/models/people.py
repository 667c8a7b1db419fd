"""People, and their memberships of organizations."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Upper
from django.utils.functional import cached_property

from accounts.models.organizations import OrganizationStatus, TenantRecord, Unit
from accounts.models.roles import BuiltInRole
from azora.kernel.actor import Actor
from azora.kernel.conditions import choice_field, json_object, language_tag, one_of, zone_name
from azora.kernel.constraints import SameTenant
from azora.kernel.records import Record


class UserStatus(models.TextChoices):
    INVITED = "invited"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class UserQuerySet(models.QuerySet["User"]):
    def with_email(self, email: str) -> Self:
        """The person with this address, whatever its case; served by the unique index."""
        return self.alias(email_key=Lower("email")).filter(email_key=email.strip().lower())


class People(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """What Django's authentication asks of the people's table."""

    def get_by_natural_key(self, username: str | None) -> User:
        person: User = self.with_email(username or "").get()
        return person


class User(AbstractBaseUser, Record):
    """A person, known once on the platform whatever organizations they belong to."""

    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=200, blank=True, default="", db_default="", help_text="As the person writes it.")
    about = models.TextField(
        blank=True, default="", db_default="", help_text="What the person tells others of themselves."
    )
    # Longer than Django's: hashes of other systems carry long salts.
    password = models.CharField(max_length=256)
    status = choice_field(UserStatus, default=UserStatus.INVITED)
    locale = models.CharField(max_length=35, default="en", db_default="en", help_text="BCP 47, for example pt-BR.")
    time_zone = models.CharField(max_length=64, default="UTC", db_default="UTC", help_text="An IANA name.")
    email_verified_at = models.DateTimeField(null=True, blank=True)
    last_login = None  # Django's own column, which it writes through a signal
    last_login_at = models.DateTimeField(null=True, blank=True, help_text="When the password was last given rightly.")
    attributes = models.JSONField(default=dict, db_default={}, blank=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = People()

    class Meta(Record.Meta):
        constraints = [
            one_of("status", UserStatus, name="accounts_user_status"),
            json_object("attributes", name="accounts_user_attributes"),
            language_tag("locale", name="accounts_user_locale_form"),
            zone_name("time_zone", name="accounts_user_time_zone_form"),
            models.UniqueConstraint(
                Lower("email"),
                name="accounts_user_email",
                violation_error_message="There is a person with this e-mail address already.",
            ),
            models.CheckConstraint(
                name="accounts_user_email_form",
                condition=Q(email__regex=r"^[^@\s]+@[^@\s]+$"),
                violation_error_message="An e-mail address has one @ and no spaces.",
            ),
        ]
        indexes = [
            models.Index(fields=["email"], name="accounts_user_same_email"),
            models.Index(Upper("email"), name="accounts_user_by_email"),
            models.Index(Upper("name"), name="accounts_user_by_name"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_active(self) -> bool:  # type: ignore[override]
        return bool(self.status == UserStatus.ACTIVE)

    @cached_property
    def live_roles(self) -> frozenset[tuple[str, Any]]:
        """The roles held now, as (code, organization's id or None for the platform); asked once per instance."""
        return frozenset(self.role_assignments.live().values_list("role__code", "organization_id"))

    @property
    def platform_roles(self) -> frozenset[str]:
        return frozenset(code for code, organization in self.live_roles if organization is None)

    @property
    def is_superuser(self) -> bool:
        return BuiltInRole.PLATFORM_ADMINISTRATOR in self.platform_roles

    @property
    def is_staff(self) -> bool:
        """Whether the admin opens: for those who hold a role on the platform itself."""
        return bool(self.platform_roles)

    def has_perm(self, perm: str, _obj: object = None) -> bool:
        """Administrators of the platform may all, its auditors may look (`app.view_model`)."""
        if not self.is_active:
            return False
        if self.is_superuser:
            return True
        _, _, codename = perm.partition(".")
        return BuiltInRole.PLATFORM_AUDITOR in self.platform_roles and codename.startswith("view_")

    def has_perms(self, perms: list[str], obj: object = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perms)

    def has_module_perms(self, _app_label: str) -> bool:
        return self.is_active and self.is_staff

    @cached_property
    def _actor(self) -> Actor:
        organizations = frozenset(
            self.memberships.filter(
                state=MembershipState.ACTIVE, organization__status=OrganizationStatus.ACTIVE
            ).values_list("organization_id", flat=True)
        )
        administered = {
            organization for code, organization in self.live_roles if code == BuiltInRole.ORGANIZATION_ADMINISTRATOR
        }
        return Actor(
            user_id=self.pk,
            organizations=organizations,
            administers=organizations & administered,
            is_platform_admin=self.is_superuser,
        )

    def as_actor(self) -> Actor:
        """What this person may act as, by two queries at the first call of an instance; nobody unless active."""
        return self._actor if self.is_active else Actor()


class MembershipState(models.TextChoices):
    INVITED = "invited"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"


class Membership(TenantRecord):
    """A person in an organization. One that ended stays as history; at most one is live."""

    # The person's account is closed, not deleted, while an organization counts them; erasure ends memberships first.
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    # Its people are moved to another unit first.
    unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="memberships", db_constraint=False
    )
    state = choice_field(MembershipState, default=MembershipState.INVITED)
    number = models.CharField(
        max_length=60, blank=True, default="", db_default="", help_text="The organization's own number of the person."
    )
    position = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="What the person is there."
    )
    joined_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    # Who invited is told as long as they are known.
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta(TenantRecord.Meta):
        constraints = [
            *TenantRecord.Meta.constraints,
            SameTenant("unit", name="accounts_membership_unit_tenant"),
            one_of("state", MembershipState, name="accounts_membership_state"),
            models.UniqueConstraint(
                fields=["organization", "user"],
                name="accounts_membership_one_live",
                condition=~Q(state=MembershipState.ENDED),
                violation_error_message="This person is a member of the organization already.",
            ),
            models.UniqueConstraint(
                "organization",
                Lower("number"),
                name="accounts_membership_number",
                condition=~Q(number="") & ~Q(state=MembershipState.ENDED),
                violation_error_message="Another member of the organization has this number.",
            ),
            models.CheckConstraint(
                name="accounts_membership_joined",
                condition=Q(joined_at__isnull=False) | Q(state__in=[MembershipState.INVITED, MembershipState.ENDED]),
                violation_error_message="Who is a member has joined: joined_at is missing.",
            ),
            models.CheckConstraint(
                name="accounts_membership_ended",
                condition=Q(state=MembershipState.ENDED, ended_at__isnull=False)
                | (~Q(state=MembershipState.ENDED) & Q(ended_at__isnull=True)),
                violation_error_message="ended_at is told of memberships that ended, and of no others.",
            ),
            models.CheckConstraint(
                name="accounts_membership_times",
                condition=Q(joined_at__isnull=True) | Q(ended_at__isnull=True) | Q(ended_at__gte=F("joined_at")),
                violation_error_message="A membership cannot end before it began.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.organization_id}: {self.state}"
