"""A list of 100 courses and a single one: the REST layer beside plain DRF serializers on the same table.

    python -m benchmarks.rest [rounds]

Both sides have the same authentication (an API key), scopes, throttle, visibility, order and page size, and are asked
in turn. Printed are the medians in milliseconds and their ratio, over HTTP (granian as served, one kept connection) and
for building the response alone. The rows live in a database of their own, which is dropped at the end.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import django

COURSES = 20_000
RATE = "1000000/min"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "azora.settings")
os.environ["AZORA_LOG_LEVEL"] = "ERROR"
os.environ["AZORA_API_RATE"] = RATE
django.setup()

from django.conf import settings  # noqa: E402  (Django is set up first)
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import override_settings  # noqa: E402
from django.urls import include, path  # noqa: E402
from django.utils import timezone  # noqa: E402
from rest_framework import serializers, viewsets  # noqa: E402
from rest_framework.pagination import CursorPagination  # noqa: E402
from rest_framework.permissions import IsAuthenticated  # noqa: E402
from rest_framework.renderers import JSONRenderer  # noqa: E402
from rest_framework.routers import SimpleRouter  # noqa: E402

from accounts.models import ApiKey, Organization  # noqa: E402
from accounts.tokens import digest_of, join_api_key, make_prefix  # noqa: E402
from azora.kernel.actor import Actor  # noqa: E402
from azora.kernel.rest import urls  # noqa: E402
from azora.kernel.rest.access import ActorThrottle, HasScope, actor_of  # noqa: E402
from azora.kernel.rest.documents import page_document, row_document  # noqa: E402
from lms.api import Courses  # noqa: E402
from lms.models import Category, Course  # noqa: E402


class CourseSerializer(serializers.ModelSerializer):
    class Meta:
        model = Course
        fields = Courses.fields


class ByIdentifier(CursorPagination):
    page_size = 100
    ordering = "-id"


class PlainCourses(viewsets.ReadOnlyModelViewSet):
    """The same courses as DRF's own documentation would serve them."""

    app, noun = Courses.app, Courses.noun
    serializer_class = CourseSerializer
    pagination_class = ByIdentifier
    permission_classes = (IsAuthenticated, HasScope)
    throttle_classes = (ActorThrottle,)

    def get_queryset(self) -> Any:
        return Courses.visible(actor=actor_of(self.request))


router = SimpleRouter()
router.register("courses", PlainCourses, basename="plain-courses")
urlpatterns = [path("plain/", include(router.urls)), path("api/v1/", include(urls()))]


def application() -> Any:
    """What granian serves: the platform's application with these two sides as its addresses."""
    settings.ROOT_URLCONF = "benchmarks.rest"
    return get_wsgi_application()


