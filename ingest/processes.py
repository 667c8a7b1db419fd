"""Several extractions at once, each in a process of its own: reading keeps a processor busy, and what a hostile
repository does to its reader ends with that process.

The processes come from a fork server that has imported the engine and nothing of Django, so each starts at once and is
small. One that takes too long, dies or is not wanted any more is ended together with the git that it started.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess
from types import FrameType

from ingest.extraction import Extraction, ExtractionFailed, Order, extract

#: Seconds between two looks at deadlines and at `stopped`.
TICK = 0.2
#: Seconds that a process has to end its git and its sandbox before it is killed.
GRACE = 5.0


@dataclass(frozen=True, slots=True)
class Failure:
    """An order that gave nothing; `message` is a sentence for a person."""

    message: str


@dataclass(frozen=True, slots=True)
class Advance:
    """How far an order is: a step, how much of it is done, and of how much (None: not known)."""

    step: str
    done: int
    total: int | None


Outcome = Extraction | Failure


class Stopped(Exception):
    """Somebody asked to stop; what was not finished was given up."""


@dataclass(frozen=True, slots=True)
class _Running:
    order: Order
    process: ForkServerProcess
    deadline: float


def extract_all(
    orders: Iterable[Order],
    *,
    jobs: int,
    seconds: float = 1800,
    watch: Callable[[Order, Advance], None] = lambda order, advance: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Generator[tuple[Order, Outcome], None, None]:
    """Extract the orders, `jobs` at a time, and give each with its outcome as soon as it is there.

    `seconds` is what one order may take. Raises :class:`Stopped` as soon as `stopped` says so. However the caller
    leaves, no process is left behind.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    waiting = deque(orders)
    running: dict[Connection, _Running] = {}
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                order = waiting.popleft()
                receiver, sender = context.Pipe(duplex=False)
                process = context.Process(target=_work, args=(order, sender), name=f"extract {order.name}", daemon=True)
                process.start()
                sender.close()
                running[receiver] = _Running(order, process, time.monotonic() + seconds)
            for receiver in _ready(running):
                message = _received(receiver, running[receiver].process)
                if isinstance(message, Advance):
                    watch(running[receiver].order, message)
                else:
                    done = running.pop(receiver)
                    receiver.close()
                    done.process.join(GRACE)
                    _end([done.process])
                    yield done.order, message
            if stopped():
                raise Stopped
            for receiver in [each for each, one in running.items() if time.monotonic() > one.deadline]:
                late = running.pop(receiver)
                receiver.close()
                _end([late.process])
                yield (
                    late.order,
                    Failure(f"{late.order.source}: gave no catalog within {seconds:g} seconds; try again."),
                )
    finally:
        for receiver in running:
            receiver.close()
        _end([each.process for each in running.values()])


def _ready(running: Iterable[Connection]) -> list[Connection]:
    """The receivers on which something waits to be taken, or whose process has ended; none after a tick."""
    return [each for each in wait(list(running), TICK) if isinstance(each, Connection)]


def _received(receiver: Connection, process: ForkServerProcess) -> Advance | Outcome:
    try:
        message: Advance | Outcome = receiver.recv()
    except EOFError:
        process.join(GRACE)
        code = process.exitcode
        how = f"by signal {-code}" if code is not None and code < 0 else f"with exit code {code}"
        return Failure(f"its process was ended {how} while it read; try again, or with fewer --jobs.")
    return message


def _end(processes: list[ForkServerProcess]) -> None:
    """Ask those that still run to end, and kill those that do not."""
    for process in processes:
        if process.is_alive():
            process.terminate()
    deadline = time.monotonic() + GRACE
    for process in processes:
        process.join(max(0.0, deadline - time.monotonic()))
        if process.is_alive():
            process.kill()
        process.join()
        process.close()


# --- in the process of one order


def _work(order: Order, sender: Connection) -> None:
    """Extract and send: any number of advances, then one outcome."""
    # Ctrl-C reaches every process of a terminal; the one that is asked decides what becomes of the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_follow, daemon=True).start()
    last = 0.0
    told = ""

    def progress(step: str, done: int, total: int | None) -> None:
        nonlocal last, told
        now = time.monotonic()
        if step != told or now - last > TICK:
            last, told = now, step
            sender.send(Advance(step, done, total))

    # The receiver is gone when the run was ended.
    with suppress(BrokenPipeError):
        sender.send(_outcome(order, progress))


def _outcome(order: Order, progress: Callable[[str, int, int | None], None]) -> Outcome:
    try:
        return extract(order, progress)
    except ExtractionFailed as failure:
        return Failure(str(failure))
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001  (whatever one upstream does, the others finish)
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{frame.filename.rpartition('/')[2]}:{frame.lineno}"
        return Failure(f"a fault of Azora's own: {type(error).__name__} at {where}: {error}; please report it.")


def _follow() -> None:
    """End with the one who asked, however that one ended: nobody would read what is sent."""
    asking = multiprocessing.parent_process()
    assert asking is not None
    asking.join()
    os.kill(os.getpid(), signal.SIGTERM)


def _leave(_number: int, _frame: FrameType | None) -> None:
    """End as if the program had ended, so that `finally` ends git and the sandbox."""
    sys.exit(128 + signal.SIGTERM)
