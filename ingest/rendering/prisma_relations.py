"""Foreign keys as relations of Prisma models: a field on both sides, and what Prisma cannot say of the key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ingest import ir
from ingest.rendering.names import Names
from ingest.rendering.prisma_fields import identifier, string
from ingest.rendering.prisma_indexes import Fields, unique_columns
from ingest.rendering.result import Aspect, Omission

_ACTIONS = {
    None: "NoAction",
    "restrict": "Restrict",
    "cascade": "Cascade",
    "set null": "SetNull",
    "set default": "SetDefault",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What relations need of a model: its name, its fields, the names its fields have taken, and how it is read.

    `is_ignored`: the client leaves the model out, since nothing tells its rows apart.
    """

    name: str
    table: ir.Table
    fields: Fields
    field_names: Names
    is_ignored: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Relations:
    """The lines of relation fields, and the omissions, by table."""

    fields: Mapping[str, list[str]]
    omissions: Mapping[str, list[Omission]]


def relations(models: Mapping[str, Model]) -> Relations:
    """All relations of the models, which are given by table."""
    fields: dict[str, list[str]] = {name: [] for name in models}
    omissions: dict[str, list[Omission]] = {name: [] for name in models}
    backward: list[tuple[str, str]] = []
    names = Names()
    for table, model in models.items():
        refusals = [_refusal(key, model, models[key.references]) for key in model.table.foreign_keys]
        kept = zip(model.table.foreign_keys, refusals, strict=True)
        counts = Counter(key.references for key, refusal in kept if refusal is None)
        constraint_names = Names(_constraint_names(model.table))
        for key, refusal in zip(model.table.foreign_keys, refusals, strict=True):
            target = models[key.references]
            if refusal is not None:
                omissions[table].append(_omission(key, table, refusal))
                continue
            constraint_name = constraint_names.take(key.name or "")
            relation = string(names.take(f"{table}_{'_'.join(key.columns)}"))
            fields[table].append(_forward(key, model, target, relation, constraint_name))
            backward.append((key.references, _backward(key, model, target, relation, counts[key.references] > 1)))
            omissions[table] += (_omission(key, table, reason) for reason in _unsaid(key, constraint_name))
    for table, line in backward:
        fields[table].append(line)
    return Relations(fields=fields, omissions=omissions)


def _constraint_names(table: ir.Table) -> Iterator[str]:
    if table.primary_key:
        yield table.primary_key.name or ""
    yield from (index.name or "" for index in table.indexes)


def _omission(key: ir.ForeignKey, table: str, reason: str) -> Omission:
    what = f"{key.name} of {table} ({', '.join(key.columns)}) to {key.references} ({', '.join(key.referenced_columns)})"
    return Omission(aspect=Aspect.FOREIGN_KEY, what=what, reason=reason, position=key.position)


def _unsaid(key: ir.ForeignKey, constraint_name: str) -> Iterator[str]:
    if key.deferrable:
        yield "Prisma cannot say that it is deferrable"
    if "(" in (key.on_delete or ""):
        yield f"Prisma cannot say {key.on_delete!r}, only that of all columns"
    if constraint_name != key.name:
        yield f"an index has its name, so that Prisma calls it {constraint_name}"


def _refusal(key: ir.ForeignKey, model: Model, target: Model) -> str | None:
    """Why Prisma cannot say the key at all; None where it can."""
    columns = (model.fields.types[column] for column in key.columns)
    others = (target.fields.types[column] for column in key.referenced_columns)
    pairs = zip(columns, others, strict=True)
    if any((column.base, column.is_list) != (other.base, other.is_list) for column, other in pairs):
        return "Prisma compares no fields of different types"
    if not any(set(key.referenced_columns) == set(one) for one in unique_columns(target.table, target.fields)):
        return "Prisma cannot say the unique index that it refers to"
    return None


def _forward(key: ir.ForeignKey, model: Model, target: Model, relation: str, constraint_name: str) -> str:
    """The field on the side of the foreign key."""
    columns = [model.table.column(name) for name in key.columns]
    optional = "?" if any(column is not None and column.nullable for column in columns) else ""
    arguments = [
        relation,
        f"fields: [{', '.join(model.fields.names[column] for column in key.columns)}]",
        f"references: [{', '.join(target.fields.names[column] for column in key.referenced_columns)}]",
        f"onDelete: {_ACTIONS[_action(key.on_delete)]}",
        f"onUpdate: {_ACTIONS[_action(key.on_update)]}",
        f"map: {string(constraint_name)}",
    ]
    name = model.field_names.take(identifier(_forward_name(key), "to_"))
    ignored = " @ignore" if target.is_ignored and not model.is_ignored else ""
    return f"{name} {target.name}{optional} @relation({', '.join(arguments)}){ignored}"


def _action(action: str | None) -> str | None:
    return action.partition(" (")[0] if action else None


def _forward_name(key: ir.ForeignKey) -> str:
    """`course` for `course_id`, and for `courseid` that refers to `course`; else the column with the table."""
    if len(key.columns) > 1:
        return key.references
    column = key.columns[0]
    for ending in ("_id", "Id"):
        if column.endswith(ending) and len(column) > len(ending):
            return column.removesuffix(ending)
    return key.references if column == f"{key.references}id" else f"{column}_{key.references}"


def _backward(key: ir.ForeignKey, model: Model, target: Model, relation: str, is_one_of_many: bool) -> str:
    """The field on the side that is referred to: one row where the key's columns are unique, else a list."""
    is_unique = any(set(columns) == set(key.columns) for columns in unique_columns(model.table, model.fields))
    wanted = f"{model.table.name}_{'_'.join(key.columns)}" if is_one_of_many else model.table.name
    name = target.field_names.take(identifier(wanted, "from_"))
    ignored = " @ignore" if model.is_ignored and not target.is_ignored else ""
    return f"{name} {model.name}{'?' if is_unique else '[]'} @relation({relation}){ignored}"
