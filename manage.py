#!/usr/bin/env python
"""The command line of Azora: `manage.py help` lists the commands, `manage.py help NAME` explains one."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "azora.settings")
    try:
        from django.core.management import execute_from_command_line  # noqa: PLC0415  (so that its absence has a sentence)
    except ImportError:
        sys.exit(
            "manage.py: Django is not installed for this Python. Run `make setup`, then .venv/bin/python manage.py"
        )
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
