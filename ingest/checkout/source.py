"""Where an upstream is read from: a repository and a ref, refused before git sees them when they are not safe."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Self
from urllib.parse import unquote, urlsplit

from ingest.checkout.errors import Refused

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_HELPER = re.compile(r"[A-Za-z0-9+.-]+::")
_SCP = re.compile(r"(?P<host>(?:[^\s/:@]+@)?[^\s/:@]+):(?P<path>(?!//|:).+)")
_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/]*)(?P<path>/.*)?")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_ABBREVIATION = re.compile(r"[0-9a-f]{7,39}")
# What `git check-ref-format` refuses, and a leading "-" or "+", which git would read as an option or as "force".
_NO_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|^[-+/]|[/.]$|(?:^|/)\.|\.lock(?:/|$)")


@dataclass(frozen=True, slots=True)
class Source:
    """A repository and the ref to take from it; one that exists is safe to hand to git.

    `location` is an absolute path, or a URL: https and ssh (also as `user@host:path`); http and git:// only to this
    machine, because anyone on the way could change what they carry. `ref` is a branch, a tag, a full ref
    (`refs/pull/1/head`), or a commit of 40 hex digits or abbreviated to 7 or more; None is the repository's HEAD. A
    name that is a branch and a tag is the tag, as for git. Raises :class:`Refused`.
    """

    location: str
    ref: str | None = None

    def __post_init__(self) -> None:
        if not self.location.startswith("/"):
            _check_url(self.location)
        if _CONTROL.search(self.location):
            raise _refused(self.location, "the location has control characters", "write it without them")
        if self.ref is not None:
            _check_ref(str(self), self.ref)

    @classmethod
    def declared(cls, location: str, ref: str) -> Self:
        """The source that an upstream's declaration names: https only, without credentials."""
        match = _URL.fullmatch(location)
        if match is None or match["scheme"].lower() != "https":
            raise _refused(location, "a declaration may only name an https repository", "declare its https URL")
        if "@" in match["authority"]:
            raise _refused(location, "a declaration may not hold credentials", "declare the URL without them")
        return cls(location, ref)

    @classmethod
    def parse(cls, text: str) -> tuple[str, Self]:
        """The upstream's name and its source, from `NAME=URL-or-path[@REF]`.

        Paths and refs may themselves hold `@`, so the rule is:

        - A path that exists as typed is taken whole; otherwise it is cut at the last `@` that has an existing folder
          to its left and a possible ref to its right.
        - A URL, or `user@host:path`, is cut at the first `@` of its path that does not begin a path segment, because
          tags (`@scope/name@1.2`) hold `@` far oftener than names of repositories; there, write it as `%40`.
        """
        name, equals, rest = text.partition("=")
        if not equals or not _NAME.fullmatch(name):
            raise _refused(text, "this names no upstream and source", "write it as NAME=URL-or-path[@REF]")
        location, ref = _split(rest)
        return name, cls(_location(location), ref)

    @classmethod
    def from_mirror(cls, template: str, owner: str, name: str, ref: str | None = None) -> Self:
        """The source in a company mirror: a URL or path with `{owner}` and `{name}` in it."""
        if "{name}" not in template or re.search(r"[{}]", re.sub(r"\{(?:owner|name)\}", "", template)):
            raise _refused(template, "a mirror's template needs {name}, and knows only {owner} beside it", "add it")
        for part in (owner, name):
            if not _NAME.fullmatch(part):
                raise _refused(template, f"{part!r} is not the name of an owner or repository", "mend the declaration")
        return cls(_location(template.replace("{owner}", owner).replace("{name}", name)), ref)

    @property
    def transport(self) -> str:
        """git's name of the transport: `file`, `https`, `ssh`, `http` or `git`."""
        if self.location.startswith("/"):
            return "file"
        match = _URL.fullmatch(self.location)
        return match["scheme"].lower() if match else "ssh"

    @property
    def host(self) -> str | None:
        """The host to ask; None for a local path."""
        if self.location.startswith("/"):
            return None
        match = _SCP.fullmatch(self.location)
        return match["host"].rpartition("@")[2] if match else urlsplit(self.location).hostname

    @property
    def commit(self) -> str | None:
        """The ref where it is a full commit, which means the same in every repository."""
        lowered = (self.ref or "").lower()
        return lowered if _COMMIT.fullmatch(lowered) else None

    @property
    def abbreviation(self) -> str | None:
        """The ref where it may be an abbreviated commit (it may still be the name of a branch or tag)."""
        lowered = (self.ref or "").lower()
        return lowered if _ABBREVIATION.fullmatch(lowered) else None

    def __str__(self) -> str:
        place = masked(self.location)
        return f"{place}@{self.ref}" if self.ref else place


