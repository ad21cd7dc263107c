"""What somebody else does on the computer is seen, kept, and told apart from what we did."""

from collections.abc import Callable
from typing import Any

from tests.sync.conftest import World, setting
from timekpr_mngr.domain.change import ChangeState
from timekpr_mngr.domain.drift import Drift, DriftState
from timekpr_mngr.simulator.daemon import Daemon
from timekpr_mngr.simulator.files import CONTROL
from timekpr_mngr.sync.events import DriftSeen
from timekpr_mngr.timekpr import interface
from timekpr_mngr.timekpr.interface import Call, Reply

HOUR = 3600
DAY = 24 * HOUR


async def drifts(world: World, **fits: Any) -> list[Drift]:
    return await world.store.drift.list(**fits)


async def seen(world: World, count: int = 1) -> list[Drift]:
    """Has the computer read, and waits until so much drift is in the store; newest first."""
    told = 0

    def is_told() -> bool:
        return sum(isinstance(event, DriftSeen) for event in world.seen) > told

    assert await world.engine.sync(world.machine.name, 60)
    while len(found := await drifts(world)) < count:
        await world.until(is_told)
        told += 1
    return found


async def looked(world: World) -> None:
    """Has the computer read, and what was seen kept."""
    assert await world.engine.sync(world.machine.name, 60)


async def test_the_first_look_at_a_computer_is_no_drift(world: World) -> None:
    world.machine.call(interface.set_time_limit_for_week("alice", HOUR))
    await looked(world)
    assert await drifts(world) == []
    [first] = await world.store.history.list(world.machine.name, "alice")
    assert (first.values["week_limit_seconds"], first.change_ids) == (HOUR, ())


async def test_what_somebody_sets_on_the_computer_is_drift_within_one_look(world: World) -> None:
    await world.online()
    world.machine.call(interface.set_time_limit_for_week("alice", 2 * HOUR))
    [found] = await seen(world)
    assert (found.user, found.field, found.state) == ("alice", "week_limit_seconds", DriftState.OPEN)
    assert (found.known, found.before, found.after) == (7 * DAY, 7 * DAY, 2 * HOUR)
    assert DriftSeen(world.machine.name, "alice") in world.seen
    latest, first = await world.store.history.list(world.machine.name, "alice")
    assert (latest.values["week_limit_seconds"], latest.change_ids) == (2 * HOUR, ())
    assert first.values["week_limit_seconds"] == 7 * DAY


async def test_what_we_set_is_no_drift_and_the_version_says_who(world: World) -> None:
    [first, second] = await world.done(
        setting("week_limit_seconds", 7 * DAY, 5 * HOUR), setting("days.6.limit_seconds", DAY, HOUR)
    )
    await looked(world)
    assert await drifts(world) == []
    latest, before = await world.store.history.list(world.machine.name, "alice")
    assert latest.change_ids == (first.id, second.id) or latest.change_ids == (second.id, first.id)
    assert before.change_ids == ()


async def test_a_setting_of_the_server_is_watched_too(world: World) -> None:
    await world.online()
    world.machine.call(interface.set_server_final_warning_seconds(33))
    [found] = await seen(world)
    assert (found.user, found.field, found.after) == (None, "final_warning_seconds", 33)


async def test_an_edit_while_we_were_not_there_is_seen_at_the_next_contact(world: World) -> None:
    await world.online()
    await world.end()
    world.machine.call(interface.set_time_limit_for_month("alice", HOUR))
    await world.begin()
    [found] = await seen(world)
    assert (found.field, found.before, found.after) == ("month_limit_seconds", 31 * DAY, HOUR)


async def test_an_edit_of_another_field_as_ours_is_on_its_way_is_drift_and_ours_is_ours(world: World) -> None:
    await world.online()
    world.machine.daemon = meddling(
        world, "setTimeLimitForWeek", interface.set_time_limit_for_month("alice", 9 * HOUR)
    )
    [change] = await world.done(setting("week_limit_seconds", 7 * DAY, 5 * HOUR))
    assert change.state is ChangeState.APPLIED
    [found] = await drifts(world)
    assert (found.field, found.after, found.overwritten) == ("month_limit_seconds", 9 * HOUR, False)


