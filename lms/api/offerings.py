"""When courses are taught, and the sections and groups of their people, over HTTP."""

from __future__ import annotations

from azora.kernel.rest import Resource
from lms import models, queries
from lms.api.columns import ONE_OR_SOME, ONE_SOME_OR_NONE, PERIOD, ROW, TIMES


class Terms(Resource):
    """Stretches of the academic calendar."""

    model = models.Term
    visible = queries.terms_visible_to
    fields = ("id", "organization", "code", "name", "starts_at", "ends_at", "sis_id", *TIMES)
    filters = {**ROW, "code": ONE_OR_SOME, "sis_id": ONE_OR_SOME, "starts_at": PERIOD, "ends_at": PERIOD}


class Offerings(Resource):
    """Courses as they are taught in a term."""

    model = models.Offering
    visible = queries.offerings_visible_to
    fields = (
        "id",
        "organization",
        "course",
        "term",
        "code",
        "state",
        "starts_at",
        "ends_at",
        "enrollment_opens_at",
        "enrollment_closes_at",
        "capacity",
        "allows_self_enrollment",
        "scale",
        "attributes",
        *TIMES,
    )
    filters = {**ROW, "course": ONE_OR_SOME, "term": ONE_SOME_OR_NONE, "state": ONE_OR_SOME, "starts_at": PERIOD}


class Sections(Resource):
    """Parts of an offering's people who meet together."""

    model = models.Section
    visible = queries.sections_visible_to
    fields = ("id", "organization", "offering", "name", "capacity", "starts_at", "ends_at", "sis_id", *TIMES)
    filters = {**ROW, "offering": ONE_OR_SOME, "sis_id": ONE_OR_SOME}


class CrossListings(Resource):
    """Sections that are taught together with another offering than their own."""

    model = models.CrossListing
    visible = queries.cross_listings_visible_to
    fields = ("id", "organization", "section", "offering", "host", *TIMES)
    filters = {**ROW, "section": ONE_OR_SOME, "offering": ONE_OR_SOME, "host": ONE_OR_SOME}


class GroupSets(Resource):
    """Groups of an offering made for one purpose."""

    model = models.GroupSet
    visible = queries.group_sets_visible_to
    fields = ("id", "organization", "offering", "name", "allows_self_signup", "member_limit", *TIMES)
    filters = {**ROW, "offering": ONE_OR_SOME}


class Groups(Resource):
    """Some people of an offering, for work together."""

    model = models.Group
    visible = queries.groups_visible_to
    fields = ("id", "organization", "offering", "group_set", "name", "description", "member_limit", *TIMES)
    filters = {**ROW, "offering": ONE_OR_SOME, "group_set": ONE_SOME_OR_NONE}


class GroupMembers(Resource):
    """Who is in a group, by way of their enrollment."""

    model = models.GroupMember
    visible = queries.group_members_visible_to
    fields = ("id", "organization", "offering", "group", "enrollment", "is_leader", *TIMES)
    filters = {**ROW, "offering": ONE_OR_SOME, "group": ONE_OR_SOME, "enrollment": ONE_OR_SOME}
