from rest_framework.authentication import BaseAuthentication, SessionAuthentication

from azora.kernel.actor import Actor
from azora.kernel.rest import Resource
from tests.kernel.rest.library import operations
from tests.kernel.rest.library.models import Book, Shelf


class Principal:
    is_authenticated = True
    is_active = True

    def __init__(self, actor: Actor):
        self.actor = actor
        self.pk = actor.user_id or actor.api_key_id

    def as_actor(self) -> Actor:
        return self.actor


class KnownAuthentication(BaseAuthentication):
    """`Authorization: Bearer NAME` is the principal of that name."""

    known: dict[str, Principal] = {}

    def authenticate(self, request):
        name = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return (self.known[name], name) if name in self.known else None


def books_visible_to(*, actor):
    return Book.objects.filter(organization__in=actor.organizations)


def shelves_visible_to(*, actor):
    return Shelf.objects.filter(organization__in=actor.organizations)


class Books(Resource):
    """Books of the organization."""

    model = Book
    visible = books_visible_to
    fields = (
        "id",
        "title",
        "organization",
        "shelf",
        "notes",
        "state",
        "pages",
        "copies",
        "price",
        "is_open",
        "printed_on",
        "due_at",
        "tags",
        "attributes",
        "label",
        "created_at",
    )
    related = {"shelf_name": "shelf__name"}
    filters = {
        "shelf_name": ("exact", "in"),
        "state": ("exact", "in"),
        "shelf": ("exact", "in", "isnull"),
        "title": ("exact", "contains"),
        "pages": ("exact", "gt", "gte", "lt", "lte", "in"),
        "price": ("gte",),
        "is_open": ("exact",),
        "printed_on": ("exact", "lt"),
        "due_at": ("gte", "lt", "isnull"),
    }
    order = ("-id", "title", "pages", "due_at", "price", "created_at")
    creates = operations.add_book
    changes = {
        "lend": operations.lend_book,
        "forget": operations.forget_book,
        "issue-label": operations.issue_label,
        "move": operations.move_book,
    }
    authentication_classes = (KnownAuthentication, SessionAuthentication)


class BookShelves(Resource):
    """Shelves of the organization."""

    model = Shelf
    visible = shelves_visible_to
    fields = ("id", "organization", "name")
    authentication_classes = (KnownAuthentication, SessionAuthentication)
