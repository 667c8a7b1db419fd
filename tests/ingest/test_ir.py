"""The plain values of a catalog."""

import dataclasses

import pytest

from ingest import ir

POSITION = ir.Position(file="a.sql", line=3)


def column(name: str) -> ir.Column:
    return ir.Column(name=name, type=ir.Type(kind=ir.Kind.TEXT, raw="text"), nullable=True, position=POSITION)


def test_a_position_reads_as_file_and_line() -> None:
    assert str(ir.Position(file="migrations/1:a.sql", line=12)) == "migrations/1:a.sql:12"


def test_positions_order_by_file_then_by_line_as_a_number() -> None:
    places = [ir.Position(file="b", line=1), ir.Position(file="a", line=10), ir.Position(file="a", line=9)]
    assert [str(place) for place in sorted(places)] == ["a:9", "a:10", "b:1"]


def test_an_index_names_its_columns_and_expressions() -> None:
    parts = (ir.IndexPart(text="tenant_id"), ir.IndexPart(text="lower(email)", is_expression=True))
    assert ir.Index(parts=parts, unique=True, position=POSITION).columns == ("tenant_id", "lower(email)")


def test_a_table_finds_its_columns() -> None:
    table = ir.Table(name="users", position=POSITION, columns=(column("id"), column("email")))
    assert table.column("email") is table.columns[1]
    assert table.column("Email") is None


def test_a_catalog_finds_its_tables() -> None:
    table = ir.Table(name="users", position=POSITION, columns=())
    catalog = ir.Catalog(
        upstream="x", repository="o/x", commit="0" * 40, dialect="d", tables=(table,), seen=1, understood=1
    )
    assert catalog.table("users") is table
    assert catalog.table("user") is None


def test_values_are_equal_by_content_and_cannot_be_changed() -> None:
    assert column("id") == column("id")
    with pytest.raises(dataclasses.FrozenInstanceError):
        column("id").name = "other"  # type: ignore[misc]


def test_every_value_is_frozen_slotted_and_keyword_only() -> None:
    values = [item for item in vars(ir).values() if dataclasses.is_dataclass(item)]
    assert len(values) == 14
    for value in values:
        assert value.__dataclass_params__.frozen, value
        assert all(field.kw_only for field in dataclasses.fields(value)), value
        assert hasattr(value, "__slots__"), value
