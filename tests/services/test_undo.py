"""Taking back what was applied."""

import pytest

from tests.services.house import ADMIN, VIEWER, House
from timekpr_mngr.domain.change import Change, ChangeState, FollowsAs, Json
from timekpr_mngr.errors import Forbidden, NotNow, UnknownChange, UnknownServer
from timekpr_mngr.services.views import Accepted
from timekpr_mngr.simulator.files import CONTROL
from timekpr_mngr.timekpr import interface

HOUR = 3_600
DAY = 24 * HOUR


async def done(home: House, accepted: Accepted) -> Change:
    """The one change that was asked for, when it has ended."""
    [change] = await home.settled(*accepted.changes)
    return change


async def limited(home: House, seconds: int = 2 * HOUR) -> Change:
    """A week's limit that is on the computer."""
    body = {"week_limit_seconds": seconds}
    change = await done(home, await home.services.limits.change_user(ADMIN, "kids-pc", "alice", body))
    assert change.state is ChangeState.APPLIED
    return change


async def given(home: House, seconds: int = 900) -> Change:
    """A grant that arrived."""
    change = await done(home, await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=seconds))
    assert change.state is ChangeState.APPLIED
    return change


def day_of(home: House, *, limit: int, spent: int, balance: int) -> None:
    """What timekpr has counted today, and how much there is."""
    home.machine.call(interface.set_time_limits_for_days("alice", [limit] * 7))
    home.machine.set_values(
        CONTROL,
        "alice",
        TIME_SPENT_DAY=spent,
        TIME_SPENT_BALANCE=balance,
        LAST_CHECKED=f"{home.machine.now():%Y-%m-%d %H:%M:%S}",
    )


def balance(home: House) -> int:
    """The time balance in the computer's own file."""
    lines = home.machine.control("alice").splitlines()
    return int(next(line.split("=")[1] for line in lines if line.startswith("TIME_SPENT_BALANCE")))


async def test_a_setting_goes_back_to_what_it_was(home: House) -> None:
    change = await limited(home)

    accepted = await home.services.changes.undo(ADMIN, change.id)

    [back] = accepted.changes
    assert (back.before, back.after) == (2 * HOUR, 7 * DAY)
    assert (back.follows, back.follows_as) == (change.id, FollowsAs.UNDO)
    assert (await done(home, accepted)).state is ChangeState.APPLIED
    assert f"LIMIT_PER_WEEK = {7 * DAY}" in home.machine.conf("alice")
    assert f"anna (page) undid change {change.id}: week_limit_seconds: kids-pc/alice" in await home.audit()


async def test_a_limit_that_moved_since_is_left_alone_and_shows_both_values(home: House) -> None:
    change = await limited(home)
    home.machine.call(interface.set_time_limit_for_week("alice", HOUR))

    back = await done(home, await home.services.changes.undo(ADMIN, change.id))

    assert (back.state, back.theirs, back.after) == (ChangeState.CONFLICT, HOUR, 7 * DAY)
    assert back.asks
    assert f"LIMIT_PER_WEEK = {HOUR}" in home.machine.conf("alice")


async def test_what_was_given_is_taken_back(home: House) -> None:
    change = await given(home)
    assert balance(home) == -900

    accepted = await home.services.changes.undo(ADMIN, change.id)

    [back] = accepted.changes
    assert (back.field, back.after, back.day) == (
        "grant.time",
        {"seconds": -900, "unused_only": True},
        change.day,
    )
    assert (await done(home, accepted)).state is ChangeState.APPLIED
    assert balance(home) == 0


async def test_of_what_was_given_only_the_rest_is_taken_back_and_that_is_said(home: House) -> None:
    day_of(home, limit=HOUR, spent=HOUR, balance=HOUR)
    change = await given(home)
    day_of(home, limit=HOUR, spent=HOUR + 600, balance=HOUR - 300)

    back = await done(home, await home.services.changes.undo(ADMIN, change.id))

    assert (back.state, back.gained_seconds) == (ChangeState.APPLIED, -300)
    assert back.message == "Only 5 min were not used yet; those were taken back."
    assert balance(home) == HOUR


async def test_where_all_of_it_was_used_nothing_is_taken_and_that_is_said(home: House) -> None:
    day_of(home, limit=HOUR, spent=HOUR, balance=HOUR)
    change = await given(home)
    day_of(home, limit=HOUR, spent=HOUR + 900, balance=HOUR)

    back = await done(home, await home.services.changes.undo(ADMIN, change.id))

    assert (back.state, back.gained_seconds) == (ChangeState.APPLIED, 0)
    assert back.message == "All of it was used already: nothing was taken back."
    assert balance(home) == HOUR
    with pytest.raises(NotNow, match="nothing to take back"):
        await home.services.changes.undo(ADMIN, back.id)


async def test_what_was_taken_is_given_again(home: House) -> None:
    day_of(home, limit=2 * HOUR, spent=0, balance=0)
    change = await given(home, -900)

    [back] = (await home.services.changes.undo(ADMIN, change.id)).changes

    assert back.after == {"seconds": 900}
    await home.settled(back)
    assert balance(home) == 0


