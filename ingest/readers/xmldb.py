"""Moodle's XMLDB: the `db/install.xml` files from which Moodle creates its tables.

The rules are those of Moodle's own loader and SQL generators (`lib/xmldb/`, `lib/ddl/` of moodle/moodle): sizes of
integers are decimal digits, foreign keys are declared and never created in the database, names in key lists are
compared without regard to case. Files are declarative and need no order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar
from xml.etree.ElementTree import ParseError

from defusedxml.ElementTree import DefusedXMLParser

from ingest import ir
from ingest.tree import Tree, Unreadable

FILES = ("**/db/install.xml",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """XMLDB has one dialect and nothing to choose."""

    dialect: ClassVar[str] = "moodle-xmldb"


_KINDS = {
    "int": ir.Kind.INTEGER,
    "number": ir.Kind.DECIMAL,
    "float": ir.Kind.FLOAT,
    "char": ir.Kind.TEXT,
    "text": ir.Kind.TEXT,
    "binary": ir.Kind.BINARY,
    "datetime": ir.Kind.DATETIME,
    "timestamp": ir.Kind.DATETIME,
}
_NUMERIC = {ir.Kind.INTEGER, ir.Kind.DECIMAL, ir.Kind.FLOAT}

# Where an element must stand; the four that hold facts are counted as statements.
_PARENTS = {
    "XMLDB": "",
    "TABLES": "XMLDB",
    "TABLE": "TABLES",
    "FIELDS": "TABLE",
    "KEYS": "TABLE",
    "INDEXES": "TABLE",
    "FIELD": "FIELDS",
    "KEY": "KEYS",
    "INDEX": "INDEXES",
}
_COUNTED = {"TABLE", "FIELD", "KEY", "INDEX"}
# Rows that old versions insert on installation: no part of the structure.
_ROWS = {"STATEMENTS", "STATEMENT", "SENTENCES", "SENTENCE"}
_COUNTED_TAG = re.compile(r"<(?:TABLE|FIELD|KEY|INDEX)(?=[\s/>])")


def read(tree: Tree, paths: tuple[str, ...], options: Options) -> ir.Reading:
    """The tables of all the files. The first definition of a table, by path, is the one that counts."""
    del options
    problems: list[ir.Problem] = []
    tables: dict[str, ir.Table] = {}
    enums: list[ir.Enum] = []
    understood = 0
    for path in paths:
        elements, found = _parse_file(tree, path)
        problems += found
        for element in elements:
            builder = _TableBuilder(element)
            table = builder.build()
            earlier = tables.get(table.name.lower()) if table else None
            if table and earlier:
                reason = f"table {table.name} is defined a second time (first at {earlier.position})"
                problems.append(_problem(element, reason, statements=1 + len(element.children)))
                continue
            problems += builder.problems
            understood += builder.understood
            if table:
                tables[table.name.lower()] = table
                enums += builder.enums
    resolved = [_resolve(table, tables, problems) for table in tables.values()]
    return ir.Reading(tables=tuple(resolved), understood=understood, enums=tuple(enums), problems=tuple(problems))


# --- from text to elements


@dataclass(slots=True)
class _Element:
    """An element with its attributes and the line of its `<`. Only TABLE has children: its FIELD, KEY, INDEX."""

    tag: str
    attributes: dict[str, str]
    position: ir.Position
    children: list[_Element] = field(default_factory=list)

    def get(self, name: str) -> str:
        """The attribute without the blanks around it; empty where it is missing."""
        return self.attributes.get(name, "").strip()

    def names(self, name: str) -> tuple[str, ...]:
        """The attribute as a comma list of names in lower case."""
        return tuple(part.strip().lower() for part in self.get(name).split(",") if part.strip())

    def __str__(self) -> str:
        words = [self.tag, *(f'{name}="{value}"' for name, value in self.attributes.items())]
        return f"<{' '.join(words)}>"


class _Target:
    """What the XML parser calls. Keeps the finished tables, and problems for what stands in the wrong place."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.parser: Any = None
        self.tables: list[_Element] = []
        self.problems: list[ir.Problem] = []
        self.open_table: _Element | None = None
        self.started = 0
        self._tags: list[str] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        position = ir.Position(file=self.path, line=self.parser.CurrentLineNumber)
        element = _Element(tag, dict(attributes), position)
        parent = self._tags[-1] if self._tags else ""
        self._tags.append(tag)
        self.started += tag in _COUNTED
        if tag in _PARENTS:
            if parent != _PARENTS[tag]:
                where = f"inside {parent}" if parent else "at the top"
                counted = 1 if tag in _COUNTED else 0
                self.problems.append(_problem(element, f"element {tag} does not belong {where}", statements=counted))
                # What it contains is judged by it, so that a misplaced table does not give its fields to another.
                self._tags[-1] = f"misplaced {tag}"
            elif tag == "TABLE":
                self.open_table = element
            elif tag in _COUNTED and self.open_table is not None:
                self.open_table.children.append(element)
        elif tag not in _ROWS:
            self.problems.append(_problem(element, f"element {tag} is no part of XMLDB", statements=0))

    def end(self, tag: str) -> None:
        if self._tags.pop() == "TABLE" and self.open_table is not None:
            self.tables.append(self.open_table)
            self.open_table = None


