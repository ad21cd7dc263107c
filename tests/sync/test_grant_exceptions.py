"""Grants that do not go as usual: refused, expired, swallowed, answered with nonsense; and what stands behind them."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from timekpr_mngr.domain.account import Source
from timekpr_mngr.domain.change import Change, ChangeState, Draft
from timekpr_mngr.simulator.files import CONTROL, USER_CONF
from timekpr_mngr.simulator.machine import Machine
from timekpr_mngr.sync.grant_delivery import WAITS_FOR_SAVE
from timekpr_mngr.timekpr import interface
from timekpr_mngr.timekpr.interface import Call, Reply

from .conftest import World, server_named, setting, states
from .test_grants_delivery import begin_day

HOUR = 3_600


async def away(world: World) -> None:
    await world.online()
    world.line.switch_off()
    await world.offline()


def refuses(world: World, monkeypatch: pytest.MonkeyPatch, member: str, also: Call | None = None) -> None:
    """timekpr says no to every call of a method, and somebody else does something at the same moment."""
    call = world.machine.call

    def answer(asked: Call) -> Reply:
        if asked.member != member:
            return call(asked)
        if also is not None:
            call(also)
        return Reply(-1, "No such thing.")

    monkeypatch.setattr(world.machine, "call", answer)


# Order


async def test_grants_that_waited_add_up_and_each_keeps_its_author_and_its_reason(world: World) -> None:
    begin_day(world)
    await away(world)
    asked: list[Change] = []
    for account, reason, seconds in (("mum", "dishes", 900), ("dad", None, 900), ("mum", "too loud", -300)):
        asked += await world.store.changes.add(
            world.machine.name,
            "alice",
            [replace(world.grant(seconds), reason=reason)],
            request_id=f"by {account}",
            account=account,
            source=Source.PAGE,
            now=datetime.now(UTC),
        )
    world.line.switch_on()
    changes = await world.settled(asked)
    assert [(change.account, change.reason, change.gained_seconds) for change in changes] == [
        ("mum", "dishes", 900),
        ("dad", None, 900),
        ("mum", "too loud", -300),
    ]
    assert world.balance() == HOUR - 1_500


async def test_a_refused_grant_blocks_nothing_behind_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_day(world)
    world.machine.call(interface.set_playtime_limits_for_days("alice", [HOUR] * 7))
    refuses(world, monkeypatch, "setTimeLeft")
    first, second, third = await world.done(
        world.grant(900), world.grant(600, "playtime"), setting("week_limit_seconds", 604_800, 50_000)
    )
    assert (first.state, first.message) == (ChangeState.REFUSED, "No such thing.")
    assert isinstance(first.note, dict)
    assert first.note["reading"] == first.note["found"] is not None
    assert states([second, third]) == [ChangeState.APPLIED] * 2
    assert "LIMIT_PER_WEEK = 50000" in world.machine.conf("alice")


async def test_a_refused_setting_blocks_no_grant_behind_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_day(world)
    refuses(world, monkeypatch, "setTimeLimitForWeek")
    changes = await world.done(setting("week_limit_seconds", 604_800, 50_000), world.grant(900))
    assert states(changes) == [ChangeState.REFUSED, ChangeState.APPLIED]
    assert world.balance() == HOUR - 900


async def test_a_grant_of_which_nothing_is_known_blocks_nothing_behind_it(world: World) -> None:
    begin_day(world)
    await world.online()
    world.line.lose_answer("setTimeLeft")
    asked = await world.ask(world.grant(900), world.grant(600))
    await world.until(lambda: world.balance() == HOUR - 900)
    world.machine.call(interface.set_time_left("alice", "+", 300))
    changes = await world.settled(asked)
    assert states(changes) == [ChangeState.UNCERTAIN, ChangeState.APPLIED]
    assert world.balance() == HOUR - 900 - 300 - 600


async def test_a_grant_that_expired_says_so_and_blocks_nothing_behind_it(world: World) -> None:
    begin_day(world)
    await away(world)
    yesterdays = await world.queue(world.grant(900))
    world.machine.set_clock(world.machine.now() + timedelta(days=1))
    todays = await world.queue(world.grant(600), setting("week_limit_seconds", 604_800, 50_000))
    world.line.switch_on()
    changes = await world.settled([*yesterdays, *todays])
    assert states(changes) == [ChangeState.EXPIRED, ChangeState.APPLIED, ChangeState.APPLIED]
    assert changes[0].message == "It was for Wednesday, 18 November; that day is over on the computer."
    assert world.balance() == -600


async def test_the_day_of_a_grant_is_the_servers_own(world: World) -> None:
    """Where it is past midnight already, today's grant is for the day after ours."""
    begin_day(world)
    machine = Machine("far-pc", ("alice",), time_zone="Pacific/Kiritimati")
    machine.set_clock("2026-11-19T00:30:00")  # 10:30 on the 18th in UTC
    line = world.connector.add(machine)
    await world.store.servers.add(server_named("far-pc", line), "a private key")
    await world.engine.added("far-pc")
    ours = machine.aware_now().astimezone(UTC).date()
    drafts = [Draft("grant.time", None, {"seconds": 900}, day=day) for day in (ours, machine.now().date())]
    asked = await world.store.changes.add(
        "far-pc",
        "alice",
        drafts,
        request_id="r",
        account="mum",
        source=Source.PAGE,
        now=datetime.now(UTC),
    )
    world.engine.wake("far-pc")
    changes = await world.settled(asked)
    assert states(changes) == [ChangeState.EXPIRED, ChangeState.APPLIED]
    assert "TIME_SPENT_BALANCE = -900" in machine.control("alice")


