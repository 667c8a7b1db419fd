"""Literal defaults of other dialects, as PostgreSQL prints them."""

import pytest

from ingest import ir
from ingest.rendering.defaults import NotALiteral, postgresql_default
from ingest.rendering.types import mapped

ENUM = ir.Type(kind=ir.Kind.ENUM, raw="mood")


def of(kind: ir.Kind, **sizes: int) -> ir.Type:
    return mapped(ir.Type(kind=kind, raw="theirs", **sizes))


@pytest.mark.parametrize(
    ("default", "type_", "expected"),
    [
        ("NULL", of(ir.Kind.TEXT), None),
        ("0", of(ir.Kind.INTEGER), "0"),
        ("'0'", of(ir.Kind.INTEGER), "0"),
        ("0.00", of(ir.Kind.INTEGER), "0"),
        ("-1", of(ir.Kind.INTEGER), "'-1'::integer"),
        ("2147483648", of(ir.Kind.INTEGER), "'2147483648'::bigint"),
        ("9223372036854775808", of(ir.Kind.INTEGER), "9223372036854775808"),
        ("1.50", of(ir.Kind.DECIMAL), "1.50"),
        ("-1.50", of(ir.Kind.FLOAT), "'-1.50'::numeric"),
        ("1e2", of(ir.Kind.FLOAT), "100"),
        (".5", of(ir.Kind.DECIMAL), "0.5"),
        ("'a''b'", of(ir.Kind.TEXT, length=9), "'a''b'::character varying"),
        ("'a\\b'", of(ir.Kind.TEXT), "'a\\b'::text"),
        ("7", of(ir.Kind.TEXT), "'7'::text"),
        ("1", of(ir.Kind.BOOLEAN), "true"),
        ("b'0'", of(ir.Kind.BOOLEAN), "false"),
        ("'1'", of(ir.Kind.BOOLEAN), "true"),
        ("FALSE", of(ir.Kind.BOOLEAN), "false"),
        ("current_timestamp()", of(ir.Kind.DATETIME), "CURRENT_TIMESTAMP"),
        ("NOW()", of(ir.Kind.DATETIME), "CURRENT_TIMESTAMP"),
        ("'2020-02-29'", of(ir.Kind.DATE), "'2020-02-29'::date"),
        (
            "'0A0B0C0D-0000-0000-0000-000000000001'",
            of(ir.Kind.UUID),
            "'0a0b0c0d-0000-0000-0000-000000000001'::uuid",
        ),
        ("'{}'", of(ir.Kind.JSON), "'{}'::jsonb"),
        ("'sad'", ENUM, "'sad'::mood"),
    ],
)
def test_a_literal_is_spelled_as_postgresql_prints_it(default: str, type_: ir.Type, expected: str | None) -> None:
    assert postgresql_default(default, type_, ("sad", "ok")) == expected


@pytest.mark.parametrize(
    ("default", "type_"),
    [
        ("uuid()", of(ir.Kind.UUID)),
        ("'x'", of(ir.Kind.UUID)),
        ("'0000-00-00'", of(ir.Kind.DATE)),
        ("'2020-01-01 00:00:00'", of(ir.Kind.DATETIME)),
        ("'{\"b\": 1}'", of(ir.Kind.JSON)),
        ("'glad'", ENUM),
        ("sad", ENUM),
        ("1.5", of(ir.Kind.INTEGER)),
        ("one", of(ir.Kind.INTEGER)),
        ("'it's'", of(ir.Kind.TEXT)),
        ("2", of(ir.Kind.BOOLEAN)),
        ("x'00'", of(ir.Kind.BINARY)),
        ("1e99999999", of(ir.Kind.DECIMAL)),
        ("0); drop table x; --", of(ir.Kind.INTEGER)),
    ],
)
def test_what_is_no_literal_of_the_type_is_refused(default: str, type_: ir.Type) -> None:
    with pytest.raises(NotALiteral):
        postgresql_default(default, type_, ("sad", "ok"))
