"""Calls: an operation as HTTP offers it, read from its signature."""

from __future__ import annotations

import dataclasses
import inspect
import json
from collections.abc import Mapping
from typing import Any, get_type_hints

from django.db.models import Model

from azora.kernel.operations import Operation, arguments_of
from azora.kernel.rest.bodies import Body
from azora.kernel.rest.documents import row_document
from azora.kernel.rest.idempotency import Answer
from azora.kernel.rest.scalars import Scalar


@dataclasses.dataclass(frozen=True, slots=True)
class Call:
    """An operation that a resource offers: its body, the model of the row that it gives (None for nothing), the names
    of the secrets that it shows once, and the argument that takes the id in the URL ("" when it creates)."""

    operation: Operation
    body: Body
    model: type[Model] | None
    row: str
    secrets: tuple[str, ...]
    bound: str
    status: int

    @classmethod
    def of(cls, operation: Operation, *, bound: str, columns: Mapping[str, Scalar]) -> Call:
        """Read the operation's signature. It returns a row, nothing, or a dataclass of one row and texts (secrets)."""
        given = get_type_hints(inspect.unwrap(operation)).get("return")
        row, secrets, model = "", [], None
        if isinstance(given, type) and issubclass(given, Model):
            model = given
        elif dataclasses.is_dataclass(given):
            for name, hint in get_type_hints(given).items():
                if isinstance(hint, type) and issubclass(hint, Model):
                    row, model = name, hint
                else:
                    secrets.append(name)
        elif given is not type(None):
            raise TypeError(f"{operation.__qualname__} must return a row, None or a dataclass of a row and its secrets")
        if "actor" not in inspect.signature(operation).parameters:
            raise TypeError(f"{operation.__qualname__} takes no actor, so that anybody could call it")
        if bound and bound not in arguments_of(operation):
            raise TypeError(f"{operation.__qualname__} takes no argument {bound} for the row's id")
        body = Body.of(operation, bound={bound} if bound else (), columns=columns)
        return cls(operation, body, model, row, tuple(secrets), bound, 204 if model is None else 200 if bound else 201)

    def answer(self, result: Any, fields: Mapping[str, Scalar]) -> Answer:
        """The result as an answer: the row's document with these fields, and the secrets."""
        if self.model is None:
            return Answer(self.status, "", "")
        row = getattr(result, self.row) if self.row else result
        document = row_document(self.model._base_manager.filter(pk=row.pk), fields)
        assert document is not None
        if not self.secrets:
            return Answer(self.status, document, document)
        shown = json.dumps({name: getattr(result, name) for name in self.secrets})
        kept = json.dumps(dict.fromkeys(self.secrets))
        return Answer(self.status, f"{document[:-1]},{shown[1:]}", f"{document[:-1]},{kept[1:]}")
