"""Who acts: a person with a session, a service with a key, or nobody."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """What an operation or a query needs to know of the one behind it, resolved once a request.

    `organizations` are the tenants it belongs to, `administers` those of them in which it holds the administrator's
    role. A session may do what its person may (`scopes` is None); a key only what its scopes name
    (`lms.courses:read`, `lms:write`, `*:read`), within its one organization. `is_platform_admin` sees every tenant.
    """

    user_id: UUID | None = None
    api_key_id: UUID | None = None
    organizations: frozenset[UUID] = frozenset()
    administers: frozenset[UUID] = frozenset()
    scopes: frozenset[str] | None = None
    is_platform_admin: bool = False

    @property
    def is_anonymous(self) -> bool:
        return self.user_id is None and self.api_key_id is None


ANONYMOUS = Actor()
