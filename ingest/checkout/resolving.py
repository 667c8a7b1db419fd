"""From a ref to the one commit it names."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from ingest.checkout.errors import NotFetched, UnknownRef
from ingest.checkout.process import GitFailed
from ingest.checkout.progress import Progress, Stage
from ingest.checkout.repository import Repository
from ingest.checkout.source import Source
from ingest.checkout.trouble import named

_TOLD = 5  # names in a message
_KEPT = 200  # refs remembered


def resolve(
    source: Source, repository: Repository, history: Repository, remembered: Path, *, offline: bool, progress: Progress
) -> str:
    """The full commit that the source's ref names; the commit object itself is then in the repository.

    A full commit that is there needs no network. An abbreviated one is, in this order: the only commit of the folder
    that begins so; a tag or branch of that name; the only commit that a branch or tag names and that begins so; the
    only one of the whole history, for which all commits, but no files, are fetched into `history` and dropped again.
    Any other name is resolved by git, a tag before a branch, and remembered for the next offline run.
    """
    stored = repository.objects()
    if source.commit is not None and source.commit in stored:
        return _peeled(source, repository, source.commit)
    local = repository.beginning_with(source.abbreviation) if source.abbreviation else []
    if len(local) == 1:
        return local[0]
    if offline:
        return _known(source, remembered, local)
    wanted = source.commit or source.ref or "HEAD"
    if source.abbreviation:
        wanted = _unabbreviated(source, source.abbreviation, repository, history, progress)
        if wanted in stored:
            return wanted

    def received(done: int, total: int | None) -> None:
        progress(Stage.COMMIT, done, total)

    progress(Stage.COMMIT, 0, None)
    # A full commit is what is wanted, so its tree comes at once; a name is asked first whether it has moved at all.
    only = "blob:none" if re.fullmatch(r"[0-9a-f]{40}", wanted) else "tree:0"
    try:
        oid = repository.fetch(source, wanted, filter_spec=only, received=received)
    except GitFailed as failure:
        error = named(failure, str(source))
        raise _unknown(source, _refs(source, repository)) if isinstance(error, UnknownRef) else error from None
    commit = _peeled(source, repository, oid)
    _remember(remembered, source, commit)
    return commit


def _peeled(source: Source, repository: Repository, oid: str) -> str:
    stored = repository.objects().get(oid)
    if stored is not None and stored.type == "commit":
        return oid
    try:
        return repository.peel(oid)
    except GitFailed:
        raise UnknownRef(
            where=str(source), what=f"{oid} is no commit", mend="give a branch, a tag, a full ref or a commit"
        ) from None


def _unabbreviated(
    source: Source, abbreviation: str, repository: Repository, history: Repository, progress: Progress
) -> str:
    """The full commit of an abbreviated one, or the full name of the tag or branch that is called so."""
    progress(Stage.COMMIT, 0, None)
    refs = _refs(source, repository)
    for name in (f"refs/tags/{source.ref}", f"refs/heads/{source.ref}"):
        if name in refs:
            return name
    tips = {oid for name, oid in refs.items() if oid.startswith(abbreviation) and f"{name}^{{}}" not in refs}
    found = sorted(tips) or _in_history(source, abbreviation, history, progress)
    if len(found) > 1:
        raise _ambiguous(source, found)
    if not found:
        raise _unknown(source, refs)
    return found[0]


def _in_history(source: Source, abbreviation: str, history: Repository, progress: Progress) -> list[str]:
    def received(done: int, total: int | None) -> None:
        progress(Stage.HISTORY, done, total)

    progress(Stage.HISTORY, 0, None)
    history.make()
    try:
        history.fetch_history(source, received)
        return history.beginning_with(abbreviation)
    except GitFailed as failure:
        raise named(failure, str(source)) from None
    finally:
        history.remove()


def _refs(source: Source, repository: Repository) -> dict[str, str]:
    try:
        return repository.refs(source)
    except GitFailed as failure:
        raise named(failure, str(source)) from None


def _ambiguous(source: Source, found: list[str]) -> UnknownRef:
    several = ", ".join(oid[:16] for oid in found[:_TOLD])
    return UnknownRef(
        where=str(source), what=f"{len(found)} commits begin so ({several})", mend="give more digits of the commit"
    )


def _unknown(source: Source, refs: Mapping[str, str]) -> UnknownRef:
    names = [re.sub("^refs/(heads|tags)/", "", name) for name in refs if re.match("refs/(heads|tags)/.*(?<!})$", name)]
    if not names:
        return UnknownRef(where=str(source), what="the repository has no branch and no tag", mend="take another one")
    if source.ref is None:
        what = "its HEAD names no commit"
    elif source.commit or source.abbreviation:
        what = f"there is no commit {source.ref}, as far as this source shows"
    else:
        what = f"there is no branch, tag or ref {source.ref!r}"
    near = get_close_matches(source.ref or "", names, n=_TOLD, cutoff=0.5) or _newest(refs) or names[:_TOLD]
    return UnknownRef(where=str(source), what=what, mend=f"give another ref, for example {', '.join(near)}")


def _newest(refs: Mapping[str, str]) -> list[str]:
    """A branch that is where HEAD is, and the tags with the highest numbers."""
    branches = [name.removeprefix("refs/heads/") for name in refs if name.startswith("refs/heads/")]
    default = [name for name in branches if refs[f"refs/heads/{name}"] == refs.get("HEAD")][:1]
    tags = [name.removeprefix("refs/tags/") for name in refs if re.fullmatch(r"refs/tags/.*(?<!})", name)]
    by_number = sorted(tags, key=lambda name: [int(number) for number in re.findall(r"\d+", name)], reverse=True)
    return (default + by_number)[:_TOLD]


def _known(source: Source, remembered: Path, local: list[str]) -> str:
    """What the ref meant when it was last fetched."""
    if len(local) > 1:
        raise _ambiguous(source, local)
    commit = _recall(remembered).get(source.ref or "HEAD")
    if commit is None:
        what = "this ref was not fetched before, and offline nothing can be"
        raise NotFetched(where=str(source), what=what, mend="run it once without --offline")
    return commit


def _recall(remembered: Path) -> dict[str, str]:
    try:
        content = json.loads(remembered.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}  # never written, or cut short by a full disk: the next run with a network writes it again
    return {str(ref): str(commit) for ref, commit in content.items()} if isinstance(content, dict) else {}


def _remember(remembered: Path, source: Source, commit: str) -> None:
    ref = source.ref or "HEAD"
    known = [(name, oid) for name, oid in _recall(remembered).items() if name != ref]
    fresh = remembered.with_name(f"{remembered.name}.new")
    fresh.write_text(json.dumps(dict([*known, (ref, commit)][-_KEPT:]), indent=1), encoding="utf-8")
    fresh.replace(remembered)
