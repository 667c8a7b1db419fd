"""The form that operations are held to."""

from uuid import UUID

import pytest

from azora.kernel.operations import arguments_of, name_of, operation


def test_arguments_must_be_keyword_only() -> None:
    with pytest.raises(TypeError, match="the parameter course must be keyword-only"):

        @operation
        def open_course(course: UUID) -> None: ...


def test_arguments_must_be_typed() -> None:
    with pytest.raises(TypeError, match="the parameter course must have a type"):

        @operation
        def open_course(*, course) -> None: ...


def test_the_arguments_that_a_caller_gives_leave_out_the_actor() -> None:
    def open_course(*, actor: object, course: UUID, reason: str = "") -> None: ...

    assert [(name, kind) for name, (kind, _) in arguments_of(open_course).items()] == [
        ("course", UUID),
        ("reason", str),
    ]
    assert arguments_of(open_course)["reason"][1] == ""


def test_the_name_is_the_app_and_the_function() -> None:
    def open_course() -> None: ...

    open_course.__module__ = "lms.operations.courses"
    assert name_of(open_course) == "lms.open_course"
