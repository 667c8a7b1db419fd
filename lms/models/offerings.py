"""When a course is taught: terms, offerings, their sections, and sections taught together with another offering's."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from accounts.models import TenantRecord
from azora.kernel.conditions import at_least, choice_field, in_order, json_object, not_blank, one_of
from azora.kernel.constraints import SameParent, SameTenant, parent_key
from lms.models.courses import Course


class Term(TenantRecord):
    """A stretch of the academic calendar: a semester, a trimester, a year."""

    code = models.CharField(
        max_length=100, help_text="The organization's own short name for it, for example 2026-AUTUMN."
    )
    name = models.CharField(max_length=255)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    sis_id = models.CharField(
        max_length=255, blank=True, default="", db_default="", help_text="Its key in the student information system."
    )

    class Meta(TenantRecord.Meta):
        constraints = [
            *TenantRecord.Meta.constraints,
            not_blank("code", "name", name="lms_term_named"),
            in_order("starts_at", "ends_at", name="lms_term_dates_order"),
            models.UniqueConstraint(
                "organization",
                Lower("code"),
                name="lms_term_code",
                violation_error_message="There is a term with this code already.",
            ),
            models.UniqueConstraint(
                fields=["organization", "sis_id"],
                condition=~Q(sis_id=""),
                name="lms_term_sis_id",
                violation_error_message="There is a term with this key of the student information system already.",
            ),
        ]
        indexes = [models.Index(fields=["organization", "starts_at", "id"], name="lms_term_by_start")]

    def __str__(self) -> str:
        return self.name


class OfferingState(models.TextChoices):
    PLANNED = "planned"
    OPEN = "open", "Open for enrollment"
    CLOSED = "closed", "Closed for enrollment"
    CANCELLED = "cancelled"


class Offering(TenantRecord):
    """A course as it is taught once: in a term, or without one where people learn at their own pace."""

    # What was offered is part of the record of a course.
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="offerings", db_constraint=False)
    # A term in use is part of the record of its offerings.
    term = models.ForeignKey(
        Term, on_delete=models.PROTECT, null=True, blank=True, related_name="offerings", db_constraint=False
    )
    code = models.CharField(max_length=100, help_text="Tells the offerings of a course in a term apart, for example A.")
    state = choice_field(OfferingState, default=OfferingState.PLANNED)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    enrollment_opens_at = models.DateTimeField(null=True, blank=True)
    enrollment_closes_at = models.DateTimeField(null=True, blank=True)
    capacity = models.IntegerField(null=True, blank=True, help_text="Places for learners; none: no limit.")
    allows_self_enrollment = models.BooleanField(default=False, db_default=False)
    # A scale that grades were given by is not deleted beneath them.
    scale = models.ForeignKey(
        "lms.Scale",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="offerings",
        db_constraint=False,
        help_text="What turns a final percentage into a letter.",
    )
    attributes = models.JSONField(
        default=dict, db_default={}, blank=True, help_text="What only one source knows of it."
    )

    class Meta(TenantRecord.Meta):
        constraints = [
            *TenantRecord.Meta.constraints,
            parent_key("course", name="lms_offering_course_key"),
            SameTenant("course", name="lms_offering_course_tenant"),
            SameTenant("term", name="lms_offering_term_tenant"),
            SameTenant("scale", name="lms_offering_scale_tenant"),
            one_of("state", OfferingState, name="lms_offering_state"),
            json_object("attributes", name="lms_offering_attributes"),
            not_blank("code", name="lms_offering_code_given"),
            in_order("starts_at", "ends_at", name="lms_offering_dates_order"),
            in_order("enrollment_opens_at", "enrollment_closes_at", name="lms_offering_enrollment_dates_order"),
            at_least(0, "capacity", name="lms_offering_capacity_range"),
            models.UniqueConstraint(
                "organization",
                "course",
                "term",
                Lower("code"),
                name="lms_offering_code",
                nulls_distinct=False,
                violation_error_message="There is an offering with this code of the course in this term already.",
            ),
        ]
        indexes = [models.Index(fields=["organization", "state", "id"], name="lms_offering_by_state")]

    def __str__(self) -> str:
        return self.code


class Section(TenantRecord):
    """A part of an offering's people who meet together."""

    # A section has no life outside its offering; enrollments in it keep both.
    offering = models.ForeignKey(Offering, on_delete=models.CASCADE, related_name="sections", db_constraint=False)
    name = models.CharField(max_length=255)
    capacity = models.IntegerField(
        null=True, blank=True, help_text="Places for learners; none: the offering's limit alone."
    )
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    sis_id = models.CharField(
        max_length=255, blank=True, default="", db_default="", help_text="Its key in the student information system."
    )

    class Meta(TenantRecord.Meta):
        constraints = [
            *TenantRecord.Meta.constraints,
            parent_key("offering", name="lms_section_offering_key"),
            SameTenant("offering", name="lms_section_offering_tenant"),
            not_blank("name", name="lms_section_name_given"),
            in_order("starts_at", "ends_at", name="lms_section_dates_order"),
            at_least(0, "capacity", name="lms_section_capacity_range"),
            models.UniqueConstraint(
                "organization",
                "offering",
                Lower("name"),
                name="lms_section_name",
                violation_error_message="There is a section of this name in the offering already.",
            ),
            models.UniqueConstraint(
                fields=["organization", "sis_id"],
                condition=~Q(sis_id=""),
                name="lms_section_sis_id",
                violation_error_message="There is a section with this key of the student information system already.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CrossListing(TenantRecord):
    """A section of one offering that is taught together with another offering.

    People stay enrolled in, and are graded by, the section's own offering; the staff of the host teach them.
    """

    # The arrangement is about the section, and goes with it.
    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="cross_listings", db_constraint=False)
    # The section's own offering, kept here so that a check can tell it from the host; it goes with the section.
    offering = models.ForeignKey(Offering, on_delete=models.CASCADE, related_name="lent_sections", db_constraint=False)
    # Without its host the section is taught by its own offering again.
    host = models.ForeignKey(Offering, on_delete=models.CASCADE, related_name="hosted_sections", db_constraint=False)

    class Meta(TenantRecord.Meta):
        constraints = [
            *TenantRecord.Meta.constraints,
            SameTenant("offering", name="lms_crosslisting_offering_tenant"),
            SameTenant("host", name="lms_crosslisting_host_tenant"),
            SameParent("section", "offering", name="lms_crosslisting_section_offering"),
            models.CheckConstraint(
                name="lms_crosslisting_elsewhere",
                condition=~Q(host=F("offering")),
                violation_error_message="A section is cross-listed with another offering than its own.",
            ),
            models.UniqueConstraint(
                fields=["organization", "section"],
                name="lms_crosslisting_once",
                violation_error_message="The section is cross-listed already.",
            ),
        ]

    def __str__(self) -> str:
        return f"section {self.section_id} with offering {self.host_id}"
