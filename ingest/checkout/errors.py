"""Why a checkout failed: each error is one sentence that says where, what, and how to mend it."""

from __future__ import annotations


class CheckoutError(Exception):
    """git failed in a way that has no name of its own; the subclasses have one.

    `where` is the source without credentials, `what` the trouble, `mend` what the person can do.
    """

    def __init__(self, *, where: str, what: str, mend: str) -> None:
        super().__init__(f"{where}: {what}; {mend}.")
        self.where = where
        self.what = what
        self.mend = mend


class GitMissing(CheckoutError):
    """There is no git program, or one too old to be trusted with this."""


class Refused(CheckoutError):
    """A location, ref, path or repository that is not safe to take, or not meant to be."""


class Unreachable(CheckoutError):
    """The repository does not answer, does not exist, or does not let us in."""


class UnknownRef(CheckoutError):
    """The repository has no such branch, tag, ref or commit, or more than one commit that begins so."""


class Incomplete(CheckoutError):
    """The source lacks a file that its own tree lists and that is wanted."""


class NotFetched(CheckoutError):
    """Offline, and the folder does not hold what is asked."""


class TooLarge(CheckoutError):
    """A limit of bytes, files or paths was passed; what was being fetched is given up."""


class TimedOut(CheckoutError):
    """git took longer than the limit and was ended."""


class Busy(CheckoutError):
    """Another run held the folder for longer than the limit."""


class Unwritable(CheckoutError):
    """The folder cannot be made or written: read-only, no space, or something else in its place."""