async def test_an_edit_that_came_between_our_read_and_our_set_is_not_lost_without_a_trace(
    world: World,
) -> None:
    await world.online()
    world.machine.daemon = meddling(
        world, "setTimeLimitForWeek", interface.set_time_limit_for_week("alice", 9 * HOUR)
    )
    [change] = await world.done(setting("week_limit_seconds", 7 * DAY, 5 * HOUR))
    assert change.state is ChangeState.APPLIED
    [found] = await drifts(world)
    assert (found.field, found.overwritten, found.change_id) == ("week_limit_seconds", True, change.id)
    assert (found.before, found.after, found.state) == (7 * DAY, 9 * HOUR, DriftState.OPEN)


async def test_it_is_seen_though_ours_was_one_of_several_calls(world: World) -> None:
    await world.online()
    world.machine.daemon = meddling(
        world, "setTimeLimitForWeek", interface.set_time_limit_for_week("alice", 9 * HOUR)
    )
    changes = await world.done(
        setting("week_limit_seconds", 7 * DAY, 5 * HOUR),
        setting("month_limit_seconds", 31 * DAY, 50 * HOUR),
        setting("hide_tray_icon", False, True),
    )
    assert {change.state for change in changes} == {ChangeState.APPLIED}
    [found] = await drifts(world)
    assert (found.field, found.overwritten, found.after) == ("week_limit_seconds", True, 9 * HOUR)


async def test_time_given_with_timekprs_own_window_is_drift(world: World) -> None:
    world.machine.call(interface.get_user_information("alice", "S"))
    await world.online()
    world.machine.call(interface.set_time_left("alice", "+", 1800))
    [found] = await seen(world)
    assert (found.field, found.after, found.day) == ("grant.time", {"seconds": 1800}, world.today())
    world.machine.call(interface.set_time_left("alice", "-", 600))
    latest = (await seen(world, 2))[0]
    assert (latest.after, latest.state) == ({"seconds": -600}, DriftState.OPEN)


async def test_our_own_grants_are_no_drift_over_restarts(world: World) -> None:
    for seconds in (900, -300, 1800):
        [change] = await world.done(world.grant(seconds))
        assert change.state is ChangeState.APPLIED
        await world.end()
        await world.begin()
        await world.online()
    await looked(world)
    assert await drifts(world) == []


async def test_a_grant_whose_answer_was_lost_is_no_drift(world: World) -> None:
    await world.online()
    world.line.lose_answer("setTimeLeft")
    [change] = await world.done(world.grant(900))
    assert change.state is ChangeState.APPLIED
    assert await drifts(world) == []


async def test_a_limit_whose_answer_was_lost_is_no_drift(world: World) -> None:
    await world.online()
    world.line.lose_answer("setTimeLimitForWeek")
    [change] = await world.done(setting("week_limit_seconds", 7 * DAY, 5 * HOUR))
    assert change.state is ChangeState.APPLIED
    assert await drifts(world) == []


async def test_a_new_day_is_no_drift_and_time_given_on_it_by_others_is(world: World) -> None:
    await world.done(world.grant(900))
    world.machine.set_clock("2026-11-19T09:00:00")
    world.machine.call(interface.get_user_information("alice", "S"))
    await looked(world)
    assert await drifts(world) == []
    world.machine.call(interface.set_time_left("alice", "+", 300))
    [found] = await seen(world)
    assert (found.after, found.day) == ({"seconds": 300}, world.today())


async def test_everything_that_was_sent_is_in_the_log_with_its_answer(world: World) -> None:
    world.line.lose_answer("setTimeLeft")
    await world.done(world.grant(900))
    await world.done(setting("week_limit_seconds", 7 * DAY, 5 * HOUR))
    week, *others = await world.store.sent_log.list(server=world.machine.name)
    [grant] = [call for call in others if call.member == "setTimeLeft"]
    assert (week.member, week.user, week.arguments, week.code) == (
        "setTimeLimitForWeek",
        "alice",
        ("alice", 5 * HOUR),
        0,
    )
    assert (grant.member, grant.arguments, grant.code) == ("setTimeLeft", ("alice", "+", 900), None)
    assert grant.message
    assert grant.duration_ms >= 0


