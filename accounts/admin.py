"""People and organizations in the admin: read, searched and opened; roles and keys are taken back by actions."""

from __future__ import annotations

from django.contrib import admin

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
from accounts.operations import revoke_api_key, revoke_role
from azora.kernel.admin import RecordAdmin, RecordInline, for_each_selected


class OrganizationInline(RecordInline):
    model = Organization
    fields = ("name", "slug", "status")


class UnitInline(RecordInline):
    model = Unit
    fields = ("name", "kind", "code", "parent")


class MemberInline(RecordInline):
    model = Membership
    fk_name = "organization"
    fields = ("user", "unit", "state", "number", "position")


class MembershipInline(RecordInline):
    model = Membership
    fk_name = "user"
    fields = ("organization", "unit", "state", "number", "position")


class UnitMemberInline(RecordInline):
    model = Membership
    fk_name = "unit"
    fields = ("user", "state", "position")


class RoleAssignmentInline(RecordInline):
    model = RoleAssignment
    fk_name = "user"
    fields = ("role", "organization", "expires_at", "revoked_at")


class HolderInline(RecordInline):
    model = RoleAssignment
    fk_name = "role"
    fields = ("user", "organization", "expires_at", "revoked_at")


class OrganizationRoleInline(RecordInline):
    model = RoleAssignment
    fk_name = "organization"
    fields = ("user", "role", "expires_at", "revoked_at")


class AccountInline(RecordInline):
    model = Account
    fields = ("provider", "username", "email", "last_used_at")


class SessionInline(RecordInline):
    model = Session
    fields = ("device", "ip_address", "assurance_level", "expires_at", "revoked_at")


class TwoFactorDeviceInline(RecordInline):
    model = TwoFactorDevice
    fields = ("kind", "name", "confirmed_at", "last_used_at")


class ApiKeyInline(RecordInline):
    model = ApiKey
    fk_name = "organization"
    fields = ("name", "prefix", "scopes", "expires_at", "last_used_at", "revoked_at")


class VerificationTokenInline(RecordInline):
    model = VerificationToken
    fields = ("purpose", "email", "expires_at", "used_at")


@admin.register(Company)
class CompanyAdmin(RecordAdmin):
    list_display = ("name", "registration_number", "country", "created_at")
    list_filter = ("country",)
    search_fields = ("^name", "=registration_number")
    inlines = (OrganizationInline,)


@admin.register(Organization)
class OrganizationAdmin(RecordAdmin):
    list_display = ("name", "slug", "company", "status", "locale", "created_at")
    list_filter = ("status",)
    search_fields = ("^name", "slug__startswith")
    inlines = (UnitInline, MemberInline, OrganizationRoleInline, ApiKeyInline)


@admin.register(Unit)
class UnitAdmin(RecordAdmin):
    list_display = ("name", "kind", "code", "parent", "organization")
    list_filter = ("kind", ("organization", admin.RelatedOnlyFieldListFilter))
    search_fields = ("^name", "=code")
    inlines = (UnitInline, UnitMemberInline)


@admin.register(User)
class UserAdmin(RecordAdmin):
    list_display = ("email", "name", "status", "locale", "email_verified_at", "last_login_at", "created_at")
    list_filter = ("status", ("email_verified_at", admin.EmptyFieldListFilter))
    search_fields = ("^email", "^name")
    secrets = ("password",)
    inlines = (MembershipInline, RoleAssignmentInline, AccountInline, TwoFactorDeviceInline, SessionInline)


@admin.register(Membership)
class MembershipAdmin(RecordAdmin):
    list_display = ("user", "organization", "unit", "state", "number", "position", "joined_at", "ended_at")
    list_filter = ("state", ("organization", admin.RelatedOnlyFieldListFilter))
    search_fields = ("^user__email", "^user__name", "=number")
    inlines = (VerificationTokenInline,)


@admin.register(Role)
class RoleAdmin(RecordAdmin):
    list_display = ("name", "code", "scope", "description")
    list_filter = ("scope",)
    search_fields = ("code",)
    inlines = (HolderInline,)


@admin.register(RoleAssignment)
class RoleAssignmentAdmin(RecordAdmin):
    list_display = ("user", "role", "organization", "assigned_at", "expires_at", "revoked_at", "assigned_by")
    list_filter = ("role", ("revoked_at", admin.EmptyFieldListFilter))
    search_fields = ("^user__email", "^user__name")
    actions = (
        for_each_selected(
            revoke_role, "role_assignment", description="Revoke the selected roles", done="{count} roles revoked."
        ),
    )


@admin.register(ApiKey)
class ApiKeyAdmin(RecordAdmin):
    list_display = ("name", "organization", "prefix", "scopes", "expires_at", "last_used_at", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), ("organization", admin.RelatedOnlyFieldListFilter))
    search_fields = ("=prefix", "^name")
    secrets = ("secret_hash",)
    actions = (
        for_each_selected(
            revoke_api_key, "api_key", description="Revoke the selected keys", done="{count} keys revoked."
        ),
    )


@admin.register(StoredFile)
class StoredFileAdmin(RecordAdmin):
    list_display = ("name", "media_type", "size", "organization", "uploaded_by", "created_at")
    list_filter = (("organization", admin.RelatedOnlyFieldListFilter),)
    search_fields = ("checksum__exact", "storage_key__exact")


@admin.register(Account)
class AccountAdmin(RecordAdmin):
    list_display = ("user", "provider", "username", "email", "last_used_at", "created_at")
    search_fields = ("provider_account_id__exact", "^user__email")


@admin.register(Session)
class SessionAdmin(RecordAdmin):
    list_display = ("user", "device", "ip_address", "assurance_level", "expires_at", "revoked_at", "created_at")
    list_filter = ("assurance_level", ("revoked_at", admin.EmptyFieldListFilter))
    search_fields = ("^user__email", "^user__name")
    secrets = ("token_hash", "data")


@admin.register(VerificationToken)
class VerificationTokenAdmin(RecordAdmin):
    list_display = ("user", "purpose", "email", "membership", "expires_at", "used_at", "created_at")
    list_filter = ("purpose", ("used_at", admin.EmptyFieldListFilter))
    search_fields = ("^user__email", "^user__name")
    secrets = ("token_hash",)


@admin.register(TwoFactorDevice)
class TwoFactorDeviceAdmin(RecordAdmin):
    list_display = ("user", "kind", "name", "confirmed_at", "last_used_at", "created_at")
    list_filter = ("kind", ("confirmed_at", admin.EmptyFieldListFilter))
    search_fields = ("^user__email", "^user__name")
    secrets = ("recovery_code_hashes", "webauthn_public_key", "webauthn_credential_id")
