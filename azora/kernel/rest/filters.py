"""Parameters of a query, declared filters among them: what is not declared is refused by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict

from azora.kernel.rest import scalars
from azora.kernel.rest.problems import InputRefused, unknown
from azora.kernel.rest.scalars import Scalar

MAX_VALUES = 100
_MEANINGS = {
    "exact": "equal to the value",
    "in": "equal to one of the values",
    "gt": "above the value",
    "gte": "at or above the value",
    "lt": "below the value",
    "lte": "at or below the value",
    "contains": "containing the text, letter case ignored",
    "isnull": "without a value (true) or with one (false)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of a query: `many` takes up to 100 different values with commas between them.

    `lookup` is the condition of Django's that a filter stands for; empty for a parameter that is no filter.
    """

    name: str
    scalar: Scalar
    description: str
    many: bool = False
    lookup: str = ""
    default: Any = None

    def read(self, text: str) -> Any:
        """The value or list of values; raises `ValueError`."""
        if not self.many:
            return self.scalar.read(text)
        parts = text.split(",")
        if len(parts) > MAX_VALUES or len(set(parts)) < len(parts):
            raise ValueError(text)
        return [self.scalar.read(part) for part in parts]

    def error(self) -> dict[str, str]:
        many = f"at most {MAX_VALUES} different values with commas between them, each " if self.many else ""
        return {"in": "query", "name": self.name, "detail": f"{self.name} must be {many}{self.scalar.expected}."}


def filter_parameters(
    filters: Mapping[str, tuple[str, ...]], fields: Mapping[str, Scalar], paths: Mapping[str, str]
) -> list[Parameter]:
    """The parameters of the declared filters; `paths` leads to those that stand in related rows.

    Raises `TypeError` for a condition that there is not.
    """
    parameters = []
    for name, conditions in filters.items():
        for condition in conditions:
            if condition not in _MEANINGS:
                raise TypeError(f"{name}: the filter {condition} is none of {', '.join(_MEANINGS)}")
            scalar = scalars.BOOLEAN if condition == "isnull" else replace(fields[name], nullable=False)
            parameters.append(
                Parameter(
                    name=name if condition == "exact" else f"{name}__{condition}",
                    scalar=scalar,
                    description=f"Only rows with `{name}` {_MEANINGS[condition]}.",
                    many=condition == "in",
                    lookup=f"{paths.get(name, name)}__{'icontains' if condition == 'contains' else condition}",
                )
            )
    return parameters


def read_query(query: QueryDict, parameters: Iterable[Parameter]) -> dict[str, Any]:
    """Every parameter's value by name (its default where it is not given).

    Raises `InputRefused`, which names each parameter that is unknown, given twice or of a wrong value.
    """
    known = {parameter.name: parameter for parameter in parameters}
    values = {name: parameter.default for name, parameter in known.items()}
    errors = []
    for name, given in query.lists():
        if name not in known:
            errors.append(unknown("query", name, known))
        elif len(given) > 1:
            errors.append({"in": "query", "name": name, "detail": f"{name} is given {len(given)} times."})
        else:
            try:
                values[name] = known[name].read(given[0])
            except ValueError:
                errors.append(known[name].error())
    if errors:
        raise InputRefused(errors)
    return values
