"""The schema files of one upstream at one commit, taken from a git repository and nothing else with them.

:func:`fetch` brings them, through GitPython, without history and without a work tree, so that nothing of a repository
(hooks, filters, links, submodules) can act; :class:`Source` says from where, :class:`Limits` how much at most.
"""

from ingest.checkout.contents import Checkout
from ingest.checkout.errors import (
    Busy,
    CheckoutError,
    GitMissing,
    Incomplete,
    NotFetched,
    Refused,
    TimedOut,
    TooLarge,
    UnknownRef,
    Unreachable,
    Unwritable,
)
from ingest.checkout.fetching import fetch
from ingest.checkout.limits import Limits
from ingest.checkout.network import reachable
from ingest.checkout.paths import Skipped
from ingest.checkout.progress import Progress, Stage
from ingest.checkout.source import Source

__all__ = [
    "Busy",
    "Checkout",
    "CheckoutError",
    "GitMissing",
    "Incomplete",
    "Limits",
    "NotFetched",
    "Progress",
    "Refused",
    "Skipped",
    "Source",
    "Stage",
    "TimedOut",
    "TooLarge",
    "UnknownRef",
    "Unreachable",
    "Unwritable",
    "fetch",
    "reachable",
]
