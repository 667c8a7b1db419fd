"""System checks of the installation: a misspelt variable is named before it is missed."""

from __future__ import annotations

import difflib
import os
import re
from pathlib import Path
from typing import Any

from django.core.checks import CheckMessage, Warning, register

_SETTINGS = Path(__file__).with_name("settings.py")

#: Read outside settings.py: by the search for PostgreSQL's programs.
_ELSEWHERE = {"AZORA_PG_BIN"}


def known_variables() -> set[str]:
    """The AZORA_ variables that settings.py reads, found in its text so that the list cannot go stale."""
    return set(re.findall(r'"(AZORA_[A-Z_]+)"', _SETTINGS.read_text())) | _ELSEWHERE


@register()
def unknown_variables(**_: Any) -> list[CheckMessage]:
    """`azora.W010`: a variable that begins with AZORA_ and is read by nobody."""
    known = known_variables()
    found: list[CheckMessage] = []
    for name in sorted(os.environ):
        if name.startswith("AZORA_") and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(sorted(known))}."
            found.append(Warning(f"The environment variable {name} is not read by Azora.", hint=hint, id="azora.W010"))
    return found
