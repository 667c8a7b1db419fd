"""Accounts over HTTP: what is shown, to whom, and what may be done."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from accounts import api
from accounts.models import ApiKey, Membership, Organization, RoleAssignment, User
from accounts.tokens import digest_of, split_api_key
from azora.kernel.rest import Resource
from tests.accounts import factories as make

SECRETS = {
    "password",
    "token_hash",
    "secret_hash",
    "data",
    "recovery_code_hashes",
    "webauthn_public_key",
    "webauthn_credential_id",
}
RESOURCES = [kind for kind in vars(api).values() if isinstance(kind, type) and Resource in kind.__bases__]


def with_key(organization: Organization, *scopes: str) -> Client:
    key = make.make_api_key(organization=organization, scopes=list(scopes))
    return Client(headers={"authorization": f"Bearer {make.key_text(key)}"})


def with_session(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def posted(client: Client, path: str, body: dict[str, Any]) -> Any:
    return client.post(f"/api/v1/{path}/", body, content_type="application/json")


def test_every_model_is_shown_without_its_secrets() -> None:
    shown = {resource.model: set(resource.fields) for resource in RESOURCES}
    assert set(shown) == set(apps.get_app_config("accounts").get_models())
    for model, fields in shown.items():
        columns = {field.name for field in model._meta.concrete_fields}
        assert fields & SECRETS == set()
        hidden = columns - fields - SECRETS
        assert all(model._meta.model_name == "twofactordevice" and name.startswith(("totp_", "web")) for name in hidden)


@pytest.mark.django_db
@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.noun)
def test_a_list_is_for_those_who_may(resource: Any) -> None:
    organization = make.make_organization()
    path = f"/api/v1/{resource.noun}/"
    answer = Client().get(path)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="azora"'
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert with_key(organization, "lms:read", "accounts:write").get(path).status_code == 403
    for scope in (f"accounts.{resource.noun}:read", "accounts:read", "*:read"):
        assert with_key(organization, scope).get(path).status_code == 200
    assert with_session(make.make_administrator(organization)).get(path).status_code == 200


@pytest.mark.django_db
def test_a_key_that_is_not_good_gets_a_problem() -> None:
    answer = Client(headers={"authorization": f"Bearer azk_{'a' * 12}_x"}).get("/api/v1/users/")
    assert answer.status_code == 401
    assert answer.json()["code"] == "kernel.authentication_failed"
    assert answer.json()["detail"] == "The API key is unknown, expired or revoked."


@pytest.mark.django_db
def test_tenants_do_not_see_each_other() -> None:
    here, there = make.make_organization(), make.make_organization()
    mine, theirs = make.make_unit(organization=here), make.make_unit(organization=there)
    client = with_key(here, "*:read")
    assert [row["id"] for row in client.get("/api/v1/units/").json()["data"]] == [str(mine.pk)]
    assert client.get(f"/api/v1/units/{mine.pk}/").json()["name"] == mine.name
    assert client.get(f"/api/v1/units/{theirs.pk}/").status_code == 404
    assert client.get(f"/api/v1/units/?organization={there.pk}").json()["data"] == []
    assert client.get(f"/api/v1/organizations/{there.pk}/").status_code == 404


@pytest.mark.django_db
def test_inviting_a_member() -> None:
    organization = make.make_organization()
    body = {"organization": str(organization.pk), "email": "ada@example.org", "name": "Ada"}
    answer = posted(with_key(organization, "accounts.memberships:write"), "memberships", body)
    assert answer.status_code == 201
    membership = Membership.objects.get()
    assert (answer.json()["id"], answer.json()["state"]) == (str(membership.pk), "invited")
    assert digest_of(answer.json()["token"]) == membership.verification_tokens.get().token_hash

    elsewhere = posted(with_key(make.make_organization(), "*:write"), "memberships", body)
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "accounts.organization_not_found")
    member = posted(with_session(make.make_member(organization)), "memberships", body)
    assert (member.status_code, member.json()["code"]) == (403, "accounts.organization_administrators_only")
    bad = posted(with_key(organization, "*:write"), "memberships", {**body, "email": "nobody"})
    assert (bad.status_code, bad.json()["code"]) == (400, "kernel.fields_refused")
    assert posted(with_key(organization, "*:read"), "memberships", body).status_code == 403
    assert User.objects.filter(email__in=["nobody"]).count() == 0


@pytest.mark.django_db
def test_a_key_is_issued_used_and_revoked() -> None:
    organization = make.make_organization()
    client = with_session(make.make_administrator(organization))
    body = {"organization": str(organization.pk), "name": "Timetable", "scopes": ["accounts.units:read"]}
    answer = posted(client, "api-keys", body)
    assert answer.status_code == 201
    key, parts = ApiKey.objects.get(), split_api_key(answer.json()["secret"])
    assert parts is not None
    assert (key.prefix, key.secret_hash) == (parts[0], digest_of(parts[1]))
    assert "secret" not in client.get(f"/api/v1/api-keys/{key.pk}/").json()

    service = Client(headers={"authorization": f"Bearer {answer.json()['secret']}"})
    assert service.get("/api/v1/units/").status_code == 200
    assert service.get("/api/v1/users/").status_code == 403
    assert posted(client, f"api-keys/{key.pk}/revoke", {}).json()["revoked_at"] is not None
    assert service.get("/api/v1/units/").status_code == 401
    again = posted(client, f"api-keys/{key.pk}/revoke", {})
    assert (again.status_code, again.json()["code"]) == (409, "accounts.api_key_already_revoked")

    escalating = with_key(organization, "*:write")
    assert posted(escalating, "api-keys", body).json()["code"] == "accounts.people_only"
    assert ApiKey.objects.filter(name="Timetable").count() == 1


@pytest.mark.django_db
def test_a_role_is_given_and_taken() -> None:
    organization = make.make_organization()
    client, person = with_session(make.make_administrator(organization)), make.make_member(organization)
    body = {"user": str(person.pk), "role": "organization_administrator", "organization": str(organization.pk)}
    given = posted(client, "role-assignments", body)
    assert given.status_code == 201
    held = RoleAssignment.objects.get(user=person)
    assert given.json()["id"] == str(held.pk)
    assert posted(client, "role-assignments", body).json()["code"] == "accounts.role_already_held"
    taken = posted(client, f"role-assignments/{held.pk}/revoke", {})
    assert taken.status_code == 200
    assert taken.json()["revoked_at"] is not None


@pytest.mark.django_db
def test_an_organization_is_made_by_the_platforms_administrators() -> None:
    body = {"name": "North", "slug": "north"}
    made = posted(with_session(make.make_platform_administrator()), "organizations", body)
    assert (made.status_code, made.json()["slug"], made.json()["status"]) == (201, "north", "active")
    refused = posted(with_session(make.make_user()), "organizations", {"name": "South", "slug": "south"})
    assert (refused.status_code, refused.json()["code"]) == (403, "accounts.platform_administrators_only")
    assert [row.slug for row in Organization.objects.all()] == ["north"]
