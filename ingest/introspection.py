"""The state of a PostgreSQL database as values of :mod:`ingest.ir`, read from `pg_catalog`.

Names of objects in the schema `public` stand bare, those of other schemas as `schema.name`. What belongs to an
extension is left out. The texts are equal on PostgreSQL 15 to 18: its not-null constraints are no part of them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ingest import ir

Query = Callable[[str], Sequence[Sequence[Any]]]

# An object of the database: its system catalog, its oid there, and for a column its number (0 otherwise).
Object = tuple[str, int, int]
Locate = Callable[[Object], ir.Position]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the database holds. `remarks` are the problems that name what the catalog has no place for."""

    tables: tuple[ir.Table, ...]
    enums: tuple[ir.Enum, ...]
    extensions: tuple[str, ...]
    remarks: tuple[ir.Problem, ...]


def introspect(query: Query, locate: Locate) -> State:
    """The state of the database that `query` reaches; `locate` gives each object's position."""
    query(_SETTINGS)
    return _Introspection(query, locate).state()


# Expressions are printed by these, whatever the session had set before.
_SETTINGS = """
SELECT pg_catalog.set_config(name, value, false) FROM (VALUES
  ('search_path', 'pg_catalog, public'), ('TimeZone', 'UTC'), ('DateStyle', 'ISO, YMD'), ('IntervalStyle', 'postgres'),
  ('bytea_output', 'hex'), ('extra_float_digits', '1'), ('quote_all_identifiers', 'off'),
  ('standard_conforming_strings', 'on')
) AS setting (name, value)
"""

_OWN = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%' AND NOT EXISTS ("
_OWN += "SELECT FROM pg_depend e WHERE e.classid = '{catalog}'::regclass AND e.objid = o.oid AND e.deptype = 'e')"
_NAME = "CASE WHEN n.nspname IN ('public', 'pg_catalog') THEN {name} ELSE n.nspname || '.' || {name} END"


def _own(catalog: str) -> str:
    """The condition that the object `o` of this system catalog is neither PostgreSQL's nor an extension's."""
    return _OWN.format(catalog=catalog)


_RELATIONS = f"""
SELECT o.oid, {_NAME.format(name="o.relname")}, o.relkind::text, o.relispartition, {_own("pg_class")},
  ARRAY(SELECT {_NAME.format(name="p.relname").replace("n.", "pn.")} FROM pg_inherits i
    JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace
    WHERE i.inhrelid = o.oid ORDER BY i.inhseqno)
FROM pg_class o JOIN pg_namespace n ON n.oid = o.relnamespace
WHERE o.relkind IN ('r', 'p', 'v', 'm', 'f') AND o.oid >= 16384
ORDER BY 2
"""

_COLUMNS = """
SELECT a.attrelid, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
  pg_get_expr(d.adbin, d.adrelid), a.attgenerated <> '', a.attidentity <> '', a.atttypid,
  (SELECT l.collname FROM pg_collation l, pg_type t
    WHERE t.oid = a.atttypid AND l.oid = a.attcollation AND a.attcollation <> t.typcollation)
FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid >= 16384 AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
"""

_TYPES = f"""
SELECT o.oid, {_NAME.format(name="o.typname")}, o.typtype::text,
  o.typcategory::text, CASE WHEN o.typcategory = 'A' THEN o.typelem ELSE 0 END, o.typbasetype,
  format_type(o.typbasetype, o.typtypmod), {_own("pg_type")},
  ARRAY(SELECT v.enumlabel::text FROM pg_enum v WHERE v.enumtypid = o.oid ORDER BY v.enumsortorder)
FROM pg_type o JOIN pg_namespace n ON n.oid = o.typnamespace
ORDER BY 2
"""

_CONSTRAINTS = """
SELECT o.oid, o.conrelid, o.conname, o.contype::text, o.conkey, o.confrelid, o.confkey, o.confdeltype::text,
  o.confupdtype::text, o.confdelsetcols, o.confmatchtype = 'f', o.condeferrable, o.conindid,
  CASE o.contype WHEN 'c' THEN pg_get_expr(o.conbin, o.conrelid) WHEN 'x' THEN pg_get_constraintdef(o.oid) END
FROM pg_constraint o
WHERE o.conrelid >= 16384 AND o.contype IN ('p', 'f', 'u', 'c', 'x') AND (o.contype <> 'f' OR o.conparentid = 0)
ORDER BY o.conrelid, o.conname
"""

