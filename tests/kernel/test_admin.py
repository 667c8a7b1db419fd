"""The admin's paginator counts small tables, and takes the planner's word for large ones."""

import pytest
from django.db import connection

from accounts.models import Role
from azora.kernel import admin


@pytest.mark.django_db
def test_a_large_table_is_estimated_and_a_filtered_one_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = Role.objects.count()
    assert admin.EstimatingPaginator(Role.objects.order_by("pk"), 50).count == exact
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pg_class SET reltuples = 1000000 WHERE oid = 'accounts_role'::regclass")
    assert admin.EstimatingPaginator(Role.objects.order_by("pk"), 50).count == 1_000_000
    assert admin.EstimatingPaginator(Role.objects.exclude(pk=None).order_by("pk"), 50).count == exact
