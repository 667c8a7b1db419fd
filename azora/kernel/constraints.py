"""Constraints of the platform beside Django's own: a tenant's row points only at rows of the same tenant."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import BaseConstraint

TENANT = "organization"


def target_of(model: type[models.Model], field: str) -> type[models.Model]:
    """The model that a foreign key points at."""
    target = model._meta.get_field(field).related_model
    assert isinstance(target, type)
    return target


def column_of(model: type[models.Model], field: str) -> str:
    """The name of a field's column."""
    return str(getattr(model._meta.get_field(field), "column"))  # noqa: B009  (relations in reverse have none)


def reference_sql(
    model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor, name: str, fields: Sequence[str], key: str
) -> str:
    """The statement that adds a composite foreign key: `fields`, the last of which is `key`, to the fields of the same
    names and the id of the row that `key` points at."""
    target = target_of(model, key)
    quote = schema_editor.quote_name
    from_columns = [quote(column_of(model, field)) for field in fields]
    to_columns = [quote(column_of(target, field)) for field in (*fields[:-1], "id")]
    return (
        f"ALTER TABLE {quote(model._meta.db_table)} ADD CONSTRAINT {quote(name)} "
        f"FOREIGN KEY ({', '.join(from_columns)}) "
        f"REFERENCES {quote(target._meta.db_table)} ({', '.join(to_columns)}) "
        "DEFERRABLE INITIALLY DEFERRED"
    )


class SameTenant(BaseConstraint):
    """The row that `field` points at belongs to the same organization as this row.

    In SQL: `FOREIGN KEY (organization_id, x_id) REFERENCES target (organization_id, id) DEFERRABLE INITIALLY
    DEFERRED`. It stands instead of Django's own key (`db_constraint=False` on the field), so that one check is paid;
    the target declares :func:`tenant_key`. What deletion does stays Django's `on_delete`: a `SET NULL` of the database
    would null `organization_id` too. The system check `azora.E001` finds a foreign key that lacks it.
    """

    def __init__(
        self,
        field: str,
        *,
        name: str,
        violation_error_code: str | None = None,
        violation_error_message: str | None = None,
    ) -> None:
        self.field = field
        super().__init__(
            name=name,
            violation_error_code=violation_error_code,
            violation_error_message=violation_error_message or f"{field} must belong to the same organization.",
        )

    def constraint_sql(self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None) -> str:
        """Nothing inside CREATE TABLE: the key is added when the migration's tables all stand (circles, trees)."""
        assert schema_editor is not None
        schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))
        return ""

    def create_sql(self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None) -> str:
        assert model is not None
        assert schema_editor is not None
        return reference_sql(model, schema_editor, self.name, (TENANT, self.field), self.field)

    def remove_sql(self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None) -> str:
        assert model is not None
        assert schema_editor is not None
        quote = schema_editor.quote_name
        return f"ALTER TABLE {quote(model._meta.db_table)} DROP CONSTRAINT {quote(self.name)}"

    def validate(
        self,
        model: type[models.Model],
        instance: models.Model,
        exclude: Collection[str] | None = None,
        using: str = DEFAULT_DB_ALIAS,
    ) -> None:
        """Raise `ValidationError` for forms; the database would refuse the row all the same."""
        if exclude and (self.field in exclude or TENANT in exclude):
            return
        target_id = getattr(instance, f"{self.field}_id")
        if target_id is None:
            return
        same = {"pk": target_id, TENANT: getattr(instance, f"{TENANT}_id")}
        if not target_of(model, self.field)._default_manager.using(using).filter(**same).exists():
            raise ValidationError(self.get_violation_error_message(), code=self.violation_error_code)

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        path, _, options = super().deconstruct()
        if options.get("violation_error_message") == f"{self.field} must belong to the same organization.":
            del options["violation_error_message"]
        return path, (self.field,), options

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SameTenant) and self.deconstruct() == other.deconstruct()

    def __hash__(self) -> int:
        return hash((self.name, self.field))


def tenant_key(name: str) -> models.UniqueConstraint:
    """The key `(organization, id)` that :class:`SameTenant` constraints of other tables refer to."""
    return models.UniqueConstraint(fields=[TENANT, "id"], name=name)


class SameParent(SameTenant):
    """The row that `field` points at has the same `parent` (say, the same course) as this row, and the same tenant.

    Both rows carry the parent's id, so one composite foreign key can say it: `(organization_id, course_id, lesson_id)`
    refers to the lesson's `(organization_id, course_id, id)`, which the target declares with :func:`parent_key`. A
    null in `field` is held to nothing. Moving a row to another parent is refused while other rows rely on it.
    """

    def __init__(self, field: str, parent: str, *, name: str, **options: Any) -> None:
        self.parent = parent
        options["violation_error_message"] = (
            options.get("violation_error_message") or f"{field} must belong to the same {parent}."
        )
        super().__init__(field, name=name, **options)

    def create_sql(self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None) -> str:
        assert model is not None
        assert schema_editor is not None
        return reference_sql(model, schema_editor, self.name, (TENANT, self.parent, self.field), self.field)

    def validate(
        self,
        model: type[models.Model],
        instance: models.Model,
        exclude: Collection[str] | None = None,
        using: str = DEFAULT_DB_ALIAS,
    ) -> None:
        """Raise `ValidationError` for forms; the database would refuse the row all the same."""
        if exclude and {self.field, self.parent, TENANT} & set(exclude):
            return
        target_id = getattr(instance, f"{self.field}_id")
        if target_id is None:
            return
        same = {"pk": target_id, **{f"{name}_id": getattr(instance, f"{name}_id") for name in (TENANT, self.parent)}}
        if not target_of(model, self.field)._default_manager.using(using).filter(**same).exists():
            raise ValidationError(self.get_violation_error_message(), code=self.violation_error_code)

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        path, arguments, options = super().deconstruct()
        if options.get("violation_error_message") == f"{self.field} must belong to the same {self.parent}.":
            del options["violation_error_message"]
        return path, (*arguments, self.parent), options


def parent_key(parent: str, *, name: str) -> models.UniqueConstraint:
    """The key `(organization, parent, id)` that :class:`SameParent` constraints of other tables refer to."""
    return models.UniqueConstraint(fields=[TENANT, parent, "id"], name=name)