_INDEXES = """
SELECT i.indexrelid, i.indrelid, c.relname, m.amname, i.indisunique, i.indnullsnotdistinct, i.indnkeyatts,
  i.indkey::int2[], i.indoption::int2[], pg_get_expr(i.indpred, i.indrelid),
  pg_indexam_has_property(m.oid, 'can_order'),
  ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, false) FROM generate_series(1, i.indnatts) k ORDER BY k),
  ARRAY(SELECT CASE WHEN p.opcdefault THEN NULL ELSE p.opcname::text END
    FROM unnest(i.indclass::oid[]) WITH ORDINALITY u (oid, k) JOIN pg_opclass p ON p.oid = u.oid ORDER BY u.k)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
WHERE i.indrelid >= 16384 AND NOT i.indisprimary
ORDER BY i.indrelid, c.relname
"""

_EXTENSIONS = "SELECT o.extname FROM pg_extension o WHERE o.extname <> 'plpgsql' ORDER BY 1"

# What has no place in a catalog: system catalog, oid, what it is, its name.
_OTHERS = f"""
SELECT 'pg_proc', o.oid, CASE o.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
  {_NAME.format(name="o.proname")}
FROM pg_proc o JOIN pg_namespace n ON n.oid = o.pronamespace WHERE o.oid >= 16384 AND {_own("pg_proc")}
UNION ALL
SELECT 'pg_trigger', o.oid, 'trigger', o.tgname FROM pg_trigger o WHERE NOT o.tgisinternal
UNION ALL
SELECT 'pg_rewrite', o.oid, 'rule', o.rulename FROM pg_rewrite o WHERE o.oid >= 16384 AND o.rulename <> '_RETURN'
UNION ALL
SELECT 'pg_policy', o.oid, 'policy', o.polname FROM pg_policy o
UNION ALL
SELECT 'pg_type', o.oid, CASE o.typtype WHEN 'd' THEN 'domain' WHEN 'r' THEN 'range type' ELSE 'composite type' END,
  {_NAME.format(name="o.typname")}
FROM pg_type o JOIN pg_namespace n ON n.oid = o.typnamespace
WHERE o.oid >= 16384 AND {_own("pg_type")} AND (o.typtype IN ('d', 'r')
  OR EXISTS (SELECT FROM pg_class c WHERE c.oid = o.typrelid AND c.relkind = 'c'))
UNION ALL
SELECT 'pg_class', o.oid, 'sequence', {_NAME.format(name="o.relname")}
FROM pg_class o JOIN pg_namespace n ON n.oid = o.relnamespace
WHERE o.relkind = 'S' AND {_own("pg_class")} AND NOT EXISTS (SELECT FROM pg_depend e
  WHERE e.classid = 'pg_class'::regclass AND e.objid = o.oid AND e.deptype IN ('a', 'i'))
ORDER BY 3, 4
"""

_ACTIONS = {"r": "restrict", "c": "cascade", "n": "set null", "d": "set default"}

_KINDS = {
    ir.Kind.BOOLEAN: "bool",
    ir.Kind.INTEGER: "int2 int4 int8 oid",
    ir.Kind.DECIMAL: "numeric money",
    ir.Kind.FLOAT: "float4 float8",
    ir.Kind.TEXT: "text varchar bpchar char name citext",
    ir.Kind.BINARY: "bytea bit varbit",
    ir.Kind.DATE: "date",
    ir.Kind.TIME: "time timetz",
    ir.Kind.DATETIME: "timestamp timestamptz",
    ir.Kind.INTERVAL: "interval",
    ir.Kind.UUID: "uuid",
    ir.Kind.JSON: "json jsonb",
    ir.Kind.XML: "xml",
    ir.Kind.NETWORK: "inet cidr macaddr macaddr8",
    ir.Kind.SEARCH: "tsvector tsquery",
    ir.Kind.GEOMETRY: "point line lseg box path polygon circle geometry geography",
}
_KIND_OF = {name: kind for kind, names in _KINDS.items() for name in names.split()}
_BITS = {"int2": 16, "int4": 32, "int8": 64, "oid": 32, "float4": 32, "float8": 64}
_SIZES = re.compile(r"\((\d+)(?:,(-?\d+))?\)")


@dataclass(frozen=True, slots=True)
class _DatabaseType:
    name: str
    typtype: str
    category: str
    element: int
    base: int
    base_format: str
    is_own: bool
    labels: list[str]


