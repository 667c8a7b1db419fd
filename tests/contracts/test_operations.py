"""Promises of every operation."""

import inspect
from importlib import import_module

import pytest

from azora.kernel.actor import ANONYMOUS, Actor
from azora.kernel.errors import Refusal
from azora.kernel.operations import all_operations

for app in ("accounts", "lms", "ingest"):
    import_module(f"{app}.operations")

OPERATIONS = {name: function for name, function in all_operations().items() if not name.startswith("tests.")}

every_operation = pytest.mark.parametrize("name", sorted(OPERATIONS))


@every_operation
def test_it_has_a_verb_a_noun_and_a_sentence(name: str) -> None:
    function = name.split(".")[1]
    assert "_" in function
    assert (inspect.getdoc(OPERATIONS[name]) or "").strip(), f"{name} has no docstring"


@every_operation
def test_every_argument_has_a_plain_type(name: str) -> None:
    signature = inspect.signature(OPERATIONS[name])
    if "actor" in signature.parameters:
        actor = signature.parameters["actor"].annotation
        assert actor in (Actor, "Actor")
    assert signature.return_annotation is not inspect.Signature.empty


def refusals() -> list[type[Refusal]]:
    found, waiting = [], [Refusal]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__.split(".")[0] in {"accounts", "lms", "ingest"}:
            found.append(kind)
    return sorted(found, key=lambda kind: kind.default_code())


@pytest.mark.parametrize("kind", refusals(), ids=lambda kind: kind.default_code())
def test_a_refusal_is_a_sentence_with_a_code_of_its_own(kind: type[Refusal]) -> None:
    text = (kind.__doc__ or "").strip()
    assert text.endswith("."), f"{kind.__name__}: {text!r}"
    assert [other for other in refusals() if other.default_code() == kind.default_code()] == [kind]


def test_nobody_is_anonymous() -> None:
    assert ANONYMOUS.is_anonymous
