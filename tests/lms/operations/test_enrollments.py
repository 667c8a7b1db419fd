"""People are enrolled by those who may, into places that there are, and their enrollments change state by rule."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import MembershipState
from azora.kernel.actor import ANONYMOUS, Actor
from azora.kernel.errors import Conflict, Refusal
from lms.models import Enrollment, EnrollmentRole, EnrollmentSource, EnrollmentState
from lms.operations import change_enrollment_state, enrol_user
from lms.operations import enrollments as rules
from tests.accounts.factories import make_administrator, make_membership, make_user
from tests.lms import factories as make

pytestmark = pytest.mark.django_db

ROLES = list(EnrollmentRole)
STATES = list(EnrollmentState)

#: What may follow what, told a second time: the operation's own table is what is tested.
MAY_FOLLOW = {
    ("invited", "active"),
    ("invited", "withdrawn"),
    ("active", "suspended"),
    ("active", "completed"),
    ("active", "withdrawn"),
    ("suspended", "active"),
    ("suspended", "withdrawn"),
    ("completed", "active"),
}


@pytest.fixture
def offering() -> Any:
    return make.make_offering()


@pytest.fixture
def administrator(offering: Any, actor_of: Any) -> Actor:
    return actor_of(make_administrator(offering.organization))


# -- Enrolling ---------------------------------------------------------------------------------------------------------


def test_an_administrator_enrols_a_member(offering: Any, administrator: Actor) -> None:
    section = make.make_section(offering=offering)
    learner = make.make_member(offering.organization)
    before = timezone.now()
    enrollment = enrol_user(
        actor=administrator,
        offering=offering.pk,
        user=learner.pk,
        section=section.pk,
        source=EnrollmentSource.SIS,
        starts_at=make.AT,
        ends_at=make.AT + make.DAY,
    )
    stored = Enrollment.objects.get()
    assert stored == enrollment
    assert (stored.organization, stored.offering, stored.course) == (
        offering.organization,
        offering,
        offering.course,
    )
    assert (stored.user, stored.section, stored.role) == (learner, section, "learner")
    assert (stored.state, stored.source, stored.invited_at) == ("active", "sis", None)
    assert stored.activated_at is not None
    assert before <= stored.activated_at <= timezone.now()
    assert (stored.starts_at, stored.ends_at) == (make.AT, make.AT + make.DAY)


def test_the_invited_accept_first(offering: Any, administrator: Actor, actor_of: Any) -> None:
    learner = make.make_member(offering.organization)
    invited = enrol_user(actor=administrator, offering=offering.pk, user=learner.pk, invite=True)
    assert (invited.state, invited.activated_at) == ("invited", None)
    assert invited.invited_at is not None
    accepted = change_enrollment_state(actor=actor_of(learner), enrollment=invited.pk, state=EnrollmentState.ACTIVE)
    assert accepted.state == "active"
    assert accepted.activated_at is not None
    assert accepted.activated_at >= accepted.invited_at


@pytest.mark.parametrize("role", ROLES)
def test_instructors_enrol_whom_they_manage(role: EnrollmentRole, offering: Any, actor_of: Any, all_rows: Any) -> None:
    instructor = actor_of(make.make_person(offering, EnrollmentRole.INSTRUCTOR))
    user = make.make_member(offering.organization)
    before = all_rows()
    if role in {"learner", "assistant", "observer"}:
        assert enrol_user(actor=instructor, offering=offering.pk, user=user.pk, role=role).role == role
        return
    with pytest.raises(rules.MayNotEnrol):
        enrol_user(actor=instructor, offering=offering.pk, user=user.pk, role=role)
    assert all_rows() == before


def test_an_instructor_names_no_source_and_enrols_nowhere_else(offering: Any, actor_of: Any, all_rows: Any) -> None:
    instructor = actor_of(make.make_person(offering, EnrollmentRole.INSTRUCTOR))
    user = make.make_member(offering.organization)
    other = make.make_offering(organization=offering.organization)
    before = all_rows()
    with pytest.raises(rules.MayNotEnrol):
        enrol_user(actor=instructor, offering=offering.pk, user=user.pk, source=EnrollmentSource.SIS)
    with pytest.raises(rules.MayNotEnrol):
        enrol_user(actor=instructor, offering=other.pk, user=user.pk)
    assert all_rows() == before


@pytest.mark.parametrize("role", [role for role in ROLES if role != EnrollmentRole.INSTRUCTOR])
def test_others_enrol_nobody(role: EnrollmentRole, offering: Any, actor_of: Any, all_rows: Any) -> None:
    actor = actor_of(make.make_person(offering, role))
    user = make.make_member(offering.organization)
    before = all_rows()
    with pytest.raises(rules.MayNotEnrol):
        enrol_user(actor=actor, offering=offering.pk, user=user.pk)
    assert all_rows() == before


def test_people_enrol_themselves_where_it_is_allowed(actor_of: Any, all_rows: Any) -> None:
    offering = make.make_offering(allows_self_enrollment=True)
    closed = make.make_offering(organization=offering.organization)
    member = make.make_member(offering.organization)
    other = make.make_member(offering.organization)
    before = all_rows()
    refused: list[dict[str, Any]] = [
        {"offering": closed.pk, "user": member.pk},
        {"offering": offering.pk, "user": other.pk},
        {"offering": offering.pk, "user": member.pk, "role": EnrollmentRole.INSTRUCTOR},
        {"offering": offering.pk, "user": member.pk, "source": EnrollmentSource.PURCHASE},
        {"offering": offering.pk, "user": member.pk, "invite": True},
    ]
    for arguments in refused:
        with pytest.raises(rules.MayNotEnrol):
            enrol_user(actor=actor_of(member), **arguments)
    assert all_rows() == before
    enrollment = enrol_user(actor=actor_of(member), offering=offering.pk, user=member.pk)
    assert (enrollment.source, enrollment.state) == ("self", "active")


@pytest.mark.parametrize("who", ["stranger", "nobody", "key of another tenant"])
def test_strangers_do_not_learn_of_the_offering(who: str, offering: Any, actor_of: Any, all_rows: Any) -> None:
    elsewhere = make.make_organization()
    tenants = frozenset({elsewhere.pk})
    actor = {
        "stranger": actor_of(make_administrator(elsewhere)),
        "nobody": ANONYMOUS,
        "key of another tenant": Actor(api_key_id=elsewhere.pk, organizations=tenants, administers=tenants),
    }[who]
    user = make.make_member(offering.organization)
    before = all_rows()
    with pytest.raises(rules.OfferingNotFound):
        enrol_user(actor=actor, offering=offering.pk, user=user.pk)
    assert all_rows() == before


@pytest.mark.parametrize("state", [None, *(state for state in MembershipState if state != MembershipState.ACTIVE)])
def test_only_active_members_are_enrolled(
    state: MembershipState | None, offering: Any, administrator: Actor, all_rows: Any
) -> None:
    user = make_user()
    make_membership(user=user)
    if state is not None:
        make_membership(organization=offering.organization, user=user, state=state)
    before = all_rows()
    with pytest.raises(rules.NotAMember):
        enrol_user(actor=administrator, offering=offering.pk, user=user.pk)
    assert all_rows() == before


LATER, EARLIER = timezone.now() + 400 * make.DAY, timezone.now() - 400 * make.DAY


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"state": "planned"}, "it is planned"),
        ({"state": "closed"}, "it is closed"),
        ({"state": "cancelled"}, "it is cancelled"),
        ({"enrollment_opens_at": LATER}, "enrollment has not begun"),
        ({"enrollment_closes_at": EARLIER}, "enrollment has ended"),
    ],
)
def test_a_closed_offering_takes_no_learners(
    columns: dict[str, Any], reason: str, actor_of: Any, all_rows: Any
) -> None:
    offering = make.make_offering(**columns)
    administrator = actor_of(make_administrator(offering.organization))
    user = make.make_member(offering.organization)
    before = all_rows()
    with pytest.raises(rules.OfferingClosed) as refused:
        enrol_user(actor=administrator, offering=offering.pk, user=user.pk)
    assert refused.value.message == f"The offering {offering.code} does not take enrollments: {reason}."
    assert all_rows() == before
    if columns.get("state") != "cancelled":
        staff = enrol_user(actor=administrator, offering=offering.pk, user=user.pk, role=EnrollmentRole.INSTRUCTOR)
        assert staff.state == "active"


def test_learners_wait_for_publication_and_staff_do_not(actor_of: Any, all_rows: Any) -> None:
    offering = make.make_offering(course=make.make_draft())
    administrator = actor_of(make_administrator(offering.organization))
    user = make.make_member(offering.organization)
    before = all_rows()
    with pytest.raises(rules.CourseNotPublished):
        enrol_user(actor=administrator, offering=offering.pk, user=user.pk)
    assert all_rows() == before
    enrol_user(actor=administrator, offering=offering.pk, user=user.pk, role=EnrollmentRole.DESIGNER)


def test_a_section_belongs_to_the_offering(offering: Any, administrator: Actor, all_rows: Any) -> None:
    user = make.make_member(offering.organization)
    other = make.make_section(organization=offering.organization)
    before = all_rows()
    with pytest.raises(rules.SectionOfAnotherOffering):
        enrol_user(actor=administrator, offering=offering.pk, user=user.pk, section=other.pk)
    assert all_rows() == before


def test_places_are_for_live_learners(actor_of: Any, all_rows: Any) -> None:
    offering = make.make_offering(capacity=3)
    administrator = actor_of(make_administrator(offering.organization))
    for state in STATES:
        make.make_enrollment(offering=offering, state=state)
    user = make.make_member(offering.organization)
    before = all_rows()
    with pytest.raises(rules.OfferingFull) as refused:
        enrol_user(actor=administrator, offering=offering.pk, user=user.pk)
    assert refused.value.message == f"The offering {offering.code} has no free place: all 3 are taken."
    assert all_rows() == before
    enrol_user(actor=administrator, offering=offering.pk, user=user.pk, role=EnrollmentRole.OBSERVER)
    Enrollment.objects.filter(offering=offering, state="invited").update(state="withdrawn", withdrawn_at=make.AT)
    assert enrol_user(actor=administrator, offering=offering.pk, user=user.pk).state == "active"


def test_a_section_has_places_of_its_own(offering: Any, administrator: Actor, all_rows: Any) -> None:
    section = make.make_section(offering=offering, capacity=1)
    make.make_enrollment(offering=offering, section=section)
    user = make.make_member(offering.organization)
    before = all_rows()
    with pytest.raises(rules.SectionFull):
        enrol_user(actor=administrator, offering=offering.pk, user=user.pk, section=section.pk)
    assert all_rows() == before
    assert enrol_user(actor=administrator, offering=offering.pk, user=user.pk).section is None


@pytest.mark.parametrize("state", STATES)
def test_a_person_has_one_live_enrollment_of_a_role(
    state: EnrollmentState, offering: Any, administrator: Actor, all_rows: Any
) -> None:
    first = make.make_enrollment(offering=offering, state=state)
    before = all_rows()
    if state in {"completed", "withdrawn"}:
        assert enrol_user(actor=administrator, offering=offering.pk, user=first.user_id) != first
        return
    with pytest.raises(rules.AlreadyEnrolled) as refused:
        enrol_user(actor=administrator, offering=offering.pk, user=first.user_id)
    assert refused.value.message.endswith(f"as learner already ({state}).")
    assert all_rows() == before


def test_dates_in_the_wrong_order_are_refused(offering: Any, administrator: Actor, all_rows: Any) -> None:
    user = make.make_member(offering.organization)
    before = all_rows()
    with pytest.raises(Conflict) as refused:
        enrol_user(
            actor=administrator,
            offering=offering.pk,
            user=user.pk,
            starts_at=make.AT,
            ends_at=make.AT - make.DAY,
        )
    assert refused.value.code == "lms.enrollment_dates_order"
    assert all_rows() == before


# -- States ------------------------------------------------------------------------------------------------------------


def outcome(actor: Actor, enrollment: Enrollment, state: EnrollmentState) -> str:
    """The state that was reached, or the name of the refusal."""
    try:
        return str(change_enrollment_state(actor=actor, enrollment=enrollment.pk, state=state).state)
    except Refusal as refusal:
        return type(refusal).__name__


@pytest.mark.parametrize("target", STATES)
@pytest.mark.parametrize("state", STATES)
def test_a_state_follows_by_rule(
    state: EnrollmentState, target: EnrollmentState, offering: Any, administrator: Actor, all_rows: Any
) -> None:
    enrollment = make.make_enrollment(offering=offering, state=state)
    before = all_rows()
    if (state.value, target.value) in MAY_FOLLOW:
        assert outcome(administrator, enrollment, target) == target
        enrollment.refresh_from_db()
        times = {"suspended": enrollment.suspended_at, "completed": enrollment.completed_at}
        times["withdrawn"] = enrollment.withdrawn_at
        assert {name for name, at in times.items() if at is not None} == {target.value} & set(times)
        return
    with pytest.raises(rules.NoSuchTransition) as refused:
        change_enrollment_state(actor=administrator, enrollment=enrollment.pk, state=target)
    assert refused.value.message == f"An enrollment that is {state.value} cannot become {target.value}."
    assert all_rows() == before


@pytest.mark.parametrize("target", STATES)
@pytest.mark.parametrize("state", STATES)
def test_people_accept_decline_and_withdraw_for_themselves(
    state: EnrollmentState, target: EnrollmentState, actor_of: Any, offering: Any, all_rows: Any
) -> None:
    own = make.make_enrollment(offering=offering, state=state)
    allowed = {("invited", "active"), ("invited", "withdrawn"), ("active", "withdrawn")}
    before = all_rows()
    got = outcome(actor_of(own.user), own, target)
    if (state.value, target.value) in allowed:
        assert got == target
        return
    assert got == "MayNotChangeEnrollment"
    assert all_rows() == before


@pytest.mark.parametrize("role", ROLES)
def test_instructors_manage_learners_assistants_and_observers(
    role: EnrollmentRole, offering: Any, actor_of: Any, all_rows: Any
) -> None:
    instructor = actor_of(make.make_person(offering, EnrollmentRole.INSTRUCTOR))
    enrollment = make.make_enrollment(offering=offering, role=role)
    before = all_rows()
    got = outcome(instructor, enrollment, EnrollmentState.SUSPENDED)
    if role in {"learner", "assistant", "observer"}:
        assert got == "suspended"
        return
    assert got == "MayNotChangeEnrollment"
    assert all_rows() == before


@pytest.mark.parametrize("role", [role for role in ROLES if role != EnrollmentRole.INSTRUCTOR])
def test_others_change_nobodys_state(role: EnrollmentRole, offering: Any, actor_of: Any, all_rows: Any) -> None:
    actor = actor_of(make.make_person(offering, role))
    enrollment = make.make_enrollment(offering=offering)
    before = all_rows()
    expected = "MayNotChangeEnrollment" if role == EnrollmentRole.ASSISTANT else "EnrollmentNotFound"
    assert outcome(actor, enrollment, EnrollmentState.SUSPENDED) == expected
    assert all_rows() == before


def test_the_staff_of_a_host_see_a_lent_section_and_do_not_manage_it(actor_of: Any, all_rows: Any) -> None:
    listing = make.make_cross_listing()
    lent = make.make_enrollment(offering=listing.offering, section=listing.section)
    instructor = actor_of(make.make_person(listing.host, EnrollmentRole.INSTRUCTOR))
    before = all_rows()
    assert outcome(instructor, lent, EnrollmentState.SUSPENDED) == "MayNotChangeEnrollment"
    assert all_rows() == before


def test_strangers_do_not_learn_of_the_enrollment(offering: Any, actor_of: Any, all_rows: Any) -> None:
    enrollment = make.make_enrollment(offering=offering)
    stranger = actor_of(make_administrator(make.make_organization()))
    before = all_rows()
    for actor in (stranger, ANONYMOUS):
        assert outcome(actor, enrollment, EnrollmentState.SUSPENDED) == "EnrollmentNotFound"
    assert all_rows() == before


def test_reopening_takes_a_place_again(actor_of: Any, all_rows: Any) -> None:
    offering = make.make_offering(capacity=1)
    administrator = actor_of(make_administrator(offering.organization))
    completed = make.make_enrollment(offering=offering, state="completed")
    taken = make.make_enrollment(offering=offering)
    before = all_rows()
    assert outcome(administrator, completed, EnrollmentState.ACTIVE) == "OfferingFull"
    assert all_rows() == before
    assert outcome(administrator, taken, EnrollmentState.WITHDRAWN) == "withdrawn"
    assert outcome(administrator, completed, EnrollmentState.ACTIVE) == "active"
    completed.refresh_from_db()
    assert (completed.activated_at, completed.completed_at) == (make.AT, None)


def test_reopening_beside_a_newer_enrollment_is_refused(offering: Any, administrator: Actor, all_rows: Any) -> None:
    completed = make.make_enrollment(offering=offering, state="completed")
    make.make_enrollment(offering=offering, user=completed.user)
    before = all_rows()
    with pytest.raises(Conflict) as refused:
        change_enrollment_state(actor=administrator, enrollment=completed.pk, state=EnrollmentState.ACTIVE)
    assert refused.value.code == "lms.enrollment_one_live"
    assert all_rows() == before


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["enrol", *STATES])), min_size=1, max_size=25))
def test_states_at_random_agree_with_a_model(steps: list[tuple[int, str]], actor_of: Any) -> None:
    """Three people, two places: whatever is asked, the rows are what a model of a few lines says."""
    offering = make.make_offering(capacity=2)
    administrator = actor_of(make_administrator(offering.organization))
    people = [make.make_member(offering.organization) for _ in range(3)]
    live = {"invited", "active", "suspended"}
    latest: dict[int, Enrollment] = {}
    model: dict[Any, tuple[int, str]] = {}
    for who, step in steps:
        taken = sum(state in live for _, state in model.values())
        has_live = any(person == who and state in live for person, state in model.values())
        if step == "enrol":
            expected = "AlreadyEnrolled" if has_live else "OfferingFull" if taken == 2 else "active"
            try:
                latest[who] = enrol_user(actor=administrator, offering=offering.pk, user=people[who].pk)
                got, row = str(latest[who].state), latest[who].pk
            except Refusal as refusal:
                got = type(refusal).__name__
        elif who in latest:
            row = latest[who].pk
            _, state = model[row]
            expected = str(step) if (state, str(step)) in MAY_FOLLOW else "NoSuchTransition"
            if state not in live and expected == "active" and taken == 2:
                expected = "OfferingFull"
            got = outcome(administrator, latest[who], EnrollmentState(step))
        else:
            continue
        assert got == expected
        if got in STATES:
            model[row] = (who, got)
        stored = offering.enrollments.values_list("pk", "user_id", "state")
        assert {pk: (user, state) for pk, user, state in stored} == {
            pk: (people[who].pk, state) for pk, (who, state) in model.items()
        }
