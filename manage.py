#!/usr/bin/env python
"""The command line of Azora: `manage.py help` lists the commands, `manage.py help NAME` explains one."""

import os
import sys


def main() -> None:
    """Run the command; what a person can mend (settings, the database) is told in a sentence, with exit code 1."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "azora.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
        from django.db import OperationalError

        from azora.kernel.postgres.errors import ClusterError
    except ImportError as error:
        sys.exit(f"manage.py: {error}. Run `make setup`, then use .venv/bin/python manage.py")
    try:
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, OperationalError, ClusterError) as error:
        if "--traceback" in sys.argv:
            raise
        sys.exit(f"manage.py: {str(error).strip()}")


if __name__ == "__main__":
    main()
