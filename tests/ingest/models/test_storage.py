"""Catalogs as rows: nothing is lost, nothing is made up, and what no row can hold is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import declarations, ir, storage
from ingest.catalog import canonical, dump, load
from ingest.models import ForeignKey, Relationship, Snapshot, Table, Upstream
from ingest.operations import declare_upstream, store_snapshot
from ingest.storage import NotStorable
from tests.ingest.samples import at, catalog, column, table
from tests.ingest.test_catalog import everything

pytestmark = pytest.mark.django_db


def upstream(name: str = "tiny") -> Upstream:
    return Upstream.objects.create(
        name=name, title="Tiny", domain="lms", repository=f"example/{name}", licence="MIT", pin="v1"
    )


@pytest.mark.parametrize("name", declarations.names())
def test_a_committed_catalog_comes_back_byte_for_byte(name: str) -> None:
    declaration = declarations.load(name)
    declare_upstream(declaration=declaration)
    text = declaration.catalog_file.read_text(encoding="utf-8")
    snapshot = store_snapshot(catalog=load(text))
    assert dump(storage.catalog_of(snapshot)) == text


def test_every_field_comes_back() -> None:
    upstream("sample")
    assert storage.catalog_of(store_snapshot(catalog=everything())) == everything()


names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
sizes = st.none() | st.integers(0, 2**40)
positions = st.builds(ir.Position, file=names, line=st.integers(0, 9999))
types = st.builds(
    ir.Type, kind=st.sampled_from(ir.Kind), raw=texts, length=sizes, bits=sizes, precision=sizes, scale=sizes
)
columns = st.builds(
    ir.Column,
    name=names,
    type=types,
    nullable=st.booleans(),
    position=positions,
    default=st.none() | texts,
    generated=st.none() | texts,
    identity=st.booleans(),
)
lists = st.lists(names, max_size=3).map(tuple)
parts = st.builds(
    ir.IndexPart,
    text=names,
    is_expression=st.booleans(),
    operator_class=st.none() | names,
    descending=st.booleans(),
    nulls_first=st.none() | st.booleans(),
)
tables = st.builds(
    ir.Table,
    name=names,
    position=positions,
    columns=st.lists(columns, max_size=4, unique_by=lambda each: each.name).map(tuple),
    primary_key=st.none() | st.builds(ir.PrimaryKey, columns=lists, position=positions, name=st.none() | names),
    foreign_keys=st.lists(
        st.builds(
            ir.ForeignKey,
            columns=lists,
            references=names,
            referenced_columns=lists,
            position=positions,
            name=st.none() | names,
            on_delete=st.none() | texts,
            on_update=st.none() | texts,
            deferrable=st.booleans(),
            enforced=st.booleans(),
        ),
        max_size=3,
    ).map(tuple),
    indexes=st.lists(
        st.builds(
            ir.Index,
            parts=st.lists(parts, max_size=3).map(tuple),
            unique=st.booleans(),
            position=positions,
            name=st.none() | names,
            method=st.none() | names,
            predicate=st.none() | texts,
            include=lists,
            is_constraint=st.booleans(),
            nulls_not_distinct=st.booleans(),
            deferrable=st.booleans(),
        ),
        max_size=3,
    ).map(tuple),
    checks=st.lists(st.builds(ir.Check, expression=texts, position=positions, name=st.none() | names), max_size=3).map(
        tuple
    ),
)
catalogs = st.builds(
    ir.Catalog,
    upstream=st.just("tiny"),
    repository=texts,
    commit=st.sampled_from(["a" * 40, "b" * 64]),
    dialect=texts,
    tables=st.lists(tables, max_size=4, unique_by=lambda each: each.name).map(tuple),
    seen=st.integers(0, 99),
    understood=st.integers(0, 99),
    enums=st.lists(
        st.builds(ir.Enum, name=names, values=lists, position=positions), max_size=3, unique_by=lambda each: each.name
    ).map(tuple),
    relationships=st.lists(
        st.builds(
            ir.Relationship,
            source=names,
            target=names,
            origin=st.sampled_from(ir.Origin),
            confidence=st.integers(0, 1000).map(lambda thousandths: thousandths / 1000),
            position=positions,
        ),
        max_size=3,
    ).map(tuple),
    problems=st.lists(
        st.builds(ir.Problem, position=positions, reason=texts, text=texts, statements=st.integers(0, 99)), max_size=3
    ).map(tuple),
    extensions=lists,
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(given_catalog=catalogs)
def test_any_catalog_comes_back(given_catalog: ir.Catalog) -> None:
    if not Upstream.objects.filter(name="tiny").exists():
        upstream()
    snapshot = store_snapshot(catalog=given_catalog)
    assert storage.catalog_of(snapshot) == canonical(given_catalog)
    assert dump(storage.catalog_of(snapshot)) == dump(given_catalog)


def test_reading_it_back_takes_eight_queries_whatever_its_size(django_assert_num_queries: Any) -> None:
    upstream()
    for count in (1, 5):
        stored = store_snapshot(catalog=catalog(*(table(f"t{number}", "a", "b") for number in range(count))))
        snapshot = Snapshot.objects.select_related("upstream").get(pk=stored.pk)
        with django_assert_num_queries(8):
            storage.catalog_of(snapshot)


def test_a_name_is_kept_and_the_row_it_means_beside_it() -> None:
    upstream()
    relationships = (
        ir.Relationship(source="post.user", target="user", origin=ir.Origin.NAMING, confidence=0.5, position=at(1)),
        ir.Relationship(source="post.x", target="blog", origin=ir.Origin.NAMING, confidence=0.5, position=at(2)),
    )
    store_snapshot(
        catalog=catalog(
            table("post", keys={"user": "user", "blog": "blog"}), table("user"), relationships=relationships
        )
    )
    assert list(ForeignKey.objects.order_by("ordinal").values_list("references", "target__name")) == [
        ("blog", None),
        ("user", "user"),
    ]
    assert list(
        Relationship.objects.order_by("ordinal").values_list("source", "source_table__name", "target_table__name")
    ) == [("post.user", "post", "user"), ("post.x", None, None)]


def with_column(**changes: Any) -> ir.Catalog:
    changed = replace(column("id"), **changes)
    return catalog(replace(table("post"), columns=(changed,)))


@pytest.mark.parametrize(
    ("unstorable", "said"),
    [
        (catalog(table("x" * 301)), "db/install.xml:1 says cannot be stored: the name 'xxxxxxxxxxxxxxxxxxxx'… has"),
        (with_column(name="c" * 301, position=at(7)), "db/install.xml:7 says"),
        (with_column(default="a\0b", position=at(8)), "db/install.xml:8 says cannot be stored: it has a NUL"),
        (with_column(default="\ud800", position=at(9)), "db/install.xml:9 says cannot be stored: it has a NUL or half"),
        (
            with_column(type=ir.Type(kind=ir.Kind.TEXT, raw="char", length=2**63)),
            "the number 9223372036854775808 is too large",
        ),
        (catalog(dialect="\0"), "the catalog says cannot be stored"),
        (catalog(enums=(ir.Enum(name="e" * 602, values=(), position=at(4)),)), "db/install.xml:4 says"),
        (
            catalog(
                relationships=(
                    ir.Relationship(
                        source="a.b", target="c", origin=ir.Origin.NAMING, confidence=1 / 3, position=at(5)
                    ),
                )
            ),
            "0.3333333333333333 is no confidence",
        ),
    ],
)
def test_what_no_row_can_hold_is_refused_in_words(unstorable: ir.Catalog, said: str) -> None:
    upstream()
    with pytest.raises(NotStorable) as refused:
        store_snapshot(catalog=unstorable)
    assert said in refused.value.message
    assert refused.value.message.startswith("What ")
    assert not Snapshot.objects.exists()
    assert not Table.objects.exists()
