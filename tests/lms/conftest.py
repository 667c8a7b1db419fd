"""What tests of learning share: all rows as they stand, and people as they act."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps

from accounts.models import User


@pytest.fixture
def all_rows() -> Callable[[], dict[str, list[tuple[Any, ...]]]]:
    """Every row of learning as it stands, to compare before and after a refusal."""

    def read() -> dict[str, list[tuple[Any, ...]]]:
        return {
            model._meta.label: list(model._base_manager.order_by("pk").values_list())
            for model in apps.get_app_config("lms").get_models()
        }

    return read


@pytest.fixture
def actor_of() -> Callable[[User], Any]:
    """The actor that a person is now, asked of the database anew."""
    return lambda user: User.objects.get(pk=user.pk).as_actor()
