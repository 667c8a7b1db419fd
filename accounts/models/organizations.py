"""Who owns rows: companies, organizations (the tenants) and the units inside an organization."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Upper

from azora.kernel.conditions import choice_field, json_object, language_tag, one_of, zone_name
from azora.kernel.constraints import SameTenant, tenant_key
from azora.kernel.records import Record
from azora.kernel.triggers import StaysTree


class Company(Record):
    """A legal entity that one or more organizations belong to."""

    name = models.CharField(max_length=200)
    registration_number = models.CharField(
        max_length=60, blank=True, default="", db_default="", help_text="Its number in the register of its country."
    )
    country = models.CharField(
        max_length=2, blank=True, default="", db_default="", help_text="ISO 3166-1, two capital letters."
    )

    class Meta(Record.Meta):
        verbose_name_plural = "companies"
        constraints = [
            models.CheckConstraint(
                name="accounts_company_name_given",
                condition=~Q(name=""),
                violation_error_message="A company needs a name.",
            ),
            models.CheckConstraint(
                name="accounts_company_country_code",
                condition=Q(country__regex=r"^([A-Z]{2})?$"),
                violation_error_message="The country must be two capital letters, as in ISO 3166-1.",
            ),
            models.CheckConstraint(
                name="accounts_company_registered_somewhere",
                condition=Q(registration_number="") | ~Q(country=""),
                violation_error_message="A registration number needs the country of its register.",
            ),
            models.UniqueConstraint(
                "country",
                "registration_number",
                name="accounts_company_registered_once",
                condition=~Q(registration_number=""),
                violation_error_message="There is a company with this registration number already.",
            ),
        ]
        indexes = [models.Index(Upper("name"), name="accounts_company_by_name")]

    def __str__(self) -> str:
        return self.name


class OrganizationStatus(models.TextChoices):
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class Organization(Record):
    """The tenant: every tenant-owned row carries one, and no row points across two."""

    # The company's books outlive its organizations: those are closed, and moved, before it goes.
    company = models.ForeignKey(Company, on_delete=models.PROTECT, null=True, blank=True, related_name="organizations")
    name = models.CharField(max_length=200)
    slug = models.CharField(max_length=63, help_text="Its name in addresses: lower-case letters, digits, hyphens.")
    description = models.TextField(blank=True, default="", db_default="")
    status = choice_field(OrganizationStatus, default=OrganizationStatus.ACTIVE)
    locale = models.CharField(max_length=35, default="en", db_default="en", help_text="BCP 47, for example pt-BR.")
    time_zone = models.CharField(max_length=64, default="UTC", db_default="UTC", help_text="An IANA name.")
    attributes = models.JSONField(default=dict, db_default={}, blank=True)

    class Meta(Record.Meta):
        constraints = [
            one_of("status", OrganizationStatus, name="accounts_organization_status"),
            json_object("attributes", name="accounts_organization_attributes"),
            language_tag("locale", name="accounts_organization_locale_form"),
            zone_name("time_zone", name="accounts_organization_time_zone_form"),
            models.CheckConstraint(
                name="accounts_organization_name_given",
                condition=~Q(name=""),
                violation_error_message="An organization needs a name.",
            ),
            models.CheckConstraint(
                name="accounts_organization_slug_form",
                condition=Q(slug__regex=r"^[a-z0-9]+(-[a-z0-9]+)*$"),
                violation_error_message="A slug has lower-case letters and digits, in parts joined by single hyphens.",
            ),
            models.UniqueConstraint(
                fields=["slug"],
                name="accounts_organization_slug",
                violation_error_message="There is an organization with this slug already.",
            ),
        ]
        indexes = [models.Index(Upper("name"), name="accounts_organization_by_name")]

    def __str__(self) -> str:
        return self.name


class TenantRecord(Record):
    """A row that one organization owns.

    It brings the key `(organization, id)`: the target of :class:`SameTenant` keys, the order of a tenant's lists, and
    the index behind `organization`. A subclass that declares constraints begins with `*TenantRecord.Meta.constraints`.
    """

    # A tenant's rows are exported and erased by operations of their own, never as a side effect of one delete.
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta(Record.Meta):
        abstract = True
        constraints = [tenant_key("%(app_label)s_%(class)s_tenant")]


class UnitKind(models.TextChoices):
    CAMPUS = "campus"
    FACULTY = "faculty"
    DEPARTMENT = "department"
    TEAM = "team"
    OTHER = "other"


class Unit(TenantRecord):
    """A part of an organization: a faculty, a department in it, a team in that."""

    # What lies below is moved or deleted first, knowingly.
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", db_constraint=False
    )
    kind = choice_field(UnitKind, default=UnitKind.OTHER)
    name = models.CharField(max_length=200)
    code = models.CharField(
        max_length=60, blank=True, default="", db_default="", help_text="Its code in the organization."
    )
    attributes = models.JSONField(default=dict, db_default={}, blank=True)

    class Meta(TenantRecord.Meta):
        constraints = [
            *TenantRecord.Meta.constraints,
            SameTenant("parent", name="accounts_unit_parent_tenant"),
            one_of("kind", UnitKind, name="accounts_unit_kind"),
            json_object("attributes", name="accounts_unit_attributes"),
            models.CheckConstraint(
                name="accounts_unit_name_given",
                condition=~Q(name=""),
                violation_error_message="A unit needs a name.",
            ),
            models.UniqueConstraint(
                "organization",
                "parent",
                Lower("name"),
                name="accounts_unit_name",
                nulls_distinct=False,
                violation_error_message="There is a unit of this name at this place already.",
            ),
            models.UniqueConstraint(
                "organization",
                Lower("code"),
                name="accounts_unit_code",
                condition=~Q(code=""),
                violation_error_message="There is a unit with this code already.",
            ),
        ]
        triggers = [*TenantRecord.Meta.triggers, StaysTree()]

    def __str__(self) -> str:
        return self.name