class _Introspection:
    def __init__(self, query: Query, locate: Locate) -> None:
        self._query = query
        self._locate = locate
        self._remarks: list[ir.Problem] = []
        self._enums: list[ir.Enum] = []
        self._used_enums: set[int] = set()
        self._types = {row[0]: _DatabaseType(*row[1:]) for row in query(_TYPES)}
        self._names: dict[int, str] = {}
        self._attributes: dict[int, dict[int, str]] = defaultdict(dict)

    def state(self) -> State:
        relations = self._query(_RELATIONS)
        self._names = {oid: name for oid, name, *_ in relations}
        tables = [
            oid
            for oid, name, kind, is_partition, is_own, parents in relations
            if is_own and self._is_table(oid, name, kind, is_partition, parents)
        ]
        columns = self._columns(set(tables))
        constraints = self._group(self._query(_CONSTRAINTS), key=1)
        indexes = self._group(self._query(_INDEXES), key=1)
        built = tuple(self._table(oid, columns[oid], constraints[oid], indexes[oid]) for oid in tables)
        for catalog, oid, what, name in self._query(_OTHERS):
            self._remark((catalog, oid, 0), f"a {what} has no place in the catalog", name)
        for oid, type_ in self._types.items():
            if type_.typtype == "e" and type_.is_own and oid not in self._used_enums:
                self._enums.append(
                    ir.Enum(name=type_.name, values=tuple(type_.labels), position=self._at("pg_type", oid))
                )
        extensions = tuple(name for (name,) in self._query(_EXTENSIONS))
        return State(tables=built, enums=tuple(self._enums), extensions=extensions, remarks=tuple(self._remarks))

    def _at(self, catalog: str, oid: int, attnum: int = 0) -> ir.Position:
        return self._locate((catalog, oid, attnum))

    def _remark(self, subject: Object, reason: str, text: str) -> None:
        self._remarks.append(ir.Problem(position=self._locate(subject), reason=reason, text=text[:200], statements=0))

    def _is_table(self, oid: int, name: str, kind: str, is_partition: bool, parents: list[str]) -> bool:
        """Whether the relation stands in the catalog as a table; a remark where it does not, or not wholly."""
        others = {"v": "view", "m": "materialized view", "f": "foreign table"}
        if kind in others:
            self._remark(("pg_class", oid, 0), f"a {others[kind]} has no place in the catalog", name)
        elif is_partition:
            self._remark(("pg_class", oid, 0), f"a partition of {parents[0]}, whose columns and keys it has", name)
        elif parents:
            self._remark(("pg_class", oid, 0), f"inherits from {', '.join(parents)}; all columns stand here", name)
        return kind in "rp" and not is_partition

    @staticmethod
    def _group(rows: Iterable[Sequence[Any]], *, key: int) -> dict[int, list[Sequence[Any]]]:
        groups: dict[int, list[Sequence[Any]]] = defaultdict(list)
        for row in rows:
            groups[row[key]].append(row)
        return groups

    # --- columns and types

    def _columns(self, tables: set[int]) -> dict[int, tuple[ir.Column, ...]]:
        columns: dict[int, list[ir.Column]] = defaultdict(list)
        for row in self._query(_COLUMNS):
            oid, attnum, name, raw, nullable, expression, is_generated, is_identity, type_oid, collation = row
            self._attributes[oid][attnum] = name
            if oid not in tables:
                continue
            where, full = ("pg_attribute", oid, attnum), f"{self._names[oid]}.{name}"
            if collation:
                self._remark(where, f"the collation {collation} has no place in the catalog", full)
            type_ = self._type(type_oid, raw)
            if type_.kind is ir.Kind.UNKNOWN:
                self._remark(where, f"the type {raw} has no neutral kind", full)
            enum = self._enum(type_oid)
            if enum is not None:
                position = self._at("pg_type", enum)
                self._enums.append(ir.Enum(name=full, values=tuple(self._types[enum].labels), position=position))
                self._used_enums.add(enum)
            columns[oid].append(
                ir.Column(
                    name=name,
                    type=type_,
                    nullable=nullable,
                    position=self._locate(where),
                    default=None if is_generated else expression,
                    generated=expression if is_generated else None,
                    identity=is_identity,
                )
            )
        return defaultdict(tuple, {oid: tuple(found) for oid, found in columns.items()})

    def _type(self, oid: int, raw: str) -> ir.Type:
        """The type of a column; a domain has the kind and the sizes of the type beneath it."""
        type_ = self._types[oid]
        if type_.typtype == "d":
            return replace(self._type(type_.base, type_.base_format), raw=raw)
        by_form = {"e": ir.Kind.ENUM, "r": ir.Kind.RANGE, "m": ir.Kind.RANGE}
        if type_.element:
            return ir.Type(kind=ir.Kind.ARRAY, raw=raw)
        if type_.typtype in by_form:
            return ir.Type(kind=by_form[type_.typtype], raw=raw)
        name = type_.name.rpartition(".")[2]
        kind = ir.Kind.UNKNOWN if type_.is_own else _KIND_OF.get(name, ir.Kind.UNKNOWN)
        found = _SIZES.search(raw)
        first, second = (int(size) if size else None for size in found.groups()) if found else (None, None)
        if name in ("bit", "varbit"):
            return ir.Type(kind=kind, raw=raw, bits=first)
        if kind is ir.Kind.TEXT:
            return ir.Type(kind=kind, raw=raw, length=first)
        return ir.Type(kind=kind, raw=raw, bits=_BITS.get(name), precision=first, scale=second)

    def _enum(self, oid: int) -> int | None:
        """The oid of the enum type that a column of this type holds, as a value or in an array."""
        type_ = self._types[oid]
        if type_.typtype == "e":
            return oid
        beneath = type_.element or type_.base
        return self._enum(beneath) if beneath else None

    # --- tables

    def _table(
        self,
        oid: int,
        columns: tuple[ir.Column, ...],
        constraints: list[Sequence[Any]],
        indexes: list[Sequence[Any]],
    ) -> ir.Table:
        primary_key: ir.PrimaryKey | None = None
        foreign_keys: list[ir.ForeignKey] = []
        checks: list[ir.Check] = []
        of_index: dict[int, tuple[ir.Position, bool]] = {}
        for row in constraints:
            constraint, _, name, contype, key, *_, deferrable, index, expression = row
            position = self._at("pg_constraint", constraint)
            if contype == "p":
                primary_key = ir.PrimaryKey(columns=self._attribute_names(oid, key), name=name, position=position)
            elif contype == "f":
                foreign_keys.append(self._foreign_key(row, position))
            elif contype == "c":
                checks.append(ir.Check(expression=expression, name=name, position=position))
            else:
                of_index[index] = (position, deferrable)
                if contype == "x":
                    reason = "an exclusion constraint stands in the catalog as its index alone"
                    self._remark(("pg_constraint", constraint, 0), reason, f"{name} {expression}")
        return ir.Table(
            name=self._names[oid],
            position=self._at("pg_class", oid),
            columns=columns,
            primary_key=primary_key,
            foreign_keys=tuple(foreign_keys),
            indexes=tuple(self._index(row, of_index.get(row[0])) for row in indexes),
            checks=tuple(checks),
        )

    def _foreign_key(self, row: Sequence[Any], position: ir.Position) -> ir.ForeignKey:
        oid, table, name, _, key, target, target_key, on_delete, on_update, set_columns, is_full, deferrable, *_ = row
        if is_full:
            self._remark(("pg_constraint", oid, 0), "MATCH FULL of a foreign key has no place in the catalog", name)
        delete = _ACTIONS.get(on_delete)
        if delete and set_columns:
            delete += f" ({', '.join(self._attribute_names(table, set_columns))})"
        return ir.ForeignKey(
            columns=self._attribute_names(table, key),
            references=self._names[target],
            referenced_columns=self._attribute_names(target, target_key),
            position=position,
            name=name,
            on_delete=delete,
            on_update=_ACTIONS.get(on_update),
            deferrable=deferrable,
        )

    def _index(self, row: Sequence[Any], constraint: tuple[ir.Position, bool] | None) -> ir.Index:
        (oid, table, name, method, unique, nulls_not_distinct, keys, attnums, options, predicate, is_ordered) = row[:11]
        texts, classes = row[11], row[12]
        names = [
            self._attributes[table][attnum] if attnum else text for attnum, text in zip(attnums, texts, strict=True)
        ]
        position, deferrable = constraint or (self._at("pg_class", oid), False)
        return ir.Index(
            parts=tuple(self._parts(names[:keys], attnums, options, classes, is_ordered)),
            unique=unique,
            position=position,
            name=name,
            method=method,
            predicate=predicate,
            include=tuple(names[keys:]),
            is_constraint=constraint is not None,
            nulls_not_distinct=nulls_not_distinct,
            deferrable=deferrable,
        )

    @staticmethod
    def _parts(
        names: list[str], attnums: list[int], options: list[int], classes: list[str | None], is_ordered: bool
    ) -> Iterator[ir.IndexPart]:
        for name, attnum, option, operator_class in zip(names, attnums, options, classes, strict=False):
            descending, nulls_first = bool(option & 1), bool(option & 2)
            yield ir.IndexPart(
                text=name,
                is_expression=attnum == 0,
                operator_class=operator_class,
                descending=descending,
                nulls_first=nulls_first if is_ordered and nulls_first != descending else None,
            )

    def _attribute_names(self, table: int, attnums: Sequence[int]) -> tuple[str, ...]:
        return tuple(self._attributes[table][attnum] for attnum in attnums)
