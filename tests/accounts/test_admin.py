"""The admin's pages of accounts: they open, at a price that does not grow, and show no secret."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import ApiKey, RoleAssignment
from tests.accounts import factories as make

MODELS = sorted(apps.get_app_config("accounts").get_models(), key=lambda model: model._meta.model_name)
SECRETS = {"password", "token_hash", "secret_hash", "data", "recovery_code_hashes", "webauthn_public_key"}


def child_unit() -> Any:
    parent = make.make_unit()
    return make.make_unit(organization=parent.organization, parent=parent)


MAKERS: dict[str, Any] = {
    "account": make.make_account,
    "apikey": make.make_api_key,
    "company": make.make_company,
    "membership": make.make_membership,
    "organization": lambda: make.make_organization(company=make.make_company()),
    "role": make.make_role,
    "roleassignment": make.make_role_assignment,
    "session": make.make_session,
    "storedfile": lambda: make.make_stored_file(uploaded_by=make.make_user()),
    "twofactordevice": make.make_recovery_codes,
    "unit": child_unit,
    "user": make.make_user,
    "verificationtoken": make.make_verification_token,
}


@pytest.fixture
def root(client: Client) -> Client:
    client.force_login(make.make_platform_administrator())
    return client


def queries_of(client: Client, address: str) -> tuple[int, str]:
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address)
    assert answer.status_code == 200
    return len(queries), answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.model_name)
def test_a_list_opens_at_a_constant_price(model: Any, root: Client) -> None:
    name = model._meta.model_name
    address = reverse(f"admin:accounts_{name}_changelist")
    MAKERS[name]()
    few, _ = queries_of(root, address)
    for _ in range(8):
        MAKERS[name]()
    many, _ = queries_of(root, address)
    assert many == few <= 12
    searched, _ = queries_of(root, address + "?q=a")
    assert searched <= 12


@pytest.mark.django_db
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.model_name)
def test_a_row_opens_and_shows_no_secret(model: Any, root: Client) -> None:
    name = model._meta.model_name
    row = MAKERS[name]()
    price, page = queries_of(root, reverse(f"admin:accounts_{name}_change", args=[row.pk]))
    assert price <= 12
    for field in model._meta.concrete_fields:
        if field.name in SECRETS:
            assert f"field-{field.name}" not in page
            value = getattr(row, field.attname)
            for secret in value if isinstance(value, list) else [value]:
                assert not secret or str(secret) not in page
    assert 'name="_save"' not in page


def fill_organization() -> Any:
    organization = make.make_organization()
    for _ in range(6):
        unit = make.make_unit(organization=organization, parent=make.make_unit(organization=organization))
        make.make_membership(organization=organization, unit=unit)
        make.make_administrator(organization)
        make.make_api_key(organization=organization)
    return organization


def fill_user() -> Any:
    user = make.make_user()
    for place in range(6):
        make.make_membership(user=user)
        make.give_role(user, "organization_administrator", make.make_organization())
        make.make_account(user=user)
        make.make_session(user=user)
        make.make_totp(user=user, name=f"Device {place}")
    return user


def fill_unit() -> Any:
    unit = make.make_unit()
    for _ in range(6):
        make.make_unit(organization=unit.organization, parent=unit)
        make.make_membership(organization=unit.organization, unit=unit)
    return unit


def fill_role() -> Any:
    for _ in range(6):
        assignment = make.make_role_assignment()
    return assignment.role


@pytest.mark.django_db
@pytest.mark.parametrize("fill", [fill_organization, fill_user, fill_unit, fill_role])
def test_a_row_with_many_relations_costs_no_more(fill: Any, root: Client) -> None:
    row = fill()
    price, _ = queries_of(root, reverse(f"admin:accounts_{row._meta.model_name}_change", args=[row.pk]))
    assert price <= 12


@pytest.mark.django_db
def test_keys_and_roles_are_revoked_by_actions(root: Client) -> None:
    key = make.make_api_key()
    revoked = make.make_api_key(revoked_at=timezone.now() + timedelta(days=1))
    answer = root.post(
        reverse("admin:accounts_apikey_changelist"),
        {"action": "revoke_api_key", "_selected_action": [str(key.pk), str(revoked.pk)]},
        follow=True,
    )
    said = [str(message) for message in answer.context["messages"]]
    assert sorted(said) == ["1 keys revoked.", f"The key {revoked.name} has been revoked already."]
    assert ApiKey.objects.filter(revoked_at=None).count() == 0

    organization = make.make_organization()
    first, second = make.make_administrator(organization), make.make_administrator(organization)
    held = RoleAssignment.objects.filter(organization=organization)
    answer = root.post(
        reverse("admin:accounts_roleassignment_changelist"),
        {"action": "revoke_role", "_selected_action": [str(row.pk) for row in held]},
        follow=True,
    )
    said = [str(message) for message in answer.context["messages"]]
    assert len(said) == 2
    assert "1 roles revoked." in said
    assert held.live().count() == 1
    assert held.live().get().user in {first, second}


@pytest.mark.django_db
def test_an_auditor_looks_and_a_member_does_not(client: Client) -> None:
    key = make.make_api_key()
    client.force_login(make.make_auditor())
    page = reverse("admin:accounts_apikey_changelist")
    assert client.get(page).status_code == 200
    client.post(page, {"action": "revoke_api_key", "_selected_action": [str(key.pk)]})
    assert ApiKey.objects.get().revoked_at is None
    client.force_login(make.make_administrator(make.make_organization()))
    assert client.get(page).status_code == 302
