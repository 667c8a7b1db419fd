"""Rows for tests: each function makes a valid one, with what it needs around it; arguments replace its columns."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts.models import (
    Account,
    ApiKey,
    AssuranceLevel,
    BuiltInRole,
    Company,
    FactorKind,
    Membership,
    MembershipState,
    Organization,
    Role,
    RoleAssignment,
    RoleScope,
    Session,
    StoredFile,
    TokenPurpose,
    TotpAlgorithm,
    TwoFactorDevice,
    Unit,
    User,
    UserStatus,
    VerificationToken,
)
from accounts.tokens import digest_of, join_api_key, make_prefix
from azora.kernel.actor import Actor

PASSWORD = "correct horse battery staple"
_numbers = itertools.count(1)


def make_company(**columns: Any) -> Company:
    number = next(_numbers)
    return Company.objects.create(
        **{"name": f"Company {number}", "country": "NO", "registration_number": f"R{number}", **columns}
    )


def make_organization(**columns: Any) -> Organization:
    number = next(_numbers)
    return Organization.objects.create(
        **{"name": f"Organization {number}", "slug": f"organization-{number}", **columns}
    )


def make_unit(**columns: Any) -> Unit:
    organization = columns.pop("organization", None) or make_organization()
    return Unit.objects.create(
        **{"organization": organization, "name": f"Unit {next(_numbers)}", "kind": "team", **columns}
    )


def make_user(**columns: Any) -> User:
    number = next(_numbers)
    return User.objects.create(
        **{
            "email": f"person{number}@example.org",
            "name": f"Person {number}",
            "password": make_password(PASSWORD),
            "status": UserStatus.ACTIVE,
            **columns,
        }
    )


def make_membership(**columns: Any) -> Membership:
    organization = columns.pop("organization", None) or make_organization()
    user = columns.pop("user", None) or make_user()
    state = columns.get("state", MembershipState.ACTIVE)
    joined_at = None if state == MembershipState.INVITED else timezone.now()
    ended_at = timezone.now() if state == MembershipState.ENDED else None
    return Membership.objects.create(
        **{
            "organization": organization,
            "user": user,
            "state": state,
            "joined_at": joined_at,
            "ended_at": ended_at,
            **columns,
        }
    )


def make_member(organization: Organization, **columns: Any) -> User:
    """An active member of the organization."""
    user = make_user(**columns)
    make_membership(organization=organization, user=user)
    return user


def make_role(**columns: Any) -> Role:
    word = "".join(chr(ord("a") + int(digit)) for digit in str(next(_numbers)))
    return Role.objects.create(**{"code": f"role_{word}", "scope": RoleScope.ORGANIZATION, "name": "A role", **columns})


def give_role(user: User, code: str, organization: Organization | None = None, **columns: Any) -> RoleAssignment:
    return RoleAssignment.objects.create(
        user=user, role=Role.objects.get(code=code), organization=organization, **columns
    )


def make_role_assignment(**columns: Any) -> RoleAssignment:
    return give_role(make_user(), BuiltInRole.ORGANIZATION_ADMINISTRATOR, make_organization(), **columns)


def make_administrator(organization: Organization, **columns: Any) -> User:
    """A member of the organization who administers it."""
    user = make_member(organization, **columns)
    give_role(user, BuiltInRole.ORGANIZATION_ADMINISTRATOR, organization)
    return user


def make_platform_administrator(**columns: Any) -> User:
    user = make_user(**columns)
    give_role(user, BuiltInRole.PLATFORM_ADMINISTRATOR)
    return user


def make_auditor(**columns: Any) -> User:
    user = make_user(**columns)
    give_role(user, BuiltInRole.PLATFORM_AUDITOR)
    return user


def make_api_key(**columns: Any) -> ApiKey:
    organization = columns.pop("organization", None) or make_organization()
    return ApiKey.objects.create(
        **{
            "organization": organization,
            "name": f"Service {next(_numbers)}",
            "prefix": make_prefix(),
            "secret_hash": digest_of("secret"),
            "scopes": ["*:read"],
            **columns,
        }
    )


def key_text(key: ApiKey) -> str:
    """What the service behind a key of :func:`make_api_key` sends."""
    return join_api_key(prefix=key.prefix, secret="secret")


def make_account(**columns: Any) -> Account:
    user = columns.pop("user", None) or make_user()
    return Account.objects.create(
        **{"user": user, "provider": "keycloak", "provider_account_id": f"sub-{next(_numbers)}", **columns}
    )


def make_session(**columns: Any) -> Session:
    user = columns.pop("user", None) or make_user()
    return Session.objects.create(
        **{
            "user": user,
            "token_hash": digest_of(f"session {next(_numbers)}"),
            "assurance_level": AssuranceLevel.ONE,
            "expires_at": timezone.now() + timedelta(days=1),
            **columns,
        }
    )


def make_verification_token(**columns: Any) -> VerificationToken:
    user = columns.pop("user", None) or make_user()
    return VerificationToken.objects.create(
        **{
            "user": user,
            "purpose": TokenPurpose.PASSWORD_RESET,
            "email": user.email,
            "token_hash": digest_of(f"token {next(_numbers)}"),
            "expires_at": timezone.now() + timedelta(hours=1),
            **columns,
        }
    )


def make_totp(**columns: Any) -> TwoFactorDevice:
    user = columns.pop("user", None) or make_user()
    return TwoFactorDevice.objects.create(
        **{
            "user": user,
            "kind": FactorKind.TOTP,
            "name": f"Telephone {next(_numbers)}",
            "totp_algorithm": TotpAlgorithm.SHA1,
            "totp_digits": 6,
            "totp_period": 30,
            **columns,
        }
    )


def make_security_key(**columns: Any) -> TwoFactorDevice:
    user = columns.pop("user", None) or make_user()
    number = next(_numbers)
    return TwoFactorDevice.objects.create(
        **{
            "user": user,
            "kind": FactorKind.WEBAUTHN,
            "name": f"Key {number}",
            "webauthn_credential_id": number.to_bytes(16, "big"),
            "webauthn_public_key": b"\xa5\x01\x02",
            "webauthn_sign_count": 0,
            **columns,
        }
    )


def make_recovery_codes(**columns: Any) -> TwoFactorDevice:
    user = columns.pop("user", None) or make_user()
    return TwoFactorDevice.objects.create(
        **{
            "user": user,
            "kind": FactorKind.RECOVERY_CODES,
            "name": "Sheet",
            "recovery_code_hashes": [digest_of("one"), digest_of("two")],
            **columns,
        }
    )


def make_stored_file(**columns: Any) -> StoredFile:
    organization = columns.pop("organization", None) or make_organization()
    number = next(_numbers)
    return StoredFile.objects.create(
        **{
            "organization": organization,
            "name": f"notes-{number}.pdf",
            "media_type": "application/pdf",
            "size": 1024,
            "checksum": digest_of(str(number)),
            "storage_key": f"files/{number}",
            **columns,
        }
    )


def make_service(organization: Organization) -> Actor:
    """A key's actor in the organization."""
    return Actor(
        api_key_id=uuid4(),
        organizations=frozenset({organization.pk}),
        administers=frozenset({organization.pk}),
        scopes=frozenset({"*:write"}),
    )
