"""Any part of a name is found, exactly, and by the index."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection
from django.db.models import Q

from ingest import ir
from ingest.models import Column, Enum, Upstream
from ingest.operations import store_snapshot
from tests.ingest.samples import at, catalog, column, table

pytestmark = pytest.mark.django_db

NAMES = ("user_id", "userId", "UserÄrger", "it's", r"back\slash", "50%", "a&b:*", "two words")


@pytest.fixture(autouse=True)
def stored() -> None:
    Upstream.objects.create(name="tiny", title="Tiny", domain="lms", repository="example/tiny", licence="MIT", pin="v1")
    columns = tuple(column(name, raw="varchar(20)" if name == "50%" else "int") for name in NAMES)
    enums = (ir.Enum(name="t.state", values=("draft", "In Review", "it's"), position=at(1)),)
    store_snapshot(catalog=catalog(replace(table("t"), columns=columns, primary_key=None), enums=enums))


@pytest.mark.parametrize(
    ("part", "found"),
    [
        ("ser_i", ["user_id"]),
        ("USER", ["UserÄrger", "userId", "user_id"]),
        ("r_", ["user_id"]),
        ("'", ["it's"]),
        ("\\", [r"back\slash"]),
        ("0%", ["50%"]),
        ("%", ["50%"]),
        (":*", ["a&b:*"]),
        ("words", ["two words"]),
        ("o w", ["two words"]),
        ("words two", []),
        ("nowhere", []),
        ("d", ["two words", "userId", "user_id"]),
    ],
)
def test_a_part_of_a_name(part: str, found: list[str]) -> None:
    assert sorted(Column.objects.filter(name__icontains=part).values_list("name", flat=True)) == found


@pytest.mark.parametrize(("part", "count"), [("RAF", 1), ("review", 1), ("in re", 1), ("'s", 1), ("x", 0)])
def test_a_part_of_one_of_the_values(part: str, count: int) -> None:
    assert Enum.objects.filter(values__icontains=part).count() == count


def test_a_name_longer_than_what_is_indexed_is_found_by_its_beginning() -> None:
    long = column("x" * 90 + "yz" * 60)
    store_snapshot(catalog=catalog(replace(table("t"), columns=(long,), primary_key=None)))
    assert Column.objects.filter(name__icontains="xyzy").count() == 1


def test_searching_name_or_type_uses_both_indexes() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    rows = Column.objects.filter(Q(name__icontains="user") | Q(type__icontains="varchar")).order_by()
    plan = rows.explain()
    assert "ingest_column_by_name" in plan
    assert "ingest_column_by_type" in plan
    assert rows.count() == 4
