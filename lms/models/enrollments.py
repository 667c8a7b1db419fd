"""Who takes part in an offering, in what role, and how that stands."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.models import TenantRecord, User
from azora.kernel.conditions import choice_field, in_order, json_object, one_of, stated_when
from azora.kernel.constraints import SameParent, SameTenant, parent_key
from lms.models.courses import Course
from lms.models.offerings import Offering, Section


class EnrollmentRole(models.TextChoices):
    LEARNER = "learner"
    INSTRUCTOR = "instructor"
    ASSISTANT = "assistant"
    DESIGNER = "designer"
    OBSERVER = "observer"


class EnrollmentState(models.TextChoices):
    INVITED = "invited"
    ACTIVE = "active"
    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"
    SUSPENDED = "suspended"


#: An enrollment in one of these states is live: it holds a place, and a person has one of a role in an offering.
LIVE_STATES = (EnrollmentState.INVITED, EnrollmentState.ACTIVE, EnrollmentState.SUSPENDED)


class EnrollmentSource(models.TextChoices):
    """How the enrollment came about."""

    MANUAL = "manual", "By the staff"
    SELF = "self", "By the person"
    SIS = "sis", "By the student information system"
    COHORT = "cohort", "By membership of a cohort or unit"
    PURCHASE = "purchase"
    LTI = "lti", "By an LTI launch"
    IMPORT = "import", "By an import of another kind"


class Enrollment(TenantRecord):
    """A person's part in an offering.

    That the person is a member of the organization is a rule of `enrol_user`: membership may end later, and the
    enrollment stays as a record.
    """

    # Records of study outlive an account: people are erased by making them pseudonymous, never by deleting the row.
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="enrollments", db_index=False)
    # An offering that people took part in is part of their record.
    offering = models.ForeignKey(
        Offering, on_delete=models.PROTECT, related_name="enrollments", db_constraint=False, db_index=False
    )
    # The offering's course, kept here so that keys can hold progress to it; protected as the offering is.
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="enrollments", db_constraint=False)
    # People are moved to another section before theirs goes.
    section = models.ForeignKey(
        Section, on_delete=models.PROTECT, null=True, blank=True, related_name="enrollments", db_constraint=False
    )
    role = choice_field(EnrollmentRole, default=EnrollmentRole.LEARNER)
    state = choice_field(EnrollmentState, default=EnrollmentState.ACTIVE)
    source = choice_field(EnrollmentSource, default=EnrollmentSource.MANUAL)
    starts_at = models.DateTimeField(null=True, blank=True, help_text="Access begins; none: with the offering.")
    ends_at = models.DateTimeField(null=True, blank=True, help_text="Access ends; none: with the offering.")
    invited_at = models.DateTimeField(null=True, blank=True, editable=False)
    activated_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="When it first became active.")
    suspended_at = models.DateTimeField(null=True, blank=True, editable=False)
    completed_at = models.DateTimeField(null=True, blank=True, editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)
    attributes = models.JSONField(
        default=dict, db_default={}, blank=True, help_text="What only one source knows of it."
    )

    class Meta(TenantRecord.Meta):
        constraints = [
            *TenantRecord.Meta.constraints,
            parent_key("course", name="lms_enrollment_course_key"),
            parent_key("offering", name="lms_enrollment_offering_key"),
            SameTenant("course", name="lms_enrollment_course_tenant"),
            SameParent("offering", "course", name="lms_enrollment_offering_course"),
            SameParent("section", "offering", name="lms_enrollment_section_offering"),
            one_of("role", EnrollmentRole, name="lms_enrollment_role"),
            one_of("state", EnrollmentState, name="lms_enrollment_state"),
            one_of("source", EnrollmentSource, name="lms_enrollment_source"),
            json_object("attributes", name="lms_enrollment_attributes"),
            in_order("starts_at", "ends_at", name="lms_enrollment_dates_order"),
            stated_when("suspended_at", [EnrollmentState.SUSPENDED], name="lms_enrollment_suspended_time"),
            stated_when("completed_at", [EnrollmentState.COMPLETED], name="lms_enrollment_completed_time"),
            stated_when("withdrawn_at", [EnrollmentState.WITHDRAWN], name="lms_enrollment_withdrawn_time"),
            models.CheckConstraint(
                name="lms_enrollment_invited_time",
                condition=~Q(state=EnrollmentState.INVITED) | Q(invited_at__isnull=False, activated_at__isnull=True),
                violation_error_message="An invitation has its time, and was not accepted yet.",
            ),
            models.CheckConstraint(
                name="lms_enrollment_activated_time",
                condition=Q(state__in=[EnrollmentState.INVITED.value, EnrollmentState.WITHDRAWN.value])
                | Q(activated_at__isnull=False),
                violation_error_message="An enrollment that is or was active has the time when it became so.",
            ),
            in_order("invited_at", "activated_at", name="lms_enrollment_invited_first", strictly=False),
            in_order("activated_at", "suspended_at", name="lms_enrollment_suspended_later", strictly=False),
            in_order("activated_at", "completed_at", name="lms_enrollment_completed_later", strictly=False),
            in_order("activated_at", "withdrawn_at", name="lms_enrollment_withdrawn_later", strictly=False),
            models.UniqueConstraint(
                fields=["organization", "offering", "user", "role"],
                condition=Q(state__in=[state.value for state in LIVE_STATES]),
                name="lms_enrollment_one_live",
                violation_error_message="This person has a live enrollment of this role in the offering already.",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "state", "role"], name="lms_enrollment_by_user"),
            models.Index(fields=["offering", "role", "state"], name="lms_enrollment_by_offering"),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.user_id} in offering {self.offering_id}"
