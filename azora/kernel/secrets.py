"""Secrets that are made up once and kept in a file that only its owner can read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def read_or_make_secret(path: Path, *, size: int = 48) -> str:
    """The text of the file, made from `size` random bytes when the file is not there yet (mode 0600).

    Two processes that start at once get the same secret: the file is linked into place whole, by the first of them.
    Raises `OSError` where the folder cannot be written.
    """
    if not path.exists():
        write_secret(path, secrets.token_urlsafe(size), replace=False)
    return path.read_text().strip()


def write_secret(path: Path, text: str, *, replace: bool = True) -> None:
    """Write a secret so that nobody ever sees half of it, or reads it before its mode is 0600."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text + "\n")
        if replace:
            draft.replace(path)
        else:
            try:
                path.hardlink_to(draft)
            except FileExistsError:
                return
    finally:
        draft.unlink(missing_ok=True)
