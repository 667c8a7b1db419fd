"""Migrations that apply quickly: a new model is created with its keys, constraints and indexes in one operation.

Django writes each of them as an operation of its own. Every operation renders all related models anew, so that an empty
database took half a minute for some fifty models, and would take four times that for twice as many.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter
from typing import Any

from django.core.management.commands import makemigrations
from django.db.migrations.operations import AddConstraint, AddField, AddIndex, CreateModel
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState
from pgtrigger.migrations import AddTrigger

from azora.kernel.records import UUID7

#: The migration that makes the function behind every row's id.
FUNCTIONS = ("kernel", "0001_uuid7")


#: Django's, with what pgtrigger adds to it.
_Autodetector: Any = makemigrations.Command.autodetector


class FoldingAutodetector(_Autodetector):
    """Finds what changed as Django does; writes new models with all that belongs to them, after the functions that
    their columns call."""

    def _optimize_migrations(self) -> None:
        super()._optimize_migrations()
        migrations: dict[str, list[Any]] = self.migrations
        for app, of_app in migrations.items():
            for migration in of_app:
                migration.operations = fold(migration.operations, app, self.to_state)
                if app != FUNCTIONS[0] and any(map(_calls_functions, migration.operations)):
                    migration.dependencies = sorted({*migration.dependencies, FUNCTIONS})


class InstallTrigger(AddTrigger):
    """As pgtrigger's own operation, without rendering models anew: in a migration none behaves by its triggers."""

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        options = state.models[app_label, self.model_name.lower()].options
        options["triggers"] = [*options.get("triggers", ()), self.trigger]


def fold(operations: Sequence[Operation], app: str, state: ProjectState) -> list[Operation]:
    """The same migration with what is added to its new models moved into their creation.

    `state` is what the models are after it. The models come in the order of their foreign keys; where these form a
    circle, the nullable ones of it are added when all models stand, as are the constraints of their models.
    """
    new = {operation.name_lower: operation for operation in operations if isinstance(operation, CreateModel)}
    models = {name: state.models[app, name] for name in new}
    order = _order(models, app)
    late = {
        (name, field)
        for place, name in enumerate(order)
        for field, target in _references(models[name], app).items()
        if target in order[place + 1 :]
    }
    waiting = {name for name, _ in late}
    options = {name: {**operation.options} for name, operation in new.items()}
    rest: list[Operation] = [
        AddField(model_name=name, name=field, field=models[name].fields[field]) for name, field in sorted(late)
    ]
    for operation in operations:
        name = getattr(operation, "model_name_lower", "")
        if isinstance(operation, CreateModel) or (isinstance(operation, AddField) and name in new):
            continue
        if isinstance(operation, AddConstraint) and name in new.keys() - waiting:
            options[name]["constraints"] = [*options[name].get("constraints", ()), operation.constraint]
        elif isinstance(operation, AddIndex) and name in new.keys() - waiting:
            options[name]["indexes"] = [*options[name].get("indexes", ()), operation.index]
        elif isinstance(operation, AddTrigger) and name in new:
            rest.append(InstallTrigger(model_name=operation.model_name, trigger=operation.trigger))
        else:
            rest.append(operation)
    created = [
        CreateModel(
            name=models[name].name,
            fields=[(field, value) for field, value in models[name].fields.items() if (name, field) not in late],
            options={key: value for key, value in options[name].items() if key != "triggers"},
            bases=models[name].bases,
            managers=models[name].managers,
        )
        for name in order
    ]
    return [*created, *rest]


def _order(models: Mapping[str, ModelState], app: str) -> list[str]:
    """The models, each after those that it points at; where that cannot be, after those that it cannot do without."""
    for nullable_too in (True, False):
        above = {
            name: sorted(
                target
                for field, target in _references(model, app).items()
                if target in models.keys() - {name} and (nullable_too or not model.fields[field].null)
            )
            for name, model in sorted(models.items())
        }
        with suppress(CycleError):
            return list(TopologicalSorter(above).static_order())
    raise ValueError(
        f"New models of {app} need each other before they can stand: make one of the foreign keys nullable."
    )


def _references(model: ModelState, app: str) -> dict[str, str]:
    """The fields of the model that point at a model of its own app, with that model's name in lower case."""
    found = {}
    for name, field in model.fields.items():
        if field.remote_field is not None:
            target = field.remote_field.model
            label = target.lower() if isinstance(target, str) else target._meta.label_lower
            of_app, _, of_model = label.rpartition(".")
            if of_app in ("", app):
                found[name] = model.name_lower if of_model == "self" else of_model
    return found


def _calls_functions(operation: Operation) -> bool:
    fields = [field for _, field in operation.fields] if isinstance(operation, CreateModel) else []
    return any(isinstance(field.db_default, UUID7) for field in fields)
