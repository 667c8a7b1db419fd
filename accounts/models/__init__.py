"""People, the organizations that they belong to, and how they prove who they are."""

from accounts.models.credentials import (
    SCOPE,
    Account,
    ApiKey,
    AssuranceLevel,
    Session,
    TokenPurpose,
    VerificationToken,
)
from accounts.models.factors import FactorKind, TotpAlgorithm, TwoFactorDevice
from accounts.models.files import StoredFile
from accounts.models.organizations import Company, Organization, OrganizationStatus, TenantRecord, Unit, UnitKind
from accounts.models.people import Membership, MembershipState, User, UserStatus
from accounts.models.roles import BuiltInRole, Role, RoleAssignment, RoleScope

__all__ = [
    "SCOPE",
    "Account",
    "ApiKey",
    "AssuranceLevel",
    "BuiltInRole",
    "Company",
    "FactorKind",
    "Membership",
    "MembershipState",
    "Organization",
    "OrganizationStatus",
    "Role",
    "RoleAssignment",
    "RoleScope",
    "Session",
    "StoredFile",
    "TenantRecord",
    "TokenPurpose",
    "TotpAlgorithm",
    "TwoFactorDevice",
    "Unit",
    "UnitKind",
    "User",
    "UserStatus",
    "VerificationToken",
]
