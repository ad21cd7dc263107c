"""What goes wrong around a change: our own database, the order of things, a daemon that does not do what it says."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from timekpr_mngr.domain.change import Change, ChangeState
from timekpr_mngr.domain.snapshot import Snapshot
from timekpr_mngr.simulator.files import CONTROL
from timekpr_mngr.simulator.session import SimulatedSession
from timekpr_mngr.store.failure import StoreFailure
from timekpr_mngr.sync.steps import WAITS_FOR_OLD_LINK
from timekpr_mngr.timekpr import interface
from timekpr_mngr.timekpr.interface import Call, Reply

from .conftest import World, setting, states
from .test_grants_delivery import begin_day

MINUTE = 60
HOUR = 3_600


async def fails(*_: Any, **__: Any) -> None:
    raise StoreFailure("The disk that holds the database is full.")


async def test_two_equal_grants_are_never_taken_for_each_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first is lost with its link, and while that may still be alive the second is not sent."""
    begin_day(world)
    await world.online()
    old_link_is_gone = False

    async def has_ended(*_: object) -> bool:
        return old_link_is_gone

    monkeypatch.setattr(SimulatedSession, "has_ended", has_ended)
    world.line.cut("setTimeLeft")
    asked = await world.ask(world.grant(900), world.grant(900))
    async with asyncio.timeout(60):
        while world.engine.waits_for(asked[1]) != WAITS_FOR_OLD_LINK:  # noqa: ASYNC110 -- no event tells of it
            await asyncio.sleep(0.05)
    assert world.balance() == HOUR
    old_link_is_gone = True
    world.engine.wake("kids-pc")
    assert states(await world.settled(asked)) == [ChangeState.APPLIED] * 2
    assert world.balance() == HOUR - 1_800


async def test_a_grant_that_is_sent_again_still_comes_before_the_one_after_it(world: World) -> None:
    begin_day(world)
    await world.online()
    world.line.cut("setTimeLeft")
    changes = await world.done(world.set_left(1_800), world.grant(900))
    assert states(changes) == [ChangeState.APPLIED] * 2
    assert world.balance() == 7_200 - 1_800 - 900


async def test_what_is_to_be_left_is_not_set_anew_after_it_was_used(world: World) -> None:
    """Somebody gave time at the computer at the same moment: nobody can tell, and nobody gives it again."""
    begin_day(world)
    world.machine.login("alice")
    world.machine.advance(40)
    await world.online()
    world.line.lose_answer("setTimeLeft", goes_off=True)
    [asked] = await world.ask(world.set_left(1_800))
    await world.until(lambda: world.balance() == 7_200 - 1_800)
    world.machine.call(interface.set_time_left("alice", "+", 300))
    world.machine.advance(25 * MINUTE)
    balance = world.balance()
    world.line.switch_on()
    [change] = await world.settled([asked])
    assert change.state is ChangeState.UNCERTAIN
    assert world.balance() == balance


async def test_a_grant_whose_day_ended_on_the_way_is_told_by_the_file_of_that_day(world: World) -> None:
    begin_day(world)
    await world.online()
    world.line.lose_answer("setTimeLeft", goes_off=True)
    [asked] = await world.ask(world.grant(900))
    await world.until(lambda: world.balance() == HOUR - 900)
    world.machine.set_clock(world.machine.now() + timedelta(days=1))
    world.line.switch_on()
    [change] = await world.settled([asked])
    assert change.state is ChangeState.APPLIED
    assert change.message == "It arrived; its day is over since."


async def test_where_that_file_is_gone_too_nothing_is_claimed(world: World) -> None:
    begin_day(world)
    await world.online()
    world.line.lose_answer("setTimeLeft", goes_off=True)
    [asked] = await world.ask(world.grant(900))
    await world.until(lambda: world.balance() == HOUR - 900)
    world.machine.set_clock(world.machine.now() + timedelta(days=1))
    world.machine.call(interface.get_user_information("alice", "S"))  # the day was begun by somebody else
    world.line.switch_on()
    [change] = await world.settled([asked])
    assert change.state is ChangeState.EXPIRED
    assert "cannot be told" in (change.message or "")


async def test_a_grant_for_a_computer_that_stays_off_expires_all_the_same(world: World) -> None:
    begin_day(world)
    await world.online()
    world.line.switch_off()
    await world.offline()
    [asked] = await world.ask(world.grant(900))
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    for actor in world.engine._actors.values():
        actor._around = replace(actor._around, now=lambda: tomorrow)
    world.engine.wake("kids-pc")
    [change] = await world.settled([asked])
    assert change.state is ChangeState.EXPIRED
    assert "Wednesday" in (change.message or "")


