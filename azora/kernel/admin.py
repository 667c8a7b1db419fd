"""The admin's ground: rows are read, searched and opened; changes are operations, offered as actions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db import connections, models
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest

from azora.kernel.errors import Refusal
from azora.kernel.models import Idempotency

#: Above this many rows a list shows PostgreSQL's estimate instead of counting them all.
COUNT_UP_TO = 20_000


class EstimatingPaginator(Paginator):
    """A paginator that never counts a large table: unfiltered, it takes the planner's estimate."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        if not rows.query.where:
            with connections[rows.db].cursor() as cursor:
                table = rows.query.model._meta.db_table
                cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [table])
                (estimate,) = cursor.fetchone()
            if estimate > COUNT_UP_TO:
                return int(estimate)
        return int(rows.count())


class ReadOnly:
    """What every admin class of the platform shares: nothing is added, changed or deleted past the operations."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class RecordAdmin(ReadOnly, admin.ModelAdmin):
    """A model in the admin: pages of 50, foreign keys joined in, the last born first, no exact count of large tables.

    `secrets` names the fields that are never shown (hashes, tokens).
    """

    list_per_page = 50
    list_max_show_all = 200
    show_full_result_count = False
    paginator = EstimatingPaginator
    ordering = ("-id",)
    readonly_fields: ClassVar[tuple[str, ...]] = ("id", "created_at", "updated_at")
    secrets: tuple[str, ...] = ()

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (*(super().get_exclude(request, obj) or ()), *self.secrets)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows = super().get_queryset(request)
        keys = [field.name for field in self.model._meta.concrete_fields if isinstance(field, models.ForeignKey)]
        return rows.select_related(*keys) if keys else rows


@admin.register(Idempotency)
class IdempotencyAdmin(RecordAdmin):
    """Answers that are kept for repeated requests; what they say is not shown."""

    list_display = ("created_at", "key", "status")
    secrets = ("answer", "input_hash")


class FirstRows(BaseInlineFormSet):
    """The first 50 related rows; the list of their own model has them all."""

    @cached_property
    def _first(self) -> Any:
        return super().get_queryset()[:50]

    def get_queryset(self) -> Any:
        return self._first


class RecordInline(ReadOnly, admin.TabularInline):
    """Related rows on a row's page, with the rows that they point at joined in: a row more is no query more."""

    formset = FirstRows
    extra = 0
    show_change_link = True
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        shown = self.get_fields(request)
        keys = (field for field in self.model._meta.concrete_fields if isinstance(field, models.ForeignKey))
        joined = [key.name for key in keys if key.name in shown]
        rows = super().get_queryset(request)
        return rows.select_related(*joined) if joined else rows


@contextmanager
def refusals_in_words(request: HttpRequest) -> Iterator[None]:
    """Show a refusal to the person as a message instead of an error page."""
    try:
        yield
    except Refusal as refusal:
        messages.error(request, refusal.message)


def for_each_selected(
    operation: Callable[..., Any], argument: str, *, description: str, done: str
) -> Callable[[Any, HttpRequest, models.QuerySet[Any]], None]:
    """An admin action that calls an operation once for every selected row, telling each refusal in words.

    `argument` is the operation's name for the row's id; `done` the sentence for success, with `{count}`.
    """

    @admin.action(description=description)
    def act(_: Any, request: HttpRequest, rows: models.QuerySet[Any]) -> None:
        count = 0
        for row in rows:
            with refusals_in_words(request):
                operation(actor=request.user.as_actor(), **{argument: row.pk})  # type: ignore[union-attr]
                count += 1
        if count:
            messages.success(request, done.format(count=count))

    act.__name__ = operation.__name__
    return act
