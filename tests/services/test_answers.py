"""What a person says to a change that ended with a question."""

import asyncio

import pytest

from tests.services.house import ADMIN, VIEWER, WEDNESDAY, House
from timekpr_mngr.domain.account import Account, Actor, Role, Source
from timekpr_mngr.domain.change import Answer, Change, ChangeState, FollowsAs
from timekpr_mngr.domain.drift import DriftState
from timekpr_mngr.errors import Forbidden, Invalid, NotNow, UnknownChange, UnknownServer
from timekpr_mngr.services.live import ChangeMoved, DriftSeen, Event
from timekpr_mngr.services.views import Accepted
from timekpr_mngr.timekpr import interface

CARL = Actor(Account("carl", Role.ADMIN, WEDNESDAY), Source.API)
OURS, THEIRS, OTHER = 7_200, 3_600, 5_400


async def conflicting(home: House) -> Change:
    """A week's limit that was set on the computer itself while ours waited."""
    home.line.switch_off()
    [asked] = (
        await home.services.limits.change_user(ADMIN, "kids-pc", "alice", {"week_limit_seconds": OURS})
    ).changes
    home.machine.call(interface.set_time_limit_for_week("alice", THEIRS))
    home.line.switch_on()
    [change] = await home.settled(asked)
    assert change.state is ChangeState.CONFLICT
    await home.read()
    return change


async def uncertain(home: House) -> Change:
    """A grant of which it cannot be told whether it arrived."""
    home.line.switch_off()
    [asked] = (
        await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=900, reason="homework")
    ).changes
    for expected, to in (
        (ChangeState.QUEUED, ChangeState.SENDING),
        (ChangeState.SENDING, ChangeState.UNCERTAIN),
    ):
        await home.store.changes.step(asked.id, to, expected={expected}, now=home.clock())
    return await home.services.changes.get(ADMIN, asked.id)


def week_limit(home: House) -> int:
    """What the computer has."""
    lines = home.machine.conf("alice").splitlines()
    return int(next(line.split("=")[1] for line in lines if line.startswith("LIMIT_PER_WEEK")))


async def done(home: House, accepted: Accepted) -> Change:
    """The one change of an answer, when it has ended."""
    [change] = await home.settled(*accepted.changes)
    return change


async def test_keeping_theirs_sends_nothing_and_adopts_the_drift_that_it_is(home: House) -> None:
    change = await conflicting(home)
    [drift] = (await home.services.drift.list(ADMIN, state="open")).items
    seen: list[Event] = []
    home.services.live.subscribe(seen.append)

    accepted = await home.services.changes.answer(ADMIN, change.id, "theirs")

    assert accepted.changes == ()
    answered = await home.services.changes.get(ADMIN, change.id)
    assert (answered.state, answered.answer, answered.answered_by) == (
        ChangeState.CONFLICT,
        Answer.THEIRS,
        "anna",
    )
    assert not answered.asks
    assert (await home.services.drift.get(ADMIN, drift.id)).state is DriftState.ADOPTED
    told = [event for event in seen if isinstance(event, ChangeMoved | DriftSeen)]
    assert told == [ChangeMoved(answered), DriftSeen("kids-pc", "alice")]
    assert week_limit(home) == THEIRS
    assert f"anna (page) answered theirs to change {change.id}: week_limit_seconds: kids-pc/alice" in (
        await home.audit()
    )


async def test_adopting_the_drift_answers_the_conflict_of_its_field_and_no_other(home: House) -> None:
    change = await conflicting(home)
    [drift] = (await home.services.drift.list(ADMIN, state="open")).items
    other = await uncertain(home)
    seen: list[Event] = []
    home.services.live.subscribe(seen.append)

    await home.services.drift.adopt(ADMIN, drift.id)

    answered = await home.services.changes.get(ADMIN, change.id)
    assert (answered.answer, answered.answered_by, answered.asks) == (Answer.THEIRS, "anna", False)
    assert ChangeMoved(answered) in seen
    assert (await home.services.changes.get(ADMIN, other.id)).asks
    assert await home.services.changes.asking(ADMIN) == {"kids-pc": 1}


