"""What tests of accounts share: all rows as they stand, and a refusal after which they stand as before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps

from accounts.models import User
from azora.kernel.errors import Refusal


@pytest.fixture
def all_rows() -> Callable[[], dict[str, list[tuple[Any, ...]]]]:
    """Every row of accounts as it stands, to compare before and after a refusal."""

    def read() -> dict[str, list[tuple[Any, ...]]]:
        return {
            model._meta.label: list(model._base_manager.order_by("pk").values_list())
            for model in apps.get_app_config("accounts").get_models()
        }

    return read


@pytest.fixture
def actor_of() -> Callable[[User], Any]:
    """The actor that a person is now, asked of the database anew."""
    return lambda user: User.objects.get(pk=user.pk).as_actor()


@pytest.fixture
def refused(all_rows: Callable[[], Any]) -> Callable[..., Any]:
    """A context in which exactly this refusal is raised, and after which every row is as it was."""

    @contextmanager
    def check(kind: type[Refusal], message: str = "") -> Iterator[None]:
        before = all_rows()
        with pytest.raises(kind) as raised:
            yield
        assert type(raised.value) is kind
        assert message in raised.value.message
        assert all_rows() == before

    return check