async def test_playtime_that_the_override_lets_pass_is_not_taken_for_a_grant(world: World) -> None:
    """Under the override what is played moves the time spent, and not the balance."""
    begin_day(world)
    world.machine.call(interface.set_playtime_limits_for_days("alice", [HOUR] * 7))
    world.machine.set_values(CONTROL, "alice", PLAYTIME_SPENT_BALANCE=600, PLAYTIME_SPENT_DAY=600)
    world.machine.call(interface.set_playtime_limit_override("alice", True))
    await world.online()
    world.line.cut("setPlayTimeLeft")
    [asked] = await world.ask(world.grant(900, "playtime"))
    await world.offline()
    world.machine.set_values(CONTROL, "alice", PLAYTIME_SPENT_DAY=600 + 900)
    [change] = await world.settled([asked])
    assert change.state is ChangeState.APPLIED
    assert world.value("PLAYTIME_SPENT_BALANCE") == 600 - 900


async def test_playtime_that_is_switched_off_gains_nobody_anything(world: World) -> None:
    begin_day(world)
    world.machine.call(interface.set_playtime_limits_for_days("alice", [HOUR] * 7))
    [change] = await world.done(world.grant(600, "playtime"))
    assert change.state is ChangeState.APPLIED
    assert change.gained_seconds == 0
    assert change.message == "arrived, but no time gained: PlayTime is switched off."


async def test_a_daemon_that_stumbles_after_it_has_saved_did_give(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_day(world)
    await world.online()
    call = world.machine.call

    def stumbles(asked: Call) -> Reply:
        reply = call(asked)
        return Reply(-1, "UNEXPECTED ERROR") if asked.member == "setTimeLeft" else reply

    monkeypatch.setattr(world.machine, "call", stumbles)
    [change] = await world.done(world.grant(900))
    assert change.state is ChangeState.APPLIED
    assert change.gained_seconds == 900


async def test_a_daemon_that_says_yes_and_does_nothing_is_not_believed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_day(world)
    await world.online()
    call = world.machine.call

    def says_yes(asked: Call) -> Reply:
        return Reply(0, "") if asked.member == "setTimeLeft" else call(asked)

    monkeypatch.setattr(world.machine, "call", says_yes)
    [change] = await world.done(world.grant(900))
    assert change.state is ChangeState.UNCERTAIN
    assert change.gained_seconds is None


async def test_a_clock_that_cannot_be_read_for_a_moment_harms_no_grant(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_day(world)
    world.machine.set_clock(world.machine.now() + timedelta(days=1))
    await world.online()
    read, reads = SimulatedSession.read, iter([True, False])

    async def without_clock(self: SimulatedSession) -> Snapshot:
        snapshot = await read(self)
        return snapshot if next(reads, True) else replace(snapshot, server_time=None)

    monkeypatch.setattr(SimulatedSession, "read", without_clock)
    [change] = await world.done(world.grant(900))
    assert change.state is ChangeState.APPLIED
    assert world.balance() == -900


async def test_two_values_for_one_field_are_never_sent_as_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change is given back because its neighbour is cancelled, while a new one for its field comes in."""
    await world.online()
    world.line.switch_off()
    await world.offline()
    first, neighbour = await world.queue(
        setting("week_limit_seconds", 604_800, 50_000), setting("month_limit_seconds", 2_678_400, 60_000)
    )
    step = world.store.changes.step
    later: list[Change] = []

    async def meanwhile(id_: int, to: ChangeState, **more: Any) -> Change | None:
        stepped = await step(id_, to, **more)
        if id_ == first.id and to is ChangeState.SENDING and not later:
            await step(
                neighbour.id, ChangeState.CANCELLED, expected={ChangeState.QUEUED}, now=datetime.now(UTC)
            )
            later.extend(await world.queue(setting("week_limit_seconds", 604_800, 40_000)))
        return stepped

    monkeypatch.setattr(world.store.changes, "step", meanwhile)
    world.line.switch_on()
    assert states(await world.settled([first])) == [ChangeState.APPLIED]
    assert states(await world.settled(later)) == [ChangeState.APPLIED]
    assert "LIMIT_PER_WEEK = 40000" in world.machine.conf("alice")


async def test_a_database_that_is_busy_for_a_moment_ends_no_change(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_day(world)
    await world.online()
    with monkeypatch.context() as busy:
        busy.setattr(world.store.changes, "step", fails)
        [asked] = await world.ask(world.grant(900))
        await asyncio.sleep(0.2)
        assert world.balance() == HOUR
    world.engine.wake("kids-pc")
    [change] = await world.settled([asked])
    assert change.state is ChangeState.APPLIED


async def test_a_full_disk_here_does_not_make_a_computer_unreachable(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.online()
    world.seen.clear()
    monkeypatch.setattr(world.store.snapshots, "save", fails)
    world.machine.call(interface.set_time_limit_for_week("alice", HOUR))
    assert await world.engine.sync("kids-pc", 60)
    await asyncio.sleep(0.1)
    assert not [event for event in world.seen if type(event).__name__ == "ServerMoved"]


async def test_a_database_that_cannot_be_read_for_a_while_ends_no_actor(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.online()
    with monkeypatch.context() as broken:
        broken.setattr(world.store.changes, "open", fails)
        world.line.switch_off()
        await world.offline()
        await asyncio.sleep(0.3)
    world.line.switch_on()
    world.engine.wake("kids-pc")
    await world.online()