async def test_using_ours_sets_what_was_wanted_over_what_was_seen(home: House) -> None:
    change = await conflicting(home)
    seen: list[Event] = []
    home.services.live.subscribe(seen.append)

    accepted = await home.services.changes.answer(ADMIN, change.id, "ours")

    [new] = accepted.changes
    assert (new.before, new.after) == (THEIRS, OURS)
    assert (new.follows, new.follows_as) == (change.id, FollowsAs.ANSWER)
    answered = await home.services.changes.get(ADMIN, change.id)
    assert ChangeMoved(answered) in seen
    assert (await done(home, accepted)).state is ChangeState.APPLIED
    assert week_limit(home) == OURS


async def test_what_moved_again_after_the_answer_asks_again(home: House) -> None:
    change = await conflicting(home)
    home.line.switch_off()
    accepted = await home.services.changes.answer(ADMIN, change.id, "ours")
    home.machine.call(interface.set_time_limit_for_week("alice", OTHER))
    home.line.switch_on()

    again = await done(home, accepted)

    assert (again.state, again.theirs, again.asks) == (ChangeState.CONFLICT, OTHER, True)
    assert week_limit(home) == OTHER


async def test_something_else_can_be_set_instead(home: House) -> None:
    change = await conflicting(home)

    accepted = await home.services.changes.answer(ADMIN, change.id, "edit", OTHER)

    assert (await done(home, accepted)).state is ChangeState.APPLIED
    assert week_limit(home) == OTHER


@pytest.mark.parametrize("value", [None, "2 h", -1, 999_999_999, 1.5])
async def test_what_is_set_instead_keeps_the_fields_rules(home: House, value: object) -> None:
    change = await conflicting(home)

    with pytest.raises(Invalid) as refusal:
        await home.services.changes.answer(ADMIN, change.id, "edit", value)

    assert refusal.value.field == "value"
    assert (await home.services.changes.get(ADMIN, change.id)).asks


async def test_hours_that_are_set_instead_name_the_place_that_is_wrong(home: House) -> None:
    home.line.switch_off()
    body = {"days": [{"day": 6, "hours": [{"from": "09:00", "to": "12:00"}]}]}
    [asked] = (await home.services.limits.change_user(ADMIN, "kids-pc", "alice", body)).changes
    for day in range(1, 8):
        home.machine.call(interface.set_allowed_hours("alice", day, ()))
    home.line.switch_on()
    [change] = await home.settled(asked)
    assert change.state is ChangeState.CONFLICT

    with pytest.raises(Invalid) as refusal:
        await home.services.changes.answer(ADMIN, change.id, "edit", [{"from": "9", "to": "12:00"}])

    assert refusal.value.field == "value[0].from"


@pytest.mark.parametrize(
    ("answer", "value", "field"),
    [
        ("maybe", None, "answer"),
        (None, None, "answer"),
        (["ours"], None, "answer"),
        ("arrived", None, "answer"),
        ("ours", 3_600, "value"),
        ("theirs", 3_600, "value"),
    ],
)
async def test_an_answer_that_does_not_fit_the_question_is_refused(
    home: House, answer: object, value: object, field: str
) -> None:
    change = await conflicting(home)

    with pytest.raises(Invalid) as refusal:
        await home.services.changes.answer(ADMIN, change.id, answer, value)

    assert refusal.value.field == field
    assert (await home.services.changes.get(ADMIN, change.id)).asks


@pytest.mark.parametrize(("answer", "value"), [("ours", None), ("edit", OTHER)])
async def test_the_same_answer_pressed_twice_is_one_change(
    home: House, answer: str, value: int | None
) -> None:
    change = await conflicting(home)

    first = await home.services.changes.answer(ADMIN, change.id, answer, value)
    again = await home.services.changes.answer(CARL, change.id, answer, value)

    assert (again.request_id, [one.id for one in again.changes]) == (
        first.request_id,
        [one.id for one in first.changes],
    )
    assert len((await home.services.changes.list(ADMIN)).items) == 2
    assert sum("answered" in line for line in await home.audit()) == 1


