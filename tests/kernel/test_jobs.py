"""The kernel's background work."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from azora.kernel.jobs import delete_expired_answers
from azora.kernel.models import Idempotency
from tests.accounts.factories import make_user


@pytest.mark.django_db
def test_answers_go_after_a_day_and_not_before() -> None:
    actor = make_user().pk
    for key, age in (("old", timedelta(hours=25)), ("young", timedelta(hours=23))):
        row = Idempotency.objects.create(actor=actor, key=key, input_hash="0" * 64)
        Idempotency.objects.filter(pk=row.pk).update(created_at=timezone.now() - age)
    delete_expired_answers(timestamp=0)
    assert list(Idempotency.objects.values_list("key", flat=True)) == ["young"]


def test_the_worker_does_what_waits_and_ends(committed: None) -> None:
    delete_expired_answers.defer(timestamp=0)
    call_command("run_jobs", once=True)
    assert [(job.task_name, job.status) for job in ProcrastinateJob.objects.all()] == [
        ("kernel.delete_expired_answers", "succeeded")
    ]
