"""The readers: one module a format, found by its name, so that a new format is one new file.

A reader module has `FILES` (globs of every file of its format in any repository), `Options` (a frozen, keyword-only
dataclass with the attribute `dialect`; its fields are what a declaration may set), and `read`. Its counter is the
module of the same name in :mod:`ingest.counters`. Readers do not import each other.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from functools import cache
from importlib import import_module
from typing import Any, Protocol, cast, get_type_hints

from ingest import ir
from ingest.spelling import did_you_mean
from ingest.tree import Tree


class Options(Protocol):
    """What a declaration may set for a reader. `dialect` goes into the catalog."""

    @property
    def dialect(self) -> str: ...


class Reader(Protocol):
    """The shape of a reader module."""

    FILES: tuple[str, ...]
    Options: type[Any]

    def read(self, tree: Tree, paths: tuple[str, ...], options: Any) -> ir.Reading:
        """The tables of the files at `paths`. Whatever the files hold, trouble comes back as problems."""


class UnknownFormat(ValueError):
    """No reader has this name."""


class OptionError(ValueError):
    """An option that the format does not have, or a value that it does not take."""


@cache
def formats() -> tuple[str, ...]:
    """The names of all formats that can be read."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def reader(name: str) -> Reader:
    """The reader of a format. Raises :class:`UnknownFormat` with the nearest name."""
    if name not in formats():
        raise UnknownFormat(f"no format {name!r}{did_you_mean(name, formats())}")
    return cast("Reader", import_module(f"{__name__}.{name}"))


def options(name: str, values: Mapping[str, object]) -> Options:
    """The format's options of a declaration's values. Raises :class:`OptionError`, which says which and why."""
    options_class = reader(name).Options
    known = {field.name: field for field in fields(options_class)}
    for option in values:
        if option not in known:
            raise OptionError(f"format {name} has no option {option!r}{did_you_mean(option, known)}")
    missing = [field.name for field in known.values() if _is_required(field) and field.name not in values]
    if missing:
        raise OptionError(f"format {name} needs the option {missing[0]!r}")
    hints = get_type_hints(options_class)
    typed = {option: _typed(option, value, hints[option]) for option, value in values.items()}
    try:
        return cast("Options", options_class(**typed))
    except ValueError as error:
        raise OptionError(str(error)) from None


def _is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _typed(option: str, value: object, wanted: Any) -> object:
    if wanted == tuple[str, ...] and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    if wanted in (str, bool, int) and type(value) is wanted:
        return value
    name = "a list of strings" if wanted == tuple[str, ...] else wanted.__name__
    raise OptionError(f"option {option!r} must be {name}, not {value!r}")
