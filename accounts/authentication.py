"""Proving who asks: people by e-mail address and password, services by API key."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.backends import BaseBackend
from django.core.exceptions import ValidationError
from django.core.validators import validate_ipv46_address
from django.db.models import Q
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import ApiKey, OrganizationStatus, User
from accounts.operations import note_key_use, note_log_in
from accounts.sessions import DEVICE, IP_ADDRESS
from accounts.tokens import API_KEY, digest_of, split_api_key
from azora.kernel.actor import Actor

NOTE_USE_EVERY = timedelta(minutes=1)


class RoleBackend(BaseBackend):
    """E-mail address and password, for active people; what they may do comes from their roles (see `User.has_perm`)."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_: Any
    ) -> User | None:
        """The person, or None. An unknown address costs one hash too, so that the time does not tell it apart."""
        if username is None or password is None:
            return None
        person: User | None = User.objects.with_email(username).first()
        if person is None:
            User().set_password(password)
            return None
        if not person.check_password(password) or not person.is_active:
            return None
        note_log_in(user=person.pk)
        if hasattr(request, "session"):
            _tell_where(request)
        return person

    def get_user(self, user_id: Any) -> User | None:
        """The person of a session, as long as they are active."""
        person: User | None = User.objects.filter(pk=user_id).first()
        return person if person is not None and person.is_active else None


def _tell_where(request: Any) -> None:
    """Let the session's row say which browser it is and where it stands."""
    request.session[DEVICE] = request.META.get("HTTP_USER_AGENT", "")[:500]
    address = request.META.get("REMOTE_ADDR", "")
    try:
        validate_ipv46_address(address)
    except ValidationError:
        return  # a server behind a Unix socket has no address to tell
    request.session[IP_ADDRESS] = address


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What stands as `request.user` when an API key asks."""

    pk: UUID
    actor: Actor
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False
    is_staff: bool = False
    is_superuser: bool = False

    def as_actor(self) -> Actor:
        return self.actor


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer azk_<prefix>_<secret>`: one indexed query, and once a minute a note of the use."""

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="azora"'

    def authenticate(self, request: Request) -> tuple[Service, Actor] | None:
        """The service behind the key; None where no API key is given. Raises `AuthenticationFailed` (401)."""
        scheme, _, text = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer" or not text.startswith(API_KEY):
            return None
        key = _live_key(text)
        if key is None:
            raise AuthenticationFailed("The API key is unknown, expired or revoked.")
        if key.last_used_at is None or key.last_used_at < timezone.now() - NOTE_USE_EVERY:
            note_key_use(api_key=key.pk)
        service = Service(pk=key.pk, actor=_actor_of_key(key))
        return service, service.actor


def _live_key(text: str) -> ApiKey | None:
    """The key's row, where the text is whole, its secret right, and neither it nor its organization out of use."""
    parts = split_api_key(text)
    if parts is None:
        return None
    prefix, secret = parts
    key = (
        ApiKey.objects.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=Now()), prefix=prefix)
        .filter(revoked_at__isnull=True, organization__status=OrganizationStatus.ACTIVE)
        .only("id", "organization_id", "secret_hash", "scopes", "last_used_at")
        .first()
    )
    return key if key is not None and hmac.compare_digest(key.secret_hash, digest_of(secret)) else None


def _actor_of_key(key: ApiKey) -> Actor:
    """A key stands for its organization's administrators, within its scopes."""
    organization = frozenset({key.organization_id})
    return Actor(api_key_id=key.pk, organizations=organization, administers=organization, scopes=frozenset(key.scopes))
