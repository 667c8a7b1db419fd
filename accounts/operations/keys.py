"""How services get keys, and lose them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models.functions import Now

from accounts.authority import require_administrator, require_person
from accounts.models import SCOPE, ApiKey
from accounts.operations.values import require_future
from accounts.queries import api_keys_visible_to
from accounts.tokens import digest_of, join_api_key, make_prefix, make_token
from azora.kernel.actor import Actor
from azora.kernel.errors import Conflict, Invalid, NotFound
from azora.kernel.operations import operation
from azora.kernel.values import require_fields


class ScopesMissing(Invalid):
    """A key needs at least one scope, such as lms.courses:read."""


class ScopeNotValid(Invalid):
    """{scope} is no scope: they look like lms.courses:read, lms:write or *:read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedApiKey:
    """A key's row, and the key itself, which its service sends: told this once."""

    api_key: ApiKey
    secret: str


@operation
def issue_api_key(
    *, actor: Actor, organization: UUID, name: str, scopes: list[str], expires_at: datetime | None = None
) -> IssuedApiKey:
    """Issue a service's key to one organization; its administrators do. The secret is the whole key, told this once.

    A name that another live key of the organization has is refused.
    """
    require_person(actor=actor)
    tenant = require_administrator(actor=actor, organization=organization)
    if not scopes:
        raise ScopesMissing
    for scope in scopes:
        if not re.fullmatch(SCOPE, scope):
            raise ScopeNotValid(scope=repr(scope))
    require_future(expires_at)
    secret = make_token()
    key = ApiKey(
        organization=tenant,
        name=name.strip(),
        prefix=make_prefix(),
        secret_hash=digest_of(secret),
        scopes=sorted(set(scopes)),
        created_by_id=actor.user_id,
        expires_at=expires_at,
    )
    require_fields(key)
    key.save(force_insert=True)
    return IssuedApiKey(api_key=key, secret=join_api_key(prefix=key.prefix, secret=secret))


class ApiKeyNotFound(NotFound):
    """There is no such key."""


class ApiKeyAlreadyRevoked(Conflict):
    """The key {name} has been revoked already."""


@operation
def revoke_api_key(*, actor: Actor, api_key: UUID) -> ApiKey:
    """Make a key worthless from now on; the organization's administrators do."""
    key = api_keys_visible_to(actor=actor).select_for_update().filter(pk=api_key).first()
    if key is None:
        raise ApiKeyNotFound
    if key.revoked_at is not None:
        raise ApiKeyAlreadyRevoked(name=key.name)
    key.revoked_at = Now()
    key.save(update_fields=["revoked_at"])
    key.refresh_from_db()
    return key


@operation
def note_key_use(*, api_key: UUID) -> None:
    """Note that a key was just used; skipped where another request is noting the same, so that none waits."""
    key = ApiKey.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=api_key)
    if key.exists():
        ApiKey.objects.filter(pk=api_key).update(last_used_at=Now())