async def test_what_was_set_to_be_left_goes_back_to_what_was_left(home: House) -> None:
    day_of(home, limit=2 * HOUR, spent=0, balance=0)
    accepted = await home.services.grants.set_left(ADMIN, "kids-pc", "alice", left_seconds=HOUR)
    change = await done(home, accepted)
    assert balance(home) == HOUR

    await done(home, await home.services.changes.undo(ADMIN, change.id))

    assert balance(home) == 0


async def test_an_undo_can_be_undone(home: House) -> None:
    change = await given(home)
    back = await done(home, await home.services.changes.undo(ADMIN, change.id))

    again = await done(home, await home.services.changes.undo(ADMIN, back.id))

    assert (again.after, again.state) == ({"seconds": 900}, ChangeState.APPLIED)
    assert balance(home) == -900


@pytest.mark.parametrize("waits", [True, False])
async def test_an_undo_pressed_twice_is_one(home: House, waits: bool) -> None:
    change = await given(home)
    if waits:
        home.line.switch_off()
    first = await home.services.changes.undo(ADMIN, change.id)
    if not waits:
        await home.settled(*first.changes)

    again = await home.services.changes.undo(ADMIN, change.id)

    assert (again.request_id, [one.id for one in again.changes]) == (
        first.request_id,
        [one.id for one in first.changes],
    )
    assert len((await home.services.changes.list(ADMIN)).items) == 2
    assert sum("undid" in line for line in await home.audit()) == 1


@pytest.mark.parametrize("state", [ChangeState.UNCERTAIN, ChangeState.CONFLICT])
async def test_an_undo_that_asks_is_not_made_a_second_time(home: House, state: ChangeState) -> None:
    change = await limited(home)
    home.line.switch_off()
    [back] = (await home.services.changes.undo(ADMIN, change.id)).changes
    for expected, to in ((ChangeState.QUEUED, ChangeState.SENDING), (ChangeState.SENDING, state)):
        await home.store.changes.step(back.id, to, expected={expected}, now=home.clock())

    [again] = (await home.services.changes.undo(ADMIN, change.id)).changes

    assert again.id == back.id


async def test_an_undo_that_was_cancelled_can_be_pressed_again(home: House) -> None:
    change = await limited(home)
    home.line.switch_off()
    [back] = (await home.services.changes.undo(ADMIN, change.id)).changes
    await home.services.changes.cancel(ADMIN, back.id)

    [again] = (await home.services.changes.undo(ADMIN, change.id)).changes

    assert again.id != back.id


async def test_a_grant_is_not_taken_back_on_another_day_of_the_servers_own(home: House) -> None:
    change = await given(home)
    home.line.switch_off()
    home.clock.pass_(hours=8, minutes=30)  # past midnight in Berlin, not in UTC

    with pytest.raises(NotNow, match="that day is over"):
        await home.services.changes.undo(ADMIN, change.id)


async def test_a_grant_still_counts_as_todays_where_it_is_tomorrow_elsewhere(home: House) -> None:
    home.line.switch_off()
    home.clock.pass_(hours=8, minutes=30)
    [grant] = (await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=900)).changes
    for expected, to in (
        (ChangeState.QUEUED, ChangeState.SENDING),
        (ChangeState.SENDING, ChangeState.APPLIED),
    ):
        await home.store.changes.step(grant.id, to, expected={expected}, now=home.clock())
    home.clock.pass_(hours=2)  # past midnight in UTC, too

    [back] = (await home.services.changes.undo(ADMIN, grant.id)).changes

    assert str(back.day) == "2026-03-05"


async def test_what_waits_is_cancelled_and_not_undone(home: House) -> None:
    home.line.switch_off()
    [grant] = (await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=900)).changes

    with pytest.raises(NotNow, match="cancel it instead"):
        await home.services.changes.undo(ADMIN, grant.id)


@pytest.mark.parametrize("note", [None, {"reading": {"version": 9}}])
async def test_what_was_set_to_be_left_without_readings_is_not_guessed(home: House, note: Json) -> None:
    home.line.switch_off()
    accepted = await home.services.grants.set_left(ADMIN, "kids-pc", "alice", left_seconds=HOUR)
    [change] = accepted.changes
    for expected, to in (
        (ChangeState.QUEUED, ChangeState.SENDING),
        (ChangeState.SENDING, ChangeState.APPLIED),
    ):
        await home.store.changes.step(change.id, to, expected={expected}, now=home.clock(), note=note)

    with pytest.raises(NotNow, match="cannot be told"):
        await home.services.changes.undo(ADMIN, change.id)


async def test_a_viewer_undoes_nothing(home: House) -> None:
    change = await limited(home)
    with pytest.raises(Forbidden):
        await home.services.changes.undo(VIEWER, change.id)
    assert len((await home.services.changes.list(ADMIN)).items) == 1


@pytest.mark.parametrize("number", [0, -1, 999, 10**30])
async def test_a_change_that_is_not_there_cannot_be_undone(home: House, number: int) -> None:
    with pytest.raises(UnknownChange):
        await home.services.changes.undo(ADMIN, number)


async def test_nothing_is_undone_on_another_computer_that_took_the_name(home: House) -> None:
    change = await limited(home)
    await home.services.fleet.remove(ADMIN, "kids-pc")
    await home.add_server()

    with pytest.raises(UnknownServer, match="removed since"):
        await home.services.changes.undo(ADMIN, change.id)
    assert f"LIMIT_PER_WEEK = {2 * HOUR}" in home.machine.conf("alice")
