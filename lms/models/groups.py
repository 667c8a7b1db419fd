"""Groups of an offering's people: for work together, apart from the sections that the registrar makes."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.models import TenantRecord
from azora.kernel.conditions import at_least, not_blank
from azora.kernel.constraints import SameParent, SameTenant, parent_key
from lms.models.enrollments import Enrollment
from lms.models.offerings import Offering


class GroupSet(TenantRecord):
    """Groups made for one purpose: project teams, laboratory pairs."""

    # A set has no life outside its offering.
    offering = models.ForeignKey(Offering, on_delete=models.CASCADE, related_name="group_sets", db_constraint=False)
    name = models.CharField(max_length=255)
    allows_self_signup = models.BooleanField(default=False, db_default=False)
    member_limit = models.IntegerField(
        null=True, blank=True, help_text="Members of each of its groups; none: no limit."
    )

    class Meta(TenantRecord.Meta):
        constraints = [
            *TenantRecord.Meta.constraints,
            parent_key("offering", name="lms_groupset_offering_key"),
            SameTenant("offering", name="lms_groupset_offering_tenant"),
            not_blank("name", name="lms_groupset_name_given"),
            at_least(1, "member_limit", name="lms_groupset_member_limit_range"),
            models.UniqueConstraint(
                "organization",
                "offering",
                Lower("name"),
                name="lms_groupset_name",
                violation_error_message="There is a set of groups of this name in the offering already.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Group(TenantRecord):
    """Some people of an offering."""

    # A group has no life outside its offering.
    offering = models.ForeignKey(Offering, on_delete=models.CASCADE, related_name="groups", db_constraint=False)
    # A set that still has groups is emptied first: members would lose their teams unasked.
    group_set = models.ForeignKey(
        GroupSet, on_delete=models.RESTRICT, null=True, blank=True, related_name="groups", db_constraint=False
    )
    name = models.CharField(max_length=255)
    description = models.TextField(blank=True, default="", db_default="")
    member_limit = models.IntegerField(null=True, blank=True, help_text="None: the limit of its set, if any.")

    class Meta(TenantRecord.Meta):
        constraints = [
            *TenantRecord.Meta.constraints,
            parent_key("offering", name="lms_group_offering_key"),
            SameTenant("offering", name="lms_group_offering_tenant"),
            SameParent("group_set", "offering", name="lms_group_group_set_offering"),
            not_blank("name", name="lms_group_name_given"),
            at_least(1, "member_limit", name="lms_group_member_limit_range"),
            models.UniqueConstraint(
                "organization",
                "offering",
                Lower("name"),
                name="lms_group_name",
                violation_error_message="There is a group of this name in the offering already.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class GroupMember(TenantRecord):
    """A person in a group, by way of their enrollment in its offering."""

    # The offering of both, kept here so that keys can hold them to one; it goes with the group.
    offering = models.ForeignKey(Offering, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    # Without the group there is nothing to be a member of.
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="members", db_constraint=False)
    # Without the enrollment the person has no place in the offering's groups.
    enrollment = models.ForeignKey(
        Enrollment, on_delete=models.CASCADE, related_name="group_memberships", db_constraint=False
    )
    is_leader = models.BooleanField(default=False, db_default=False)

    class Meta(TenantRecord.Meta):
        constraints = [
            *TenantRecord.Meta.constraints,
            SameTenant("offering", name="lms_groupmember_offering_tenant"),
            SameParent("group", "offering", name="lms_groupmember_group_offering"),
            SameParent("enrollment", "offering", name="lms_groupmember_enrollment_offering"),
            models.UniqueConstraint(
                fields=["organization", "group", "enrollment"],
                name="lms_groupmember_once",
                violation_error_message="This person is a member of the group already.",
            ),
            models.UniqueConstraint(
                fields=["organization", "group"],
                condition=Q(is_leader=True),
                name="lms_groupmember_one_leader",
                violation_error_message="The group has a leader already.",
            ),
        ]

    def __str__(self) -> str:
        return f"enrollment {self.enrollment_id} in group {self.group_id}"
