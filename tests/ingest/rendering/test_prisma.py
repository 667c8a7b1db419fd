"""schema.prisma: its exact text, and each thing that Prisma says differently or not at all.

That Prisma's own validator takes the schemas is shown by `make check-node`.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from ingest import ir
from ingest.rendering import prisma
from ingest.rendering.prisma_fields import FieldType, default, enum_of, field_type, identifier, string
from ingest.rendering.result import Aspect
from tests.ingest.rendering import cases
from tests.ingest.rendering.cases import BIGINT, TEXT, catalog, column, foreign, index, primary
from tests.ingest.rendering.test_postgresql import SAMPLE

EXPECTED = """\
// sample: someone/sample at commit 0123456789abcdef0123456789abcdef01234567
// Made from the catalog, for Prisma 7. What Prisma cannot say stands as a comment that begins with "not said".

datasource db {
  provider = "postgresql"
}

generator client {
  provider = "prisma-client-js"
}

// not said: extension plpython3u: it is not one of those that the owner of a database may create
// not said: extension pg_trgm: Prisma has extensions as a preview only

enum Mood {
  ok
  it_s @map("it's")

  @@map("mood")
}

// not said: foreign key posts_people_fk of posts (user_id) to people (id): the catalog has no table people \
(schema/x.sql:7)
model Posts {
  id BigInt @id(map: "posts_pkey") @default(autoincrement())
  user_id Int?

  // not said: foreign key posts_user_fk of posts (user_id) to users (id): Prisma cannot say that it is deferrable \
(schema/x.sql:7)
  user Users? @relation("posts_user_id", fields: [user_id], references: [id], onDelete: SetNull, onUpdate: NoAction, \
map: "posts_user_fk")

  @@map("posts")
}

