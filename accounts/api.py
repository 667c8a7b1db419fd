"""What HTTP shows of people and organizations. Digests, passwords and session data are in no list of fields."""

from __future__ import annotations

from accounts import operations, queries
from accounts.models import (
    Account,
    ApiKey,
    Company,
    Membership,
    Organization,
    Role,
    RoleAssignment,
    Session,
    StoredFile,
    TwoFactorDevice,
    Unit,
    User,
    VerificationToken,
)
from azora.kernel.rest import Resource

TIMES = ("created_at", "updated_at")
SINCE = {"created_at": ("gte", "lt"), "updated_at": ("gte", "lt")}


class Companies(Resource):
    """Legal entities behind organizations."""

    model = Company
    visible = queries.companies_visible_to
    fields = ("id", "name", "registration_number", "country", *TIMES)
    filters = {"country": ("exact",), "registration_number": ("exact",), **SINCE}


class Organizations(Resource):
    """Organizations, the tenants: every row of theirs names its own."""

    model = Organization
    visible = queries.organizations_visible_to
    fields = ("id", "company", "name", "slug", "description", "status", "locale", "time_zone", "attributes", *TIMES)
    filters = {"slug": ("exact", "in"), "status": ("exact", "in"), "company": ("exact", "isnull"), **SINCE}
    order = ("-id", "slug")
    creates = operations.create_organization


class Units(Resource):
    """Parts of an organization, in a tree: faculties, departments, teams."""

    model = Unit
    visible = queries.units_visible_to
    fields = ("id", "organization", "parent", "kind", "name", "code", "attributes", *TIMES)
    filters = {
        "organization": ("exact", "in"),
        "parent": ("exact", "in", "isnull"),
        "kind": ("exact", "in"),
        "code": ("exact",),
        **SINCE,
    }


class Users(Resource):
    """People: oneself, and those who share an organization with the actor."""

    model = User
    visible = queries.users_visible_to
    fields = (
        "id",
        "email",
        "name",
        "about",
        "status",
        "locale",
        "time_zone",
        "email_verified_at",
        "last_login_at",
        "attributes",
        *TIMES,
    )
    filters = {"email": ("exact", "in"), "status": ("exact", "in"), "email_verified_at": ("isnull",), **SINCE}


class Memberships(Resource):
    """People in organizations. A POST invites a person and answers with the invitation's token, once."""

    model = Membership
    visible = queries.memberships_visible_to
    fields = (
        "id",
        "organization",
        "user",
        "unit",
        "state",
        "number",
        "position",
        "joined_at",
        "ended_at",
        "invited_by",
        *TIMES,
    )
    filters = {
        "organization": ("exact", "in"),
        "user": ("exact", "in"),
        "unit": ("exact", "in", "isnull"),
        "state": ("exact", "in"),
        "number": ("exact", "in"),
        **SINCE,
    }
    creates = operations.invite_member


class Roles(Resource):
    """Roles that people may hold, on the platform or in an organization."""

    model = Role
    visible = queries.roles_visible_to
    fields = ("id", "code", "scope", "name", "description", *TIMES)
    filters = {"code": ("exact", "in"), "scope": ("exact",)}
    order = ("code",)


class RoleAssignments(Resource):
    """Who holds which role, where, and until when. A POST gives a role to a person."""

    model = RoleAssignment
    visible = queries.role_assignments_visible_to
    fields = (
        "id",
        "user",
        "role",
        "organization",
        "assigned_at",
        "expires_at",
        "revoked_at",
        "assigned_by",
        "revoked_by",
        *TIMES,
    )
    filters = {
        "user": ("exact", "in"),
        "role": ("exact", "in"),
        "organization": ("exact", "in", "isnull"),
        "expires_at": ("isnull", "gte", "lt"),
        "revoked_at": ("isnull",),
        **SINCE,
    }
    creates = operations.assign_role
    changes = {"revoke": operations.revoke_role}


class ApiKeys(Resource):
    """Services' keys to an organization. A POST issues one and answers with the whole key, once."""

    model = ApiKey
    visible = queries.api_keys_visible_to
    fields = (
        "id",
        "organization",
        "name",
        "prefix",
        "scopes",
        "created_by",
        "expires_at",
        "last_used_at",
        "revoked_at",
        *TIMES,
    )
    filters = {
        "organization": ("exact", "in"),
        "prefix": ("exact",),
        "expires_at": ("isnull", "gte", "lt"),
        "revoked_at": ("isnull",),
        **SINCE,
    }
    creates = operations.issue_api_key
    changes = {"revoke": operations.revoke_api_key}


class StoredFiles(Resource):
    """Files in the store, described; their bytes are served elsewhere."""

    model = StoredFile
    visible = queries.stored_files_visible_to
    fields = (
        "id",
        "organization",
        "name",
        "media_type",
        "size",
        "checksum",
        "storage_key",
        "uploaded_by",
        *TIMES,
    )
    filters = {
        "organization": ("exact", "in"),
        "checksum": ("exact", "in"),
        "storage_key": ("exact",),
        "uploaded_by": ("exact", "in"),
        **SINCE,
    }


class Accounts(Resource):
    """One's own accounts at identity providers."""

    model = Account
    visible = queries.accounts_visible_to
    fields = ("id", "user", "provider", "provider_account_id", "username", "email", "last_used_at", *TIMES)
    filters = {"user": ("exact", "in"), "provider": ("exact",), "provider_account_id": ("exact",), **SINCE}


class Sessions(Resource):
    """One's own sessions, without what would let anybody enter them."""

    model = Session
    visible = queries.sessions_visible_to
    fields = ("id", "user", "device", "ip_address", "assurance_level", "expires_at", "revoked_at", *TIMES)
    filters = {"user": ("exact", "in"), "expires_at": ("gte", "lt"), "revoked_at": ("isnull",), **SINCE}


class VerificationTokens(Resource):
    """What was sent to whom to prove an address, without the tokens themselves."""

    model = VerificationToken
    visible = queries.verification_tokens_visible_to
    fields = ("id", "user", "membership", "purpose", "email", "expires_at", "used_at", *TIMES)
    filters = {
        "user": ("exact", "in"),
        "membership": ("exact", "in"),
        "purpose": ("exact", "in"),
        "used_at": ("isnull",),
        **SINCE,
    }


class TwoFactorDevices(Resource):
    """One's own second factors, without keys and codes."""

    model = TwoFactorDevice
    visible = queries.two_factor_devices_visible_to
    fields = ("id", "user", "kind", "name", "confirmed_at", "last_used_at", *TIMES)
    filters = {"user": ("exact", "in"), "kind": ("exact", "in"), "confirmed_at": ("isnull",), **SINCE}
