"""Routes: every declared resource in DRF's router."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured
from django.urls import URLPattern, URLResolver
from django.utils.module_loading import autodiscover_modules
from rest_framework.routers import DefaultRouter

from azora.kernel.rest.resource import Resource, declared, resource_of


class Router(DefaultRouter):
    """DRF's router with an index at its root, without `.json` suffixes."""

    include_format_suffixes = False


def urls(*resources: type[Resource]) -> list[URLPattern | URLResolver]:
    """The routes of these resources; of every installed app's `api.py` when none are named.

    Raises `ImproperlyConfigured` for two resources of one name, and for an operation that returns a row that no
    resource shows.
    """
    if not resources:
        autodiscover_modules("api")
        resources = tuple(declared())
    router = Router(use_regex_path=False)
    seen: dict[str, type[Resource]] = {}
    for resource in resources:
        if resource.noun in seen:
            raise ImproperlyConfigured(f"{resource.__qualname__} and {seen[resource.noun].__qualname__} share a URL")
        seen[resource.noun] = resource
        for call in resource.calls.values():
            if call.model is not None:
                resource_of(call.model)
        router.register(resource.noun, resource, basename=resource.noun)
    routes: list[URLPattern | URLResolver] = router.urls
    return routes
