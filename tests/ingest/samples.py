"""Catalogs and declared upstreams for tests of what stands above the readers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ingest import ir

COMMIT = "0123456789abcdef0123456789abcdef01234567"
OTHER_COMMIT = "89abcdef0123456789abcdef0123456789abcdef"


def at(line: int, file: str = "db/install.xml") -> ir.Position:
    return ir.Position(file=file, line=line)


def column(name: str, kind: ir.Kind = ir.Kind.INTEGER, raw: str = "int", line: int = 1) -> ir.Column:
    return ir.Column(name=name, type=ir.Type(kind=kind, raw=raw), nullable=False, position=at(line))


def table(name: str, *columns: str, keys: Mapping[str, str] | None = None) -> ir.Table:
    """A table with `id` as its key; `keys` maps a column to the table whose `id` it refers to."""
    names = ("id", *columns, *(keys or {}))
    return ir.Table(
        name=name,
        position=at(1),
        columns=tuple(column(each, line=2 + number) for number, each in enumerate(names)),
        primary_key=ir.PrimaryKey(columns=("id",), position=at(20)),
        foreign_keys=tuple(
            ir.ForeignKey(columns=(each,), references=target, referenced_columns=("id",), position=at(30))
            for each, target in (keys or {}).items()
        ),
        indexes=(ir.Index(parts=(ir.IndexPart(text="id"),), unique=False, position=at(40), name=f"{name}_by_id"),),
    )


def catalog(*tables: ir.Table, upstream: str = "tiny", commit: str = COMMIT, **more: object) -> ir.Catalog:
    values = {"repository": f"example/{upstream}", "dialect": "moodle-xmldb", "seen": 9, "understood": 9} | more
    return ir.Catalog(upstream=upstream, commit=commit, tables=tables, **values)  # type: ignore[arg-type]


def install_xml(**tables: tuple[str, ...]) -> str:
    """An XMLDB file with these tables; each has `id` as its key, and integer columns of the given names."""
    lines = ['<?xml version="1.0" encoding="UTF-8" ?>', '<XMLDB PATH="db" VERSION="1">', "  <TABLES>"]
    for name, columns in tables.items():
        lines += [f'    <TABLE NAME="{name}">', "      <FIELDS>"]
        lines.append('        <FIELD NAME="id" TYPE="int" LENGTH="10" NOTNULL="true" SEQUENCE="true"/>')
        lines += [
            f'        <FIELD NAME="{each}" TYPE="int" LENGTH="10" NOTNULL="true" SEQUENCE="false"/>' for each in columns
        ]
        lines += ["      </FIELDS>", "      <KEYS>", '        <KEY NAME="primary" TYPE="primary" FIELDS="id"/>']
        lines += ["      </KEYS>", "    </TABLE>"]
    return "\n".join([*lines, "  </TABLES>", "</XMLDB>", ""])


def declare(folder: Path, name: str, *, commit: str = COMMIT, pin: str | None = None) -> None:
    """Write the declaration of an upstream whose one XMLDB file is `db/install.xml`."""
    (folder / name).mkdir(parents=True)
    (folder / name / "upstream.toml").write_text(
        f"""\
title = "{name.title()}"
domain = "lms"
licence = "MIT"
repository = "example/{name}"
pin = {{ {"tag" if pin else "commit"} = "{pin or commit}" }}

[read_from]
repository = "example/{name}"
commit = "{commit}"

[[readers]]
format = "xmldb"
paths = ["**/db/install.xml"]
""",
        encoding="utf-8",
    )
