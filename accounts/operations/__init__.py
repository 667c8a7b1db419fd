"""Every change of people and organizations."""

from accounts.operations.keys import IssuedApiKey, issue_api_key, note_key_use, revoke_api_key
from accounts.operations.members import Invitation, accept_invitation, invite_member
from accounts.operations.organizations import create_organization
from accounts.operations.people import create_administrator, note_log_in
from accounts.operations.roles import assign_role, revoke_role

__all__ = [
    "Invitation",
    "IssuedApiKey",
    "accept_invitation",
    "assign_role",
    "create_administrator",
    "create_organization",
    "invite_member",
    "issue_api_key",
    "note_key_use",
    "note_log_in",
    "revoke_api_key",
    "revoke_role",
]
