"""`catalog.json`: one catalog as text, in one canonical order, so that equal catalogs are equal texts.

The format is described in `docs/catalog-format.md`. :func:`dump` and :func:`load` are inverse to each other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ingest import ir

FORMAT = 1

Json = dict[str, Any]


class CatalogFormatError(ValueError):
    """The text is no catalog of a format that this version reads; the message says where."""


def canonical(catalog: ir.Catalog) -> ir.Catalog:
    """The same catalog in canonical order: by name, then by columns; a table's columns keep their own order."""
    return replace(
        catalog,
        tables=tuple(sorted((_canonical_table(table) for table in catalog.tables), key=lambda table: table.name)),
        enums=tuple(sorted(catalog.enums, key=lambda enum: enum.name)),
        relationships=tuple(sorted(catalog.relationships, key=lambda r: (r.source, r.target, r.origin, r.position))),
        problems=tuple(sorted(catalog.problems, key=lambda p: (p.position, p.reason, p.text))),
        extensions=tuple(sorted(set(catalog.extensions))),
    )


def _canonical_table(table: ir.Table) -> ir.Table:
    return replace(
        table,
        foreign_keys=tuple(sorted(table.foreign_keys, key=lambda key: (key.columns, key.references, key.name or ""))),
        indexes=tuple(sorted(table.indexes, key=lambda index: (index.columns, index.name or "", index.position))),
        checks=tuple(sorted(table.checks, key=lambda check: (check.expression, check.name or ""))),
    )


def dump(catalog: ir.Catalog) -> str:
    """The catalog as the text of a `catalog.json`, canonical, with a final newline."""
    return json.dumps(to_json(catalog), indent=1, ensure_ascii=False) + "\n"


def to_json(catalog: ir.Catalog) -> Json:
    """The catalog as the values of its `catalog.json`."""
    catalog = canonical(catalog)
    return {
        "format": FORMAT,
        "upstream": catalog.upstream,
        "repository": catalog.repository,
        "commit": catalog.commit,
        "dialect": catalog.dialect,
        "extensions": list(catalog.extensions),
        "tables": {table.name: _table_to_json(table) for table in catalog.tables},
        "enums": {enum.name: list(enum.values) for enum in catalog.enums},
        "enum_positions": {enum.name: str(enum.position) for enum in catalog.enums},
        "relationships": [
            {
                "from": relationship.source,
                "to": relationship.target,
                "origin": relationship.origin.value,
                "confidence": relationship.confidence,
                "position": str(relationship.position),
            }
            for relationship in catalog.relationships
        ],
        "problems": [
            {
                "position": str(problem.position),
                "reason": problem.reason,
                "text": problem.text,
                "statements": problem.statements,
            }
            for problem in catalog.problems
        ],
        "statements": {"seen": catalog.seen, "understood": catalog.understood},
    }


def _table_to_json(table: ir.Table) -> Json:
    key = table.primary_key
    return {
        "position": str(table.position),
        "columns": {column.name: _column_to_json(column) for column in table.columns},
        "primary_key": list(key.columns) if key else [],
        "primary_key_details": _without_defaults({"name": key.name, "position": str(key.position)}) if key else None,
        "foreign_keys": [_foreign_key_to_json(foreign_key) for foreign_key in table.foreign_keys],
        "unique": _column_lists(index for index in table.indexes if index.unique),
        "indexes": _column_lists(index for index in table.indexes if not index.unique),
        "index_details": [_index_to_json(index) for index in table.indexes],
        "checks": [check.expression for check in table.checks],
        "check_details": [
            _without_defaults({"name": check.name, "position": str(check.position)}) for check in table.checks
        ],
    }


def _column_lists(indexes: Iterable[ir.Index]) -> list[list[str]]:
    return [list(columns) for columns in dict.fromkeys(index.columns for index in indexes)]


def _column_to_json(column: ir.Column) -> Json:
    return {
        "type": column.type.raw,
        "kind": column.type.kind.value,
        "nullable": column.nullable,
        "default": column.default,
        "position": str(column.position),
    } | _without_defaults(
        {
            "generated": column.generated,
            "identity": column.identity,
            "length": column.type.length,
            "bits": column.type.bits,
            "precision": column.type.precision,
            "scale": column.type.scale,
        }
    )


def _foreign_key_to_json(key: ir.ForeignKey) -> Json:
    return {
        "columns": list(key.columns),
        "references": key.references,
        "referenced_columns": list(key.referenced_columns),
        "position": str(key.position),
    } | _without_defaults(
        {
            "name": key.name,
            "on_delete": key.on_delete,
            "on_update": key.on_update,
            "deferrable": key.deferrable,
            "enforced": None if key.enforced else "no",
        }
    )


def _index_to_json(index: ir.Index) -> Json:
    return {
        "name": index.name,
        "columns": list(index.columns),
        "unique": index.unique,
        "position": str(index.position),
    } | _without_defaults(
        {
            "method": index.method,
            "predicate": index.predicate,
            "include": list(index.include),
            "constraint": index.is_constraint,
            "nulls_not_distinct": index.nulls_not_distinct,
            "deferrable": index.deferrable,
            "parts": _parts_to_json(index.parts),
        }
    )


