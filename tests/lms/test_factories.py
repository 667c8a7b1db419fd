"""The factories' rows are valid, each model has one, and rows made for one organization stay in it."""

from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from tests.lms.factories import MAKERS, make_organization

pytestmark = pytest.mark.django_db


def test_every_model_has_a_factory() -> None:
    assert set(MAKERS) == set(apps.get_app_config("lms").get_models())


@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model.__name__)
def test_a_made_row_is_valid(model: Any) -> None:
    organization = make_organization()
    row = MAKERS[model](organization=organization)
    connection.check_constraints()
    row.full_clean()
    assert row.organization == organization
    assert str(row)
    for other in apps.get_app_config("lms").get_models():
        assert set(other._base_manager.values_list("organization_id", flat=True)) <= {organization.pk}
