"""Reading upstreams from their repositories into the database: what `clone_schemas` and the worker both do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from azora.kernel.errors import Refusal
from ingest.checkout import Source, reachable
from ingest.declarations import FOLDER, Declaration
from ingest.extraction import Extraction, Order
from ingest.models import Snapshot
from ingest.operations import Measurement, declare_upstream, record_failed_attempt, store_snapshot
from ingest.processes import Advance, extract_all

#: Seconds that a host has to answer before it counts as absent; the issue of being offline is told within five.
PATIENCE = 4.0
_PORTS = {"https": 443, "http": 80, "ssh": 22, "git": 9418}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one upstream: the stored snapshot and its extraction, or why there is none."""

    name: str
    snapshot: Snapshot | None = None
    extraction: Extraction | None = None
    failure: str = ""


def declarations_folder() -> Path:
    """Where the upstreams are declared: `settings.DECLARATIONS_DIR`, or the folder that comes with Azora."""
    return Path(getattr(settings, "DECLARATIONS_DIR", FOLDER))


def orders(
    declarations: Iterable[Declaration],
    *,
    checkouts: Path,
    extracts: Path,
    sources: Mapping[str, Source] | None = None,
    mirror: str | None = None,
    latest: bool = False,
    offline: bool = False,
) -> list[Order]:
    """What to extract, and from where: the source that is given for an upstream, else its mirror, else its repository.

    A mirror or repository is read at the declared pin, or with `latest` at its default branch. Raises
    :class:`ingest.checkout.Refused` where the template of the mirror cannot be used.
    """
    found = []
    for declaration in declarations:
        ref = None if latest else declaration.pin.ref
        owner, _, name = declaration.repository.partition("/")
        if declaration.name in (sources or {}):
            source = (sources or {})[declaration.name]
        elif mirror is not None:
            source = Source.from_mirror(mirror, owner, name, ref)
        else:
            source = Source(f"https://github.com/{declaration.repository}.git", ref)
        found.append(
            Order(
                declaration=declaration,
                source=source,
                checkout=checkouts / declaration.name,
                extract=extracts / declaration.name,
                offline=offline,
            )
        )
    return found


def clone(
    wanted: Collection[Order],
    *,
    jobs: int,
    watch: Callable[[Order, Advance], None] = lambda order, advance: None,
    absent: Callable[[str], None] = lambda host: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Generator[Result, None, None]:
    """Extract the orders and store what they give, one upstream a transaction; each result comes as soon as it stands.

    `absent` is told, once for each and before anything is fetched, the hosts that do not answer; of their upstreams
    only what was fetched before is read. Raises :class:`ingest.processes.Stopped`.
    """
    for order in wanted:
        declare_upstream(declaration=order.declaration)
    away = unreachable_hosts(wanted)
    for host in sorted(filter(None, away)):
        absent(host)
    known = [replace(order, unreachable=order.source.host) if order.source.host in away else order for order in wanted]
    with closing(extract_all(known, jobs=jobs, watch=watch, stopped=stopped)) as outcomes:
        for order, outcome in outcomes:
            if isinstance(outcome, Extraction):
                yield _stored(order, outcome)
            else:
                yield _failed(order, outcome.message)


def unreachable_hosts(wanted: Iterable[Order]) -> set[str | None]:
    """The hosts that must be asked and do not answer; all are asked at once, so it takes `PATIENCE` at most."""
    hosts = {order.source.host: _port(order.source) for order in wanted if not order.offline and order.source.host}
    if not hosts:
        return set()
    with ThreadPoolExecutor(len(hosts)) as threads:
        answers = threads.map(lambda host: reachable(host, port=hosts[host], seconds=PATIENCE), hosts)
        return {host for host, answer in zip(hosts, answers, strict=True) if not answer}


def _port(source: Source) -> int:
    given = urlsplit(source.location).port if "://" in source.location else None
    return given or _PORTS[source.transport]


def _stored(order: Order, extraction: Extraction) -> Result:
    measurement = Measurement(files=extraction.files, bytes=extraction.bytes, seconds=extraction.seconds)
    try:
        snapshot = store_snapshot(catalog=extraction.catalog, measurement=measurement)
    except Refusal as refusal:
        return _failed(order, refusal.message)
    return Result(name=order.name, snapshot=snapshot, extraction=extraction)


def _failed(order: Order, message: str) -> Result:
    record_failed_attempt(upstream=order.name, error=message)
    return Result(name=order.name, failure=message)
