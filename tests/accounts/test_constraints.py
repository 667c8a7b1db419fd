"""A counter-example for every constraint and trigger of accounts, by raw SQL: the database itself refuses."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from accounts.models import Role
from azora.kernel.errors import refusal_of
from tests.accounts import factories as make

BEFORE = timezone.now() - timedelta(days=9_000)
DIGEST = "0" * 64

#: Constraint: what makes a valid row, and the columns that, changed like this, break it.
CHECKS: dict[str, tuple[Any, dict[str, Any]]] = {
    "accounts_company_name_given": (make.make_company, {"name": ""}),
    "accounts_company_country_code": (make.make_company, {"country": "no"}),
    "accounts_company_registered_somewhere": (make.make_company, {"country": ""}),
    "accounts_organization_status": (make.make_organization, {"status": "asleep"}),
    "accounts_organization_attributes": (make.make_organization, {"attributes": []}),
    "accounts_organization_locale_form": (make.make_organization, {"locale": "pt_BR"}),
    "accounts_organization_time_zone_form": (make.make_organization, {"time_zone": "europe/riga"}),
    "accounts_organization_name_given": (make.make_organization, {"name": ""}),
    "accounts_organization_slug_form": (make.make_organization, {"slug": "two--hyphens"}),
    "accounts_unit_kind": (make.make_unit, {"kind": "planet"}),
    "accounts_unit_attributes": (make.make_unit, {"attributes": "text"}),
    "accounts_unit_name_given": (make.make_unit, {"name": ""}),
    "accounts_user_status": (make.make_user, {"status": "gone"}),
    "accounts_user_attributes": (make.make_user, {"attributes": 1}),
    "accounts_user_locale_form": (make.make_user, {"locale": "English"}),
    "accounts_user_time_zone_form": (make.make_user, {"time_zone": "+02:00"}),
    "accounts_user_email_form": (make.make_user, {"email": "nobody at example.org"}),
    "accounts_membership_state": (make.make_membership, {"state": "maybe"}),
    "accounts_membership_joined": (make.make_membership, {"joined_at": None}),
    "accounts_membership_ended": (make.make_membership, {"ended_at": timezone.now() + timedelta(days=1)}),
    "accounts_membership_times": (make.make_membership, {"state": "ended", "ended_at": BEFORE}),
    "accounts_roleassignment_expiry": (make.make_role_assignment, {"expires_at": BEFORE}),
    "accounts_roleassignment_revocation": (make.make_role_assignment, {"revoked_at": BEFORE}),
    "accounts_roleassignment_revoker": (make.make_role_assignment, {"revoked_by_id": "a user"}),
    "accounts_account_provider_form": (make.make_account, {"provider": "Key Cloak"}),
    "accounts_account_id_given": (make.make_account, {"provider_account_id": ""}),
    "accounts_session_token_digest": (make.make_session, {"token_hash": "the token itself"}),
    "accounts_session_assurance_level": (make.make_session, {"assurance_level": "aal9"}),
    "accounts_session_assured": (make.make_session, {"assurance_level": None}),
    "accounts_session_revocation": (make.make_session, {"revoked_at": BEFORE}),
    "accounts_verificationtoken_purpose": (make.make_verification_token, {"purpose": "curiosity"}),
    "accounts_verificationtoken_token_digest": (make.make_verification_token, {"token_hash": "A" * 64}),
    "accounts_verificationtoken_membership": (make.make_verification_token, {"purpose": "invitation"}),
    "accounts_verificationtoken_expiry": (make.make_verification_token, {"expires_at": BEFORE}),
    "accounts_verificationtoken_use": (
        make.make_verification_token,
        {"used_at": timezone.now() + timedelta(days=365)},
    ),
    "accounts_apikey_secret_digest": (make.make_api_key, {"secret_hash": "secret"}),
    "accounts_apikey_prefix_form": (make.make_api_key, {"prefix": "UPPER"}),
    "accounts_apikey_name_given": (make.make_api_key, {"name": ""}),
    "accounts_apikey_scopes_form": (make.make_api_key, {"scopes": ["lms.courses:read", "lms:delete"]}),
    "accounts_apikey_expiry": (make.make_api_key, {"expires_at": BEFORE}),
    "accounts_apikey_revocation": (make.make_api_key, {"revoked_at": BEFORE}),
    "accounts_storedfile_checksum": (make.make_stored_file, {"checksum": "d41d8cd98f00b204e9800998ecf8427e"}),
    "accounts_storedfile_storage_key_given": (make.make_stored_file, {"storage_key": ""}),
    "accounts_storedfile_name_plain": (make.make_stored_file, {"name": "../secrets"}),
    "accounts_storedfile_size": (make.make_stored_file, {"size": -1}),
    "accounts_storedfile_media_type": (make.make_stored_file, {"media_type": "PDF"}),
    "accounts_twofactordevice_kind": (make.make_totp, {"kind": "horoscope"}),
    "accounts_twofactordevice_name_given": (make.make_totp, {"name": ""}),
    "accounts_twofactordevice_totp": (make.make_totp, {"totp_digits": None}),
    "accounts_twofactordevice_totp_algorithm": (make.make_totp, {"totp_algorithm": "md5"}),
    "accounts_twofactordevice_totp_range": (make.make_totp, {"totp_digits": 4}),
    "accounts_twofactordevice_webauthn": (make.make_security_key, {"webauthn_public_key": None}),
    "accounts_twofactordevice_recovery": (make.make_recovery_codes, {"recovery_code_hashes": None}),
    "accounts_twofactordevice_recovery_digest": (make.make_recovery_codes, {"recovery_code_hashes": ["one", "two"]}),
    "accounts_twofactordevice_use": (make.make_totp, {"last_used_at": timezone.now()}),
}

#: The same for columns that never change once the row is there.
NEW_ROWS: dict[str, tuple[Any, dict[str, Any]]] = {
    "accounts_role_scope": (make.make_role, {"scope": "galaxy"}),
    "accounts_role_code_form": (make.make_role, {"code": "Not A Code"}),
    "accounts_role_code": (make.make_role, {"code": "platform_auditor"}),
}

#: More ways to break some of them.
MORE_CHECKS: list[tuple[str, Any, dict[str, Any]]] = [
    ("accounts_apikey_scopes_form", make.make_api_key, {"scopes": []}),
    ("accounts_apikey_scopes_form", make.make_api_key, {"scopes": [None]}),
    ("accounts_apikey_scopes_form", make.make_api_key, {"scopes": ["lms:read,lms:write"]}),
    ("accounts_apikey_scopes_form", make.make_api_key, {"scopes": ["lms:read lms:write"]}),
    ("accounts_apikey_scopes_form", make.make_api_key, {"scopes": ["*"]}),
    ("accounts_organization_attributes", make.make_organization, {"attributes": "null"}),
    ("accounts_organization_slug_form", make.make_organization, {"slug": "ends-"}),
    ("accounts_organization_slug_form", make.make_organization, {"slug": "line\n"}),
    ("accounts_session_assured", make.make_session, {"user_id": None}),
    ("accounts_membership_ended", make.make_membership, {"state": "ended"}),
    ("accounts_twofactordevice_totp", make.make_security_key, {"totp_last_step": 1}),
    ("accounts_twofactordevice_totp_range", make.make_totp, {"totp_period": 5}),
    ("accounts_twofactordevice_webauthn", make.make_security_key, {"webauthn_sign_count": -1}),
    ("accounts_twofactordevice_webauthn", make.make_totp, {"webauthn_public_key": b"key"}),
    ("accounts_twofactordevice_recovery_digest", make.make_recovery_codes, {"recovery_code_hashes": [None]}),
]

#: Constraint: what makes rows, what both rows share from the start, what the first has, and what the second is given.
UNIQUES: dict[str, tuple[Any, dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "accounts_company_registered_once": (
        make.make_company,
        {"country": "SE"},
        {"registration_number": "1"},
        {"registration_number": "1"},
    ),
    "accounts_organization_slug": (make.make_organization, {}, {"slug": "north"}, {"slug": "north"}),
    "accounts_unit_name": (make.make_unit, {"organization": make.make_organization}, {"name": "Art"}, {"name": "ART"}),
    "accounts_unit_code": (make.make_unit, {"organization": make.make_organization}, {"code": "a1"}, {"code": "A1"}),
    "accounts_user_email": (make.make_user, {}, {"email": "ada@example.org"}, {"email": "ADA@Example.org"}),
    "accounts_membership_one_live": (
        make.make_membership,
        {"user": make.make_user, "organization": make.make_organization},
        {"state": "suspended"},
        {"state": "active", "ended_at": None},
    ),
    "accounts_membership_number": (
        make.make_membership,
        {"organization": make.make_organization},
        {"number": "s1"},
        {"number": "S1"},
    ),
    "accounts_roleassignment_one_live": (
        lambda user, **columns: make.give_role(user, "platform_auditor", **columns),
        {"user": make.make_user},
        {},
        {"revoked_at": None},
    ),
    "accounts_account_provider_account": (
        make.make_account,
        {},
        {"provider_account_id": "7"},
        {"provider_account_id": "7"},
    ),
    "accounts_session_token": (make.make_session, {}, {"token_hash": DIGEST}, {"token_hash": DIGEST}),
    "accounts_verificationtoken_token": (
        make.make_verification_token,
        {},
        {"token_hash": DIGEST},
        {"token_hash": DIGEST},
    ),
    "accounts_verificationtoken_one_unused": (
        make.make_verification_token,
        {"user": make.make_user},
        {"purpose": "log_in"},
        {"purpose": "log_in"},
    ),
    "accounts_apikey_prefix": (make.make_api_key, {}, {"prefix": "a" * 12}, {"prefix": "a" * 12}),
    "accounts_apikey_name": (make.make_api_key, {"organization": make.make_organization}, {"name": "x"}, {"name": "X"}),
    "accounts_storedfile_storage_key": (
        make.make_stored_file,
        {"organization": make.make_organization},
        {"storage_key": "k"},
        {"storage_key": "k"},
    ),
    "accounts_twofactordevice_name": (make.make_totp, {"user": make.make_user}, {"name": "x"}, {"name": "X"}),
    "accounts_twofactordevice_one_sheet": (make.make_recovery_codes, {}, {}, {"user_id": "the first's"}),
    "accounts_twofactordevice_credential": (
        make.make_security_key,
        {},
        {"webauthn_credential_id": b"1"},
        {"webauthn_credential_id": b"1"},
    ),
}

#: Where the second row has to start differently, so that it is valid before it is changed.
SECOND: dict[str, dict[str, Any]] = {
    "accounts_membership_one_live": {"state": "ended"},
    "accounts_roleassignment_one_live": {"revoked_at": timezone.now() + timedelta(days=365)},
    "accounts_twofactordevice_one_sheet": {"name": "Another sheet"},
}

#: Constraints that hold a reference to its tenant: what makes the row, the column, what makes a row elsewhere.
TENANTS = {
    "accounts_unit_parent_tenant": (make.make_unit, "parent_id", make.make_unit),
    "accounts_membership_unit_tenant": (make.make_membership, "unit_id", make.make_unit),
}

TRIGGERS = {"accounts_unit_stays_tree", "accounts_role_meaning_stays", "accounts_roleassignment_scope"}


def change(row: models.Model, columns: dict[str, Any]) -> str:
    """The name of the constraint that refuses these values by raw SQL, deferred ones included."""
    values = [
        json.dumps(value) if name == "attributes" and value != "null" else value for name, value in columns.items()
    ]
    assignments = ", ".join(f"{name} = %s" for name in columns)
    with pytest.raises(IntegrityError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {row._meta.db_table} SET {assignments} WHERE id = %s", [*values, row.pk])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    refusal = refusal_of(refused.value)
    assert refusal is not None
    assert refusal.message.endswith(".")
    assert refusal.code.startswith("accounts.")
    return str(refused.value.__cause__.diag.constraint_name)


def as_stored(row: models.Model) -> tuple[Any, ...]:
    return type(row)._base_manager.filter(pk=row.pk).values_list().get()


def with_rows(columns: dict[str, Any]) -> dict[str, Any]:
    return {name: value() if callable(value) else value for name, value in columns.items()}


def test_every_constraint_and_trigger_has_its_counter_example() -> None:
    declared = set()
    for model in apps.get_app_config("accounts").get_models():
        for constraint in model._meta.constraints:
            # (organization, id) only repeats what the primary key says: it is there to be referred to.
            if getattr(constraint, "fields", ()) != ("organization", "id"):
                declared.add(constraint.name)
        declared |= {
            f"{model._meta.db_table}_{trigger.name}"
            for trigger in getattr(model._meta, "triggers", ())
            if trigger.name != "touch"
        }
    assert {*CHECKS, *NEW_ROWS, *UNIQUES, *TENANTS, *TRIGGERS} == declared


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "maker", "columns"),
    [(name, *example) for name, example in CHECKS.items()] + MORE_CHECKS,
)
def test_a_check_refuses(name: str, maker: Any, columns: dict[str, Any]) -> None:
    row = maker()
    columns = {key: make.make_user().pk if value == "a user" else value for key, value in columns.items()}
    before = as_stored(row)
    assert change(row, columns) == name
    assert as_stored(row) == before


@pytest.mark.django_db
@pytest.mark.parametrize("name", NEW_ROWS)
def test_a_new_row_is_refused(name: str) -> None:
    maker, columns = NEW_ROWS[name]
    before = list(Role.objects.order_by("pk"))
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        maker(**columns)
    assert refused.value.__cause__.diag.constraint_name == name
    assert list(Role.objects.order_by("pk")) == before


@pytest.mark.django_db
@pytest.mark.parametrize("name", [*CHECKS, *NEW_ROWS])
def test_forms_hear_of_a_check_in_words(name: str) -> None:
    maker, columns = {**CHECKS, **NEW_ROWS}[name]
    row = maker()
    for key, value in columns.items():
        setattr(row, key, make.make_user().pk if value == "a user" else value)
    (constraint,) = (constraint for constraint in row._meta.constraints if constraint.name == name)
    with pytest.raises(ValidationError) as refused:
        constraint.validate(type(row), row)
    assert refused.value.messages == [constraint.get_violation_error_message()]


@pytest.mark.django_db
@pytest.mark.parametrize("name", UNIQUES)
def test_what_is_unique_is_not_twice(name: str) -> None:
    maker, shared, first, second = UNIQUES[name]
    shared = with_rows(shared)
    here = maker(**{**shared, **first})
    there = maker(**{**shared, **SECOND.get(name, {})})
    second = {key: here.user_id if value == "the first's" else value for key, value in second.items()}
    before = as_stored(there)
    assert change(there, second) == name
    assert as_stored(there) == before


@pytest.mark.django_db
@pytest.mark.parametrize("name", TENANTS)
def test_a_reference_stays_in_its_tenant(name: str) -> None:
    maker, column, elsewhere = TENANTS[name]
    row, other = maker(), elsewhere()
    before = as_stored(row)
    assert change(row, {column: other.pk}) == name
    assert as_stored(row) == before


@pytest.mark.django_db
def test_a_unit_cannot_lie_below_itself() -> None:
    top = make.make_unit()
    middle = make.make_unit(organization=top.organization, parent=top)
    bottom = make.make_unit(organization=top.organization, parent=middle)
    before = as_stored(top)
    assert change(top, {"parent_id": bottom.pk}) == "accounts_unit_stays_tree"
    assert change(top, {"parent_id": top.pk}) == "accounts_unit_stays_tree"
    assert as_stored(top) == before


def test_two_moves_at_once_do_not_close_a_ring(committed, at_once) -> None:
    first = make.make_unit()
    second = make.make_unit(organization=first.organization)

    def move(below, above):
        with transaction.atomic():
            type(below).objects.filter(pk=below.pk).update(parent=above)

    results = at_once(lambda: move(first, second), lambda: move(second, first))
    assert sorted(type(result).__name__ for result in results) == ["IntegrityError", "NoneType"]


@pytest.mark.django_db
@pytest.mark.parametrize("columns", [{"code": "other"}, {"scope": "platform"}])
def test_a_role_keeps_its_meaning(columns: dict[str, str]) -> None:
    role = make.make_role()
    before = as_stored(role)
    assert change(role, columns) == "accounts_role_meaning_stays"
    assert as_stored(role) == before
    type(role).objects.filter(pk=role.pk).update(name="Another name")


@pytest.mark.django_db
def test_a_role_is_held_where_it_belongs() -> None:
    assignment = make.make_role_assignment()
    before = as_stored(assignment)
    auditor = make.make_role(scope="platform")
    assert change(assignment, {"organization_id": None}) == "accounts_roleassignment_scope"
    assert change(assignment, {"role_id": auditor.pk}) == "accounts_roleassignment_scope"
    assert as_stored(assignment) == before
    with pytest.raises(IntegrityError, match="without an organization"), transaction.atomic():
        make.give_role(make.make_user(), auditor.code, make.make_organization())


@pytest.mark.django_db
def test_what_may_be_alike_is_let_in() -> None:
    here, there = make.make_organization(), make.make_organization()
    person = make.make_user()
    make.make_unit(organization=here, name="Art")
    make.make_unit(organization=there, name="Art")
    make.make_unit(organization=here, name="Art", parent=make.make_unit(organization=here))
    make.make_membership(organization=here, user=person, state="ended")
    make.make_membership(organization=here, user=person, state="ended")
    make.make_membership(organization=here, user=person)
    make.make_membership(organization=there, user=person)
    make.make_api_key(organization=here, name="bot", revoked_at=timezone.now() + timedelta(days=1))
    make.make_api_key(organization=here, name="bot")
    make.make_api_key(organization=here, scopes=["lms.course-modules:read", "accounts:write", "*:read"])
    make.make_company(registration_number="", country="")
    make.make_company(registration_number="", country="")
    assert person.memberships.count() == 4


@pytest.mark.django_db
def test_rows_get_their_id_and_times_from_the_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO accounts_organization (name, slug) VALUES ('By SQL', 'by-sql') RETURNING id")
        (made,) = cursor.fetchone()
        cursor.execute(
            "SELECT status, locale, time_zone, attributes::text, created_at IS NOT NULL FROM"
            " accounts_organization WHERE id = %s",
            [made],
        )
        assert cursor.fetchone() == ("active", "en", "UTC", "{}", True)
    assert made.version == 7