def meddling(world: World, member: str, first: Call) -> Daemon:
    """timekprd to which somebody on the computer speaks right before our first call of `member` gets there."""
    daemon = world.machine.daemon
    assert daemon is not None
    plain: Callable[[Call], Reply] = daemon.call
    left = [first]

    def call(asked: Call) -> Reply:
        if asked.member == member and left:
            plain(left.pop())
        return plain(asked)

    daemon.call = call  # type: ignore[method-assign, assignment]
    return daemon


async def test_what_somebody_set_between_two_of_our_calls_is_not_sent_over(world: World) -> None:
    await world.online()
    world.machine.daemon = meddling(
        world, "setTimeLimitForWeek", interface.set_time_limit_for_month("alice", 9 * HOUR)
    )
    week, month = await world.done(
        setting("week_limit_seconds", 7 * DAY, 5 * HOUR), setting("month_limit_seconds", 31 * DAY, 50 * HOUR)
    )
    assert (week.state, month.state) == (ChangeState.APPLIED, ChangeState.CONFLICT)
    assert month.theirs == 9 * HOUR
    [found] = await drifts(world)
    assert (found.field, found.after, found.overwritten) == ("month_limit_seconds", 9 * HOUR, False)
    assert [call.member for call in await world.store.sent_log.list()] == ["setTimeLimitForWeek"]


async def test_another_day_that_somebody_set_between_two_of_our_calls_stays_as_they_set_it(
    world: World,
) -> None:
    """timekpr takes the limits of all seven days in one call."""
    await world.online()
    theirs = [DAY, DAY, DAY, 2 * HOUR, DAY, DAY, DAY]
    world.machine.daemon = meddling(
        world, "setTimeLimitForWeek", interface.set_time_limits_for_days("alice", theirs)
    )
    changes = await world.done(
        setting("week_limit_seconds", 7 * DAY, 5 * HOUR), setting("days.6.limit_seconds", DAY, HOUR)
    )
    assert {change.state for change in changes} == {ChangeState.APPLIED}
    alice = world.snapshot.users["alice"].config
    assert alice is not None
    assert (alice.day(4).limit_seconds, alice.day(6).limit_seconds) == (2 * HOUR, HOUR)


async def test_another_day_that_our_call_took_along_leaves_its_trace(world: World) -> None:
    """They set it after our last reading: the seven limits that we send cannot know it."""
    await world.online()
    theirs = [DAY, DAY, DAY, 2 * HOUR, DAY, DAY, DAY]
    world.machine.daemon = meddling(
        world, "setTimeLimitForDays", interface.set_time_limits_for_days("alice", theirs)
    )
    [change] = await world.done(setting("days.6.limit_seconds", DAY, HOUR))
    assert change.state is ChangeState.APPLIED
    [found] = await drifts(world)
    assert (found.field, found.overwritten, found.change_id) == ("days.4.limit_seconds", True, change.id)
    assert (found.before, found.after) == (DAY, 2 * HOUR)


async def test_playtime_that_somebody_gave_while_a_grant_of_time_was_on_its_way_is_drift(
    world: World,
) -> None:
    world.machine.call(interface.get_user_information("alice", "S"))
    await looked(world)
    world.machine.daemon = meddling(world, "setTimeLeft", interface.set_playtime_left("alice", "+", 1200))
    [change] = await world.done(world.grant(900))
    assert change.state is ChangeState.APPLIED
    await looked(world)
    [found] = await drifts(world)
    assert (found.field, found.after) == ("grant.playtime", {"seconds": 1200})


async def test_yesterdays_playtime_that_a_grant_of_time_takes_out_is_no_drift(world: World) -> None:
    world.machine.set_clock("2026-11-17T18:00:00")
    world.machine.call(interface.get_user_information("alice", "S"))
    world.machine.set_values(CONTROL, "alice", PLAYTIME_SPENT_DAY=3000, PLAYTIME_SPENT_BALANCE=1200)
    await looked(world)
    world.machine.set_clock("2026-11-18T12:00:00")
    [change] = await world.done(world.grant(900))
    assert change.state is ChangeState.APPLIED
    assert "setPlayTimeLeft" in [call.member for call in await world.store.sent_log.list()]
    await looked(world)
    assert await drifts(world) == []
