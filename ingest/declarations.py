"""What is declared of each upstream: `upstreams/<name>/upstream.toml`, read strictly.

A declaration is data: where the upstream lives, under which licence, which commit its committed catalog was read
from, and which reader reads which paths. Whatever a checkout later hands to git (repository, tag, commit, patterns)
is checked here, so that no declaration can smuggle in an address, an option or a path outside the tree.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from ingest import readers
from ingest.spelling import did_you_mean

FOLDER = Path(__file__).parent / "upstreams"
FILE = "upstream.toml"


class DeclarationError(ValueError):
    """An `upstream.toml` that cannot be taken; the message says file, key, and what is wrong."""


class UnknownUpstream(LookupError):
    """No upstream is declared under this name; the message gives the nearest one."""


class Domain(StrEnum):
    """The domain of the platform that an upstream mostly serves."""

    ACCOUNTS = "accounts"
    LMS = "lms"
    COMMUNITY = "community"
    CHAT = "chat"
    CERTIFICATIONS = "certifications"
    CONTENT = "content"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """The version of the real repository that is wanted: a tag, or a full commit."""

    tag: str | None = None
    commit: str | None = None

    @property
    def ref(self) -> str:
        return self.tag or self.commit or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFrom:
    """The repository (`owner/name`) and the full commit that the committed catalog was really read from."""

    repository: str
    commit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A format, the globs of the files to read (see :func:`ingest.tree.matches`), and the format's options."""

    format: str
    paths: tuple[str, ...]
    options: readers.Options


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveOut:
    """Files that are not read, and why."""

    paths: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TablesLeftOut:
    """Tables (names, or globs of names) that only the copy in `read_from` has, and why they are left out."""

    tables: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    name: str
    title: str
    domain: Domain
    licence: str
    repository: str
    pin: Pin
    read_from: ReadFrom
    readers: tuple[Reader, ...]
    leave_out: tuple[LeaveOut, ...] = ()
    tables_left_out: tuple[TablesLeftOut, ...] = ()
    folder: Path = field(default=FOLDER, compare=False, repr=False)

    @property
    def catalog_file(self) -> Path:
        """Where the committed catalog of this upstream stands."""
        return self.folder / "catalog.json"


def names(folder: Path = FOLDER) -> tuple[str, ...]:
    """The names of all declared upstreams: the folders that hold an `upstream.toml`."""
    return tuple(sorted(path.parent.name for path in folder.glob(f"*/{FILE}")))


def load_all(folder: Path = FOLDER) -> tuple[Declaration, ...]:
    """All declarations, by name. Raises :class:`DeclarationError` at the first that cannot be taken."""
    return tuple(load(name, folder) for name in names(folder))


def load(name: str, folder: Path = FOLDER) -> Declaration:
    """The declaration of this name. Raises :class:`UnknownUpstream` or :class:`DeclarationError`."""
    if name not in names(folder):
        declared = ", ".join(names(folder)) or "none"
        raise UnknownUpstream(f"no upstream {name!r} (declared: {declared}){did_you_mean(name, names(folder))}")
    path = folder / name / FILE
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DeclarationError(f"{path}: cannot be read: {error}") from None
    return parse(name, content, path)


def parse(name: str, content: str, path: Path) -> Declaration:
    """The declaration that the text of an `upstream.toml` makes; `path` is for messages and for its folder."""
    try:
        document = tomllib.loads(content)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise DeclarationError(f"{path}: not TOML: {error}") from None
    if not _NAME.fullmatch(name):
        raise DeclarationError(f"{path}: the folder's name {name!r} is not lower-case letters, digits and '-'")
    top = _Section(str(path), "", document)
    declaration = Declaration(
        name=name,
        title=top.text("title"),
        domain=Domain(top.text("domain", _one_of(Domain))),
        licence=top.text("licence", _shape(_LICENCE, "an SPDX licence expression, like 'GPL-3.0-or-later'")),
        repository=top.text("repository", _repository),
        pin=_pin(top.section("pin")),
        read_from=_read_from(top.section("read_from")),
        readers=tuple(_reader(section) for section in top.sections("readers", at_least=1)),
        leave_out=tuple(_leave_out(section) for section in top.sections("leave_out")),
        tables_left_out=tuple(_tables_left_out(section) for section in top.sections("tables_left_out")),
        folder=path.parent,
    )
    top.finish()
    return declaration


# --- one section of the file


_Check = Callable[[str], str | None]


