"""What each actor may see of learning. The same answer serves lists, addresses, and rows named in a request's body.

Administrators of an organization and its API keys see all of its rows, administrators of the platform those of every
organization, nobody else's rows are seen by anyone outside the organization. Other members see what is said below, and
so does a person by each of their enrollments:

- *entitled* by an active or completed enrollment: the lessons of the course, the groups and gradebook of the offering;
- *staff* by an active one as instructor, assistant or designer: what is not published yet, too;
- *teaching* by an active one as instructor or assistant: everyone's enrollments, progress and grades in the offering.
"""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

from azora.kernel.actor import Actor
from lms.models import (
    Category,
    Course,
    CourseModule,
    CourseProgress,
    CourseState,
    CrossListing,
    Enrollment,
    EnrollmentRole,
    EnrollmentState,
    Grade,
    GradeCategory,
    GradeChange,
    GradeItem,
    GradingPeriod,
    Group,
    GroupMember,
    GroupSet,
    LatePolicy,
    Lesson,
    LessonProgress,
    Offering,
    OfferingState,
    Prerequisite,
    Scale,
    ScaleLevel,
    Section,
    Term,
    Visibility,
)

ENTITLING_STATES = (EnrollmentState.ACTIVE, EnrollmentState.COMPLETED)
STAFF_ROLES = (EnrollmentRole.INSTRUCTOR, EnrollmentRole.ASSISTANT, EnrollmentRole.DESIGNER)
TEACHING_ROLES = (EnrollmentRole.INSTRUCTOR, EnrollmentRole.ASSISTANT)

Row = TypeVar("Row", bound=Model)


def _visible(rows: QuerySet[Row], actor: Actor, to_members: Q) -> QuerySet[Row]:
    """All rows where the actor administers, and those of its other organizations that `to_members` lets through."""
    if actor.is_platform_admin:
        return rows
    if actor.is_anonymous:
        return rows.none()
    elsewhere = actor.organizations - actor.administers
    return rows.filter(Q(organization__in=actor.administers) | (Q(organization__in=elsewhere) & to_members))


def _enrollments_of(actor: Actor) -> QuerySet[Enrollment]:
    """The person's own enrollments, except those they withdrew from; a key has none."""
    if actor.user_id is None:
        return Enrollment.objects.none()
    return Enrollment.objects.filter(user=actor.user_id).exclude(state=EnrollmentState.WITHDRAWN)


def _entitled(actor: Actor) -> QuerySet[Enrollment]:
    return _enrollments_of(actor).filter(state__in=ENTITLING_STATES)


def _staff(actor: Actor) -> QuerySet[Enrollment]:
    return _enrollments_of(actor).filter(state=EnrollmentState.ACTIVE, role__in=STAFF_ROLES)


def _teaching(actor: Actor) -> QuerySet[Enrollment]:
    return _enrollments_of(actor).filter(state=EnrollmentState.ACTIVE, role__in=TEACHING_ROLES)


# -- Courses -----------------------------------------------------------------------------------------------------------


def categories_visible_to(*, actor: Actor) -> QuerySet[Category]:
    """Members see the visible ones."""
    return _visible(Category.objects.all(), actor, Q(is_visible=True))


def courses_visible_to(*, actor: Actor) -> QuerySet[Course]:
    """Members see published courses, unless only the enrolled may, and every course that they are enrolled in."""
    return _visible(
        Course.objects.all(),
        actor,
        Q(state=CourseState.PUBLISHED, visibility=Visibility.ORGANIZATION)
        | Q(pk__in=_enrollments_of(actor).values("course")),
    )


def modules_visible_to(*, actor: Actor) -> QuerySet[CourseModule]:
    """Members see the published outline of the courses that they see; staff what is not published, too."""
    return _visible(
        CourseModule.objects.all(),
        actor,
        Q(is_published=True, course__in=courses_visible_to(actor=actor).values("pk"))
        | Q(course__in=_staff(actor).values("course")),
    )


def lessons_visible_to(*, actor: Actor) -> QuerySet[Lesson]:
    """The entitled see what is published; staff what is not, too."""
    rows = Lesson.objects.values("pk")
    published = rows.filter(is_published=True, module__is_published=True)
    entitled = published.filter(course__in=_entitled(actor).values("course"))
    staffed = rows.filter(course__in=_staff(actor).values("course"))
    return _visible(Lesson.objects.all(), actor, Q(pk__in=entitled.union(staffed, all=True)))


def prerequisites_visible_to(*, actor: Actor) -> QuerySet[Prerequisite]:
    """Members see those of the courses that they see."""
    return _visible(Prerequisite.objects.all(), actor, Q(course__in=courses_visible_to(actor=actor).values("pk")))


# -- Offerings ---------------------------------------------------------------------------------------------------------


def terms_visible_to(*, actor: Actor) -> QuerySet[Term]:
    """Members see all."""
    return _visible(Term.objects.all(), actor, Q())


def offerings_visible_to(*, actor: Actor) -> QuerySet[Offering]:
    """Members see the open and closed ones of the courses that they see, and every one that they are enrolled in."""
    return _visible(
        Offering.objects.all(),
        actor,
        Q(
            state__in=[OfferingState.OPEN, OfferingState.CLOSED],
            course__in=courses_visible_to(actor=actor).values("pk"),
        )
        | Q(pk__in=_enrollments_of(actor).values("offering")),
    )


