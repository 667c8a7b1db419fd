"""Django's own command, whose migrations come folded (see :mod:`azora.kernel.folding`)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.management.commands import makemigrations

from azora.kernel.folding import FoldingAutodetector


class Command(makemigrations.Command):
    """`manage.py makemigrations`."""

    autodetector: ClassVar[Any] = FoldingAutodetector
