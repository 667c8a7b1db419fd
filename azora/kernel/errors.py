"""Refusals: what an operation says when it will not do what was asked.

A refusal is declared as a small class above the operation that raises it. Its message is its docstring (with the
facts filled in), its code is derived from the app and the class's name, and its parent says what kind it is:

    class CourseFull(Conflict):
        '''The course {course} has no free place.'''

    raise CourseFull(course=course.title)      # code: lms.course_full
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from django.apps import apps
from django.db import IntegrityError


class Refusal(Exception):
    """The operation was refused."""

    status: ClassVar[int] = 409
    title: ClassVar[str] = "Refused"

    def __init__(self, message: str = "", *, code: str = "", **facts: Any) -> None:
        self.facts = facts
        self.message = message or (type(self).__doc__ or "").strip().format(**facts)
        self.code = code or self.default_code()
        super().__init__(self.message)

    @classmethod
    def default_code(cls) -> str:
        """`<app>.<name_of_the_class>`; refusals of the kernel itself begin with `kernel`."""
        parts = cls.__module__.split(".")
        app = "kernel" if parts[0] == "azora" else parts[0]
        return f"{app}.{re.sub(r'(?<!^)(?=[A-Z])', '_', cls.__name__).lower()}"


class Conflict(Refusal):
    """What was asked does not fit the present state."""

    status = 409
    title = "Conflict"


class Invalid(Refusal):
    """What was asked makes no sense, whatever the state."""

    status = 400
    title = "Invalid request"


class NotAllowed(Refusal):
    """The actor may not do this."""

    status = 403
    title = "Not allowed"


class NotFound(Refusal):
    """There is no such row, or the actor may not know of it."""

    status = 404
    title = "Not found"


def refusal_of(error: IntegrityError) -> Refusal | None:
    """The refusal behind a violated constraint, or None where the constraint is none that a model declares.

    Its message is the constraint's own, its code the constraint's name with the app in front:
    `lms_enrollment_one_live` gives `lms.enrollment_one_live`.
    """
    diagnostics = getattr(error.__cause__, "diag", None)
    name = getattr(diagnostics, "constraint_name", None)
    if diagnostics is None or not name:
        return None
    for model in apps.get_models():
        app = model._meta.app_label
        for constraint in model._meta.constraints:
            if constraint.name == name:
                code = f"{app}.{name.removeprefix(app + '_')}"
                return Conflict(str(constraint.get_violation_error_message()), code=code)
        for trigger in getattr(model._meta, "triggers", ()):
            if f"{model._meta.db_table}_{trigger.name}" == name:
                code = f"{app}.{name.removeprefix(app + '_')}"
                return Conflict(str(diagnostics.message_primary), code=code)
    return None
