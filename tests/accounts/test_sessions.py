"""The session engine: what is kept, what loads, and what does not come back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import CreateError, UpdateError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Session, User
from accounts.sessions import SessionStore
from accounts.tokens import digest_of
from tests.accounts import factories as make


def saved(**data: Any) -> SessionStore:
    store = SessionStore()
    store.update(data)
    store.save()
    return store


@pytest.mark.django_db
def test_the_token_is_kept_as_its_digest() -> None:
    store = saved(colour="green")
    (row,) = Session.objects.all()
    assert row.token_hash == digest_of(store.session_key)
    assert store.session_key not in str(Session.objects.values_list().get())
    assert (row.user, row.assurance_level, row.revoked_at) == (None, None, None)
    age = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    assert timezone.now() + age - timedelta(minutes=1) < row.expires_at <= timezone.now() + age
    assert dict(SessionStore(store.session_key).items()) == {"colour": "green"}


@pytest.mark.django_db
def test_the_digest_itself_opens_nothing() -> None:
    store = saved(colour="green")
    thief = SessionStore(Session.objects.get().token_hash)
    assert dict(thief.items()) == {}
    assert store.exists(store.session_key)
    assert not store.exists(Session.objects.get().token_hash)


@pytest.mark.django_db
def test_the_row_shows_whose_it_is() -> None:
    person = make.make_user()
    store = saved(colour="green")
    store[SESSION_KEY] = str(person.pk)
    store["assurance_level"] = "aal2"
    store["device"] = "Browser 1"
    store["ip_address"] = "192.0.2.1"
    store.save()
    row = Session.objects.get()
    assert (row.user, row.assurance_level, row.device, row.ip_address) == (person, "aal2", "Browser 1", "192.0.2.1")
    del store[SESSION_KEY]
    store.save()
    row.refresh_from_db()
    assert (row.user, row.assurance_level) == (None, None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "columns",
    [{"revoked_at": timezone.now() + timedelta(days=1)}, {"expires_at": timezone.now() - timedelta(days=1)}],
    ids=["revoked", "expired"],
)
def test_what_is_over_does_not_load(columns: dict[str, Any]) -> None:
    store = saved(colour="green")
    key = store.session_key
    Session.objects.update(**columns)
    again = SessionStore(key)
    assert dict(again.items()) == {}
    assert again.session_key is None
    assert again.exists(key)


@pytest.mark.django_db
def test_a_save_does_not_bring_back_what_was_revoked_or_deleted() -> None:
    store = saved(colour="green")
    Session.objects.update(revoked_at=timezone.now() + timedelta(seconds=1))
    before = Session.objects.values_list().get()
    store["colour"] = "red"
    with pytest.raises(UpdateError):
        store.save()
    assert Session.objects.values_list().get() == before
    Session.objects.all().delete()
    with pytest.raises(UpdateError):
        store.save()
    assert Session.objects.count() == 0


def test_a_session_of_a_person_who_is_gone_cannot_be_saved(committed) -> None:
    store = saved(colour="green")
    store[SESSION_KEY] = "01a00000-0000-7000-8000-000000000000"
    with pytest.raises(UpdateError):
        store.save()
    assert Session.objects.get().user is None


@pytest.mark.django_db
def test_a_taken_token_is_not_taken_again() -> None:
    store = saved(colour="green")
    other = SessionStore(store.session_key)
    with pytest.raises(CreateError):
        other.save(must_create=True)
    assert dict(SessionStore(store.session_key).items()) == {"colour": "green"}


@pytest.mark.django_db
def test_the_key_cycles_and_the_data_stays() -> None:
    store = saved(colour="green")
    old = store.session_key
    store.cycle_key()
    assert store.session_key != old
    assert dict(SessionStore(store.session_key).items()) == {"colour": "green"}
    assert not store.exists(old)
    assert Session.objects.count() == 1


@pytest.mark.django_db
def test_deleting_and_flushing() -> None:
    first, second = saved(), saved()
    first.delete()
    first.delete()
    SessionStore().delete()
    assert Session.objects.get().token_hash == digest_of(second.session_key)
    second.flush()
    assert Session.objects.count() == 0
    assert second.session_key is None


@pytest.mark.django_db
def test_expired_sessions_are_cleared() -> None:
    saved()
    live = saved()
    Session.objects.exclude(token_hash=digest_of(live.session_key)).update(
        expires_at=timezone.now() - timedelta(seconds=1)
    )
    SessionStore.clear_expired()
    assert Session.objects.get().token_hash == digest_of(live.session_key)


@pytest.mark.django_db
def test_another_secret_key_opens_nothing(settings) -> None:
    store = saved(colour="green")
    settings.SECRET_KEY = "another"
    assert dict(SessionStore(store.session_key).items()) == {}


@pytest.mark.django_db
def test_logging_in_and_out_by_the_browser(client: Client) -> None:
    person = make.make_platform_administrator()
    page = reverse("admin:login")
    answer = client.post(
        page,
        {"username": person.email.upper(), "password": make.PASSWORD},
        headers={"user-agent": "Browser 2"},
        REMOTE_ADDR="192.0.2.7",
    )
    assert (answer.status_code, answer.url) == (302, settings.LOGIN_REDIRECT_URL)
    row = Session.objects.get()
    assert row.token_hash == digest_of(client.cookies[settings.SESSION_COOKIE_NAME].value)
    assert (row.user, row.device, row.ip_address) == (person, "Browser 2", "192.0.2.7")
    assert row.assurance_level == "aal1"
    assert client.get(reverse("admin:index")).status_code == 200

    Session.objects.update(revoked_at=timezone.now() + timedelta(seconds=1))
    assert client.get(reverse("admin:index")).status_code == 302

    client.post(page, {"username": person.email, "password": make.PASSWORD})
    assert client.get(reverse("admin:index")).status_code == 200
    User.objects.filter(pk=person.pk).update(status="suspended")
    assert client.get(reverse("admin:index")).status_code == 302
    User.objects.filter(pk=person.pk).update(status="active")
    client.post(page, {"username": person.email, "password": make.PASSWORD})
    client.post(reverse("admin:logout"))
    assert not Session.objects.filter(user=person, revoked_at=None).exists()


def test_a_session_saved_twice_at_once_keeps_one_of_the_two(committed, at_once) -> None:
    key = saved(colour="green").session_key

    def paint(colour: str) -> None:
        store = SessionStore(key)
        store["colour"] = colour
        store.save()

    assert at_once(lambda: paint("red"), lambda: paint("blue")) == [None, None]
    assert SessionStore(key)["colour"] in {"red", "blue"}
    assert Session.objects.count() == 1
