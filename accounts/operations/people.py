"""What is done with people, whatever organizations they belong to."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models.functions import Now

from accounts.models import BuiltInRole, Role, RoleAssignment, User, UserStatus
from azora.kernel.errors import Invalid
from azora.kernel.operations import operation
from azora.kernel.values import require_fields


class PasswordRefused(Invalid):
    """The password is refused: {reasons}."""


def set_password(person: User, password: str) -> None:
    """Give the person a password, unsaved. Raises PasswordRefused where it is too easy to guess."""
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise PasswordRefused(reasons=" ".join(error.messages).rstrip(".")) from error
    person.set_password(password)


@operation
def create_administrator(*, email: str, password: str, name: str = "Administrator") -> User:
    """Make the person who administers the platform: for whoever runs it, at its command line. A known address is
    refused."""
    person = User(email=email.strip().lower(), name=name.strip(), status=UserStatus.ACTIVE)
    set_password(person, password)
    require_fields(person)
    person.save(force_insert=True)
    role = Role.objects.get(code=BuiltInRole.PLATFORM_ADMINISTRATOR)
    RoleAssignment.objects.create(user=person, role=role)
    return person


@operation
def note_log_in(*, user: UUID) -> None:
    """Note that a person just gave their password rightly."""
    User.objects.filter(pk=user).update(last_login_at=Now())
