"""The system checks find what they are for."""

from typing import Any

import pytest
from django.db import models
from django.test.utils import isolate_apps

from azora import checks as installation
from azora.kernel import checks


def issues(check: Any, monkeypatch: pytest.MonkeyPatch, *given: type[models.Model]) -> list[str]:
    monkeypatch.setattr(checks, "our_models", lambda: list(given))
    return [message.id for message in check()]


@isolate_apps("lms")
def test_a_reference_that_may_leave_the_tenant_and_a_target_without_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    class Bare(models.Model):
        organization = models.UUIDField()

        class Meta:
            app_label = "lms"

    class Pointing(models.Model):
        organization = models.UUIDField()
        bare = models.ForeignKey(Bare, models.CASCADE)

        class Meta:
            app_label = "lms"

    found = issues(checks.references_stay_in_the_tenant, monkeypatch, Bare, Pointing)
    assert found == ["azora.E001", "azora.E002"]
    assert issues(checks.rows_are_records, monkeypatch, Bare, Pointing) == ["azora.E003", "azora.E003"]


def test_a_misspelt_variable_is_named_with_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZORA_DEBG", "1")
    (warning,) = installation.unknown_variables()
    assert (warning.id, warning.hint) == ("azora.W010", "Did you mean AZORA_DEBUG?")
