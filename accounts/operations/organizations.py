"""What is done with organizations."""

from __future__ import annotations

from uuid import UUID

from accounts.authority import require_platform_administrator
from accounts.models import Organization
from accounts.queries import companies_visible_to
from azora.kernel.actor import Actor
from azora.kernel.errors import NotFound
from azora.kernel.operations import operation
from azora.kernel.values import require_fields


class CompanyNotFound(NotFound):
    """There is no such company."""


@operation
def create_organization(*, actor: Actor, name: str, slug: str, company: UUID | None = None) -> Organization:
    """Make a tenant. Only administrators of the platform do; a slug that is taken is refused."""
    require_platform_administrator(actor=actor)
    if company is not None and not companies_visible_to(actor=actor).filter(pk=company).exists():
        raise CompanyNotFound
    made = Organization(name=name.strip(), slug=slug, company_id=company)
    require_fields(made)
    made.save(force_insert=True)
    return made
