"""What is done with courses: made, published."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from accounts.authority import require_administrator
from azora.kernel.actor import Actor
from azora.kernel.errors import Conflict, NotAllowed, NotFound
from azora.kernel.operations import operation
from azora.kernel.values import require_fields
from lms.authority import administers, designs
from lms.models import Course, CourseState, Lesson, Visibility
from lms.queries import categories_visible_to, courses_visible_to


class CategoryNotFound(NotFound):
    """There is no such category in the organization."""


class CourseNotFound(NotFound):
    """There is no such course."""


class CourseDesignersOnly(NotAllowed):
    """Only administrators of the organization and designers of the course {course} may do this."""


class CourseAlreadyPublished(Conflict):
    """The course {course} is published already."""


class CourseWithoutLessons(Conflict):
    """The course {course} has no published lesson in a published module; publish one first."""


@operation
def create_course(
    *,
    actor: Actor,
    organization: UUID,
    code: str,
    title: str,
    summary: str = "",
    language: str = "en",
    category: UUID | None = None,
    visibility: Visibility = Visibility.ORGANIZATION,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    sis_id: str = "",
) -> Course:
    """Make a course, as a draft. Administrators of the organization do; a code that is taken is refused."""
    tenant = require_administrator(actor=actor, organization=organization)
    if category is not None:
        known = categories_visible_to(actor=actor).filter(pk=category, organization=tenant)
        if not known.exists():
            raise CategoryNotFound
    course = Course(
        organization=tenant,
        category_id=category,
        code=code.strip(),
        title=title.strip(),
        summary=summary,
        language=language,
        visibility=visibility,
        starts_at=starts_at,
        ends_at=ends_at,
        sis_id=sis_id.strip(),
    )
    require_fields(course)
    course.save(force_insert=True)
    return course


@operation
def publish_course(*, actor: Actor, course: UUID) -> Course:
    """Show a course to learners, also one that was archived. Administrators and designers of the course do.

    Refused where there is nothing to learn: it takes a published lesson in a published module.
    """
    found = courses_visible_to(actor=actor).select_for_update(of=("self",), no_key=True).filter(pk=course).first()
    if found is None:
        raise CourseNotFound
    if not administers(actor, found.organization_id) and not designs(actor, found.pk):
        raise CourseDesignersOnly(course=found.title)
    if found.state == CourseState.PUBLISHED:
        raise CourseAlreadyPublished(course=found.title)
    if not Lesson.objects.filter(course=found, is_published=True, module__is_published=True).exists():
        raise CourseWithoutLessons(course=found.title)
    found.state = CourseState.PUBLISHED
    found.published_at = timezone.now()
    found.archived_at = None
    found.save(update_fields=["state", "published_at", "archived_at"])
    found.refresh_from_db()
    return found