def _parse_file(tree: Tree, path: str) -> tuple[list[_Element], list[ir.Problem]]:
    """The complete tables of a file. Of a file that breaks off, the tables before the break are kept."""
    try:
        text = tree.text(path)
    except Unreadable as error:
        return [], [ir.Problem(position=ir.Position(file=path, line=1), reason=error.reason)]
    target = _Target(path)
    parser = DefusedXMLParser(target=target)
    target.parser = parser.parser
    try:
        parser.feed(text)
        parser.close()
    except (ParseError, ValueError) as error:  # ValueError: an entity or a reference that defusedxml refuses
        target.problems.append(_broken(target, text, error))
    if not target.tables and not any(problem.statements for problem in target.problems):
        position = ir.Position(file=path, line=1)
        target.problems.append(ir.Problem(position=position, reason="the file defines no table", statements=0))
    return target.tables, target.problems


def _broken(target: _Target, text: str, error: ParseError | ValueError) -> ir.Problem:
    unfinished = 1 + len(target.open_table.children) if target.open_table else 0
    lost = unfinished + max(len(_COUNTED_TAG.findall(text)) - target.started, 0)
    if isinstance(error, ParseError):
        reason = f"not well-formed XML from here on: {str(error).partition(':')[0]}"
    else:
        reason = f"refused, as the XML {_REFUSALS.get(type(error).__name__, 'cannot be decoded')}"
    number = max(target.parser.CurrentLineNumber, 1)
    words = "".join(text.split("\n", number)[number - 1 : number]).strip()[:200]
    return ir.Problem(position=ir.Position(file=target.path, line=number), reason=reason, text=words, statements=lost)


_REFUSALS = {
    "EntitiesForbidden": "defines entities",
    "ExternalReferenceForbidden": "refers to an external entity",
}


def _problem(element: _Element, reason: str, *, statements: int) -> ir.Problem:
    return ir.Problem(position=element.position, reason=reason, text=str(element)[:200], statements=statements)


# --- from elements to a table