def sections_visible_to(*, actor: Actor) -> QuerySet[Section]:
    """Members see those of the offerings that they see."""
    return _visible(Section.objects.all(), actor, Q(offering__in=offerings_visible_to(actor=actor).values("pk")))


def cross_listings_visible_to(*, actor: Actor) -> QuerySet[CrossListing]:
    """Members see those whose section's offering they see, and teachers those that they host."""
    return _visible(
        CrossListing.objects.all(),
        actor,
        Q(offering__in=offerings_visible_to(actor=actor).values("pk"))
        | Q(host__in=_teaching(actor).values("offering")),
    )


def group_sets_visible_to(*, actor: Actor) -> QuerySet[GroupSet]:
    """The entitled see those of their offerings."""
    return _visible(GroupSet.objects.all(), actor, Q(offering__in=_entitled(actor).values("offering")))


def groups_visible_to(*, actor: Actor) -> QuerySet[Group]:
    """The entitled see those of their offerings."""
    return _visible(Group.objects.all(), actor, Q(offering__in=_entitled(actor).values("offering")))


def group_members_visible_to(*, actor: Actor) -> QuerySet[GroupMember]:
    """The entitled see who is in the groups of their offerings."""
    return _visible(GroupMember.objects.all(), actor, Q(offering__in=_entitled(actor).values("offering")))


# -- People ------------------------------------------------------------------------------------------------------------


def _enrollments_shown_to(actor: Actor) -> QuerySet[Enrollment, Any]:
    """The keys of a person's own enrollments, of those in offerings they teach, and in sections that these host.

    A union of keys, not conditions joined by OR: PostgreSQL would read the whole tenant for these.
    """
    taught = _teaching(actor).values("offering")
    hosted = CrossListing.objects.filter(host__in=taught).values("section")
    rows = Enrollment.objects.values("pk")
    own = rows.filter(user=actor.user_id)
    return own.union(rows.filter(offering__in=taught), rows.filter(section__in=hosted), all=True)


def enrollments_visible_to(*, actor: Actor) -> QuerySet[Enrollment]:
    """A person sees their own; teachers those of their offerings and of the sections that these host."""
    return _visible(Enrollment.objects.all(), actor, Q(pk__in=_enrollments_shown_to(actor)))


def lesson_progress_visible_to(*, actor: Actor) -> QuerySet[LessonProgress]:
    """A person sees their own; teachers that of the enrollments that they see."""
    return _visible(LessonProgress.objects.all(), actor, Q(enrollment__in=_enrollments_shown_to(actor)))


def course_progress_visible_to(*, actor: Actor) -> QuerySet[CourseProgress]:
    """A person sees their own; teachers that of the enrollments that they see."""
    return _visible(CourseProgress.objects.all(), actor, Q(enrollment__in=_enrollments_shown_to(actor)))


# -- Gradebook ---------------------------------------------------------------------------------------------------------


def scales_visible_to(*, actor: Actor) -> QuerySet[Scale]:
    """Members see the organization's and those of the courses that they see."""
    return _visible(
        Scale.objects.all(),
        actor,
        Q(course__isnull=True) | Q(course__in=courses_visible_to(actor=actor).values("pk")),
    )


def scale_levels_visible_to(*, actor: Actor) -> QuerySet[ScaleLevel]:
    """Members see those of the scales that they see."""
    return _visible(ScaleLevel.objects.all(), actor, Q(scale__in=scales_visible_to(actor=actor).values("pk")))


def grading_periods_visible_to(*, actor: Actor) -> QuerySet[GradingPeriod]:
    """Members see all."""
    return _visible(GradingPeriod.objects.all(), actor, Q())


def late_policies_visible_to(*, actor: Actor) -> QuerySet[LatePolicy]:
    """The entitled see that of their offerings."""
    return _visible(LatePolicy.objects.all(), actor, Q(offering__in=_entitled(actor).values("offering")))


def grade_categories_visible_to(*, actor: Actor) -> QuerySet[GradeCategory]:
    """The entitled see those of their offerings."""
    return _visible(GradeCategory.objects.all(), actor, Q(offering__in=_entitled(actor).values("offering")))


def grade_items_visible_to(*, actor: Actor) -> QuerySet[GradeItem]:
    """The entitled see those of their offerings, released or not."""
    return _visible(GradeItem.objects.all(), actor, Q(offering__in=_entitled(actor).values("offering")))


def grades_visible_to(*, actor: Actor) -> QuerySet[Grade]:
    """A person sees their own that are released; teachers those of their offerings."""
    rows = Grade.objects.values("pk")
    own = rows.filter(item__is_released=True, enrollment__in=_enrollments_of(actor).values("pk"))
    taught = rows.filter(offering__in=_teaching(actor).values("offering"))
    return _visible(Grade.objects.all(), actor, Q(pk__in=own.union(taught, all=True)))


def grade_changes_visible_to(*, actor: Actor) -> QuerySet[GradeChange]:
    """Teachers see those of their offerings; learners none."""
    return _visible(
        GradeChange.objects.all(),
        actor,
        Q(grade__in=Grade.objects.filter(offering__in=_teaching(actor).values("offering")).values("pk")),
    )
