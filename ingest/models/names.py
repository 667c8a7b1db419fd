"""Columns of names that are searched by any part of a name, by an index and with no extension.

The index holds every ending of a name as a lexeme: a name contains a text where one of its endings begins with it, and
a GIN index over `tsvector` answers "begins with". So `icontains` on these columns, in the admin and over HTTP, is as
quick as with `pg_trgm`. The SQL functions are in migration `ingest.0001`.
"""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.lookups import IContains
from django.db.models.sql.compiler import SQLCompiler


class NameField(models.TextField):
    """A name; pair it with a :func:`parts_index`."""


class NamesField(ArrayField):
    """A list of names; pair it with a :func:`parts_index`. `names__icontains` asks whether one of them contains it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"base_field": models.TextField(), **options})


class Fragments(models.Func):
    """Every ending of a name (of its first 100 characters), in lower case, as a `tsvector`."""

    function = "ingest_fragments"
    output_field = models.TextField()


def parts_index(field: str, name: str) -> GinIndex:
    """The index behind `icontains` on a column of names."""
    return GinIndex(Fragments(field), name=name)


@NameField.register_lookup
class NameContains(IContains):
    """The rows that the index finds, which may be too many, and of them those that do contain the text."""

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:  # type: ignore[override]
        contains, parameters = super().as_sql(compiler, connection)
        if not self.rhs_is_direct_value():
            return contains, list(parameters)
        name, name_parameters = compiler.compile(self.lhs)
        found = f"ingest_fragments({name}) @@ ingest_fragment_query(%s)"
        return f"({found} AND {contains})", [*name_parameters, self.rhs, *parameters]


@NamesField.register_lookup
class OneNameContains(models.Lookup):
    """One of the names has the words of the text (all of them, where there are several) as parts."""

    lookup_name = "icontains"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:  # type: ignore[override]
        names, parameters = self.process_lhs(compiler, connection)
        return f"ingest_fragments({names}) @@ ingest_fragment_query(%s)", [*parameters, self.rhs]