class _TableBuilder:
    """Builds one table of one TABLE element; `understood` and `problems` account for it and all its children."""

    def __init__(self, element: _Element) -> None:
        self.element = element
        self.name = element.get("NAME")
        self.understood = 0
        self.problems: list[ir.Problem] = []
        self.enums: list[ir.Enum] = []
        self._columns: dict[str, ir.Column] = {}
        self._primary_key: ir.PrimaryKey | None = None
        self._foreign_keys: list[ir.ForeignKey] = []
        self._indexes: list[ir.Index] = []

    def build(self) -> ir.Table | None:
        by_tag = {"FIELD": self._field, "KEY": self._key, "INDEX": self._index}
        for tag, build in by_tag.items():
            for child in self._children(tag):
                self._account(child, build(child))
        if not self.name or not self._columns:
            what = "no NAME" if not self.name else "no column that can be read"
            lost = [_problem(self.element, f"table with {what}", statements=1 + self.understood)]
            self.problems, self.understood, self.enums = self.problems + lost, 0, []
            return None
        self.understood += 1
        key_columns = self._primary_key.columns if self._primary_key else ()
        return ir.Table(
            name=self.name,
            position=self.element.position,
            columns=tuple(
                replace(column, nullable=column.nullable and column.name not in key_columns)
                for column in self._columns.values()
            ),
            primary_key=self._primary_key,
            foreign_keys=tuple(self._foreign_keys),
            indexes=tuple(self._indexes),
        )

    def _children(self, tag: str) -> Iterator[_Element]:
        return (child for child in self.element.children if child.tag == tag)

    def _account(self, child: _Element, reason: str) -> None:
        if reason:
            self.problems.append(_problem(child, reason, statements=1))
        else:
            self.understood += 1

    def _field(self, element: _Element) -> str:
        """Adds the column; the reason where something of it, or all of it, was not understood."""
        name = element.get("NAME")
        if not name:
            return "field with no NAME"
        if name.lower() in self._columns:
            return f"field {name} stands in the table a second time"
        flags = {flag: element.get(flag).lower() for flag in ("NOTNULL", "SEQUENCE", "ENUM")}
        type_, reason = _type(element)
        default, wrong = _default(element, type_.kind)
        is_sequence = flags["SEQUENCE"] == "true"
        self._columns[name.lower()] = ir.Column(
            name=name,
            type=type_,
            nullable=flags["NOTNULL"] != "true" and not is_sequence,
            position=element.position,
            default=default,
            identity=is_sequence,
        )
        if flags["ENUM"] == "true":
            values = tuple(_unquoted(value) for value in _LIST_ITEM.findall(element.get("ENUMVALUES")))
            if values:
                self.enums.append(ir.Enum(name=f"{self.name}.{name}", values=values, position=element.position))
            else:
                reason = reason or "ENUM without ENUMVALUES"
        odd = [f"{flag}={text!r}" for flag, text in flags.items() if text not in ("", "true", "false")]
        return reason or wrong or (f"{', '.join(odd)} is neither true nor false" if odd else "")

    def _key(self, element: _Element) -> str:
        columns, reason = self._own_columns(element)
        if reason:
            return reason
        kind = element.get("TYPE").lower()
        name = element.get("NAME") or None
        if kind == "primary":
            if self._primary_key:
                return f"a second primary key (first at {self._primary_key.position})"
            self._primary_key = ir.PrimaryKey(columns=columns, name=name, position=element.position)
        elif kind in ("foreign", "foreign-unique"):
            target, targets = element.get("REFTABLE").lower(), element.names("REFFIELDS")
            if not target or len(targets) != len(columns):
                return "foreign key whose REFTABLE and REFFIELDS do not fit its FIELDS"
            self._foreign_keys.append(
                ir.ForeignKey(
                    columns=columns,
                    references=target,
                    referenced_columns=targets,
                    name=name,
                    position=element.position,
                    enforced=False,
                )
            )
        elif kind != "unique":
            return f"unknown TYPE {kind!r} of a key"
        if kind in ("unique", "foreign-unique"):
            parts = tuple(ir.IndexPart(text=column) for column in columns)
            self._indexes.append(
                ir.Index(parts=parts, unique=True, name=name, position=element.position, is_constraint=True)
            )
        return ""

    def _index(self, element: _Element) -> str:
        columns, reason = self._own_columns(element)
        unique = element.get("UNIQUE").lower()
        if reason or unique not in ("true", "false"):
            return reason or f"UNIQUE={unique!r} is neither true nor false"
        hints = element.names("HINTS")
        is_pattern = _PATTERN_HINT in hints and len(columns) == 1
        operator_class = _PATTERN_HINT if is_pattern else None
        self._indexes.append(
            ir.Index(
                parts=tuple(ir.IndexPart(text=column, operator_class=operator_class) for column in columns),
                unique=unique == "true",
                name=element.get("NAME") or None,
                position=element.position,
            )
        )
        unknown = [hint for hint in hints if hint != _PATTERN_HINT or not is_pattern]
        return f"unknown hints of an index: {', '.join(unknown)}" if unknown else ""

    def _own_columns(self, element: _Element) -> tuple[tuple[str, ...], str]:
        """The columns that FIELDS names, as the table spells them; or the reason why they cannot be had."""
        names = element.names("FIELDS")
        missing = [name for name in names if name not in self._columns]
        if not names or missing:
            what = f"FIELDS name no column of the table: {', '.join(missing)}" if missing else "no FIELDS"
            return (), f"{element.tag.lower()} with {what}" if not missing else what
        return tuple(self._columns[name].name for name in names), ""


