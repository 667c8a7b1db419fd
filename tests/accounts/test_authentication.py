"""Who is let in: by password, and by API key."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import authenticate, hashers
from django.db import connection, transaction
from django.http import HttpRequest
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.authentication import ApiKeyAuthentication, RoleBackend, Service
from accounts.models import ApiKey, Organization, User
from azora.kernel.actor import Actor
from tests.accounts import factories as make

# -- Passwords ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_active_person_is_let_in() -> None:
    person = make.make_user(email="Ada@example.org")
    assert authenticate(None, username=" ada@EXAMPLE.org", password=make.PASSWORD) == person
    noted = User.objects.get(pk=person.pk).last_login_at
    assert noted is not None
    assert timezone.now() - noted < timedelta(minutes=1)


@pytest.mark.django_db
def test_others_are_not() -> None:
    person = make.make_user(email="ada@example.org")
    assert authenticate(None, username="ada@example.org", password="wrong") is None
    assert authenticate(None, username="nobody@example.org", password=make.PASSWORD) is None
    assert authenticate(None, username="ada@example.org", password=None) is None
    assert authenticate(None, username=None, password=make.PASSWORD) is None
    for status in ("invited", "suspended", "closed"):
        User.objects.filter(pk=person.pk).update(status=status)
        assert authenticate(None, username="ada@example.org", password=make.PASSWORD) is None
        assert RoleBackend().get_user(person.pk) is None
    unusable = make.make_user(password=hashers.make_password(None))
    assert authenticate(None, username=unusable.email, password="") is None
    assert User.objects.get(pk=person.pk).last_login_at is None


@pytest.mark.django_db
def test_an_unknown_address_costs_a_hash_too(monkeypatch) -> None:
    hashed = []
    original = User.set_password
    monkeypatch.setattr(User, "set_password", lambda self, password: hashed.append(original(self, password)))
    assert authenticate(None, username="nobody@example.org", password="guess") is None
    assert hashed == [None]


@pytest.mark.django_db
def test_a_hash_of_another_kind_is_renewed_at_the_first_log_in() -> None:
    person = make.make_user(password=hashers.make_password(make.PASSWORD, hasher="pbkdf2_sha1"))
    assert authenticate(None, username=person.email, password=make.PASSWORD) == person
    renewed = User.objects.get(pk=person.pk)
    assert hashers.identify_hasher(renewed.password).algorithm == hashers.get_hasher().algorithm
    assert renewed.check_password(make.PASSWORD)


@pytest.mark.django_db
def test_what_people_may_do_in_the_admin_comes_from_their_roles() -> None:
    root, auditor = make.make_platform_administrator(), make.make_auditor()
    member = make.make_administrator(make.make_organization())
    assert (root.is_staff, root.is_superuser, root.has_perm("lms.change_course")) == (True, True, True)
    assert (auditor.is_staff, auditor.is_superuser) == (True, False)
    assert auditor.has_perm("lms.view_course")
    assert not auditor.has_perm("lms.change_course")
    assert auditor.has_perms(["lms.view_course", "lms.view_term"])
    assert not auditor.has_perms(["lms.view_course", "lms.delete_course"])
    assert auditor.has_module_perms("lms")
    assert (member.is_staff, member.is_superuser, member.has_perm("lms.view_course")) == (False, False, False)
    assert not member.has_module_perms("lms")
    root.status = "suspended"
    assert (root.has_perm("lms.view_course"), root.has_module_perms("lms"), root.as_actor()) == (False, False, Actor())


@pytest.mark.django_db
def test_an_actor_is_resolved_by_two_queries_once() -> None:
    here, there, asleep = make.make_organization(), make.make_organization(), make.make_organization(status="suspended")
    made = make.make_administrator(here)
    make.make_membership(organization=there, user=made)
    make.make_membership(organization=asleep, user=made)
    make.make_membership(user=made, state="invited")
    person = User.objects.get(pk=made.pk)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        actor = person.as_actor()
        person.as_actor()
        assert not person.is_staff
    assert len(queries) == 2
    assert actor == Actor(
        user_id=made.pk, organizations=frozenset({here.pk, there.pk}), administers=frozenset({here.pk})
    )


# -- Keys --------------------------------------------------------------------------------------------------------------


def asked_with(header: str | None) -> Any:
    request = HttpRequest()
    if header is not None:
        request.META["HTTP_AUTHORIZATION"] = header
    return ApiKeyAuthentication().authenticate(Request(request))


@pytest.mark.django_db
def test_a_key_is_its_organizations_service() -> None:
    key = make.make_api_key(scopes=["lms:read", "accounts:write"], last_used_at=timezone.now())
    with CaptureQueriesContext(connection) as queries:
        service, actor = asked_with(f"Bearer {make.key_text(key)}")
    assert len(queries) == 1
    assert "accounts_apikey" in queries[0]["sql"]
    assert actor == Actor(
        api_key_id=key.pk,
        organizations=frozenset({key.organization_id}),
        administers=frozenset({key.organization_id}),
        scopes=frozenset({"lms:read", "accounts:write"}),
    )
    assert service == Service(pk=key.pk, actor=actor)
    assert service.as_actor() is actor
    assert (service.is_authenticated, service.is_staff) == (True, False)


@pytest.mark.django_db
def test_a_key_whose_secret_holds_an_underscore_works() -> None:
    secret = "a_b-c_" * 7
    key = make.make_api_key(secret_hash=make.digest_of(secret))
    service, _ = asked_with(f"bearer azk_{key.prefix}_{secret}")
    assert service.pk == key.pk


@pytest.mark.django_db
@pytest.mark.parametrize(
    "columns",
    [
        {"expires_at": timezone.now() - timedelta(seconds=1), "created_at": timezone.now() - timedelta(days=1)},
        {"revoked_at": timezone.now() + timedelta(days=1)},
        {"secret_hash": "0" * 64},
        {"prefix": "aaaaaaaaaaaa"},
    ],
    ids=["expired", "revoked", "another secret", "unknown"],
)
def test_a_key_that_is_not_good_is_refused(columns: dict[str, Any]) -> None:
    key = make.make_api_key()
    text = make.key_text(key)
    ApiKey.objects.filter(pk=key.pk).update(**columns)
    with pytest.raises(AuthenticationFailed, match="unknown, expired or revoked"):
        asked_with(f"Bearer {text}")
    assert ApiKey.objects.get().last_used_at is None


@pytest.mark.django_db
def test_a_key_rests_with_its_organization() -> None:
    key = make.make_api_key()
    Organization.objects.filter(pk=key.organization_id).update(status="suspended")
    with pytest.raises(AuthenticationFailed):
        asked_with(f"Bearer {make.key_text(key)}")


@pytest.mark.django_db
@pytest.mark.parametrize("header", [None, "", "Basic YTpi", "Bearer", "Bearer other", "Basic azk_"])
def test_what_is_no_key_is_left_to_others(header: str | None) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert asked_with(header) is None
    assert len(queries) == 0


@pytest.mark.django_db
@pytest.mark.parametrize("rest", ["", "x_", "é_é", "a\x00b_x", "a" * 5000, "aaaaaaaaaaaa_", "aaaaaaaaaaaa_é\x00\n"])
def test_what_only_looks_like_a_key_is_unknown(rest: str) -> None:
    with pytest.raises(AuthenticationFailed, match="unknown, expired or revoked"):
        asked_with(f"Bearer azk_{rest}")


@pytest.mark.django_db
def test_its_use_is_noted_once_a_minute() -> None:
    key = make.make_api_key()
    header = f"Bearer {make.key_text(key)}"
    asked_with(header)
    first = ApiKey.objects.get().last_used_at
    assert first is not None
    asked_with(header)
    assert ApiKey.objects.get().last_used_at == first
    ApiKey.objects.update(last_used_at=timezone.now() - timedelta(seconds=61))
    asked_with(header)
    assert ApiKey.objects.get().last_used_at > first


def test_noting_the_use_waits_for_nobody(committed, at_once) -> None:
    key = make.make_api_key()
    with transaction.atomic():
        ApiKey.objects.select_for_update().get(pk=key.pk)
        (answer,) = at_once(lambda: asked_with(f"Bearer {make.key_text(key)}"))
    assert answer[0].pk == key.pk
    assert ApiKey.objects.get().last_used_at is None


def test_the_answer_to_a_stranger_is_401() -> None:
    assert ApiKeyAuthentication().authenticate_header(Request(HttpRequest())) == 'Bearer realm="azora"'
