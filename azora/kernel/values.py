"""What every operation may ask of the values that it is given."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db.models import Model

from azora.kernel.errors import Invalid


class FieldsRefused(Invalid):
    """What was given is refused: {reasons}."""


def require_fields(row: Model) -> None:
    """Raise FieldsRefused where a column's own rules (length, digits, form) refuse its value; relations are not
    looked at."""
    relations = {field.name for field in row._meta.concrete_fields if field.is_relation}
    try:
        row.clean_fields(exclude=relations)
    except ValidationError as error:
        reasons = [f"{name}: {' '.join(messages)}" for name, messages in sorted(error.message_dict.items())]
        raise FieldsRefused(reasons=" ".join(reasons).rstrip(".")) from error
