"""Small catalogs for the tests of the renderers, and one from a hostile repository."""

from __future__ import annotations

from ingest import ir

HERE = ir.Position(file="schema/x.sql", line=7)

INTEGER = ir.Type(kind=ir.Kind.INTEGER, raw="integer", bits=32)
BIGINT = ir.Type(kind=ir.Kind.INTEGER, raw="bigint", bits=64)
TEXT = ir.Type(kind=ir.Kind.TEXT, raw="text")
JSONB = ir.Type(kind=ir.Kind.JSON, raw="jsonb")


def column(name: str, type_: ir.Type = INTEGER, *, nullable: bool = False, **facts: object) -> ir.Column:
    """A column, required unless it says otherwise."""
    return ir.Column(name=name, type=type_, nullable=nullable, position=HERE, **facts)  # type: ignore[arg-type]


def primary(*columns: str, name: str | None = None) -> ir.PrimaryKey:
    """A primary key."""
    return ir.PrimaryKey(columns=columns, position=HERE, name=name)


def foreign(columns: str, references: str, referenced: str, name: str, **facts: object) -> ir.ForeignKey:
    """A foreign key; columns as words."""
    return ir.ForeignKey(
        columns=tuple(columns.split()),
        references=references,
        referenced_columns=tuple(referenced.split()),
        name=name,
        position=HERE,
        **facts,  # type: ignore[arg-type]
    )


def index(columns: str, name: str | None = None, *, unique: bool = False, **facts: object) -> ir.Index:
    """An index over whole columns, given as words."""
    parts = tuple(ir.IndexPart(text=name) for name in columns.split())
    return ir.Index(parts=parts, unique=unique, name=name, position=HERE, **facts)  # type: ignore[arg-type]


def check(expression: str, name: str) -> ir.Check:
    """A check constraint."""
    return ir.Check(expression=expression, name=name, position=HERE)


def table(name: str, *columns: ir.Column, **facts: object) -> ir.Table:
    """A table."""
    return ir.Table(name=name, position=HERE, columns=columns, **facts)  # type: ignore[arg-type]


def catalog(*tables: ir.Table, dialect: str = "postgresql", **facts: object) -> ir.Catalog:
    """A catalog of one upstream that there is not."""
    return ir.Catalog(
        upstream="sample",
        repository="someone/sample",
        commit="0123456789abcdef0123456789abcdef01234567",
        dialect=dialect,
        tables=tables,
        seen=0,
        understood=0,
        **facts,  # type: ignore[arg-type]
    )


def enum(name: str, *values: str) -> ir.Enum:
    """An enum."""
    return ir.Enum(name=name, values=values, position=HERE)


BREAKOUT = 'x\'; DROP TABLE "victim"; --'
"""Ends a string, a statement and the rest of a line, wherever it is written without care."""

HOSTILE_NAMES = (
    BREAKOUT,
    'double"; drop table victim; --',
    "two\nlines */ /* --",
    "back\\slash",
    "$$ dollar $$",
    "\u202eright to left; \N{GRINNING FACE}",
    "nul\0byte",
    "lone \ud800 surrogate",
    "",
    " ",
    "a" * 200,
    "a" * 200 + "b",
    "é" * 40,
    "pg_class",
    "select",
    "Model",
    "String",
    "2fa",
    "_id",
    '}\n@@map("x")',
)

HOSTILE_EXPRESSIONS = (
    "1); DROP TABLE victim; --",
    "1; DROP TABLE victim",
    "1 -- comment",
    "1 /* comment",
    "1 +-- comment\n1",
    "'open",
    '"open',
    "E'\\'); DROP TABLE victim; --",
    "$$text$$",
    "$x$ ); drop table victim; $x$",
    "(1))((1",
    "[1)",
    "1, 2",
    "1) NOT NULL, x int DEFAULT (1",
    "",
    "  ",
    "(SELECT pg_sleep(1000))",
    "pg_sleep(1000)",
    "pg_read_file('/etc/passwd')",
    "public.stolen()",
    "other.stolen()",
    "query_to_xml('drop table victim', true, true, '')",
    "'victim'::regclass::oid",
    "nextval('missing'::regclass)",
    "\\! touch broken",
    ":variable",
    "U&'\\0027); DROP TABLE victim; --'",
    "nul\0byte",
    "no_such_column",
    "x.y",
    "now() AT TIME ZONE stolen",
    "current_setting('x') COLLATE \"stolen\"",
)


def hostile(dialect: str = "postgresql") -> ir.Catalog:
    """Every hostile name and expression at every place of a catalog, beside one table that must survive."""
    expressions = HOSTILE_EXPRESSIONS
    mood = ir.Type(kind=ir.Kind.ENUM, raw='"mood"";"')
    victim = (column("id"), column("mood", mood, nullable=True))
    tables = [table("victim", *victim, primary_key=primary("id", name="victim_pkey"))]
    for number, name in enumerate(HOSTILE_NAMES):
        columns = [column(other, TEXT, nullable=True) for other in HOSTILE_NAMES]
        columns.append(column("id", INTEGER, default=expressions[number % len(expressions)]))
        columns.append(column("ref", INTEGER, nullable=True))
        columns.append(column("typed", ir.Type(kind=ir.Kind.UNKNOWN, raw=f"text; {name}"), nullable=True))
        columns.append(column("kept", TEXT, generated=expressions[-1 - number], nullable=True))
        indexes = [index("ref", name=other, unique=True) for other in HOSTILE_NAMES[:4]]
        indexes.append(ir.Index(parts=(ir.IndexPart(text=name),), unique=False, name=name, position=HERE))
        indexes.append(index("ref", name=f"{name}_where", predicate=expressions[number]))
        indexes.append(index("ref", name=f"{name}_method", method=f"btree (id); {BREAKOUT}"))
        opclass = ir.IndexPart(text="ref", operator_class=BREAKOUT)
        indexes.append(ir.Index(parts=(opclass,), unique=False, name=f"{name}_class", position=HERE))
        for expression in expressions:
            part = ir.IndexPart(text=expression, is_expression=True)
            indexes.append(ir.Index(parts=(part,), unique=False, name=f"{name}_part", position=HERE))
        tables.append(
            table(
                name,
                *columns,
                primary_key=primary("id", name=name),
                foreign_keys=(
                    foreign("ref", "victim", "id", name, on_delete=f"cascade; {BREAKOUT}"),
                    foreign("ref", "victim", "id", name, on_delete="set null (ref); x"),
                    foreign("ref", "victim", "id", name),
                    foreign("ref", HOSTILE_NAMES[(number + 1) % len(HOSTILE_NAMES)], "id", name),
                ),
                indexes=tuple(indexes),
                checks=tuple(check(expression, name) for expression in expressions),
            )
        )
    enums = tuple(enum(f"{name}.{other}", *HOSTILE_NAMES) for name in HOSTILE_NAMES[:2] for other in HOSTILE_NAMES[:2])
    return catalog(
        *tables,
        dialect=dialect,
        extensions=("pg_trgm", f"plpython3u; {BREAKOUT}"),
        enums=(*enums, enum(BREAKOUT, "sad", "it's; --"), enum("victim.mood", BREAKOUT, "", "2", "*/ \n")),
    )
