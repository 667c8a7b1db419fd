"""Documents: rows as JSON, built by PostgreSQL and passed through unparsed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import QuerySet

from azora.kernel.rest.scalars import Scalar


def _source(rows: QuerySet[Any], names: Sequence[str]) -> tuple[str, tuple[Any, ...]]:
    """The query's SQL with these columns, in parentheses; raises `EmptyResultSet` where it can have no rows."""
    sql, parameters = rows.values_list(*names).query.get_compiler(rows.db).as_sql()
    return f"({sql})", tuple(parameters)


def _columns(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _shown(fields: Mapping[str, Scalar]) -> str:
    return ", ".join(f'{_value(name, scalar)} AS "{name}"' for name, scalar in fields.items())


def _value(name: str, scalar: Scalar) -> str:
    return scalar.sql.format(f'source."{name}"')


def row_document(rows: QuerySet[Any], fields: Mapping[str, Scalar]) -> str | None:
    """The query's one row as a JSON object with its keys in the order of `fields`; None where there is none."""
    try:
        source, parameters = _source(rows, list(fields))
    except EmptyResultSet:
        return None
    sql = (
        f"SELECT row_to_json(document)::text FROM {source} AS source({_columns(list(fields))}), "
        f"LATERAL (SELECT {_shown(fields)}) AS document"
    )
    with connections[rows.db].cursor() as cursor:
        cursor.execute(sql, parameters)
        row = cursor.fetchone()
    return None if row is None else str(row[0])


def page_document(
    parts: Sequence[QuerySet[Any]],
    fields: Mapping[str, Scalar],
    key: tuple[str, Scalar],
    *,
    descending: bool,
    limit: int,
) -> tuple[str, list[Any] | None]:
    """Up to `limit` rows of the parts, one after the other, as a JSON list; ordered by `key`, then `id`.

    With it come the last row's key and id where more rows follow, else None. One query, which looks at `limit` + 1 rows
    of each part.
    """
    name, scalar = key
    names = list(dict.fromkeys([*fields, name, "id"]))
    order = (f"-{name}", "-id") if descending else (name, "id")
    sources, parameters = [], ()
    for part in parts:
        try:
            source, given = _source(part.order_by(*dict.fromkeys(order))[: limit + 1], names)
        except EmptyResultSet:
            continue
        sources.append(source)
        parameters += given
    if not sources:
        return "[]", None
    direction = "DESC" if descending else "ASC"
    sql = f"""
        SELECT
            '[' || coalesce(string_agg(document, ',' ORDER BY place) FILTER (WHERE place <= {limit}), '') || ']',
            max(last) FILTER (WHERE place = {limit}),
            count(*) > {limit}
        FROM (
            SELECT place, row_to_json(document)::text AS document,
                CASE WHEN place = {limit} THEN json_build_array({_value(name, scalar)}, source.id)::text END AS last
            FROM (
                SELECT *, row_number() OVER (ORDER BY "{name}" {direction}, id {direction}) AS place
                FROM ({" UNION ALL ".join(sources)}) AS part({_columns(names)})
            ) AS source, LATERAL (SELECT {_shown(fields)}) AS document
        ) AS page
    """
    with connections[parts[0].db].cursor() as cursor:
        cursor.execute(sql, parameters)
        data, last, more = cursor.fetchone()
    return data, json.loads(last) if more else None
