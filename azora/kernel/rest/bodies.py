"""Bodies: what a POST takes, read strictly from an operation's signature."""

from __future__ import annotations

import inspect
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from azora.kernel.operations import Operation, arguments_of
from azora.kernel.rest.problems import InputRefused, unknown
from azora.kernel.rest.scalars import Scalar, of_type


class BodyParser(JSONParser):
    """JSON as RFC 8259 has it: no NaN, no key twice in one object, not too deep. Django refuses what is too large."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            return json.loads(stream.read().decode(), object_pairs_hook=_unique, parse_constant=_refuse)
        except RecursionError as error:
            raise ParseError("The body is nested too deeply.") from error
        except ValueError as error:
            raise ParseError(f"The body is no proper JSON: {error}.") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return result


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


@dataclass(frozen=True, slots=True)
class Body:
    """The arguments that a caller gives in the body, by name, and those of them that must be given."""

    arguments: Mapping[str, Scalar]
    required: Collection[str]

    @classmethod
    def of(cls, operation: Operation, *, bound: Collection[str], columns: Mapping[str, Scalar]) -> Body:
        """The operation's arguments without the bound ones; one that is named and typed like a column of the model
        takes over that column's limits. Raises `TypeError` for an argument of a type that REST cannot read."""
        arguments, required = {}, []
        for name, (hint, default) in arguments_of(operation).items():
            if name in bound:
                continue
            scalar = of_type(hint)
            column = columns.get(name)
            if column is not None and column.schema == scalar.schema and "enum" not in scalar.schema:
                scalar = replace(column, nullable=scalar.nullable)
            arguments[name] = scalar
            if default is inspect.Parameter.empty:
                required.append(name)
        return cls(arguments, required)

    def schema(self) -> dict[str, Any]:
        """The body's JSON Schema."""
        properties = {name: scalar.described(limited=True) for name, scalar in self.arguments.items()}
        required = {"required": list(self.required)} if self.required else {}
        return {"type": "object", "properties": properties, **required, "additionalProperties": False}

    def read(self, data: Any) -> dict[str, Any]:
        """The arguments; raises `InputRefused`, which names each field that is unknown, missing or of a wrong value."""
        if not isinstance(data, dict):
            raise InputRefused([{"in": "body", "name": "", "detail": "The body must be a JSON object."}])
        values, errors = {}, []
        for name, value in data.items():
            scalar = self.arguments.get(name)
            if scalar is None:
                errors.append(unknown("body", name, self.arguments))
                continue
            try:
                values[name] = scalar.from_json(value)
            except ValueError:
                null = " or null" if scalar.nullable else ""
                errors.append({"in": "body", "name": name, "detail": f"{name} must be {scalar.expected}{null}."})
        errors += [
            {"in": "body", "name": name, "detail": f"{name} is missing."} for name in self.required if name not in data
        ]
        if errors:
            raise InputRefused(errors)
        return values
