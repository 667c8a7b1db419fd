"""The migrations of learning: nothing missing, and nothing left behind when they are taken back."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection


@pytest.mark.django_db
def test_none_is_missing() -> None:
    call_command("makemigrations", "lms", check=True, dry_run=True, verbosity=0)


def left() -> set[str]:
    """The tables, indexes and constraints of learning; pgtrigger leaves the functions of triggers to be replaced."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relname LIKE 'lms\\_%%'"
            " UNION SELECT conname FROM pg_constraint WHERE conname LIKE 'lms\\_%%'"
        )
        return {name for (name,) in cursor.fetchall()}


def test_taken_back_they_leave_nothing(committed: None) -> None:
    assert {"lms_course", "lms_course_code", "lms_lesson_module_course"} <= left()
    call_command("migrate", "lms", "zero", verbosity=0)
    assert left() == set()
