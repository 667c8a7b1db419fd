"""How a long run is shown: bars when a person watches a terminal, plain lines otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from ingest.cloning import Result
from ingest.extraction import Order
from ingest.processes import Advance


class Watcher(Protocol):
    """Told what happens to each upstream, as a context manager around the whole run."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def absent(self, host: str) -> None:
        """The host does not answer."""

    def advanced(self, order: Order, advance: Advance) -> None:
        """The upstream is at this step."""

    def ended(self, result: Result) -> None:
        """The upstream is stored, or has failed."""


def absence(host: str) -> str:
    """The one sentence about a host that does not answer."""
    return f"{host} cannot be reached: only what was fetched from it before is read."


def end(result: Result) -> str:
    """One line about an upstream that is done."""
    if result.snapshot is None or result.extraction is None:
        return f"{result.name}: failed"
    snapshot, took = result.snapshot, result.extraction
    counts = f"{snapshot.table_count} tables, {snapshot.column_count} columns"
    return f"{result.name}: {snapshot.commit[:10]}, {counts}, {took.seconds:.2f} s"


class Lines:
    """A plain line for each step and each end."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._steps: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def absent(self, host: str) -> None:
        self._write(absence(host))

    def advanced(self, order: Order, advance: Advance) -> None:
        if self._steps.get(order.name) != advance.step:
            self._steps[order.name] = advance.step
            self._write(f"{order.name}: {advance.step}")

    def ended(self, result: Result) -> None:
        self._write(end(result))


class Bars:
    """A bar for each upstream, and one for all of them."""

    def __init__(self, names: Iterable[str]) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[step]}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
        )
        names = list(names)
        self._all = self._progress.add_task("all upstreams", total=len(names), step="")
        self._tasks: dict[str, TaskID] = {
            name: self._progress.add_task(name, total=None, start=False, step="waiting") for name in names
        }

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def absent(self, host: str) -> None:
        self._progress.console.print(escape(absence(host)))

    def advanced(self, order: Order, advance: Advance) -> None:
        task = self._tasks[order.name]
        self._progress.start_task(task)
        self._progress.update(task, completed=advance.done, total=advance.total, step=advance.step)

    def ended(self, result: Result) -> None:
        self._progress.remove_task(self._tasks[result.name])
        self._progress.console.print(escape(end(result)))
        self._progress.advance(self._all)