def _parts_to_json(parts: tuple[ir.IndexPart, ...]) -> list[Json] | None:
    """What a list of names cannot say of the index's keys, key by key; nothing where the names say all."""
    if all(part == ir.IndexPart(text=part.text) for part in parts):
        return None
    return [
        _without_defaults(
            {
                "expression": part.is_expression,
                "operator_class": part.operator_class,
                "descending": part.descending,
                "nulls": None if part.nulls_first is None else ("first" if part.nulls_first else "last"),
            }
        )
        for part in parts
    ]


def _without_defaults(values: Json) -> Json:
    return {name: value for name, value in values.items() if value is not None and value is not False and value != []}


def load(text: str) -> ir.Catalog:
    """The catalog that :func:`dump` wrote. Raises :class:`CatalogFormatError` where it is no such text."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CatalogFormatError(f"not JSON: {error}") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        found = document.get("format") if isinstance(document, dict) else type(document).__name__
        raise CatalogFormatError(f"format {FORMAT} expected, found {found!r}")
    try:
        return _from_json(document)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise CatalogFormatError(f"not a catalog: {type(error).__name__} {error}") from error


def _from_json(document: Json) -> ir.Catalog:
    return ir.Catalog(
        upstream=document["upstream"],
        repository=document["repository"],
        commit=document["commit"],
        dialect=document["dialect"],
        extensions=tuple(document["extensions"]),
        tables=tuple(_table_from_json(name, table) for name, table in document["tables"].items()),
        enums=tuple(
            ir.Enum(name=name, values=tuple(values), position=_position(document["enum_positions"][name]))
            for name, values in document["enums"].items()
        ),
        relationships=tuple(
            ir.Relationship(
                source=item["from"],
                target=item["to"],
                origin=ir.Origin(item["origin"]),
                confidence=item["confidence"],
                position=_position(item["position"]),
            )
            for item in document["relationships"]
        ),
        problems=tuple(
            ir.Problem(
                position=_position(item["position"]),
                reason=item["reason"],
                text=item["text"],
                statements=item["statements"],
            )
            for item in document["problems"]
        ),
        seen=document["statements"]["seen"],
        understood=document["statements"]["understood"],
    )


def _table_from_json(name: str, table: Json) -> ir.Table:
    key = table["primary_key_details"]
    return ir.Table(
        name=name,
        position=_position(table["position"]),
        columns=tuple(_column_from_json(column, values) for column, values in table["columns"].items()),
        primary_key=ir.PrimaryKey(
            columns=tuple(table["primary_key"]), name=key.get("name"), position=_position(key["position"])
        )
        if key
        else None,
        foreign_keys=tuple(_foreign_key_from_json(item) for item in table["foreign_keys"]),
        indexes=tuple(_index_from_json(item) for item in table["index_details"]),
        checks=tuple(
            ir.Check(expression=expression, name=details.get("name"), position=_position(details["position"]))
            for expression, details in zip(table["checks"], table["check_details"], strict=True)
        ),
    )


def _column_from_json(name: str, values: Json) -> ir.Column:
    return ir.Column(
        name=name,
        type=ir.Type(
            kind=ir.Kind(values["kind"]),
            raw=values["type"],
            length=values.get("length"),
            bits=values.get("bits"),
            precision=values.get("precision"),
            scale=values.get("scale"),
        ),
        nullable=values["nullable"],
        default=values["default"],
        generated=values.get("generated"),
        identity=values.get("identity", False),
        position=_position(values["position"]),
    )


def _foreign_key_from_json(item: Json) -> ir.ForeignKey:
    return ir.ForeignKey(
        columns=tuple(item["columns"]),
        references=item["references"],
        referenced_columns=tuple(item["referenced_columns"]),
        position=_position(item["position"]),
        name=item.get("name"),
        on_delete=item.get("on_delete"),
        on_update=item.get("on_update"),
        deferrable=item.get("deferrable", False),
        enforced=item.get("enforced") != "no",
    )


def _index_from_json(item: Json) -> ir.Index:
    parts = item.get("parts") or [{}] * len(item["columns"])
    return ir.Index(
        parts=tuple(
            ir.IndexPart(
                text=text,
                is_expression=part.get("expression", False),
                operator_class=part.get("operator_class"),
                descending=part.get("descending", False),
                nulls_first={"first": True, "last": False}.get(part.get("nulls")),
            )
            for text, part in zip(item["columns"], parts, strict=True)
        ),
        unique=item["unique"],
        position=_position(item["position"]),
        name=item["name"],
        method=item.get("method"),
        predicate=item.get("predicate"),
        include=tuple(item.get("include", ())),
        is_constraint=item.get("constraint", False),
        nulls_not_distinct=item.get("nulls_not_distinct", False),
        deferrable=item.get("deferrable", False),
    )


def _position(text: str) -> ir.Position:
    file, _, line = text.rpartition(":")
    return ir.Position(file=file, line=int(line))