model Users {
  id Int @id(map: "users_pkey") @default(autoincrement())
  email String @db.VarChar(200)
  mood Mood? @default(ok)
  // not said: generated column of users.search: own(email): it calls the function own, neither PostgreSQL's own nor \
part of the schema (schema/x.sql:7)
  search Unsupported("tsvector")?
  // not said: generated column of users.lowered: lower((email)::text): Prisma can say only that the database gives \
the value (schema/x.sql:7)
  lowered String? @default(dbgenerated("lower((email)::text)"))

  posts Posts[] @relation("posts_user_id")

  @@unique([email], map: "users_email_key")
  // not said: unique users_lowered of users (lower((email)::text), id): Prisma has no indexes over expressions \
(schema/x.sql:7)
  @@index([search], map: "users_search", type: Gin)
  // not said: check users_email_check of users: ((email)::text <> ''::text): Prisma has no check constraints \
(schema/x.sql:7)
  @@map("users")
}
"""


def test_the_whole_text() -> None:
    assert prisma.render(SAMPLE).text == EXPECTED


def test_every_comment_is_an_exception_and_the_other_way_round() -> None:
    rendering = prisma.render(SAMPLE)
    comments = [line.strip() for line in rendering.text.splitlines() if line.strip().startswith("// not said: ")]
    assert len(comments) == len(rendering.exceptions) == 8
    for comment, omission in zip(comments, rendering.exceptions, strict=True):
        assert comment.startswith(f"// not said: {omission}")


def block(text: str, name: str) -> list[str]:
    """The lines of a model or enum, without the blanks before them."""
    _, _, rest = text.partition(f" {name} {{\n")
    return [line.strip() for line in rest.partition("\n}")[0].splitlines() if line.strip()]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("smallint", "Int @db.SmallInt"),
        ("integer", "Int"),
        ("bigint", "BigInt"),
        ("numeric(10,2)", "Decimal @db.Decimal(10, 2)"),
        ("numeric", "Decimal @db.Decimal"),
        ("numeric(3,-2)", 'Unsupported("numeric(3,-2)")'),
        ("numeric(2,3)", 'Unsupported("numeric(2,3)")'),
        ("real", "Float @db.Real"),
        ("double precision", "Float"),
        ("boolean", "Boolean"),
        ("text", "String"),
        ("character varying(20)", "String @db.VarChar(20)"),
        ("character varying", "String @db.VarChar"),
        ("character(3)", "String @db.Char(3)"),
        ("uuid", "String @db.Uuid"),
        ("xml", "String @db.Xml"),
        ("inet", "String @db.Inet"),
        ("bit(3)", "String @db.Bit(3)"),
        ("bytea", "Bytes"),
        ("date", "DateTime @db.Date"),
        ("time without time zone", "DateTime @db.Time(6)"),
        ("time(3) with time zone", "DateTime @db.Timetz(3)"),
        ("timestamp without time zone", "DateTime @db.Timestamp(6)"),
        ("timestamp(0) with time zone", "DateTime @db.Timestamptz(0)"),
        ("json", "Json @db.Json"),
        ("jsonb", "Json"),
        ("mood", "Mood"),
        ("tsvector", 'Unsupported("tsvector")'),
        ('"char"', 'Unsupported("\\"char\\"")'),
        ("interval day to second(3)", 'Unsupported("interval day to second(3)")'),
        ("text[]", "String[]"),
        ("character varying(20)[]", "String[] @db.VarChar(20)"),
        ("mood[]", "Mood[]"),
        ("text[][]", 'Unsupported("text[][]")'),
    ],
)
def test_a_type_of_postgresql_is_one_of_prisma(raw: str, expected: str) -> None:
    mood = enum_of("Mood", ("sad",))
    assert mood is not None
    found = field_type(raw, {"mood": mood})
    assert f"{found.base}{'[]' if found.is_list else ''} {found.native}".strip() == expected


@pytest.mark.parametrize(
    ("raw", "expression", "expected"),
    [
        ("integer", "0", "0"),
        ("integer", "'-5'::integer", "-5"),
        ("integer", "1.5", 'dbgenerated("1.5")'),
        ("bigint", "'3000000000'::bigint", "3000000000"),
        ("bigint", "nextval('\"odd name\"'::regclass)", "autoincrement()"),
        ("text", "nextval('s'::regclass)", "dbgenerated(\"nextval('s'::regclass)\")"),
        ("numeric(10,2)", "'-0.5'::numeric", "-0.5"),
        ("double precision", "1.5", "1.5"),
        ("boolean", "false", "false"),
        ("text", "'it''s \"x\" \\ y'::text", '"it\'s \\"x\\" \\\\ y"'),
        ("character varying(9)", "'a'::character varying", '"a"'),
        ("character(3)", "'a'::bpchar", '"a"'),
        ("uuid", "gen_random_uuid()", 'dbgenerated("gen_random_uuid()")'),
        ("uuid", "'x'::uuid", "dbgenerated(\"'x'::uuid\")"),
        ("timestamp with time zone", "CURRENT_TIMESTAMP", "now()"),
        ("timestamp(3) without time zone", "now()", "now()"),
        ("date", "now()", 'dbgenerated("now()")'),
        ("date", "CURRENT_DATE", 'dbgenerated("CURRENT_DATE")'),
        ("mood", "'it''s'::mood", "it_s"),
        ("mood", "'gone'::mood", "dbgenerated(\"'gone'::mood\")"),
        ("text[]", "'{}'::text[]", "[]"),
        ("text[]", "'{a}'::text[]", "dbgenerated(\"'{a}'::text[]\")"),
        ("jsonb", "'{}'::jsonb", "dbgenerated(\"'{}'::jsonb\")"),
        ("tsvector", "'a'::tsvector", "dbgenerated(\"'a'::tsvector\")"),
        ("text", "(lower('a'::text) ||\n'b'::text)", "dbgenerated(\"(lower('a'::text) ||\\n'b'::text)\")"),
    ],
)
def test_a_default_is_a_value_where_prisma_has_one(raw: str, expression: str, expected: str) -> None:
    mood = enum_of("Mood", ("sad", "it's"))
    assert mood is not None
    type_ = field_type(raw, {"mood": mood})
    found = column("c", ir.Type(kind=ir.Kind.UNKNOWN, raw=raw), default=expression)
    assert default(found, type_, mood if raw == "mood" else None) == expected


def test_a_column_without_default_has_none() -> None:
    assert default(column("c"), FieldType(base="Int"), None) is None
    assert default(column("c", identity=True), FieldType(base="Int"), None) == "autoincrement()"


def test_names_become_identifiers() -> None:
    names = ("plain_1", "_id", "2fa", "é", "a-b c", "", "__")
    assert [identifier(name, "field_") for name in names] == [
        "plain_1",
        "id",
        "field_2fa",
        "field_",
        "a_b_c",
        "field_",
        "field_",
    ]
    assert string('a"b\\\n\x01é') == '"a\\"b\\\\\\n\\u0001é"'


def test_changed_names_are_mapped_and_unique() -> None:
    found = catalog(
        cases.table("user_roles", column("_id"), column("id"), column("é"), primary_key=primary("id", name="k1")),
        cases.table("UserRoles", column("id"), primary_key=primary("id", name="k2")),
        cases.table("string", column("id"), primary_key=primary("id", name="k3")),
        cases.table("2fa", column("id"), primary_key=primary("id", name="k4")),
        cases.table("Plain", column("id"), primary_key=primary("id", name="k5")),
    )
    text = prisma.render(found).text
    assert block(text, "UserRoles") == ['id Int @id(map: "k2")']
    assert block(text, "UserRoles_2") == [
        'id Int @map("_id")',
        'id_2 Int @id(map: "k1") @map("id")',
        'field_ Int @map("é")',
        '@@map("user_roles")',
    ]
    assert block(text, "String_2")[-1] == '@@map("string")'
    assert block(text, "Model2fa")[-1] == '@@map("2fa")'
    assert block(text, "Plain") == ['id Int @id(map: "k5")']


def test_enums_have_identifiers() -> None:
    mood = ir.Type(kind=ir.Kind.ENUM, raw="mood")
    empty = ir.Type(kind=ir.Kind.ENUM, raw="empty")
    found = catalog(
        cases.table(
            "t",
            column("id"),
            column("m", mood),
            column("e", empty),
            primary_key=primary("id", name="t_pkey"),
        ),
        enums=(cases.enum("t.m", "a", "A", "2", "", "é", "a b"), cases.enum("t.e")),
    )
    text = prisma.render(found).text
    assert block(text, "Mood") == [
        "a",
        "A",
        'value_2 @map("2")',
        'value_ @map("")',
        'value__2 @map("é")',
        'a_b @map("a b")',
        '@@map("mood")',
    ]
    assert block(text, "T")[1:3] == ["m Mood", 'e Unsupported("empty")']


# --- relations


def link(name: str, *keys: ir.ForeignKey, unique: str | None = None, nullable: bool = False) -> ir.Table:
    """A table with a key of its own and columns that refer to others."""
    columns = dict.fromkeys(column for key in keys for column in key.columns)
    return cases.table(
        name,
        column("id"),
        *(column(one, nullable=nullable) for one in columns if one != "id"),
        primary_key=primary("id", name=f"{name}_pkey"),
        foreign_keys=keys,
        indexes=(index(unique, f"{name}_unique", unique=True),) if unique else (),
    )


def relation_lines(text: str, name: str) -> list[str]:
    return [line for line in block(text, name) if "@relation" in line]


def test_several_relations_between_the_same_tables_are_told_apart() -> None:
    users = cases.table("users", column("id"), primary_key=primary("id", name="users_pkey"))
    posts = link("posts", foreign("author_id", "users", "id", "a"), foreign("editor", "users", "id", "b"))
    text = prisma.render(catalog(users, posts)).text
    rest = "references: [id], onDelete: NoAction, onUpdate: NoAction"
    assert relation_lines(text, "Posts") == [
        f'author Users @relation("posts_author_id", fields: [author_id], {rest}, map: "a")',
        f'editor_users Users @relation("posts_editor", fields: [editor], {rest}, map: "b")',
    ]
    assert relation_lines(text, "Users") == [
        'posts_author_id Posts[] @relation("posts_author_id")',
        'posts_editor Posts[] @relation("posts_editor")',
    ]


def test_unique_columns_make_one_row_of_the_list() -> None:
    users = cases.table("users", column("id"), primary_key=primary("id", name="users_pkey"))
    profile = link("profiles", foreign("user_id", "users", "id", "a"), unique="user_id", nullable=True)
    same = link("twins", foreign("id", "users", "id", "b", on_delete="cascade", on_update="restrict"))
    text = prisma.render(catalog(users, profile, same)).text
    assert relation_lines(text, "Users") == [
        'profiles Profiles? @relation("profiles_user_id")',
        'twins Twins? @relation("twins_id")',
    ]
    assert relation_lines(text, "Profiles")[0].startswith("user Users? @relation(")
    (twins,) = relation_lines(text, "Twins")
    assert twins.startswith('id_users Users @relation("twins_id", fields: [id], references: [id], ')
    assert twins.endswith('onDelete: Cascade, onUpdate: Restrict, map: "b")')


def test_a_table_may_refer_to_itself_and_names_do_not_collide() -> None:
    # Moodle's way: the column is called like the relation would be.
    tree = link("course", foreign("course", "course", "id", "a"), foreign("courseid", "course", "id", "b"))
    text = prisma.render(catalog(tree)).text
    assert [line.split()[0] for line in block(text, "Course")[:7]] == [
        "id",
        "course",
        "courseid",
        "course_course",
        "course_2",
        "course_course_2",
        "course_courseid",
    ]


def test_several_columns_and_actions() -> None:
    target = cases.table(
        "users",
        column("id"),
        column("tenant"),
        primary_key=primary("id", name="users_pkey"),
        indexes=(index("tenant id", "users_tenant", unique=True),),
    )
    posts = link(
        "posts", foreign("author tenant", "users", "id tenant", "fk", on_delete="set null (author)"), nullable=True
    )
    rendering = prisma.render(catalog(target, posts))
    (author,) = relation_lines(rendering.text, "Posts")
    assert author.startswith('users Users? @relation("posts_author_tenant", fields: [author, tenant], ')
    assert author.endswith('references: [id, tenant], onDelete: SetNull, onUpdate: NoAction, map: "fk")')
    reasons = [omission.reason for omission in rendering.exceptions]
    assert reasons == ["Prisma cannot say 'set null (author)', only that of all columns"]


def test_fields_of_different_types_have_no_relation() -> None:
    users = cases.table("users", column("id", BIGINT), primary_key=primary("id", name="users_pkey"))
    rendering = prisma.render(catalog(users, link("posts", foreign("user_id", "users", "id", "fk"))))
    assert "@relation" not in rendering.text
    assert [str(omission) for omission in rendering.exceptions] == [
        "foreign key fk of posts (user_id) to users (id): Prisma compares no fields of different types"
    ]


def test_a_foreign_key_named_like_an_index_gets_another_name() -> None:
    users = cases.table("users", column("id"), primary_key=primary("id", name="users_pkey"))
    posts = link("posts", foreign("user_id", "users", "id", "posts_unique"), unique="user_id")
    rendering = prisma.render(catalog(users, posts))
    assert 'map: "posts_unique_2")' in relation_lines(rendering.text, "Posts")[0]
    assert [omission.reason for omission in rendering.exceptions] == [
        "an index has its name, so that Prisma calls it posts_unique_2"
    ]


def test_a_table_whose_rows_nothing_tells_apart_is_ignored_with_what_leads_to_it() -> None:
    loose = cases.table(
        "loose",
        column("code", nullable=True),
        column("user_id"),
        indexes=(index("code", "loose_code", unique=True),),
        foreign_keys=(foreign("user_id", "users", "id", "fk"),),
    )
    users = cases.table(
        "users",
        column("id"),
        column("code"),
        primary_key=primary("id", name="users_pkey"),
        foreign_keys=(foreign("code", "loose", "code", "fk"),),
    )
    rendering = prisma.render(catalog(loose, users))
    assert block(rendering.text, "Loose")[-1] == "@@ignore"
    assert [line.endswith("@ignore") for line in relation_lines(rendering.text, "Loose")] == [False, False]
    assert [line.endswith("@ignore") for line in relation_lines(rendering.text, "Users")] == [True, True]
    assert [(omission.aspect, omission.what) for omission in rendering.exceptions] == [(Aspect.TABLE, "loose")]


# --- indexes


def test_indexes_and_what_prisma_cannot_say_of_them() -> None:
    found = cases.table(
        "t",
        column("id"),
        column("a", TEXT),
        column("j", ir.Type(kind=ir.Kind.JSON, raw="jsonb")),
        column("p", ir.Type(kind=ir.Kind.GEOMETRY, raw="point")),
        column("flag", ir.Type(kind=ir.Kind.BOOLEAN, raw="boolean")),
        column("list", ir.Type(kind=ir.Kind.ARRAY, raw="text[]"), nullable=True),
        primary_key=primary("id", "a", name="t_pkey"),
        indexes=(
            index("a", "i01", method="hash"),
            index("id a", "i02", method="gin"),
            index("id a", "i03", method="gist"),
            index("j", "i04", method="gin"),
            index("list", "i05", method="gin"),
            index("p", "i06", method="gist"),
            index("flag", "i07", method="brin"),
            index("a", "i08", predicate="(id > 0)"),
            index("a", "i09", unique=True, include=("id",), nulls_not_distinct=True),
            index("id a", "i10", unique=True, is_constraint=True, deferrable=True),
            replace(
                index("a", "i11"),
                parts=(
                    ir.IndexPart(text="a", operator_class="text_pattern_ops", descending=True),
                    ir.IndexPart(text="id", nulls_first=True),
                ),
            ),
            replace(index("a", "i12", unique=True), parts=(ir.IndexPart(text="a", operator_class="text_pattern_ops"),)),
        ),
    )
    rendering = prisma.render(catalog(found))
    assert [line for line in block(rendering.text, "T") if line.startswith("@@")] == [
        '@@id([id, a], map: "t_pkey")',
        '@@index([a], map: "i01", type: Hash)',
        '@@unique([a], map: "i09")',
        '@@unique([a], map: "i12")',
        '@@index([a(ops: raw("text_pattern_ops"), sort: Desc), id], map: "i11")',
        '@@index([id(ops: raw("int4_ops")), a(ops: raw("text_ops"))], map: "i02", type: Gin)',
        '@@index([id(ops: raw("gist_int4_ops")), a(ops: raw("gist_text_ops"))], map: "i03", type: Gist)',
        '@@unique([id, a], map: "i10")',
        '@@index([j], map: "i04", type: Gin)',
        '@@index([list], map: "i05", type: Gin)',
        '@@index([p], map: "i06", type: Gist)',
        '@@map("t")',
    ]
    assert [(omission.what[:3], omission.reason) for omission in rendering.exceptions] == [
        ("of ", "Prisma has no optional lists, and reads NULL as an empty one"),
        ("i08", "Prisma has no partial indexes"),
        ("i09", "Prisma cannot say that it includes id"),
        ("i09", "Prisma cannot say that its nulls are not distinct"),
        ("i12", "Prisma cannot say the operator class text_pattern_ops of a unique index"),
        ("i11", "Prisma cannot say where the nulls of id stand"),
        ("i07", "Prisma does not take flag in an index of the kind brin"),
        ("i10", "Prisma cannot say that it is deferrable"),
    ]


def test_keys_that_prisma_cannot_say() -> None:
    texts = ir.Type(kind=ir.Kind.ARRAY, raw="text[]")
    found = cases.table(
        "t",
        column("list", texts),
        column("a"),
        primary_key=primary("list", name="t_pkey"),
        indexes=(index("a a", "twice", unique=True),),
        foreign_keys=(foreign("a", "t", "a", "fk"),),
    )
    rendering = prisma.render(catalog(found))
    lines = [line for line in block(rendering.text, "T") if not line.startswith("//")]
    assert lines == ["list String[]", "a Int", '@@map("t")', "@@ignore"]
    assert [str(omission.reason) for omission in rendering.exceptions] == [
        "Prisma cannot say the unique index that it refers to",
        "Prisma has no lists in a primary key",
        "Prisma names no column of an index twice",
        "no key or unique index of required columns tells its rows apart, so that the client leaves it out",
    ]


def test_a_hostile_catalog_ends_no_string_comment_or_block() -> None:
    text = prisma.render(cases.hostile()).text
    lines = text.splitlines()
    assert len(lines) == text.count("\n")
    tables = len(cases.HOSTILE_NAMES) + 1
    assert sum(line.startswith("model ") for line in lines) == tables
    assert sum(line == "}" for line in lines) == tables + sum(line.startswith("enum ") for line in lines) + 2
    assert all(
        line.startswith(("//", "  ", "model ", "enum ", "datasource ", "generator ", "}")) or not line for line in lines
    )
