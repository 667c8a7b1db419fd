"""What is taught: the tree of categories and the courses in it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Upper

from accounts.models import TenantRecord
from azora.kernel.conditions import at_least, choice_field, in_order, json_object, not_blank, one_of, stated_when
from azora.kernel.constraints import SameTenant
from azora.kernel.triggers import StaysTree


class Category(TenantRecord):
    """A place in an organization's tree of subjects."""

    # A branch is emptied knowingly: what lies below is moved or deleted first.
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", db_constraint=False
    )
    name = models.CharField(max_length=200)
    slug = models.CharField(max_length=100, help_text="Its name in addresses: lower-case letters, digits, hyphens.")
    description = models.TextField(blank=True, default="", db_default="")
    position = models.IntegerField(default=0, db_default=0, help_text="Its place among its siblings, from 0.")
    is_visible = models.BooleanField(default=True, db_default=True, help_text="Whether members see it.")

    class Meta(TenantRecord.Meta):
        verbose_name_plural = "categories"
        constraints = [
            *TenantRecord.Meta.constraints,
            SameTenant("parent", name="lms_category_parent_tenant"),
            not_blank("name", name="lms_category_name_given"),
            at_least(0, "position", name="lms_category_position_range"),
            models.CheckConstraint(
                name="lms_category_slug_form",
                condition=Q(slug__regex=r"^[a-z0-9]+(-[a-z0-9]+)*$"),
                violation_error_message="A slug has lower-case letters and digits, in parts joined by single hyphens.",
            ),
            models.UniqueConstraint(
                fields=["organization", "parent", "slug"],
                name="lms_category_slug",
                nulls_distinct=False,
                violation_error_message="There is a category with this slug at this place already.",
            ),
            models.UniqueConstraint(
                "organization",
                "parent",
                Lower("name"),
                name="lms_category_name",
                nulls_distinct=False,
                violation_error_message="There is a category of this name at this place already.",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "parent", "position"], name="lms_category_siblings"),
            models.Index(Upper("name"), name="lms_category_by_name"),
        ]
        triggers = [*TenantRecord.Meta.triggers, StaysTree()]

    def __str__(self) -> str:
        return self.name


class CourseState(models.TextChoices):
    DRAFT = "draft"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class Visibility(models.TextChoices):
    """Who may find a published course."""

    ORGANIZATION = "organization", "Members of the organization"
    ENROLLED = "enrolled", "Only people with an enrollment"


class Course(TenantRecord):
    """What is taught, whenever and to whomever; an offering teaches it in a term."""

    # A category in use is emptied first, so that no course falls out of the tree unseen.
    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, null=True, blank=True, related_name="courses", db_constraint=False
    )
    code = models.CharField(max_length=100, help_text="The organization's own short name for it, for example MATH-101.")
    title = models.CharField(max_length=255)
    summary = models.TextField(blank=True, default="", db_default="")
    language = models.CharField(max_length=35, default="en", db_default="en", help_text="BCP 47, for example pt-BR.")
    state = choice_field(CourseState, default=CourseState.DRAFT)
    visibility = choice_field(Visibility, default=Visibility.ORGANIZATION)
    starts_at = models.DateTimeField(null=True, blank=True, help_text="Not taught before; an offering may narrow it.")
    ends_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="When it was last published.")
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    sis_id = models.CharField(
        max_length=255, blank=True, default="", db_default="", help_text="Its key in the student information system."
    )
    attributes = models.JSONField(
        default=dict, db_default={}, blank=True, help_text="What only one source knows of it."
    )

    class Meta(TenantRecord.Meta):
        constraints = [
            *TenantRecord.Meta.constraints,
            SameTenant("category", name="lms_course_category_tenant"),
            one_of("state", CourseState, name="lms_course_state"),
            one_of("visibility", Visibility, name="lms_course_visibility"),
            json_object("attributes", name="lms_course_attributes"),
            not_blank("code", "title", name="lms_course_named"),
            in_order("starts_at", "ends_at", name="lms_course_dates_order"),
            stated_when("archived_at", [CourseState.ARCHIVED], name="lms_course_archived_time"),
            models.CheckConstraint(
                name="lms_course_published_time",
                condition=~Q(state=CourseState.PUBLISHED) | Q(published_at__isnull=False),
                violation_error_message="A published course has the time of its publication.",
            ),
            models.CheckConstraint(
                name="lms_course_language_form",
                condition=Q(language__regex=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$"),
                violation_error_message="The language must be a BCP 47 tag, as en or pt-BR.",
            ),
            models.UniqueConstraint(
                "organization",
                Lower("code"),
                name="lms_course_code",
                violation_error_message="There is a course with this code already.",
            ),
            models.UniqueConstraint(
                fields=["organization", "sis_id"],
                condition=~Q(sis_id=""),
                name="lms_course_sis_id",
                violation_error_message="There is a course with this key of the student information system already.",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "state", "id"], name="lms_course_by_state"),
            models.Index(fields=["organization", "title", "id"], name="lms_course_titles"),
            models.Index(Upper("code"), name="lms_course_by_code"),
            models.Index(Upper("title"), name="lms_course_by_title"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"
