"""Making the administrator of the platform."""

from __future__ import annotations

import pytest

from accounts import operations
from accounts.models import User
from accounts.operations import people
from azora.kernel.errors import Conflict
from azora.kernel.values import FieldsRefused
from tests.accounts import factories as make


@pytest.mark.django_db
def test_create_administrator(refused) -> None:
    made = operations.create_administrator(email="Root@example.org", password=make.PASSWORD)
    assert (made.email, made.status, made.check_password(make.PASSWORD)) == ("root@example.org", "active", True)
    assert User.objects.get(pk=made.pk).as_actor().is_platform_admin
    with refused(Conflict, "this e-mail address already"):
        operations.create_administrator(email="ROOT@example.org", password=make.PASSWORD)
    with refused(people.PasswordRefused):
        operations.create_administrator(email="other@example.org", password="password")
    with refused(FieldsRefused, "email"):
        operations.create_administrator(email="other", password=make.PASSWORD)
