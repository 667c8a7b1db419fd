"""The rows a new platform begins with: somebody who may log in, and something to look at."""

from __future__ import annotations

import secrets
from pathlib import Path

from django.db import transaction

import accounts.demo
import lms.demo
from accounts.models import BuiltInRole, Organization, RoleAssignment
from accounts.operations import create_administrator
from azora.kernel.secrets import write_secret

EMAIL = "administrator@azora.example"


def make_demo() -> str:
    """Make or complete the demo organization; says in a sentence what there is."""
    known = Organization.objects.filter(slug=accounts.demo.SLUG).exists()
    demo = accounts.demo.make_demo()
    lms.demo.make_demo(demo)
    return f"{demo.organization.name}, {'there already' if known else 'made'}"


def make_administrator(kept: Path) -> str:
    """Make the platform's administrator where there is none; says in a sentence how to log in.

    The password is made up, said once, and kept in the file `kept`, which only its owner can read (mode 0600). The two
    stand or fall together: a person without a known password would be of no use.
    """
    if RoleAssignment.objects.filter(role__code=BuiltInRole.PLATFORM_ADMINISTRATOR, revoked_at=None).exists():
        where = f"; the password is in {kept}" if kept.exists() else ""
        return f"there already{where}"
    password = secrets.token_urlsafe(15)
    with transaction.atomic():
        create_administrator(email=EMAIL, password=password)
        write_secret(kept, f"{EMAIL}\n{password}")
    return f"log in as {EMAIL} with the password {password} (said once; kept in {kept})"
