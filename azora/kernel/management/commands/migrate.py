"""Django's own command; it and `makemigrations` must see changes with the same eyes (check `commands.E001`)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.management.commands import migrate

from azora.kernel.folding import FoldingAutodetector


class Command(migrate.Command):
    """`manage.py migrate`."""

    autodetector: ClassVar[Any] = FoldingAutodetector