class _Section:
    """A TOML table that is read key by key; what was not asked for is refused by :meth:`finish`."""

    def __init__(self, file: str, key: str, values: Mapping[str, object]) -> None:
        self._file = file
        self._key = key
        self._values = values
        self._asked: set[str] = set()

    def error(self, key: str, what: str) -> DeclarationError:
        full = ".".join(part for part in (self._key, key) if part)
        return DeclarationError(f"{self._file}: {full}: {what}")

    def has(self, key: str) -> bool:
        return key in self._values

    def text(self, key: str, check: _Check | None = None) -> str:
        value = self._value(key)
        if not isinstance(value, str) or not value.strip():
            raise self.error(key, f"must be a text, not {value!r}")
        return self._checked(key, value, check)

    def texts(self, key: str, check: _Check | None = None) -> tuple[str, ...]:
        value = self._value(key)
        if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
            raise self.error(key, f"must be a list of one text or more, not {value!r}")
        return tuple(self._checked(key, item, check) for item in value)

    def section(self, key: str) -> _Section:
        return self._section(key, self._value(key))

    def values(self, key: str) -> Mapping[str, object]:
        """The section under this key as it stands; empty where it is missing."""
        return self.section(key)._values if self.has(key) else {}

    def sections(self, key: str, *, at_least: int = 0) -> tuple[_Section, ...]:
        value = self._value(key) if self.has(key) or at_least else []
        if not isinstance(value, list) or len(value) < at_least:
            raise self.error(key, f"must be a list of sections, [[{key}]]")
        return tuple(self._section(f"{key}[{number}]", item) for number, item in enumerate(value))

    def finish(self) -> None:
        for key in self._values:
            if key not in self._asked:
                raise self.error(key, f"no such key here{did_you_mean(key, self._asked)}")

    def _value(self, key: str) -> object:
        self._asked.add(key)
        if key not in self._values:
            raise self.error(key, "is missing")
        return self._values[key]

    def _section(self, key: str, value: object) -> _Section:
        if not isinstance(value, dict):
            raise self.error(key, f"must be a section, not {value!r}")
        return _Section(self._file, ".".join(part for part in (self._key, key) if part), value)

    def _checked(self, key: str, value: str, check: _Check | None) -> str:
        wrong = _control_characters(value) or (check(value) if check else None)
        if wrong:
            raise self.error(key, f"{value!r} {wrong}")
        return value


def _pin(section: _Section) -> Pin:
    if section.has("tag") == section.has("commit"):
        raise section.error("", "must have either a tag or a commit")
    pin = Pin(tag=section.text("tag", _tag)) if section.has("tag") else Pin(commit=section.text("commit", _commit))
    section.finish()
    return pin


def _read_from(section: _Section) -> ReadFrom:
    read_from = ReadFrom(repository=section.text("repository", _repository), commit=section.text("commit", _commit))
    section.finish()
    return read_from


def _reader(section: _Section) -> Reader:
    name = section.text("format", _one_of(readers.formats()))
    paths = section.texts("paths", _pattern)
    try:
        options = readers.options(name, section.values("options"))
    except readers.OptionError as error:
        raise section.error("options", str(error)) from None
    section.finish()
    return Reader(format=name, paths=paths, options=options)


def _leave_out(section: _Section) -> LeaveOut:
    leave_out = LeaveOut(paths=section.texts("paths", _pattern), reason=section.text("reason"))
    section.finish()
    return leave_out


def _tables_left_out(section: _Section) -> TablesLeftOut:
    left_out = TablesLeftOut(tables=section.texts("tables"), reason=section.text("reason"))
    section.finish()
    return left_out


# --- checks: None, or what is wrong with a value


_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
_LICENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*(?: (?:AND|OR|WITH) [A-Za-z0-9][A-Za-z0-9.+-]*)*")
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9_.][A-Za-z0-9_.-]{0,99}")
_TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+/-]{0,199}")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_PATTERN = re.compile(r"[^\\:\x00-\x1f\x7f]{1,500}")


def _control_characters(value: str) -> str | None:
    return (
        "holds a control character"
        if any(ord(character) < 32 or ord(character) == 127 for character in value)
        else None
    )


def _shape(regex: re.Pattern[str], what: str) -> _Check:
    return lambda value: None if regex.fullmatch(value) else f"is not {what}"


def _one_of(known: type[StrEnum] | tuple[str, ...]) -> _Check:
    values = [str(value) for value in known]
    return lambda value: None if value in values else f"is none of {', '.join(values)}{did_you_mean(value, values)}"


def _repository(value: str) -> str | None:
    name = value.rpartition("/")[2]
    if not _REPOSITORY.fullmatch(value) or name in (".", "..") or name.endswith(".git"):
        return "is not a repository as 'owner/name'"
    return None


def _commit(value: str) -> str | None:
    return None if _COMMIT.fullmatch(value) else "is not a full commit hash of 40 lower-case hexadecimal digits"


def _tag(value: str) -> str | None:
    """By the rules of git check-ref-format, and narrower."""
    parts = value.split("/")
    odd = ".." in value or any(part == "" or part[0] == "." or part.endswith((".", ".lock")) for part in parts)
    return "is not the name of a tag" if odd or not _TAG.fullmatch(value) else None


def _pattern(value: str) -> str | None:
    segments = re.split(r"[/{},]", value)
    odd = ".." in segments or "." in segments or value[:1] in ("/", "-", "!", "~") or value.count("**") > 4
    if odd or not _PATTERN.fullmatch(value):
        return "is not a path pattern inside the repository (no '..', no leading '/', '-', '!' or '~', no ':' or '\\')"
    return None
