"""The migrations: nothing missing, there and back, and the roles that they make."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection

from accounts.models import BuiltInRole, Role
from tests.accounts import factories as make


@pytest.mark.django_db
def test_none_is_missing() -> None:
    call_command("makemigrations", "accounts", check=True, dry_run=True, verbosity=0)


@pytest.mark.django_db
def test_the_built_in_roles_stand() -> None:
    assert {role.code: role.scope for role in Role.objects.all()} == {
        "platform_administrator": "platform",
        "platform_auditor": "platform",
        "organization_administrator": "organization",
    }
    assert {role.code for role in Role.objects.all()} == set(BuiltInRole.values)


@pytest.mark.django_db
def test_the_roles_come_and_go_and_those_in_use_stay() -> None:
    roles = import_module("accounts.migrations.0002_built_in_roles")
    editor = SimpleNamespace(connection=connection)
    roles.make_roles(apps, editor)
    assert Role.objects.count() == 3
    make.make_auditor()
    roles.remove_unused_roles(apps, editor)
    assert [role.code for role in Role.objects.all()] == ["platform_auditor"]
    roles.make_roles(apps, editor)
    assert Role.objects.count() == 3
