"""A catalog as a Prisma schema: `schema.prisma`, of the database that the rendered PostgreSQL DDL builds.

For Prisma 7, in which the database's address is no part of the schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ingest import ir
from ingest.rendering import types
from ingest.rendering.declarable import Declarable, declarable
from ingest.rendering.names import Names, spelled
from ingest.rendering.prisma_fields import FieldType, PrismaEnum, default, enum_of, field_type, identifier, string
from ingest.rendering.prisma_indexes import (
    Fields,
    index_attribute,
    index_omissions,
    key_attributes,
    key_omissions,
    unique_columns,
)
from ingest.rendering.prisma_relations import Model, Relations, relations
from ingest.rendering.result import Aspect, Omission, Rendering, comment_text

_HEAD = """\
// Made from the catalog, for Prisma 7. What Prisma cannot say stands as a comment that begins with "not said".

datasource db {
  provider = "postgresql"
}

generator client {
  provider = "prisma-client-js"
}
"""

# Names of Prisma's own types, and of its client.
_RESERVED = ("Int", "BigInt", "Float", "Decimal", "String", "Boolean", "DateTime", "Json", "Bytes", "PrismaClient")


def render(catalog: ir.Catalog) -> Rendering:
    """The catalog as a Prisma schema, with what PostgreSQL cannot declare and what Prisma cannot say as exceptions."""
    return _Schema(catalog, declarable(catalog)).rendering()


class _Schema:
    def __init__(self, catalog: ir.Catalog, declared: Declarable) -> None:
        self.catalog = catalog
        self.declared = declared
        names = Names(_RESERVED)
        self.model_names = {table.name: names.take(_model_name(table.name)) for table in declared.catalog.tables}
        self.enum_types: dict[str, PrismaEnum] = {}
        for type_name, values in declared.enum_types.items():
            enum = enum_of(names.take(_model_name(type_name)), values)
            if enum is not None:
                self.enum_types[type_name] = enum
        self.enums = {spelled(type_name): enum for type_name, enum in self.enum_types.items()}
        self.models = {table.name: self._model(table) for table in declared.catalog.tables}
        self.exceptions: list[Omission] = []

    def rendering(self) -> Rendering:
        blocks = ["\n".join(self._head())]
        blocks += ["\n".join(self._enum(name, enum)) for name, enum in self.enum_types.items()]
        found = relations(self.models)
        blocks += ["\n".join(self._model_block(model, found)) for model in self.models.values()]
        return Rendering(text="\n\n".join(blocks) + "\n", exceptions=tuple(self.exceptions))

    def _model(self, table: ir.Table) -> Model:
        field_names = Names()
        fields = Fields(
            names={column.name: field_names.take(identifier(column.name, "field_")) for column in table.columns},
            types={column.name: field_type(column.type.raw, self.enums) for column in table.columns},
        )
        return Model(
            name=self.model_names[table.name],
            table=table,
            fields=fields,
            field_names=field_names,
            is_ignored=not any(_tells_apart(table, columns, fields) for columns in unique_columns(table, fields)),
        )

    # --- blocks

    def _head(self) -> Iterator[str]:
        source = f"{self.catalog.upstream}: {self.catalog.repository} at commit {self.catalog.commit}"
        yield f"// {comment_text(source)}"
        yield _HEAD
        yield from self._remarks(self.declared.omissions.get(("", ""), ()), indent="")
        for name in self.declared.catalog.extensions:
            reason = "Prisma has extensions as a preview only"
            omission = Omission(aspect=Aspect.EXTENSION, what=name, reason=reason, position=None)
            yield from self._remarks([omission], indent="")

    def _enum(self, type_name: str, enum: PrismaEnum) -> Iterator[str]:
        yield f"enum {enum.name} {{"
        for value, name in enum.identifiers.items():
            yield f"  {name}" if name == value else f"  {name} @map({string(value)})"
        yield from () if enum.name == type_name else ["", f"  @@map({string(type_name)})"]
        yield "}"

    def _model_block(self, model: Model, found: Relations) -> Iterator[str]:
        table = model.table
        yield from self._remarks(self.declared.omissions.get((table.name, ""), ()), indent="")
        of_fields, lines = key_attributes(table, model.fields)
        yield f"model {model.name} {{"
        for column in table.columns:
            yield from self._remarks(self.declared.omissions.get((table.name, column.name), ()))
            yield from self._remarks(_field_omissions(column, table, model.fields.types[column.name]))
            yield f"  {self._field(column, model, of_fields.get(column.name))}"
        if found.fields[table.name] or found.omissions[table.name]:
            yield ""
        yield from self._remarks(found.omissions[table.name])
        yield from (f"  {line}" for line in found.fields[table.name])
        yield from self._attributes(model, lines)
        yield "}"

    def _field(self, column: ir.Column, model: Model, key: str | None) -> str:
        type_ = model.fields.types[column.name]
        name = model.fields.names[column.name]
        mark = "[]" if type_.is_list else "?" if column.nullable else ""
        words = [name, f"{type_.base}{mark}"]
        if key:
            words.append(key)
        value = default(column, type_, self.enums.get(types.element(column.type.raw)))
        if value is not None:
            words.append(f"@default({value})")
        if type_.native:
            words.append(type_.native)
        if name != column.name:
            words.append(f"@map({string(column.name)})")
        return " ".join(words)

    def _attributes(self, model: Model, keys: list[str]) -> Iterator[str]:
        table = model.table
        yield ""
        yield from (f"  {key}" for key in keys)
        yield from self._remarks(key_omissions(table, model.fields))
        for index in table.indexes:
            yield from self._remarks(index_omissions(index, table, model.fields))
            attribute = index_attribute(index, table, model.fields)
            yield from [f"  {attribute}"] if attribute else []
        yield from self._remarks(
            Omission(
                aspect=Aspect.CHECK,
                what=f"{check.name} of {table.name}: {check.expression}",
                reason="Prisma has no check constraints",
                position=check.position,
            )
            for check in table.checks
        )
        if model.name != table.name:
            yield f"  @@map({string(table.name)})"
        if model.is_ignored:
            reason = "no key or unique index of required columns tells its rows apart, so that the client leaves it out"
            yield from self._remarks(
                [Omission(aspect=Aspect.TABLE, what=table.name, reason=reason, position=table.position)]
            )
            yield "  @@ignore"

    def _remarks(self, omissions: Iterable[Omission], indent: str = "  ") -> Iterator[str]:
        """The comments of some omissions, which become exceptions of the rendering."""
        for omission in omissions:
            self.exceptions.append(omission)
            place = f" ({omission.position})" if omission.position else ""
            what, reason = comment_text(omission.what, limit=160), comment_text(omission.reason)
            yield f"{indent}// not said: {omission.aspect} {what}: {reason}{comment_text(place)}"


def _model_name(name: str) -> str:
    """`QuizSlots` for `quiz_slots`; capitals inside the name stay."""
    words = re.findall(r"[A-Za-z0-9]+", name)
    return identifier("".join(word[0].upper() + word[1:] for word in words), "Model")


def _tells_apart(table: ir.Table, columns: tuple[str, ...], fields: Fields) -> bool:
    """Whether Prisma finds a row by these columns: all required, and of types that it reads."""
    found = (table.column(name) for name in columns)
    return all(column is not None and not column.nullable for column in found) and all(
        fields.types[name].is_supported and not fields.types[name].is_list for name in columns
    )


def _field_omissions(column: ir.Column, table: ir.Table, type_: FieldType) -> Iterator[Omission]:
    what = f"of {table.name}.{column.name}"
    if column.generated is not None:
        reason = "Prisma can say only that the database gives the value"
        whole = f"{what}: {column.generated}"
        yield Omission(aspect=Aspect.GENERATED, what=whole, reason=reason, position=column.position)
    if type_.is_list and column.nullable:
        reason = "Prisma has no optional lists, and reads NULL as an empty one"
        yield Omission(aspect=Aspect.TYPE, what=f"{what}: NULL", reason=reason, position=column.position)
