"""The catalog in the admin: current snapshots first, filtered by upstream, domain and kind, searched by name and type;
a table's page with all that is known of it, where people leave notes and tags."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar
from urllib.parse import quote
from uuid import UUID

from django.contrib import admin
from django.db.models import Count, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from azora.kernel.admin import RecordAdmin, RecordInline, for_each_selected, refusals_in_words
from ingest import operations, queries
from ingest.models import (
    Check,
    Column,
    Enum,
    ForeignKey,
    Index,
    Note,
    Problem,
    Relationship,
    Snapshot,
    Table,
    Tag,
    Tagging,
    Upstream,
)

#: Values of an enum that a list shows; its own page has them all.
VALUES_SHOWN = 12


def source_link(snapshot: Snapshot, file: str, line: int) -> SafeString:
    """A position, as a link to the file and line at the commit; the file without its folders, which the title has."""
    address = f"https://github.com/{snapshot.repository}/blob/{snapshot.commit}/{quote(file)}#L{line}"
    return format_html(
        '<a href="{}" title="{}" rel="noreferrer">{}:{}</a>', address, file, file.rpartition("/")[2], line
    )


def row_link(row: Model | None, text: object = None) -> SafeString | str:
    """A link to a row's own page; a dash where there is no row."""
    if row is None:
        return "-"
    address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', address, row if text is None else text)


def _identifier(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


# --- upstreams and snapshots


class SnapshotInline(RecordInline):
    model = Snapshot
    fk_name = "upstream"
    fields = ("commit", "repository", "origin", "table_count", "column_count", "problem_count", "read_at")
    ordering = ("-read_at",)


class NoteInline(RecordInline):
    """What was said about the upstream's tables, also about those that are gone."""

    model = Note
    readonly_fields = ("subject", "is_gone", "created_at")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("subject", "text", "author", "is_gone", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Note]:
        return queries.with_presence(super().get_queryset(request).select_related("author"))

    @admin.display(description="about")
    def subject(self, note: Note) -> str:
        return note.subject

    @admin.display(description="gone", boolean=True)
    def is_gone(self, note: Any) -> bool:
        return bool(note.is_gone)


@admin.register(Upstream)
class UpstreamAdmin(RecordAdmin):
    list_display = (
        "name", "domain", "licence", "commit", "origin", "tables", "columns", "problems", "read", "attempt",
    )  # fmt: skip
    list_filter = ("domain", "licence")
    search_fields = ("name", "title", "domain", "repository")
    ordering = ("name",)
    inlines = (SnapshotInline, NoteInline)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Upstream]:
        return super().get_queryset(request).select_related("current")

    @admin.display(ordering="current__commit")
    def commit(self, upstream: Upstream) -> SafeString | str:
        current = upstream.current
        return row_link(current, current.commit[:10] if current else None)

    @admin.display(ordering="current__origin")
    def origin(self, upstream: Upstream) -> str:
        return upstream.current.origin if upstream.current else "nothing stored"

    @admin.display(ordering="current__table_count")
    def tables(self, upstream: Upstream) -> SafeString | str:
        return self._list(Table, upstream, upstream.current and upstream.current.table_count)

    @admin.display(ordering="current__column_count")
    def columns(self, upstream: Upstream) -> SafeString | str:
        return self._list(Column, upstream, upstream.current and upstream.current.column_count)

    @admin.display(ordering="current__problem_count")
    def problems(self, upstream: Upstream) -> SafeString | str:
        return self._list(Problem, upstream, upstream.current and upstream.current.problem_count)

    @admin.display(ordering="current__read_at")
    def read(self, upstream: Upstream) -> object:
        return upstream.current.read_at if upstream.current else None

    @admin.display(description="last try")
    def attempt(self, upstream: Upstream) -> str:
        if upstream.attempted_at is None:
            return "none"
        return upstream.attempt_error or "succeeded"

    def _list(self, model: type[Model], upstream: Upstream, count: object) -> SafeString | str:
        if count is None:
            return "-"
        address = reverse(f"admin:ingest_{model._meta.model_name}_changelist")
        return format_html('<a href="{}?upstream={}">{}</a>', address, upstream.name, count)


@admin.register(Snapshot)
class SnapshotAdmin(RecordAdmin):
    list_display = (
        "commit",
        "upstream",
        "origin",
        "is_current",
        "table_count",
        "column_count",
        "problem_count",
        "read_at",
    )
    list_filter = ("origin", ("upstream", admin.RelatedOnlyFieldListFilter))
    search_fields = ("^commit", "upstream__name")
    ordering = ("-read_at",)
    actions = (
        for_each_selected(
            operations.remove_snapshot,
            "snapshot",
            description="Remove the selected snapshots",
            done="{count} snapshots were removed.",
        ),
    )

    @admin.display(boolean=True, description="current")
    def is_current(self, snapshot: Snapshot) -> bool:
        return snapshot.upstream.current_id == snapshot.pk


