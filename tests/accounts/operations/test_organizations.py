"""Making organizations."""

from __future__ import annotations

from uuid import uuid4

import pytest

from accounts import authority, operations
from accounts.models import Organization
from accounts.operations import organizations
from azora.kernel.actor import ANONYMOUS
from azora.kernel.errors import Conflict
from azora.kernel.values import FieldsRefused
from tests.accounts import factories as make


@pytest.mark.django_db
def test_create_organization() -> None:
    company = make.make_company()
    actor = make.make_platform_administrator().as_actor()
    made = operations.create_organization(actor=actor, name=" North ", slug="north", company=company.pk)
    assert (made.name, made.slug, made.company, made.status) == ("North", "north", company, "active")
    assert Organization.objects.get() == made


@pytest.mark.django_db
def test_create_organization_is_for_platform_administrators(refused) -> None:
    organization = make.make_organization()
    administrator = make.make_administrator(organization).as_actor()
    auditor = make.make_auditor().as_actor()
    for actor in (administrator, auditor, make.make_service(organization), ANONYMOUS):
        with refused(authority.PlatformAdministratorsOnly):
            operations.create_organization(actor=actor, name="South", slug="south")


@pytest.mark.django_db
def test_create_organization_refuses_what_makes_no_sense(refused) -> None:
    actor = make.make_platform_administrator().as_actor()
    make.make_organization(slug="taken")
    with refused(Conflict, "this slug already"):
        operations.create_organization(actor=actor, name="Twice", slug="taken")
    with refused(Conflict, "lower-case letters"):
        operations.create_organization(actor=actor, name="Form", slug="Not A Slug")
    with refused(FieldsRefused, "name: This field cannot be blank."):
        operations.create_organization(actor=actor, name="  ", slug="blank")
    with refused(FieldsRefused, "slug: Ensure this value has at most 63"):
        operations.create_organization(actor=actor, name="Long", slug="x" * 64)
    with refused(organizations.CompanyNotFound):
        operations.create_organization(actor=actor, name="Nobody's", slug="nobodys", company=uuid4())