# Answers


async def test_a_no_while_something_else_moved_the_balance_is_not_taken_for_a_no(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_day(world)
    refuses(world, monkeypatch, "setTimeLeft", also=interface.set_time_left("alice", "+", 300))
    [change] = await world.done(world.grant(900))
    assert change.state is ChangeState.UNCERTAIN
    assert change.message == (
        "timekpr refused it (No such thing), but whether it had its effect cannot be told."
    )


async def test_what_another_gave_at_the_same_moment_is_not_counted_as_ours(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_day(world)
    call = world.machine.call

    def twice(asked: Call) -> Reply:
        if asked.member == "setTimeLeft":
            call(interface.set_time_left("alice", "-", 300))
        return call(asked)

    monkeypatch.setattr(world.machine, "call", twice)
    [change] = await world.done(world.grant(900))
    assert (change.state, change.gained_seconds) == (ChangeState.APPLIED, 900)
    assert change.message == "At the same moment something else took 5 min."


# Words


PLAYTIME_OFF = "arrived, but no time {}: PlayTime is switched off."
OVERRIDE = "arrived, but no time {}: PlayTime's limits do not count while its override is on."


@pytest.mark.parametrize(
    ("conf", "control", "after", "gained", "words"),
    [
        (
            {},
            {},
            {"seconds": -HOUR - 600},
            -HOUR,
            "Only 1 h were left; those were taken.",
        ),
        (
            {"LIMIT_PER_WEEK": 6_000},
            {},
            {"seconds": -1_800},
            -600,
            "less time was taken: the week's limit is",
        ),
        ({"ALLOWED_HOURS_3": ""}, {}, {"seconds": -900}, 0, "no time was taken: the day is closed."),
        (
            {"LIMIT_PER_MONTH": HOUR},
            {},
            {"left_seconds": 900},
            0,
            "arrived, but nothing is left: the month's limit is reached.",
        ),
        ({}, {}, {"left_seconds": 0}, -HOUR, None),
        ({}, {"TIME_SPENT_BALANCE": 4 * HOUR}, {"left_seconds": 900}, 900, None),
        (
            {},
            {"TIME_SPENT_BALANCE": 4 * HOUR},
            {"seconds": 900},
            900,
            "The time used was over the limit by 2 h; timekpr lets that pass.",
        ),
        (
            {"LIMIT_PER_WEEK": HOUR},
            {"TIME_SPENT_BALANCE": 4 * HOUR},
            {"seconds": 900},
            0,
            "arrived, but no time gained: the week's limit is reached. The time used was over the limit by 2 h",
        ),
    ],
)
async def test_what_a_grant_did_otherwise_is_said(
    world: World, conf: dict[str, Any], control: dict[str, Any], after: Any, gained: int, words: str | None
) -> None:
    begin_day(world)
    world.machine.set_values(USER_CONF, "alice", **conf)
    world.machine.set_values(CONTROL, "alice", **control)
    [change] = await world.done(Draft("grant.time", None, after, day=world.today()))
    assert (change.state, change.gained_seconds) == (ChangeState.APPLIED, gained)
    assert (words or "") in (change.message or "")
    assert (change.message is None) == (words is None)


@pytest.mark.parametrize(
    ("is_on", "override", "balance", "seconds", "gained", "words"),
    [
        (False, False, 0, 600, 0, PLAYTIME_OFF.format("gained")),
        (False, False, 0, -600, 0, PLAYTIME_OFF.format("was taken")),
        (True, True, 0, 600, 0, OVERRIDE.format("gained")),
        (True, False, 0, 600, 600, None),
        (True, False, 3_000, -900, -600, "Only 10 min were left; those were taken."),
        (
            True,
            False,
            5_400,
            600,
            600,
            "The time used was over the limit by 30 min; timekpr lets that pass.",
        ),
        (
            True,
            False,
            -86_000,
            900,
            400,
            "arrived, but less time gained: timekpr gives no more than 24 h above the limit.",
        ),
    ],
)
async def test_what_a_grant_of_playtime_did_otherwise_is_said(
    world: World, is_on: bool, override: bool, balance: int, seconds: int, gained: int, words: str | None
) -> None:
    begin_day(world)
    world.machine.call(interface.set_server_playtime_enabled(True))
    world.machine.call(interface.set_playtime_enabled("alice", is_on))
    world.machine.call(interface.set_playtime_limit_override("alice", override))
    world.machine.call(interface.set_playtime_limits_for_days("alice", [HOUR] * 7))
    world.machine.set_values(CONTROL, "alice", PLAYTIME_SPENT_BALANCE=balance)
    [change] = await world.done(world.grant(seconds, "playtime"))
    assert (change.state, change.gained_seconds, change.message) == (ChangeState.APPLIED, gained, words)


# A save of the daemon's that had begun when the grant came


def saves_over(world: World, monkeypatch: pytest.MonkeyPatch, member: str = "setTimeLeft") -> None:
    """The file has what was before the next grant, and memory has the grant, until the next save."""
    call, done = world.machine.call, False

    def overtaken(asked: Call) -> Reply:
        nonlocal done
        before = world.machine.control("alice")
        reply = call(asked)
        if asked.member == member and not done:
            done = True
            world.machine.files.rewrite(CONTROL.path("alice"), before)
        return reply

    monkeypatch.setattr(world.machine, "call", overtaken)


async def waits_for_save(world: World, change: Change) -> None:
    async with asyncio.timeout(60):
        while world.engine.waits_for(change) != WAITS_FOR_SAVE:  # noqa: ASYNC110 -- no event tells of it
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("is_lost", [False, True])
@pytest.mark.parametrize("kind", ["time", "playtime"])
async def test_a_grant_that_a_save_overtook_is_waited_for_and_not_given_twice(
    world: World, monkeypatch: pytest.MonkeyPatch, kind: str, is_lost: bool
) -> None:
    begin_day(world)
    member = "setTimeLeft" if kind == "time" else "setPlayTimeLeft"
    key = "TIME_SPENT_BALANCE" if kind == "time" else "PLAYTIME_SPENT_BALANCE"
    world.machine.call(interface.set_playtime_limits_for_days("alice", [HOUR] * 7))
    world.machine.login("alice")
    world.machine.advance(33)
    saves_over(world, monkeypatch, member)
    await world.online()
    before = world.value(key)
    spent = world.value("TIME_SPENT_DAY")
    if is_lost:
        world.line.lose_answer(member)
    first, second = await world.ask(world.grant(900, kind), world.grant(600, kind))
    await waits_for_save(world, first)
    assert world.value(key) == before
    world.machine.advance(33)
    changes = await world.settled([first, second])
    assert states(changes) == [ChangeState.APPLIED] * 2
    ticked = world.value("TIME_SPENT_DAY") - spent if kind == "time" else 0
    assert world.value(key) == before + ticked - 1_500


async def test_a_grant_that_never_arrived_is_sent_again_at_once_where_memory_knows_nothing_of_it(
    world: World,
) -> None:
    begin_day(world)
    world.machine.login("alice")
    world.machine.advance(33)
    await world.online()
    world.line.cut("setTimeLeft")
    [change] = await world.done(world.grant(900))
    assert change.state is ChangeState.APPLIED
    assert world.value("TIME_SPENT_DAY") - world.balance() == 900


async def test_playtime_that_never_arrived_is_sent_again_after_the_next_save(world: World) -> None:
    """Of PlayTime the daemon does not tell what it has in memory."""
    begin_day(world)
    world.machine.call(interface.set_playtime_limits_for_days("alice", [HOUR] * 7))
    world.machine.login("alice")
    world.machine.advance(33)
    await world.online()
    world.line.cut("setPlayTimeLeft")
    [asked] = await world.ask(world.grant(900, "playtime"))
    await waits_for_save(world, asked)
    world.machine.advance(33)
    [change] = await world.settled([asked])
    assert change.state is ChangeState.APPLIED
    assert world.value("PLAYTIME_SPENT_BALANCE") == -900


async def test_a_save_that_never_comes_is_not_waited_for_for_ever(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_day(world)
    world.machine.login("alice")
    world.machine.advance(33)
    saves_over(world, monkeypatch)
    await world.online()
    [asked] = await world.ask(world.grant(900))
    await waits_for_save(world, asked)
    later = datetime.now(UTC) + timedelta(minutes=10)
    delivery = world.engine._actors["kids-pc"]._delivery
    assert delivery is not None
    grants = delivery._grants
    monkeypatch.setattr(grants, "_ports", replace(grants._ports, now=lambda: later))
    world.engine.wake("kids-pc")
    [change] = await world.settled([asked])
    assert change.state is ChangeState.UNCERTAIN
    assert "does not save what it has in memory" in (change.message or "")
