"""What the database does for every row."""

import uuid

import pytest
from django.db import connection


@pytest.mark.django_db
def test_the_database_makes_uuid7_in_order_of_birth() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT azora_uuid7(), pg_sleep(0.000002) FROM generate_series(1, 500)")
        made = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT extract(epoch FROM clock_timestamp()) * 1000")
        (now,) = cursor.fetchone()
    assert {(value.version, value.variant) for value in made} == {(7, uuid.RFC_4122)}
    assert len(set(made)) == 500
    assert made == sorted(made)
    assert 0 <= float(now) - (made[-1].int >> 80) < 60_000


@pytest.mark.django_db
def test_an_update_by_plain_sql_moves_updated_at() -> None:
    from tests.accounts.factories import make_organization

    organization = make_organization()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_organization SET updated_at = '2001-01-01' WHERE id = %s", [organization.pk])
        cursor.execute("SELECT updated_at >= created_at FROM accounts_organization WHERE id = %s", [organization.pk])
        assert cursor.fetchone() == (True,)
