"""Issuing and revoking keys: allowed, refused with nothing changed, repeated, and two at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import authority, operations
from accounts.models import ApiKey
from accounts.operations import keys, values
from accounts.tokens import digest_of, split_api_key
from azora.kernel.actor import ANONYMOUS, Actor
from azora.kernel.errors import Conflict
from azora.kernel.values import FieldsRefused
from tests.accounts import factories as make


@pytest.mark.django_db
def test_issue_api_key() -> None:
    organization = make.make_organization()
    administrator = make.make_administrator(organization)
    tomorrow = timezone.now() + timedelta(days=1)
    issued = operations.issue_api_key(
        actor=administrator.as_actor(),
        organization=organization.pk,
        name=" Timetable ",
        scopes=["lms:write", "lms.course-modules:read", "lms:write"],
        expires_at=tomorrow,
    )
    key = ApiKey.objects.get()
    parts = split_api_key(issued.secret)
    assert parts is not None
    assert (key.prefix, key.secret_hash) == (parts[0], digest_of(parts[1]))
    assert (key.name, key.organization, key.created_by, key.expires_at) == (
        "Timetable",
        organization,
        administrator,
        tomorrow,
    )
    assert key.scopes == ["lms.course-modules:read", "lms:write"]
    assert issued.api_key == key
    assert len(parts[1]) == 43


@pytest.mark.django_db
def test_issue_api_key_refuses(refused) -> None:
    organization = make.make_organization()
    administrator = make.make_administrator(organization).as_actor()
    member, stranger = make.make_member(organization).as_actor(), make.make_user().as_actor()

    def issue(actor: Actor = administrator, **arguments: Any) -> Any:
        return operations.issue_api_key(
            **{"actor": actor, "organization": organization.pk, "name": "bot", "scopes": ["*:read"], **arguments}
        )

    with refused(keys.ScopesMissing):
        issue(scopes=[])
    for scope in ("lms", "lms:delete", "*", "lms.course_modules:read", "lms:read\n", ""):
        with refused(keys.ScopeNotValid, repr(scope)):
            issue(scopes=["lms:read", scope])
    with refused(values.ExpiryPast):
        issue(expires_at=timezone.now() - timedelta(seconds=1))
    with refused(FieldsRefused, "name"):
        issue(name="  ")
    with refused(authority.PeopleOnly):
        issue(actor=make.make_service(organization))
    with refused(authority.OrganizationAdministratorsOnly):
        issue(actor=member)
    for actor in (stranger, ANONYMOUS):
        with refused(authority.OrganizationNotFound):
            issue(actor=actor)
    issue()
    with refused(Conflict, "There is a key with this name already"):
        issue(name="BOT")


@pytest.mark.django_db
def test_revoke_api_key(refused) -> None:
    organization = make.make_organization()
    administrator = make.make_administrator(organization).as_actor()
    key = make.make_api_key(organization=organization)
    stranger = make.make_administrator(make.make_organization()).as_actor()
    for actor in (stranger, make.make_member(organization).as_actor(), ANONYMOUS):
        with refused(keys.ApiKeyNotFound):
            operations.revoke_api_key(actor=actor, api_key=key.pk)
    revoked = operations.revoke_api_key(actor=administrator, api_key=key.pk)
    assert revoked.pk == key.pk
    assert revoked.revoked_at >= revoked.created_at
    with refused(keys.ApiKeyAlreadyRevoked, key.name):
        operations.revoke_api_key(actor=administrator, api_key=key.pk)


def test_a_key_revoked_twice_at_once_is_revoked_once(committed, at_once) -> None:
    organization = make.make_organization()
    actor = make.make_administrator(organization).as_actor()
    key = make.make_api_key(organization=organization)
    results = at_once(*[lambda: operations.revoke_api_key(actor=actor, api_key=key.pk)] * 2)
    assert sorted(type(result).__name__ for result in results) == ["ApiKey", "ApiKeyAlreadyRevoked"]