# --- what a snapshot holds


class UpstreamFilter(admin.SimpleListFilter):
    """By upstream, whatever the way from a row to it."""

    title = "upstream"
    parameter_name = "upstream"
    field = "name"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        values = Upstream.objects.order_by(self.field).values_list(self.field, flat=True).distinct()
        return [(value, value) for value in values]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return queryset
        way = queries.SNAPSHOT_OF[queryset.model]
        return queryset.filter(**{f"{way}__upstream__{self.field}": self.value()})


class DomainFilter(UpstreamFilter):
    title = "domain"
    parameter_name = "domain"
    field = "domain"


class SnapshotFilter(admin.SimpleListFilter):
    """The current snapshots, unless older ones are asked for too."""

    title = "snapshots"
    parameter_name = "snapshots"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("all", "all, older ones too")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        current, *others = super().choices(changelist)
        yield {**current, "display": "current"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() == "all" else queries.of_current_snapshots(queryset)


class FactAdmin(RecordAdmin):
    """Rows of catalogs: with their upstream, and their place in its sources."""

    readonly_fields = ("place",)
    exclude: ClassVar[tuple[str, ...]] = ("file", "line")
    filters: tuple[Any, ...] = ()

    def get_list_filter(self, request: HttpRequest) -> tuple[Any, ...]:
        return (UpstreamFilter, DomainFilter, *self.filters, SnapshotFilter)

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        first, *others = self.list_display
        return (first, "upstream", *("owner" if name == "table" else name for name in others), "place")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        way = queries.SNAPSHOT_OF[self.model]
        return super().get_queryset(request).select_related(f"{way}__upstream")

    def snapshot_of(self, row: Any) -> Snapshot:
        snapshot: Snapshot = row.snapshot if hasattr(row, "snapshot_id") else row.table.snapshot
        return snapshot

    def upstream(self, row: Any) -> SafeString | str:
        return row_link(self.snapshot_of(row).upstream)

    @admin.display(description="table", ordering="table__name")
    def owner(self, row: Any) -> SafeString | str:
        return row_link(row.table)

    @admin.display(description="position", ordering="file")
    def place(self, row: Any) -> SafeString:
        return source_link(self.snapshot_of(row), row.file, row.line)


@admin.register(Table)
class TableAdmin(FactAdmin):
    """Tables; notes and tags are left on a table's own page, by those who may."""

    list_display = ("name", "key")
    search_fields = ("name",)
    exclude = ("file", "line", "primary_key_file", "primary_key_line", "ordinal")

    @admin.display(description="primary key")
    def key(self, table: Table) -> str:
        return "-" if table.primary_key is None else ", ".join(table.primary_key)

    def get_urls(self) -> list[URLPattern]:
        annotate = self.admin_site.admin_view(require_POST(self.annotate))
        return [path("<uuid:table>/annotate/", annotate, name="ingest_table_annotate"), *super().get_urls()]

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        if obj is not None:
            context["page"] = self._page(obj)
            context["may_annotate"] = request.user.has_perm("ingest.add_note")
        return super().render_change_form(request, context, add, change, form_url, obj)

    def annotate(self, request: HttpRequest, table: UUID) -> HttpResponse:
        """Do the one thing that was asked for (a note or tag added or removed), and come back to the table's page."""
        row = self.get_object(request, str(table))
        if row is None:
            raise Http404
        given = request.POST
        subject = {
            "upstream": row.snapshot.upstream_id,
            "table_name": row.name,
            "column_name": given.get("column_name", ""),
        }
        actor = request.user.as_actor()  # type: ignore[union-attr]
        with refusals_in_words(request):
            if "add_note" in given:
                operations.add_note(actor=actor, text=given.get("text", ""), **subject)
            elif "add_tag" in given:
                operations.add_tag(actor=actor, tag=given.get("tag", ""), **subject)
            elif "remove_note" in given:
                operations.remove_note(actor=actor, note=_identifier(given["remove_note"]))
            elif "remove_tag" in given:
                operations.remove_tag(actor=actor, tagging=_identifier(given["remove_tag"]))
        return HttpResponseRedirect(reverse("admin:ingest_table_change", args=[row.pk]))

    def _page(self, table: Table) -> dict[str, Any]:
        """All that is known of a table, for its page: seven queries, whatever its size."""
        snapshot = table.snapshot
        notes = list(queries.notes_on(table))
        taggings = list(queries.taggings_on(table))
        keys = list(queries.foreign_keys_of(table))
        relationships = list(queries.relationships_of(table))

        def placed(row: Any) -> dict[str, Any]:
            return {"row": row, "place": source_link(snapshot, row.file, row.line)}

        return {
            "columns": [
                {
                    **placed(column),
                    "is_key": column.name in (table.primary_key or ()),
                    "values": column.values,
                    "notes": [note for note in notes if note.column_name == column.name],
                    "taggings": [tagging for tagging in taggings if tagging.column_name == column.name],
                }
                for column in queries.columns_of(table)
            ],
            "outgoing": [{**placed(key), "target": row_link(key.target)} for key in keys if key.table_id == table.pk],
            "incoming": [{**placed(key), "source": row_link(key.table)} for key in keys if key.target_id == table.pk],
            "inferred": [
                {
                    **placed(relationship),
                    "source": row_link(relationship.source_table, relationship.source),
                    "target": row_link(relationship.target_table, relationship.target),
                }
                for relationship in relationships
            ],
            "indexes": [placed(index) for index in table.indexes.all()],
            "checks": [placed(check) for check in table.checks.all()],
            "notes": [note for note in notes if not note.column_name],
            "taggings": [tagging for tagging in taggings if not tagging.column_name],
        }


@admin.register(Column)
class ColumnAdmin(FactAdmin):
    list_display = ("name", "table", "kind", "type", "nullable", "default")
    filters = ("kind", "nullable")
    search_fields = ("name", "type")


@admin.register(ForeignKey)
class ForeignKeyAdmin(FactAdmin):
    list_display = ("columns", "table", "references", "target", "on_delete", "enforced")
    filters = ("enforced", ("target", admin.EmptyFieldListFilter))
    search_fields = ("columns", "references")


@admin.register(Relationship)
class RelationshipAdmin(FactAdmin):
    list_display = ("source", "target", "origin", "confidence")
    filters = ("origin",)
    search_fields = ("source", "target")


@admin.register(Index)
class IndexAdmin(FactAdmin):
    list_display = ("__str__", "table", "columns", "unique", "is_constraint", "method")
    filters = ("unique", "is_constraint", "method")
    search_fields = ("name", "columns")


@admin.register(Check)
class CheckAdmin(FactAdmin):
    list_display = ("expression", "table", "name")


@admin.register(Enum)
class EnumAdmin(FactAdmin):
    list_display = ("name", "some_values")
    search_fields = ("name", "values")

    @admin.display(description="values")
    def some_values(self, enum: Enum) -> str:
        more = len(enum.values) - VALUES_SHOWN
        return ", ".join(enum.values[:VALUES_SHOWN]) + (f" and {more} more" if more > 0 else "")


@admin.register(Problem)
class ProblemAdmin(FactAdmin):
    list_display = ("reason", "text", "statements")
    search_fields = ("reason", "text", "file")


# --- what people say


class AnnotationAdmin(RecordAdmin):
    """Notes or tags; one about a table or column that is gone says so."""

    list_filter: ClassVar[tuple[Any, ...]] = (("upstream", admin.RelatedOnlyFieldListFilter),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = queries.with_presence(super().get_queryset(request))
        return rows

    @admin.display(description="about", ordering="table_name")
    def subject(self, row: Any) -> str:
        return str(row.subject)

    @admin.display(description="gone", boolean=True)
    def is_gone(self, row: Any) -> bool:
        return bool(row.is_gone)


@admin.register(Note)
class NoteAdmin(AnnotationAdmin):
    list_display = ("subject", "text", "upstream", "author", "is_gone", "created_at")
    search_fields = ("table_name", "column_name", "text")
    actions = (
        for_each_selected(
            operations.remove_note,
            "note",
            description="Remove the selected notes",
            done="{count} notes were removed.",
        ),
    )


@admin.register(Tag)
class TagAdmin(RecordAdmin):
    list_display = ("name", "uses")
    search_fields = ("name",)
    ordering = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).annotate(use_count=Count("taggings"))
        return rows

    @admin.display(description="carried by", ordering="use_count")
    def uses(self, tag: Any) -> int:
        return int(tag.use_count)


@admin.register(Tagging)
class TaggingAdmin(AnnotationAdmin):
    list_display = ("subject", "tag", "upstream", "author", "is_gone", "created_at")
    list_filter = ("tag", *AnnotationAdmin.list_filter)
    search_fields = ("table_name", "column_name", "tag__name")
    actions = (
        for_each_selected(
            operations.remove_tag,
            "tagging",
            description="Take the tag off the selected tables and columns",
            done="{count} tags were taken off.",
        ),
    )
