"""Secrets that are given once and kept as a digest.

Each carries 256 random bits, so nobody finds it by trying, and a plain SHA-256 keeps it: slow, salted hashes are for
secrets that people choose. It also makes the digest something that an index finds.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets

#: What every API key begins with, so that people and scanners of leaked secrets know one when they see it.
API_KEY = "azk_"
_API_KEY_FORM = re.compile(rf"{API_KEY}([a-z2-7]{{12}})_(.+)")


def make_token() -> str:
    """256 random bits in 43 characters that need no escaping in an address."""
    return secrets.token_urlsafe(32)


def digest_of(token: str) -> str:
    """Its SHA-256 in lower-case hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


def make_prefix() -> str:
    """The public part of an API key: sixty random bits in twelve letters and digits of base 32."""
    return base64.b32encode(secrets.token_bytes(8)).decode().lower()[:12]


def join_api_key(*, prefix: str, secret: str) -> str:
    """The key as its holder gets it: `azk_<prefix>_<secret>`."""
    return f"{API_KEY}{prefix}_{secret}"


def split_api_key(text: str) -> tuple[str, str] | None:
    """The prefix and the secret, or None where the text has not the form of an API key."""
    found = _API_KEY_FORM.fullmatch(text)
    return None if found is None else (found[1], found[2])