# PostgreSQL's operator class for LIKE 'x%': Moodle's generator makes a second index of it beside the ordinary one.
_PATTERN_HINT = "varchar_pattern_ops"
_LIST_ITEM = re.compile(r"'(?:[^']|'')*'|[^\s,'][^,']*")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?", re.IGNORECASE)
_SIZE = re.compile(r"[1-9]\d{0,5}")


def _type(element: _Element) -> tuple[ir.Type, str]:
    """The type, and the reason where it was not understood. Bits by Moodle's PostgreSQL generator."""
    word = element.get("TYPE").lower()
    kind = _KINDS.get(word, ir.Kind.UNKNOWN)
    if kind is ir.Kind.UNKNOWN:
        return ir.Type(kind=kind, raw=element.get("TYPE")), f"unknown TYPE {element.get('TYPE')!r} of a field"
    if word not in ("int", "number", "float", "char"):
        return ir.Type(kind=kind, raw=word), ""  # a LENGTH here means nothing to Moodle
    sizes = {name: element.get(name) for name in ("LENGTH", "DECIMALS") if element.get(name)}
    wrong = [f"{name}={text!r}" for name, text in sizes.items() if not _SIZE.fullmatch(text) and text != "0"]
    if wrong:
        return ir.Type(kind=kind, raw=word), f"{', '.join(wrong)} is no size"
    length, decimals = (int(sizes[name]) if name in sizes else None for name in ("LENGTH", "DECIMALS"))
    stated = [str(size) for size in (length, decimals) if size is not None] if length else []
    raw = f"{word}({','.join(stated)})" if stated else word
    if kind is ir.Kind.TEXT:
        return ir.Type(kind=kind, raw=raw, length=length), ""
    if kind is ir.Kind.INTEGER:
        digits = length or 10
        bits = 64 if digits > 9 else 32 if digits > 4 else 16
        return ir.Type(kind=kind, raw=raw, bits=bits, precision=length), ""
    if kind is ir.Kind.FLOAT:
        bits = 32 if decimals and decimals < 6 else 64
        return ir.Type(kind=kind, raw=raw, bits=bits, precision=length, scale=decimals), ""
    return ir.Type(kind=kind, raw=raw, precision=length, scale=decimals or 0 if length else None), ""


def _default(element: _Element, kind: ir.Kind) -> tuple[str | None, str]:
    """DEFAULT as an SQL literal, and the reason where it is none."""
    if "DEFAULT" not in element.attributes:
        return None, ""
    text = element.get("DEFAULT")
    if kind not in _NUMERIC:
        return "'{}'".format(text.replace("'", "''")), ""
    if _NUMBER.fullmatch(text):
        return text, ""
    return None, f"DEFAULT={text!r} of a number is no number"


def _unquoted(value: str) -> str:
    value = value.strip()
    return value[1:-1].replace("''", "'") if value.startswith("'") else value


def _resolve(table: ir.Table, tables: dict[str, ir.Table], problems: list[ir.Problem]) -> ir.Table:
    """The table with the names of its references spelled as defined; dangling ones stay as declared, with a remark."""
    keys = []
    for key in table.foreign_keys:
        target = tables.get(key.references)
        if target is None:
            reason = f"foreign key to the table {key.references}, which no file defines"
            problems.append(ir.Problem(position=key.position, reason=reason, text=key.name or "", statements=0))
            keys.append(key)
            continue
        spelled = {column.name.lower(): column.name for column in target.columns}
        missing = [name for name in key.referenced_columns if name not in spelled]
        if missing:
            reason = f"foreign key to {', '.join(missing)} of the table {target.name}, which has no such column"
            problems.append(ir.Problem(position=key.position, reason=reason, text=key.name or "", statements=0))
        names = tuple(spelled.get(name, name) for name in key.referenced_columns)
        keys.append(replace(key, references=target.name, referenced_columns=names))
    return replace(table, foreign_keys=tuple(keys))
