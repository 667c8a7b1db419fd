from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from azora.kernel.actor import Actor
from azora.kernel.errors import Conflict, NotFound
from azora.kernel.operations import operation
from tests.kernel.rest.library.models import Book, Shelf, State


class ShelfUnknown(NotFound):
    """There is no shelf {shelf}."""


class BookLent(Conflict):
    """The book {book} is lent."""


@dataclass(frozen=True)
class Issued:
    book: Book
    secret: str


@operation
def add_book(
    *,
    actor: Actor,
    title: str,
    shelf: UUID | None = None,
    notes: str = "",
    state: State = State.DRAFT,
    pages: int | None = None,
    copies: int = 1,
    price: Decimal = Decimal(0),
    is_open: bool = True,
    printed_on: date | None = None,
    due_at: datetime | None = None,
    tags: list[str] | None = None,
    attributes: dict[str, Any] | None = None,
) -> Book:
    """Add a book to the first organization of the actor."""
    (organization,) = actor.organizations
    if shelf is not None and not Shelf.objects.filter(pk=shelf, organization=organization).exists():
        raise ShelfUnknown(shelf=shelf)
    return Book.objects.create(
        organization=organization,
        title=title,
        shelf_id=shelf,
        notes=notes,
        state=state,
        pages=pages,
        copies=copies,
        price=price,
        is_open=is_open,
        printed_on=printed_on,
        due_at=due_at,
        tags=tags or [],
        attributes=attributes or {},
    )


@operation
def lend_book(*, actor: Actor, book: UUID, until: datetime) -> Book:
    """Lend a book that is not lent."""
    row = Book.objects.select_for_update().get(pk=book)
    if row.state == State.LENT:
        raise BookLent(book=row.title)
    row.state, row.due_at = State.LENT, until
    row.save()
    return row


@operation
def forget_book(*, actor: Actor, book: UUID) -> None:
    """Delete a book."""
    Book.objects.filter(pk=book).delete()


@operation
def issue_label(*, actor: Actor, book: UUID) -> Issued:
    """Give the book a new secret label."""
    row = Book.objects.get(pk=book)
    row.secret_hash = "kept"
    row.save()
    return Issued(book=row, secret="s3cr3t")


@operation
def move_book(*, actor: Actor, book: UUID, name: str) -> Shelf:
    """Put the book on a new shelf; the name may be longer than the column, so that the database refuses."""
    row = Book.objects.get(pk=book)
    row.shelf = Shelf.objects.create(organization=row.organization, name=name)
    row.save()
    return row.shelf