async def test_the_same_answer_is_one_change_also_when_that_has_ended_badly(home: House) -> None:
    change = await conflicting(home)
    home.line.switch_off()
    [new] = (await home.services.changes.answer(ADMIN, change.id, "ours")).changes
    await home.services.changes.cancel(ADMIN, new.id)

    again = await home.services.changes.answer(ADMIN, change.id, "ours")

    assert [one.id for one in again.changes] == [new.id]


async def test_keeping_theirs_twice_is_once(home: House) -> None:
    change = await conflicting(home)
    for who in (ADMIN, CARL):
        assert (await home.services.changes.answer(who, change.id, "theirs")).changes == ()

    assert (await home.services.changes.get(ADMIN, change.id)).answered_by == "anna"
    assert sum("answered" in line for line in await home.audit()) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("theirs", None), ("ours", None)),
        (("ours", None), ("theirs", None)),
        (("edit", OTHER), ("edit", OTHER + 60)),
        (("ours", None), ("edit", OTHER)),
    ],
)
async def test_of_two_who_answer_differently_at_once_one_wins_and_the_other_is_told(
    home: House, first: tuple[str, int | None], second: tuple[str, int | None]
) -> None:
    change = await conflicting(home)

    outcomes = await asyncio.gather(
        home.services.changes.answer(ADMIN, change.id, *first),
        home.services.changes.answer(CARL, change.id, *second),
        return_exceptions=True,
    )

    [told] = [one for one in outcomes if isinstance(one, BaseException)]
    [won] = [one for one in outcomes if isinstance(one, Accepted)]
    assert isinstance(told, NotNow)
    winner = (await home.services.changes.get(ADMIN, change.id)).answered_by
    assert winner == ("anna" if outcomes[0] is won else "carl")
    assert told.message == f"{winner} has answered this already. Nothing was changed."
    assert len((await home.services.changes.list(ADMIN)).items) == 1 + len(won.changes)


async def test_what_arrived_all_the_same_is_done_with(home: House) -> None:
    change = await uncertain(home)

    accepted = await home.services.changes.answer(ADMIN, change.id, "arrived")

    assert accepted.changes == ()
    answered = await home.services.changes.get(ADMIN, change.id)
    assert (answered.answer, answered.asks) == (Answer.ARRIVED, False)
    assert len((await home.services.changes.list(ADMIN)).items) == 1


async def test_a_grant_is_given_again_for_the_servers_present_day(home: House) -> None:
    change = await uncertain(home)
    home.clock.pass_(hours=8, minutes=30)  # past midnight in Berlin, not in UTC

    [new] = (await home.services.changes.answer(ADMIN, change.id, "again")).changes

    assert (new.after, new.reason, new.state) == ({"seconds": 900}, "homework", ChangeState.QUEUED)
    assert (change.day, new.day) != (None, None)
    assert str(change.day) == "2026-03-04"
    assert str(new.day) == "2026-03-05"


async def test_an_uncertain_setting_is_asked_for_again_against_what_is_there(home: House) -> None:
    home.line.switch_off()
    [asked] = (
        await home.services.limits.change_user(ADMIN, "kids-pc", "alice", {"week_limit_seconds": OURS})
    ).changes
    for expected, to in (
        (ChangeState.QUEUED, ChangeState.SENDING),
        (ChangeState.SENDING, ChangeState.UNCERTAIN),
    ):
        await home.store.changes.step(asked.id, to, expected={expected}, now=home.clock())

    [new] = (await home.services.changes.answer(ADMIN, asked.id, "again")).changes

    assert (new.before, new.after) == (7 * 86_400, OURS)


