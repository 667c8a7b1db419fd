"""What git's messages mean: a failed run as an error with a name."""

from __future__ import annotations

import re

from ingest.checkout.errors import CheckoutError, Refused, TooLarge, UnknownRef, Unreachable, Unwritable
from ingest.checkout.process import GitFailed

# git's own words (git 2.38 to 2.51, LC_ALL=C), the kind of error they mean, and how to mend it. The first match counts.
_MEANINGS: tuple[tuple[str, type[CheckoutError], str], ...] = (
    (r"couldn't find remote ref|not our ref|unadvertised object|no such remote ref", UnknownRef, "give another ref"),
    (r"transport .* not allowed|unable to (?:follow|update url base) .*redirect", Refused, "give the final https URL"),
    (r"fsck error|fsck failed|badly formed|invalid path", Refused, "the repository is malformed: take another mirror"),
    (r"attempting to allocate", TooLarge, "an object there is too large: take another mirror, or raise the limit"),
    (r"No space left on device|Disk quota exceeded", Unwritable, "make room and try again"),
    (
        r"Read-only file system|cannot mkdir|unable to create|could not open .* for writing",
        Unwritable,
        "give rights there",
    ),
    (r"not found|does not appear to be a git repository|not a git repository", Unreachable, "check the location"),
    (
        r"[Aa]uthentication failed|could not read (?:Username|Password)|Permission denied|returned error: 40[13]",
        Unreachable,
        "it may not exist or be closed: check the location, or give access by ssh or in the URL",
    ),
    (
        (
            r"[Cc]ould not resolve host|unable to access|unable to connect|Connection|Could not read from remote"
            r"|remote error|Broken pipe|hung up|early EOF|RPC failed|timed out|unexpected disconnect|expected .* packet"
            r"|Host key verification"
        ),
        Unreachable,
        "check the network and the location, or read from a mirror (--source, --mirror)",
    ),
)


def named(failure: GitFailed, where: str) -> CheckoutError:
    """The error that a failed run means; plain :class:`CheckoutError` where its words are not known."""
    said = failure.message
    for pattern, kind, mend in _MEANINGS:
        if any(re.search(pattern, line) for line in failure.lines):
            return kind(where=where, what=f"git says {said!r}", mend=mend)
    return CheckoutError(where=where, what=f"git says {said!r}", mend="try again, or read from another mirror")
