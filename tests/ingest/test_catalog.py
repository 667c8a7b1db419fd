"""catalog.json: canonical, and nothing of the values lost in it."""

import json
from dataclasses import replace

import pytest

from ingest import catalog, ir


def at(line: int) -> ir.Position:
    return ir.Position(file="db/schema:1.sql", line=line)


def column(name: str, **more: object) -> ir.Column:
    values: dict[str, object] = {"type": ir.Type(kind=ir.Kind.INTEGER, raw="int"), "nullable": False, "position": at(1)}
    return ir.Column(name=name, **(values | more))  # type: ignore[arg-type]


def everything() -> ir.Catalog:
    """A catalog in which every field of every value has a value that is not its default, in canonical order."""
    decimal = ir.Type(kind=ir.Kind.DECIMAL, raw="numeric(5,2)", precision=5, scale=2)
    indexes = (
        ir.Index(parts=(ir.IndexPart(text="id"),), unique=False, position=at(8)),
        ir.Index(
            parts=(
                ir.IndexPart(text="lower(z)", is_expression=True, operator_class="text_pattern_ops"),
                ir.IndexPart(text="a", descending=True, nulls_first=False),
                ir.IndexPart(text="id", nulls_first=True),
            ),
            unique=True,
            position=at(9),
            name="users_key",
            method="btree",
            predicate="(a > 0)",
            include=("z",),
            is_constraint=True,
            nulls_not_distinct=True,
            deferrable=True,
        ),
    )
    users = ir.Table(
        name="users",
        position=at(2),
        columns=(
            column("z", type=ir.Type(kind=ir.Kind.TEXT, raw="varchar(9)", length=9), nullable=True, default="'\u00e9'"),
            column("id", type=ir.Type(kind=ir.Kind.INTEGER, raw="bigint", bits=64), identity=True),
            column("a", type=decimal, generated="(id * 2)"),
        ),
        primary_key=ir.PrimaryKey(columns=("id", "a"), position=at(3), name="users_pkey"),
        foreign_keys=(
            ir.ForeignKey(columns=("a",), references="absent", referenced_columns=(), position=at(4), enforced=False),
            ir.ForeignKey(
                columns=("id",),
                references="users",
                referenced_columns=("id",),
                position=at(5),
                name="users_id_fkey",
                on_delete="cascade",
                on_update="set null",
                deferrable=True,
            ),
        ),
        indexes=indexes,
        checks=(ir.Check(expression="(a > 1)", position=at(6)), ir.Check(expression="(b)", position=at(7), name="c")),
    )
    return ir.Catalog(
        upstream="sample",
        repository="example/sample",
        commit="0123456789abcdef0123456789abcdef01234567",
        dialect="postgresql",
        tables=(ir.Table(name="empty", position=at(1), columns=()), users),
        seen=12,
        understood=10,
        enums=(ir.Enum(name="users.role", values=("visitor", "admin"), position=at(10)),),
        relationships=(
            ir.Relationship(
                source="users.a", target="empty", origin=ir.Origin.NAMING, confidence=0.75, position=at(11)
            ),
        ),
        problems=(
            ir.Problem(position=at(12), reason="refused", text="DROP", statements=2),
            ir.Problem(position=at(13), reason="a remark", statements=0),
        ),
        extensions=("citext", "pg_trgm"),
    )


def test_nothing_is_lost_on_the_way_to_text_and_back() -> None:
    assert catalog.load(catalog.dump(everything())) == everything()


def test_the_text_is_the_same_after_loading() -> None:
    text = catalog.dump(everything())
    assert catalog.dump(catalog.load(text)) == text
    assert text.endswith("}\n")


def test_order_of_reading_does_not_show() -> None:
    whole = everything()
    empty, users = whole.tables
    shuffled = replace(
        whole,
        tables=(
            replace(
                users,
                foreign_keys=users.foreign_keys[::-1],
                indexes=users.indexes[::-1],
                checks=users.checks[::-1],
            ),
            empty,
        ),
        problems=whole.problems[::-1],
        extensions=("pg_trgm", "citext", "pg_trgm"),
    )
    assert shuffled != whole
    assert catalog.canonical(shuffled) == whole
    assert catalog.dump(shuffled) == catalog.dump(whole)


def test_columns_keep_the_order_of_the_table() -> None:
    assert list(catalog.to_json(everything())["tables"]["users"]["columns"]) == ["z", "id", "a"]


def test_unique_and_indexes_are_lists_of_columns_each_once() -> None:
    users = everything().tables[1]
    twice = replace(users, indexes=(*users.indexes, replace(users.indexes[0], name="again")))
    table = catalog.to_json(replace(everything(), tables=(twice,)))["tables"]["users"]
    assert table["indexes"] == [["id"]]
    assert table["unique"] == [["lower(z)", "a", "id"]]
    assert len(table["index_details"]) == 3


def test_details_say_only_what_is_not_usual() -> None:
    table = catalog.to_json(everything())["tables"]["users"]
    assert table["columns"]["id"] == {
        "type": "bigint",
        "kind": "integer",
        "nullable": False,
        "default": None,
        "position": "db/schema:1.sql:1",
        "identity": True,
        "bits": 64,
    }
    assert table["index_details"][0] == {
        "name": None,
        "columns": ["id"],
        "unique": False,
        "position": "db/schema:1.sql:8",
    }
    assert table["index_details"][1]["parts"] == [
        {"expression": True, "operator_class": "text_pattern_ops"},
        {"descending": True, "nulls": "last"},
        {"nulls": "first"},
    ]
    assert table["foreign_keys"][0]["enforced"] == "no"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "format 1 expected, found 'list'"),
        ('{"format": 2}', "format 1 expected, found 2"),
        ('{"format": 1}', "not a catalog: KeyError 'upstream'"),
    ],
)
def test_another_text_is_refused(text: str, message: str) -> None:
    with pytest.raises(catalog.CatalogFormatError) as caught:
        catalog.load(text)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("tables", "users", "columns", "id", "kind"), "strange"),
        (("tables", "users", "position"), "no line"),
        (("tables", "users", "check_details"), []),
        (("tables", "users", "columns"), []),
        (("statements",), None),
    ],
)
def test_a_damaged_catalog_is_refused(path: tuple[str, ...], value: object) -> None:
    document = catalog.to_json(everything())
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with pytest.raises(catalog.CatalogFormatError, match="not a catalog"):
        catalog.load(json.dumps(document))
