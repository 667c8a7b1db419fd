"""Catalogs that nobody thought of: whatever is in them, what is rendered loads, and gives what was announced."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from azora.kernel.postgres.sandbox import Database
from ingest import ir
from ingest.rendering import postgresql, prisma
from tests.ingest.rendering.cases import HERE, HOSTILE_EXPRESSIONS, HOSTILE_NAMES, catalog
from tests.ingest.rendering.loading import assert_loads_as_expected

NAMES = st.sampled_from(("id", "a", "b", "course", "Course", "course_id", *HOSTILE_NAMES))
LITERALS = ("0", "-1", "1.5", "'x'", "''", "'it''s'", "NULL", "true", "current_timestamp()", "'{}'", "'2020-01-01'")
DEFAULTS = st.none() | st.sampled_from((*LITERALS, *HOSTILE_EXPRESSIONS))
SIZES = st.none() | st.integers(min_value=0, max_value=40)
ACTIONS = st.sampled_from((None, "no action", "restrict", "cascade", "set null", "set default", "explode"))

TYPES = st.builds(
    ir.Type,
    kind=st.sampled_from(ir.Kind),
    raw=st.sampled_from(("theirs", "int unsigned", "text")),
    length=SIZES,
    bits=st.sampled_from((None, 8, 16, 24, 32, 64)),
    precision=SIZES,
    scale=SIZES,
)
# Types of PostgreSQL with what reading them back gives, so that only the rest of the catalog can differ.
NATIVE_TYPES = st.sampled_from(
    (
        ir.Type(kind=ir.Kind.INTEGER, raw="integer", bits=32),
        ir.Type(kind=ir.Kind.INTEGER, raw="bigint", bits=64),
        ir.Type(kind=ir.Kind.TEXT, raw="text"),
        ir.Type(kind=ir.Kind.TEXT, raw="character varying(20)", length=20),
        ir.Type(kind=ir.Kind.DECIMAL, raw="numeric(10,2)", precision=10, scale=2),
        ir.Type(kind=ir.Kind.DATETIME, raw="timestamp(3) with time zone", precision=3),
        ir.Type(kind=ir.Kind.ARRAY, raw="text[]"),
        ir.Type(kind=ir.Kind.XML, raw="xml"),
        ir.Type(kind=ir.Kind.GEOMETRY, raw="point"),
        ir.Type(kind=ir.Kind.UNKNOWN, raw="vector(3)"),
        ir.Type(kind=ir.Kind.TEXT, raw='text; drop table "id"; --'),
    )
)


@st.composite
def columns(draw: st.DrawFn, types: st.SearchStrategy[ir.Type], defaults: st.SearchStrategy[str | None]) -> ir.Column:
    return ir.Column(
        name=draw(NAMES),
        type=draw(types),
        nullable=draw(st.booleans()),
        position=HERE,
        default=draw(defaults),
        generated=draw(st.none() | st.sampled_from(HOSTILE_EXPRESSIONS)),
        identity=draw(st.booleans()),
    )


@st.composite
def indexes(draw: st.DrawFn, names: st.SearchStrategy[str], methods: tuple[str | None, ...]) -> ir.Index:
    part = st.builds(
        ir.IndexPart, text=names, descending=st.booleans(), nulls_first=st.none() | st.booleans()
    ) | st.builds(ir.IndexPart, text=names)
    return ir.Index(
        parts=tuple(draw(st.lists(part, max_size=3))),
        unique=draw(st.booleans()),
        position=HERE,
        name=draw(st.none() | NAMES),
        method=draw(st.sampled_from(methods)),
        predicate=draw(st.none() | st.sampled_from(HOSTILE_EXPRESSIONS)),
        include=tuple(draw(st.lists(names, max_size=2, unique=True))),
        is_constraint=draw(st.booleans()),
        nulls_not_distinct=draw(st.booleans()),
        deferrable=draw(st.booleans()),
    )


@st.composite
def catalogs(
    draw: st.DrawFn,
    dialect: str,
    types: st.SearchStrategy[ir.Type],
    defaults: st.SearchStrategy[str | None],
    methods: tuple[str | None, ...],
) -> ir.Catalog:
    tables = []
    for name in draw(st.lists(NAMES, min_size=1, max_size=3, unique=True)):
        found = draw(st.lists(columns(types, defaults), max_size=5, unique_by=lambda column: column.name))
        own = st.sampled_from([column.name for column in found]) | NAMES if found else NAMES
        keys = st.builds(
            ir.ForeignKey,
            columns=st.lists(own, max_size=2, unique=True).map(tuple),
            references=NAMES,
            referenced_columns=st.lists(NAMES, max_size=2, unique=True).map(tuple),
            position=st.just(HERE),
            name=st.none() | NAMES,
            on_delete=ACTIONS,
            on_update=ACTIONS,
            deferrable=st.booleans(),
            enforced=st.booleans(),
        )
        key = st.builds(
            ir.PrimaryKey,
            columns=st.lists(own, min_size=1, max_size=2).map(tuple),
            position=st.just(HERE),
            name=st.none() | NAMES,
        )
        tables.append(
            ir.Table(
                name=name,
                position=HERE,
                columns=tuple(found),
                primary_key=draw(st.none() | key),
                foreign_keys=tuple(draw(st.lists(keys, max_size=3))),
                indexes=tuple(draw(st.lists(indexes(own, methods), max_size=4))),
                checks=(),
            )
        )
    # Keys that can be kept: each table also refers to the first, by the first columns of both.
    first = tables[0]
    if first.columns and first.primary_key is None:
        first = replace(first, primary_key=ir.PrimaryKey(columns=(first.columns[0].name,), position=HERE))
    linked = [
        replace(
            table,
            foreign_keys=(
                *table.foreign_keys,
                ir.ForeignKey(
                    columns=tuple(column.name for column in table.columns[:1]),
                    references=first.name,
                    referenced_columns=(),
                    position=HERE,
                ),
            ),
        )
        for table in (first, *tables[1:])
    ]
    named = [f"{table.name}.{column.name}" for table in linked for column in table.columns]
    values = st.lists(NAMES | st.sampled_from(LITERALS), max_size=3).map(tuple)
    enums = tuple(ir.Enum(name=name, values=draw(values), position=HERE) for name in named if draw(st.booleans()))
    return catalog(*linked, dialect=dialect, enums=enums, extensions=("pg_trgm", "missing"))


# Without shrinking: a smaller example is not worth the minutes in which hundreds of schemas are loaded.
FEW = settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
METHODS = (None, "btree", "fulltext", "hash", "gin", "gist", "brin")


@FEW
@given(found=catalogs("mysql", TYPES, DEFAULTS, METHODS))
def test_a_catalog_of_another_dialect_loads_as_expected(database: Database, found: ir.Catalog) -> None:
    assert_loads_as_expected(found, database)


@FEW
@given(found=catalogs("postgresql", NATIVE_TYPES, st.none() | st.sampled_from(HOSTILE_EXPRESSIONS), METHODS[:3]))
def test_a_catalog_of_postgresql_loads_as_expected(database: Database, found: ir.Catalog) -> None:
    assert_loads_as_expected(found, database)


@FEW
@given(found=catalogs("mysql", TYPES, DEFAULTS, METHODS))
def test_rendering_is_deterministic_and_encodable(found: ir.Catalog) -> None:
    for renderer in (postgresql, prisma):
        rendering = renderer.render(found)
        assert renderer.render(found) == rendering
        assert rendering.text.encode()
        assert rendering.text.endswith("\n")