async def test_to_try_what_asks_again_is_an_answer(home: House) -> None:
    change = await conflicting(home)

    [new] = (await home.services.changes.retry(ADMIN, change.id)).changes

    assert (new.before, new.after, new.follows_as) == (THEIRS, OURS, FollowsAs.ANSWER)
    assert (await home.services.changes.get(ADMIN, change.id)).answer is Answer.OURS
    with pytest.raises(NotNow, match="anna has answered this already"):
        await home.services.changes.answer(CARL, change.id, "theirs")


async def test_to_try_what_is_uncertain_again_gives_it_again(home: House) -> None:
    change = await uncertain(home)

    [new] = (await home.services.changes.retry(ADMIN, change.id)).changes

    assert (new.follows, new.follows_as) == (change.id, FollowsAs.ANSWER)
    assert (await home.services.changes.get(ADMIN, change.id)).answer is Answer.AGAIN


async def test_what_asks_is_listed_and_counted_until_it_is_answered(home: House) -> None:
    change = await conflicting(home)
    assert [one.id for one in (await home.services.changes.list(ADMIN, state="asks")).items] == [change.id]
    assert await home.services.changes.asking(VIEWER) == {"kids-pc": 1}

    await home.services.changes.answer(ADMIN, change.id, "theirs")

    assert (await home.services.changes.list(ADMIN, state="asks")).items == ()
    assert await home.services.changes.asking(VIEWER) == {}


@pytest.mark.parametrize("answer", list(Answer))
async def test_what_asks_nothing_takes_no_answer(home: House, answer: Answer) -> None:
    home.line.switch_off()
    [grant] = (await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=900)).changes

    with pytest.raises(NotNow, match="asks nothing"):
        await home.services.changes.answer(ADMIN, grant.id, answer.value)


async def test_a_viewer_answers_nothing(home: House) -> None:
    change = await conflicting(home)
    for answer in ("theirs", "ours", "edit"):
        with pytest.raises(Forbidden):
            await home.services.changes.answer(VIEWER, change.id, answer)
    assert (await home.services.changes.get(ADMIN, change.id)).asks


@pytest.mark.parametrize("number", [0, -1, 999, 10**30])
async def test_a_change_that_is_not_there_takes_no_answer(home: House, number: int) -> None:
    with pytest.raises(UnknownChange):
        await home.services.changes.answer(ADMIN, number, "ours")


async def test_nothing_is_sent_to_another_computer_that_took_the_name(home: House) -> None:
    change = await conflicting(home)
    await home.services.fleet.remove(ADMIN, "kids-pc", force=True)
    with pytest.raises(UnknownServer):
        await home.services.changes.answer(ADMIN, change.id, "ours")
    await home.add_server()

    with pytest.raises(UnknownServer, match="removed since"):
        await home.services.changes.answer(ADMIN, change.id, "ours")

    assert [one.id for one in (await home.services.changes.list(ADMIN)).items] == [change.id]
    assert week_limit(home) == THEIRS


async def test_what_a_new_edit_takes_the_place_of_is_told(home: House) -> None:
    home.line.switch_off()
    limits = home.services.limits
    [first] = (await limits.change_user(ADMIN, "kids-pc", "alice", {"week_limit_seconds": OURS})).changes
    seen: list[Event] = []
    home.services.live.subscribe(seen.append)

    [second] = (await limits.change_user(ADMIN, "kids-pc", "alice", {"week_limit_seconds": OTHER})).changes

    moved = [(event.change.id, event.change.state) for event in seen if isinstance(event, ChangeMoved)]
    assert moved == [(first.id, ChangeState.SUPERSEDED), (second.id, ChangeState.QUEUED)]


async def test_what_ends_with_a_removed_server_is_told(home: House) -> None:
    home.line.switch_off()
    [grant] = (await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=900)).changes
    seen: list[Event] = []
    home.services.live.subscribe(seen.append)

    await home.services.fleet.remove(ADMIN, "kids-pc", force=True)

    moved = [(event.change.id, event.change.state) for event in seen if isinstance(event, ChangeMoved)]
    assert moved == [(grant.id, ChangeState.CANCELLED)]
