"""Access: who asks, whether a key's scopes allow it, and how often it may ask."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import SimpleRateThrottle

from azora.kernel.actor import ANONYMOUS, Actor
from azora.kernel.errors import NotAllowed


class ScopeMissing(NotAllowed):
    """The key lacks the scope {scope}."""


def actor_of(request: Request) -> Actor:
    """Who asks, resolved once: what the request's principal (a person or a key) gives as `as_actor()`.

    It is left as `actor` on Django's own request, where the log's middleware reads it.
    """
    http_request = request._request
    if getattr(http_request, "actor", None) is None:
        principal: Any = request.user
        known = principal is not None and principal.is_authenticated
        http_request.actor = principal.as_actor() if known else ANONYMOUS  # type: ignore[attr-defined]
    actor: Actor = http_request.actor  # type: ignore[attr-defined]
    return actor


def scopes_for(app: str, noun: str, *, verb: str) -> tuple[str, str, str]:
    """The scopes any one of which allows `read` or `write` of a resource; the narrowest first."""
    return f"{app}.{noun}:{verb}", f"{app}:{verb}", f"*:{verb}"


class HasScope(BasePermission):
    """A key needs a scope of the resource; a session may do what its person may."""

    def has_permission(self, request: Request, view: Any) -> bool:
        scopes = actor_of(request).scopes
        wanted = scopes_for(view.app, view.noun, verb="read" if request.method in {"GET", "HEAD"} else "write")
        if scopes is not None and scopes.isdisjoint(wanted):
            raise ScopeMissing(scope=wanted[0])
        return True


class ActorThrottle(SimpleRateThrottle):
    """So many requests an actor: `REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]["actor"]`, 1200 a minute by default.

    Counted in Django's cache: with its default, local memory, each server process counts for itself.
    """

    scope = "actor"

    def get_rate(self) -> str:
        return str(api_settings.DEFAULT_THROTTLE_RATES.get(self.scope) or "1200/min")

    def get_cache_key(self, request: Request, view: Any) -> str:
        actor = actor_of(request)
        return self.cache_format % {"scope": self.scope, "ident": actor.api_key_id or actor.user_id}