def masked(text: str) -> str:
    """The text with the credentials of every URL in it replaced by `***`."""
    return re.sub(r"(://)[^/\s'\"]*@", r"\1***@", text)


def _refused(where: str, what: str, mend: str) -> Refused:
    return Refused(where=_CONTROL.sub("?", masked(where)), what=what, mend=mend)


def _check_ref(where: str, ref: str) -> None:
    if not ref or len(ref) > 255 or _NO_REF.search(ref):
        raise _refused(where, f"{ref!r} cannot be a ref", "give a branch, a tag, a full ref or a commit")


def _check_url(location: str) -> None:
    if _HELPER.match(location):
        raise _refused(location, "transport helpers (ext:: and the like) run commands", "give an https URL or a path")
    if match := _SCP.fullmatch(location):
        if location.startswith("-") or match["path"].startswith("-"):
            raise _refused(location, "it looks like an option", "give an https URL or a path")
        return
    match = _URL.fullmatch(location)
    scheme = match["scheme"].lower() if match else ""
    if match is None or scheme not in ("https", "ssh", "http", "git"):
        raise _refused(location, "this is no URL that is read from", "give an https or ssh URL, or a path")
    try:
        address = urlsplit(location)
        host = address.hostname or ""
        _ = address.port
    except ValueError as error:
        raise _refused(location, f"this is no URL ({error})", "give an https or ssh URL, or a path") from None
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*|[0-9A-Fa-f:.]+", host) or match["authority"].startswith("-"):
        raise _refused(location, "the URL has no proper host", "give an https or ssh URL, or a path")
    path = match["path"] or ""
    if not path.strip("/") or re.search(r"\s|%(?:[01][0-9a-f]|7f)|^/-", path, re.IGNORECASE):
        raise _refused(location, "the URL has no proper path", "give the path of the repository")
    if scheme in ("http", "git") and not _is_loopback(host):
        raise _refused(location, f"{scheme}:// is not protected on its way", "use https or ssh")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _split(text: str) -> tuple[str, str | None]:
    """The location and the ref; the rule is in :meth:`Source.parse`."""
    if Path(text).expanduser().exists():
        return text, None
    remote = _URL.fullmatch(text) or _SCP.fullmatch(text)
    if remote is not None:
        start = remote.start("path")
        cut = re.compile(r"(?<=[^/:])@").search(text, start + 1) if start >= 0 else None
        return (text[: cut.start()], text[cut.end() :]) if cut else (text, None)
    cuts = [(text[: at.start()], text[at.end() :]) for at in re.finditer("@", text)][::-1]
    folders = [cut for cut in cuts if Path(cut[0]).expanduser().is_dir()]
    possible = [cut for cut in folders if cut[1] and not _NO_REF.search(cut[1])]
    return next(iter(possible or folders), (text, None))


def _location(text: str) -> str:
    """What a person typed as a URL, or as an absolute path."""
    if not text or text.startswith("-"):
        raise _refused(text or "''", "this is neither a URL nor a path", "give an https or ssh URL, or a path")
    if text.startswith("file://"):
        address = urlsplit(text)
        if address.netloc not in ("", "localhost"):
            raise _refused(text, "file:// reaches only this machine", "give the path itself")
        return str(Path(unquote(address.path)).resolve())
    typed = Path(text).expanduser()
    remote = _URL.fullmatch(text) or _SCP.fullmatch(text) or _HELPER.match(text)
    return text if remote and not typed.exists() else str(typed.resolve())
