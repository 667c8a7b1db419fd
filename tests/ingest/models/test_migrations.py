"""The migrations go back as well as forth."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection


@pytest.mark.django_db
def test_the_functions_are_there_and_speak_of_themselves() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.oid::regprocedure::text, obj_description(p.oid) IS NOT NULL FROM pg_proc p"
            " WHERE p.proname LIKE 'ingest\\_%' ORDER BY 1"
        )
        found: list[Any] = cursor.fetchall()
    assert found == [
        ("ingest_fragment_query(text)", True),
        ("ingest_fragments(text)", True),
        ("ingest_fragments(text[])", True),
    ]
