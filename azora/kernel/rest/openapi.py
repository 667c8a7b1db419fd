"""OpenAPI 3.1 of resources, from the same declarations that serve them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent

from azora.kernel.rest.access import scopes_for
from azora.kernel.rest.filters import MAX_VALUES, Parameter
from azora.kernel.rest.idempotency import HEADER, PATTERN, REPLAY_HEADER
from azora.kernel.rest.problems import MEDIA_TYPE
from azora.kernel.rest.resource import Resource, resource_of
from azora.kernel.rest.scalars import JSON_VALUE

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_READ_PROBLEMS = (400, 401, 403, 404, 406, 429, 500)
_WRITE_PROBLEMS = (400, 401, 403, 404, 406, 409, 413, 415, 422, 429, 500)
_MEANINGS = {
    400: "A parameter or field is unknown or of a wrong value; `errors` names each.",
    401: "Nobody is logged in and no valid key is given.",
    403: "The actor may not do this; `facts.scope` names the scope that a key lacks.",
    404: "There is no such row, or it is none of those that the actor may know of.",
    406: "Only JSON is served.",
    409: "The operation does not fit the present state; `code` says why.",
    413: "The body is too large.",
    415: "Only JSON is read.",
    422: "The Idempotency-Key was used for another request.",
    429: "Too many requests; `Retry-After` says in how many seconds to ask again.",
    500: "The server failed.",
}
_PROBLEM: Schema = {
    "type": "object",
    "description": "Problem details (RFC 9457).",
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "code": {"type": "string", "description": "Stable: `<app>.<what>`."},
        "facts": {"type": "object", "additionalProperties": _TEXT},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"in": {"enum": ["query", "body", "header"]}, "name": _TEXT, "detail": _TEXT},
                "required": ["in", "name", "detail"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["type", "title", "status", "detail", "code"],
    "additionalProperties": False,
}
_SECURITY: dict[str, Schema] = {
    "apiKey": {"type": "http", "scheme": "bearer", "description": "A service's key, with the scopes that are named."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": settings.SESSION_COOKIE_NAME,
        "description": "A person's login; a POST needs the X-CSRFToken header too.",
    },
}


class ResourceSchema(AutoSchema):
    """Describes resources wholly by their declaration, and any other view as drf-spectacular does."""

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: ComponentRegistry
    ) -> Schema | None:
        if not isinstance(self.view, Resource):
            operation: Schema | None = super().get_operation(path, path_regex, path_prefix, method, registry)
            return operation
        self.registry = registry
        resource, action = type(self.view), str(self.view.action)
        verb = "read" if method == "GET" else "write"
        described: Schema = {
            "operationId": f"{resource.noun.replace('-', '_')}_{action.removeprefix('change_')}",
            "description": self._description(resource, action),
            "tags": [resource.noun],
            "security": self._security(scopes_for(resource.app, resource.noun, verb=verb)[0]),
        }
        described["parameters"] = [_ROW_ID] if "{id}" in path else []
        if verb == "read":
            described["parameters"] += map(_parameter, resource.parameters[action])
            return described | {"responses": self._read_responses(resource, action)}
        described["parameters"].append(_IDEMPOTENCY_KEY)
        self._component("JsonValue", JSON_VALUE)
        body = resource.calls[action].body
        content = {"application/json": {"schema": body.schema()}}
        described["requestBody"] = {"content": content, "required": bool(body.required)}
        return described | {"responses": self._write_responses(resource, action)}

    def get_auth(self) -> list[Schema]:
        return self._security()

    def _security(self, *scopes: str) -> list[Schema]:
        for name, schema in _SECURITY.items():
            self._component(name, schema, kind=ResolvedComponent.SECURITY_SCHEMA)
        return [{"apiKey": list(scopes)}, {"session": []}]

    def _component(self, name: str, schema: Schema, *, kind: str = ResolvedComponent.SCHEMA) -> Schema:
        component = ResolvedComponent(name=name, type=kind, schema=schema, object=name)  # type: ignore[no-untyped-call]
        self.registry.register_on_missing(component)
        reference: Schema = component.ref
        return reference

    def _description(self, resource: type[Resource], action: str) -> str:
        source = resource.calls[action].operation if action in resource.calls else getattr(resource, action)
        return "\n".join(
            line.strip() for line in f"{source.__doc__ or ''}\n\n{resource.__doc__ or ''}".splitlines()
        ).strip()

    def _row(self, resource: type[Resource]) -> Schema:
        schema = _object({name: scalar.described() for name, scalar in resource.scalars.items()})
        return self._component(resource.model.__name__, schema | {"description": (resource.__doc__ or "").strip()})

    def _part(self, resource: type[Resource]) -> Schema:
        """A row of a read: whole, or those fields of it that were asked for."""
        whole = self._row(resource)
        schema = {name: scalar.described() for name, scalar in resource.scalars.items()}
        part = _object(schema, required=()) | {"description": "The row's fields that `fields` asked for."}
        return {"anyOf": [whole, self._component(f"{resource.model.__name__}Part", part)]}

    def _read_responses(self, resource: type[Resource], action: str) -> Schema:
        if action == "list":
            page = _object(
                {"data": {"type": "array", "items": self._part(resource)}, "next": {"type": ["string", "null"]}}
            )
            return {
                "200": _json(page, "A page; `next` is the cursor of the next one."),
                **self._problems(_READ_PROBLEMS),
            }
        etag = {"ETag": {"schema": _TEXT}}
        return {
            "200": _json(self._part(resource), "The row.") | {"headers": etag},
            "304": {"description": "Not changed since the ETag in If-None-Match.", "headers": etag},
            **self._problems(_READ_PROBLEMS),
        }

    def _write_responses(self, resource: type[Resource], action: str) -> Schema:
        call = resource.calls[action]
        success: Schema = {"description": "Done."}
        if call.model is not None:
            shown = resource_of(call.model)
            schema = self._row(shown)
            if call.secrets:
                secrets = {name: {"type": ["string", "null"]} for name in call.secrets}
                schema = _object({**{name: scalar.described() for name, scalar in shown.scalars.items()}, **secrets})
            said = f" {', '.join(call.secrets)}: shown this once, null in a replay." if call.secrets else ""
            success = _json(schema, f"The row.{said}")
        replay = {
            REPLAY_HEADER: {"schema": {"const": "true"}, "description": "This is the answer of an earlier request."}
        }
        return {str(call.status): success | {"headers": replay}, **self._problems(_WRITE_PROBLEMS)}

    def _problems(self, statuses: Iterable[int]) -> Schema:
        content = {MEDIA_TYPE: {"schema": self._component("Problem", _PROBLEM)}}
        headers = {401: {"WWW-Authenticate": {"schema": _TEXT}}, 429: {"Retry-After": {"schema": {"type": "integer"}}}}
        return {
            str(status): {"description": _MEANINGS[status], "content": content}
            | ({"headers": headers[status]} if status in headers else {})
            for status in statuses
        }


def _object(properties: Mapping[str, Schema], *, required: Iterable[str] | None = None) -> Schema:
    names = list(properties if required is None else required)
    needed = {"required": names} if names else {"minProperties": 1}
    return {"type": "object", "properties": dict(properties), **needed, "additionalProperties": False}


def _json(schema: Schema, description: str) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _parameter(parameter: Parameter) -> Schema:
    schema = parameter.scalar.described(limited=True)
    if parameter.default is not None and not parameter.many:
        schema["default"] = parameter.default
    style: Schema = {}
    if parameter.many:
        schema = {"type": "array", "items": schema, "minItems": 1, "maxItems": MAX_VALUES, "uniqueItems": True}
        style = {"style": "form", "explode": False}
    return {"name": parameter.name, "in": "query", "description": parameter.description, "schema": schema, **style}


_ROW_ID: Schema = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
_IDEMPOTENCY_KEY: Schema = {
    "name": HEADER,
    "in": "header",
    "description": "Makes the request safe to repeat: within 24 hours the same key gives the same answer.",
    "schema": {"type": "string", "pattern": PATTERN},
}
