"""The form of a write: a keyword-only, typed, atomic function that refuses in words.

    @operation
    def enrol_user(*, actor: Actor, offering: UUID, user: UUID, role: Role) -> Enrollment: ...

API, admin, commands and the importer call operations; none of them knows a rule.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar, cast, get_type_hints

from django.db import IntegrityError, connection, transaction

from azora.kernel.errors import refusal_of

Operation = Callable[..., Any]
F = TypeVar("F", bound=Operation)

_operations: dict[str, Operation] = {}


def operation(function: F) -> F:
    """Make a function an operation: one transaction, constraints checked before it ends, violations told in words.

    Deferred constraints are checked at its end, so that the refusal comes from the operation that broke the rule and
    not from a later commit. Raises `TypeError` at import for a function of another form (see the module).
    """
    signature = inspect.signature(function)
    for name, parameter in signature.parameters.items():
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            raise TypeError(f"{function.__qualname__}: the parameter {name} must be keyword-only")
        if parameter.annotation is inspect.Parameter.empty:
            raise TypeError(f"{function.__qualname__}: the parameter {name} must have a type")

    @functools.wraps(function)
    def run(**arguments: Any) -> Any:
        try:
            with transaction.atomic():
                result = function(**arguments)
                with connection.cursor() as cursor:
                    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
                return result
        except IntegrityError as error:
            refusal = refusal_of(error)
            if refusal is None:
                raise
            raise refusal from error

    _operations[name_of(function)] = run
    return cast("F", run)


def name_of(function: Operation) -> str:
    """`lms.enrol_user`: the app and the function's name."""
    return f"{function.__module__.split('.')[0]}.{function.__name__}"


def all_operations() -> dict[str, Operation]:
    """Every operation that has been imported, by name."""
    return dict(sorted(_operations.items()))


def arguments_of(function: Operation) -> dict[str, tuple[Any, Any]]:
    """The arguments that a caller gives, without `actor`: name to (type, default); the default is
    `inspect.Parameter.empty` where it must be given."""
    hints = get_type_hints(inspect.unwrap(function))
    return {
        name: (hints[name], parameter.default)
        for name, parameter in inspect.signature(function).parameters.items()
        if name != "actor"
    }
