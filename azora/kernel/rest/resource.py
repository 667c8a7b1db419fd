"""Resource: what one model shows over HTTP, and which operations it offers, as a declaration."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b
from typing import Any, ClassVar
from uuid import UUID

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import DataError
from django.db.models import Field, ForeignKey, Model, QuerySet
from django.http import Http404, HttpResponse
from django.utils.http import parse_etags
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.viewsets import ViewSet

from azora.kernel.operations import Operation
from azora.kernel.rest import scalars
from azora.kernel.rest.access import ActorThrottle, HasScope, actor_of
from azora.kernel.rest.bodies import BodyParser
from azora.kernel.rest.calls import Call
from azora.kernel.rest.documents import page_document, row_document
from azora.kernel.rest.filters import Parameter, filter_parameters, read_query
from azora.kernel.rest.idempotency import HEADER, REPLAY_HEADER, Answer, answer_once
from azora.kernel.rest.pages import after, read_cursor, write_cursor
from azora.kernel.rest.problems import InputRefused
from azora.kernel.rest.scalars import Scalar

DEFAULT_LIMIT, MAX_LIMIT = 50, 200
_PRIVATE = {"Cache-Control": "private, no-cache"}
_resources: list[type[Resource]] = []


def words(name: str, *, join: str) -> str:
    """`CourseModules` as `course-modules` or `course_modules`."""
    return re.sub(r"(?<!^)(?=[A-Z])", join, name).lower()


class Resource(ViewSet):
    """A model over HTTP. A subclass declares it and says in its docstring what its rows are.

    - `visible(*, actor)` gives the rows that the actor may know of; `fields` names what is shown, foreign keys as ids.
    - `filters` maps a field to its conditions; `related` names columns of related rows for it, by Django's path along
      foreign keys (`{"upstream": "snapshot__upstream__name"}`).
    - `order` lists the fields to order by, the default first ("-" for descending).
    - `creates` is the operation behind a POST to the list; `changes` maps the last word of a row's URL to an operation,
      whose argument of the model's name takes the row's id.

    A wrong declaration raises `TypeError` at import.
    """

    model: ClassVar[type[Model]]
    visible: ClassVar[Callable[..., QuerySet[Any]]]
    fields: ClassVar[tuple[str, ...]]
    filters: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    related: ClassVar[Mapping[str, str]] = {}
    order: ClassVar[tuple[str, ...]] = ("-id",)
    creates: ClassVar[Operation | None] = None
    changes: ClassVar[Mapping[str, Operation]] = {}

    app: ClassVar[str]
    noun: ClassVar[str]
    scalars: ClassVar[dict[str, Scalar]]
    calls: ClassVar[dict[str, Call]]
    parameters: ClassVar[dict[str, list[Parameter]]]

    lookup_field = "id"
    lookup_value_converter = "uuid"
    http_method_names = ["get", "head", "post"]
    metadata_class = None
    parser_classes = (BodyParser,)
    permission_classes = (IsAuthenticated, HasScope)
    throttle_classes = (ActorThrottle,)

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if not (cls.__dict__.get("__doc__") or "").strip():
            raise TypeError(f"{cls.__name__} says nowhere what its rows are: it needs a docstring")
        cls.app, cls.noun = cls.model._meta.app_label, words(cls.__name__, join="-")
        cls.scalars = {name: scalars.of_field(cls.model._meta.get_field(name)) for name in cls.fields}
        chosen = Parameter(
            name="fields",
            scalar=scalars.choice(list(cls.fields)),
            description="Only these fields of each row.",
            many=True,
            default=list(cls.fields),
        )
        cls.parameters = {"list": [chosen, *cls._list_parameters()], "retrieve": [chosen]}
        columns = dict(_readable_columns(cls.model))
        bound = words(cls.model.__name__, join="_")
        cls.calls = {}
        if cls.creates is not None:
            cls.calls["create"] = Call.of(cls.creates, bound="", columns=columns)
            cls.create = _create  # type: ignore[attr-defined]
        for word, operation in cls.changes.items():
            name = f"change_{word.replace('-', '_')}"
            cls.calls[name] = Call.of(operation, bound=bound, columns=columns)
            setattr(cls, name, _change(name, word))
        _resources.append(cls)

    @classmethod
    def _list_parameters(cls) -> list[Parameter]:
        names = [order.removeprefix("-") for order in cls.order]
        known = cls.scalars | {name: scalars.of_path(cls.model, path) for name, path in cls.related.items()}
        for name in [*(set(cls.filters) - set(known)), *(set(names) - set(cls.scalars))]:
            raise TypeError(f"{cls.__name__}: {name} is filtered or ordered by, but is none of its fields")
        orders = scalars.choice([sign + name for name in names for sign in ("", "-")])
        return [
            Parameter(name="order", scalar=orders, description=f"What to order by; {cls.order[0]} by default."),
            Parameter(
                name="limit",
                scalar=scalars.integer(1, MAX_LIMIT),
                description=f"How many rows at most; {DEFAULT_LIMIT} by default.",
                default=DEFAULT_LIMIT,
            ),
            Parameter(name="cursor", scalar=scalars.text(2_000), description="The `next` of the page before."),
            *filter_parameters(cls.filters, known, cls.related),
        ]

    def list(self, request: Request) -> HttpResponse:
        """A page of the rows that the caller may know of."""
        cls = type(self)
        asked = read_query(request.query_params, cls.parameters["list"])
        order, last = asked["order"], None
        if asked["cursor"] is not None:
            order, last = read_cursor(asked["cursor"], cls.noun, order)
        order = order or cls.order[0]
        key, descending = order.removeprefix("-"), order.startswith("-")
        wanted = {part.lookup: asked[part.name] for part in cls.parameters["list"] if part.lookup}
        rows = cls.visible(actor=actor_of(request)).filter(
            **{lookup: value for lookup, value in wanted.items() if value is not None}
        )
        data, last = page_document(
            [rows] if last is None else after(rows, key, last, descending=descending),
            self._chosen(asked),
            (key, cls.scalars[key]),
            descending=descending,
            limit=asked["limit"],
        )
        following = "null" if last is None else json.dumps(write_cursor(cls.noun, order, last))
        return _json(f'{{"data":{data},"next":{following}}}')

    def retrieve(self, request: Request, id: UUID) -> HttpResponse:  # noqa: A002  (the name in the URL)
        """One row."""
        cls = type(self)
        asked = read_query(request.query_params, cls.parameters["retrieve"])
        document = row_document(cls.visible(actor=actor_of(request)).filter(pk=id), self._chosen(asked))
        if document is None:
            raise Http404
        etag = f'W/"{blake2b(document.encode(), digest_size=12).hexdigest()}"'
        known = parse_etags(request.headers.get("If-None-Match", ""))
        if etag in known or "*" in known:
            return HttpResponse(status=304, headers={"ETag": etag, **_PRIVATE})
        return _json(document, ETag=etag)

    def _chosen(self, asked: Mapping[str, Any]) -> dict[str, Scalar]:
        return {name: scalar for name, scalar in self.scalars.items() if name in asked["fields"]}

    def call(self, request: Request, row_id: UUID | None = None) -> HttpResponse:
        """Run the operation of the action that was asked for, once where an Idempotency-Key is given."""
        call = self.calls[self.action]
        read_query(request.query_params, [])
        data, actor = request.data, actor_of(request)
        arguments = call.body.read(data)

        def answer() -> Answer:
            if row_id is not None:
                if not type(self).visible(actor=actor).filter(pk=row_id).exists():
                    raise Http404
                arguments[call.bound] = row_id
            result = call.operation(actor=actor, **arguments)
            return call.answer(result, {} if call.model is None else resource_of(call.model).scalars)

        key = request.headers.get(HEADER)
        try:
            if key is None:
                given, is_replay = answer(), False
            else:
                given, is_replay = answer_once(actor=actor, key=key, path=request.path, data=data, answer=answer)
        except DataError as error:
            detail = f"A value does not fit where it is kept: {str(error).splitlines()[0]}."
            raise InputRefused([{"in": "body", "name": "", "detail": detail}]) from error
        headers = {REPLAY_HEADER: "true"} if is_replay else {}
        return _json(given.document, status=given.status, **headers)


def _create(self: Resource, request: Request) -> HttpResponse:
    return self.call(request)


def _change(name: str, word: str) -> Callable[..., HttpResponse]:
    def change(self: Resource, request: Request, id: UUID) -> HttpResponse:  # noqa: A002  (the name in the URL)
        return self.call(request, id)

    change.__name__ = name
    return action(detail=True, methods=["post"], url_path=word, url_name=word)(change)


def _readable_columns(model: type[Model]) -> Iterator[tuple[str, Scalar]]:
    for column in model._meta.concrete_fields:
        if isinstance(column, Field) and not isinstance(column, ForeignKey):
            try:
                yield column.name, scalars.of_field(column)
            except TypeError:
                continue


def _json(document: str, *, status: int = 200, **headers: str) -> HttpResponse:
    return HttpResponse(document, status=status, content_type="application/json", headers={**_PRIVATE, **headers})


def resource_of(model: type[Model]) -> type[Resource]:
    """The resource (the first declared) that shows the model's rows; raises `ImproperlyConfigured` where none is."""
    for resource in _resources:
        if resource.model is model:
            return resource
    raise ImproperlyConfigured(f"An operation returns a {model.__name__}, which no resource shows.")


def declared() -> list[type[Resource]]:
    """The resources of the installed apps, by name."""
    own = (resource for resource in _resources if apps.get_containing_app_config(resource.__module__))
    return sorted(own, key=lambda resource: resource.noun)
