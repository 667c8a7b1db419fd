"""A small organization to look at: the same one however often it is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction

from accounts.models import (
    BuiltInRole,
    Company,
    Membership,
    MembershipState,
    Organization,
    Role,
    RoleAssignment,
    Unit,
    UnitKind,
    User,
    UserStatus,
)

SLUG = "northlight"
JOINED_AT = datetime(2026, 9, 1, 8, tzinfo=UTC)

#: Name, kind and the unit above.
UNITS = (
    ("Faculty of Engineering", UnitKind.FACULTY, None),
    ("Faculty of Humanities", UnitKind.FACULTY, None),
    ("Computer Science", UnitKind.DEPARTMENT, "Faculty of Engineering"),
    ("Mathematics", UnitKind.DEPARTMENT, "Faculty of Engineering"),
    ("Modern Languages", UnitKind.DEPARTMENT, "Faculty of Humanities"),
    ("Registry", UnitKind.TEAM, None),
)
ADMINISTRATOR = ("Ingrid Solberg", "Registry", "Registrar")
INSTRUCTORS = (
    ("Amara Okafor", "Computer Science", "Professor"),
    ("Tomas Novak", "Mathematics", "Senior lecturer"),
    ("Lucia Ferrari", "Modern Languages", "Lecturer"),
)
LEARNERS = (
    ("Aiko Tanaka", "Computer Science"),
    ("Ben Carter", "Computer Science"),
    ("Chiara Russo", "Modern Languages"),
    ("Daniel Weber", "Mathematics"),
    ("Elif Demir", "Computer Science"),
    ("Farid Rahimi", "Mathematics"),
    ("Grace Mwangi", "Computer Science"),
    ("Hugo Lefevre", "Modern Languages"),
    ("Ines Almeida", "Computer Science"),
    ("Jonas Lind", "Mathematics"),
    ("Katya Ivanova", "Modern Languages"),
    ("Liam Byrne", "Computer Science"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """The demo organization and its people; nobody in it has a password."""

    organization: Organization
    units: dict[str, Unit]
    administrator: User
    instructors: tuple[User, ...]
    learners: tuple[User, ...]


@transaction.atomic
def make_demo() -> Demo:
    """Make the demo organization, or complete it where it stands; rows that stand are not changed."""
    company, _ = Company.objects.get_or_create(
        country="NO", registration_number="DEMO-0001", defaults={"name": "Northlight Education"}
    )
    organization, _ = Organization.objects.get_or_create(
        slug=SLUG, defaults={"name": "Northlight University", "company": company, "time_zone": "Europe/Oslo"}
    )
    units: dict[str, Unit] = {}
    for name, kind, above in UNITS:
        units[name], _ = Unit.objects.get_or_create(
            organization=organization, name=name, defaults={"kind": kind, "parent": units[above] if above else None}
        )
    administrator = _member(organization, units, *ADMINISTRATOR)
    RoleAssignment.objects.get_or_create(
        user=administrator,
        role=Role.objects.get(code=BuiltInRole.ORGANIZATION_ADMINISTRATOR),
        organization=organization,
        revoked_at=None,
    )
    return Demo(
        organization=organization,
        units=units,
        administrator=administrator,
        instructors=tuple(_member(organization, units, *person) for person in INSTRUCTORS),
        learners=tuple(
            _member(organization, units, name, unit, "Student", number=f"S{100 + place}")
            for place, (name, unit) in enumerate(LEARNERS, start=1)
        ),
    )


def _member(
    organization: Organization, units: dict[str, Unit], name: str, unit: str, position: str, *, number: str = ""
) -> User:
    email = f"{name.lower().replace(' ', '.')}@{SLUG}.example"
    made = User(email=email, name=name, status=UserStatus.ACTIVE, time_zone=organization.time_zone)
    made.set_unusable_password()
    User.objects.bulk_create([made], ignore_conflicts=True)
    person: User = User.objects.with_email(email).get()
    Membership.objects.get_or_create(
        organization=organization,
        user=person,
        defaults={
            "unit": units[unit],
            "state": MembershipState.ACTIVE,
            "position": position,
            "number": number,
            "joined_at": JOINED_AT,
        },
    )
    return person