def fill() -> tuple[str, Organization, Course]:
    """An API key, its organization, and one of its courses."""
    organization = Organization.objects.create(name="Benchmark", slug="benchmark")
    prefix, secret = make_prefix(), "s" * 43
    ApiKey.objects.create(
        organization=organization,
        name="Benchmark",
        prefix=prefix,
        secret_hash=digest_of(secret),
        scopes=["*:read"],
        last_used_at=timezone.now() + timedelta(hours=1),
    )
    category = Category.objects.create(organization=organization, name="Science", slug="science")
    now = timezone.now()
    Course.objects.bulk_create(
        (
            Course(
                organization=organization,
                category=category if number % 2 else None,
                code=f"C-{number}",
                title=f"Course number {number}, with a title of usual length",
                summary="What it is about, in a sentence or two. " * 4,
                starts_at=now + timedelta(days=number % 300),
                sis_id=f"sis-{number}",
            )
            for number in range(COURSES)
        ),
        batch_size=2000,
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return join_api_key(prefix=prefix, secret=secret), organization, Course.objects.order_by("-id")[COURSES // 2]


def in_turn(rounds: int, *sides: Callable[[], Any]) -> list[float]:
    """Each side's median in milliseconds; every round asks all of them, and every other round the last one first."""
    times: list[list[float]] = [[] for _ in sides]
    for number in range(rounds + 5):
        for side, measured in list(zip(sides, times, strict=True))[:: 1 if number % 2 else -1]:
            started = time.perf_counter()
            side()
            if number >= 5:
                measured.append((time.perf_counter() - started) * 1000)
    return [statistics.median(measured) for measured in times]


@contextmanager
def served(database: str) -> Iterator[int]:
    """The port of a granian that serves the two sides from this database."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    given = connection.settings_dict
    host = quote(given["HOST"], safe="")
    port_of_database = f":{given['PORT']}" if given.get("PORT") else ""
    login = quote(given["USER"]) + (f":{quote(given['PASSWORD'])}" if given.get("PASSWORD") else "")
    environment = {
        **os.environ,
        "DATABASE_URL": f"postgres://{login}@{host}{port_of_database}/{database}",
        "AZORA_DATABASE_POOL": "1",
    }
    command = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--no-ws", "--factory"]
    server = subprocess.Popen(
        [sys.executable, "-m", "granian", *command, "--log-level", "error", "benchmarks.rest:application"],
        env=environment,
    )
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait(20)


def over_http(rounds: int, database: str, key: str, course: Course) -> Iterator[tuple[str, list[float]]]:
    with served(database) as port:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

        def get(url: str) -> bytes:
            client.request("GET", url, headers={"Authorization": f"Bearer {key}", "Accept": "application/json"})
            response = client.getresponse()
            body = response.read()
            if response.status != 200:
                raise SystemExit(f"{url}: {response.status} {body[:300]!r}")
            return body

        lists = "/plain/courses/", "/api/v1/courses/?limit=100"
        rows = f"/plain/courses/{course.pk}/", f"/api/v1/courses/{course.pk}/"
        plain, ours = (json.loads(get(url)) for url in lists)
        if plain["results"] != ours["data"] or json.loads(get(rows[0])) != json.loads(get(rows[1])):
            raise SystemExit("The two sides do not answer the same.")
        for name, sides in (("list of 100, HTTP", lists), ("single row, HTTP", rows)):
            yield name, in_turn(rounds, *(lambda url=url: get(url) for url in sides))


def alone(rounds: int, organization: Organization, course: Course) -> Iterator[tuple[str, list[float]]]:
    own = frozenset({organization.pk})
    actor = Actor(api_key_id=course.pk, organizations=own, administers=own, scopes=frozenset({"*:read"}))
    render, key = JSONRenderer().render, ("id", Courses.scalars["id"])

    def plain_list() -> bytes:
        rows = Courses.visible(actor=actor).order_by("-id")[:100]
        return render({"next": None, "results": CourseSerializer(rows, many=True).data})

    def our_list() -> bytes:
        rows = Courses.visible(actor=actor)
        data, _ = page_document([rows], Courses.scalars, key, descending=True, limit=100)
        return f'{{"data":{data},"next":null}}'.encode()

    def plain_row() -> bytes:
        return render(CourseSerializer(Courses.visible(actor=actor).get(pk=course.pk)).data)

    def our_row() -> bytes:
        return (row_document(Courses.visible(actor=actor).filter(pk=course.pk), Courses.scalars) or "").encode()

    yield "list of 100, response alone", in_turn(rounds, plain_list, our_list)
    yield "single row, response alone", in_turn(rounds, plain_row, our_row)


def main(rounds: int = 200) -> None:
    """Make the database, measure, print, drop it."""
    with override_settings(ROOT_URLCONF="benchmarks.rest"):
        was = connection.settings_dict["NAME"]
        connection.settings_dict["TEST"]["NAME"] = "azora_benchmark"
        database = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            key, organization, course = fill()
            print(f"{'':28} {'plain DRF':>10} {'Azora':>10} {'ratio':>7}   (median ms of {rounds})")
            for measure in (over_http(rounds, database, key, course), alone(rounds, organization, course)):
                for name, (plain, ours) in measure:
                    print(f"{name:28} {plain:10.2f} {ours:10.2f} {plain / ours:7.2f}")
        finally:
            connection.creation.destroy_test_db(was, verbosity=0)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
