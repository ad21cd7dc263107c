"""What is used on a computer is kept by its days, though nobody can always look."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.sync.conftest import NOON, World
from timekpr_mngr.domain.person import UserName
from timekpr_mngr.domain.snapshot import Live, Snapshot, UserSnapshot
from timekpr_mngr.domain.usage import Control
from timekpr_mngr.domain.usage_days import SAMPLE_SECONDS, UsageDay
from timekpr_mngr.domain.user import Activity, UserConfig
from timekpr_mngr.simulator.files import CONTROL
from timekpr_mngr.simulator.machine import Machine
from timekpr_mngr.store import Quarter, StoreFailure
from timekpr_mngr.store.usage import Usage
from timekpr_mngr.sync import usage
from timekpr_mngr.sync.events import UserRead, UserTicked
from timekpr_mngr.timekpr import interface

HOUR = 3600
WEDNESDAY, THURSDAY, FRIDAY, SATURDAY = (date(2026, 11, day) for day in range(18, 22))
ALICE = UserName("kids-pc", "alice")
LONG_AGO, FAR_OFF = date(1990, 1, 1), date(2090, 1, 1)


@pytest.fixture
def machine() -> Machine:
    """A computer whose clock stands still unless it is moved, and whose users were made just now."""
    start = datetime.fromisoformat(NOON).replace(tzinfo=ZoneInfo("Europe/Berlin"))
    machine = Machine("kids-pc", ("alice", "bob"), time_zone="Europe/Berlin", now=lambda: start)
    for user in ("alice", "bob"):
        machine.set_values(CONTROL, user, LAST_CHECKED=machine.now())
    return machine


async def looked(world: World, user: UserName = ALICE) -> dict[date, UsageDay]:
    """Has the computer read, and what was seen kept."""
    assert await world.engine.sync(world.machine.name, 60)
    return await kept(world, user)


async def kept(world: World, user: UserName = ALICE) -> dict[date, UsageDay]:
    await world.engine.keep_usage()
    days = await world.store.usage.days([user], LONG_AGO, FAR_OFF)
    return {day.day: day for day in days[user]}


async def quarters(world: World, user: UserName = ALICE) -> list[Quarter]:
    await world.engine.keep_usage()
    return (await world.store.usage.quarters([user], datetime(2000, 1, 1, tzinfo=UTC)))[user]


async def play(world: World, seconds: int, look_every: int = 60) -> None:
    """Lets time pass with a look at the computer now and then, as in life."""
    while seconds > 0:
        world.machine.advance(min(look_every, seconds))
        seconds -= look_every
        assert await world.engine.sync(world.machine.name, 60)


def away(world: World, until: str) -> None:
    """The computer is off, and is switched on again later; timekprd starts with it."""
    world.line.switch_off()
    for user in ("alice", "bob"):
        world.machine.logout(user)
    world.machine.advance(3)  # timekprd sees it, and saves
    switch_on(world, until)


def switch_on(world: World, when: str) -> None:
    """What timekprd did not save is lost."""
    world.machine.stop_daemon()
    world.machine.set_clock(when)
    world.machine.start_daemon()
    world.line.switch_on()


def limited(world: World, seconds: int) -> None:
    for user in ("alice", "bob"):
        world.machine.call(interface.set_time_limits_for_days(user, [seconds] * 7))


async def test_a_day_is_followed_while_it_is_used(world: World) -> None:
    await world.online()
    limited(world, 2 * HOUR)
    world.machine.login("alice")
    await play(world, 600)
    days = await looked(world)
    assert list(days) == [WEDNESDAY]
    record = days[WEDNESDAY]
    assert 590 <= record.used_seconds <= 600
    assert (record.limit_seconds, record.ran_out, record.is_whole) == (2 * HOUR, False, False)


async def test_what_was_used_has_its_place_in_the_day(world: World) -> None:
    await world.online()
    world.machine.login("alice")
    await play(world, 900)
    found = await quarters(world)
    assert sum(one.used_seconds for one in found) == (await kept(world))[WEDNESDAY].used_seconds
    began = datetime.fromisoformat("2026-11-18T12:00+01:00")
    assert {one.at for one in found} <= {began, began + timedelta(minutes=15)}
    assert all(0 < one.used_seconds <= 3 * SAMPLE_SECONDS for one in found)


async def test_ticks_are_heard_and_nothing_is_written_for_them(world: World) -> None:
    await world.online()
    world.machine.login("alice")
    await play(world, 60)
    before = (await kept(world))[WEDNESDAY]
    ticks = len([event for event in world.seen if isinstance(event, UserTicked)])
    world.machine.advance(30)
    assert len([event for event in world.seen if isinstance(event, UserTicked)]) == ticks + 10
    stored = (await world.store.usage.days([ALICE], WEDNESDAY, WEDNESDAY))[ALICE]
    assert stored == [before]
    assert (await kept(world))[WEDNESDAY].used_seconds == before.used_seconds + 30


async def test_the_limit_is_reached_and_time_given_later_does_not_hide_it(world: World) -> None:
    limited(world, 120)
    await world.online()
    world.machine.login("alice")
    await play(world, 300)
    record = (await looked(world))[WEDNESDAY]
    assert record.ran_out
    [grant] = await world.done(world.grant(900))
    record = (await looked(world))[WEDNESDAY]
    assert (record.ran_out, record.given_seconds) == (True, 900 + record.used_seconds - 120)
    done = (await world.store.usage.grants([ALICE], WEDNESDAY, WEDNESDAY))[ALICE]
    assert [(one.seconds, one.account) for one in done] == [(900, grant.account)]


async def test_the_weeks_limit_is_one_that_can_be_reached(world: World) -> None:
    world.machine.call(interface.set_time_limit_for_week("alice", 120))
    await world.online()
    world.machine.login("alice")
    await play(world, 60)
    assert not (await kept(world))[WEDNESDAY].ran_out
    await play(world, 240)
    assert (await looked(world))[WEDNESDAY].ran_out


async def test_time_given_on_the_computer_itself_is_told_too(world: World) -> None:
    await looked(world)
    world.machine.call(interface.set_time_left("alice", "+", 600))
    await looked(world)
    await looked(world)
    done = (await world.store.usage.grants([ALICE], WEDNESDAY, WEDNESDAY))[ALICE]
    assert [(one.seconds, one.account) for one in done] == [(600, None)]
    assert (await kept(world))[WEDNESDAY].given_seconds == 600


async def test_a_computer_that_was_off_for_days_tells_the_last_one_whole_and_that_nobody_came(
    world: World,
) -> None:
    await world.online()
    world.machine.login("alice")
    await play(world, 60)
    world.line.switch_off()
    world.machine.advance(1800)
    away(world, "2026-11-21T09:00:00")
    days = await looked(world)
    assert [(day.day, day.is_whole) for day in days.values()] == [
        (WEDNESDAY, True),
        (THURSDAY, True),
        (FRIDAY, True),
        (SATURDAY, False),
    ]
    assert [day.used_seconds for day in days.values()] == [world.value("TIME_SPENT_DAY"), 0, 0, 0]
    assert days[WEDNESDAY].used_seconds > 1800


async def test_a_computer_that_was_used_where_nobody_looked_leaves_a_gap(world: World) -> None:
    await world.online()
    world.machine.login("alice")
    await play(world, 60)
    seen = (await kept(world))[WEDNESDAY]
    world.line.switch_off()
    world.machine.advance(300)
    world.machine.set_clock("2026-11-19T12:00:00")
    world.machine.advance(300)
    world.machine.set_clock("2026-11-21T09:00:00")
    world.machine.advance(300)
    world.line.switch_on()
    days = await looked(world)
    assert list(days) == [WEDNESDAY, SATURDAY]
    assert (days[WEDNESDAY].used_seconds, days[WEDNESDAY].is_whole) == (seen.used_seconds, False)
    assert 250 <= days[SATURDAY].used_seconds <= 300


async def test_the_evening_that_nobody_saw_is_told_by_the_month_on_the_day_after(world: World) -> None:
    await world.online()
    world.machine.login("alice")
    await play(world, 60)
    world.line.switch_off()
    world.machine.advance(1200)
    world.machine.set_clock("2026-11-19T12:00:00")
    world.machine.advance(300)
    world.line.switch_on()
    days = await looked(world)
    assert days[WEDNESDAY].is_whole
    total = world.value("TIME_SPENT_MONTH")
    assert abs(days[WEDNESDAY].used_seconds + days[THURSDAY].used_seconds - total) <= 30  # not saved yet
    assert days[WEDNESDAY].used_seconds > 1200


async def test_it_is_told_so_though_this_program_was_begun_anew_meanwhile(world: World) -> None:
    await world.online()
    world.machine.login("alice")
    await play(world, 60)
    world.line.switch_off()
    world.machine.advance(1200)
    await world.end()
    world.machine.set_clock("2026-11-19T12:00:00")
    world.machine.advance(300)
    world.line.switch_on()
    await world.begin()
    record = (await looked(world))[WEDNESDAY]
    assert record.is_whole
    assert record.used_seconds > 1200


async def test_a_tick_right_after_midnight_is_not_taken_for_yesterday() -> None:
    read_at = datetime(2026, 11, 18, 22, 59, 55, tzinfo=UTC)
    control = Control(100, 100, 100, 100, datetime.fromisoformat("2026-11-18T23:59:50"))
    live = Live(read_at + timedelta(seconds=10), spent_month_seconds=115)
    alice = UserSnapshot("alice", control=control, live=live)
    snapshot = Snapshot(read_at, read_at, "Europe/Berlin", None, users={"alice": alice})
    reading = usage.reading_of(snapshot, alice)
    assert reading is not None
    assert (reading.read_at, reading.day, reading.used_seconds) == (read_at, WEDNESDAY, 100)


async def test_midnight_parts_the_days_of_who_plays_through_it(world: World) -> None:
    world.machine.set_clock("2026-11-18T23:50:00")
    await world.online()
    world.machine.login("alice")
    await play(world, 1200, look_every=50)
    days = await looked(world)
    assert (days[WEDNESDAY].is_whole, days[THURSDAY].is_whole) == (True, False)
    assert 590 <= days[WEDNESDAY].used_seconds <= 600
    assert 590 <= days[THURSDAY].used_seconds <= 600


async def test_a_new_month_parts_them_too(world: World) -> None:
    world.machine.set_clock("2026-11-30T23:50:00")
    await world.online()
    world.machine.login("alice")
    await play(world, 1200, look_every=50)
    days = await looked(world)
    *_, last, first = days.values()
    assert (last.day, last.is_whole, first.day) == (date(2026, 11, 30), True, date(2026, 12, 1))
    assert 540 <= last.used_seconds <= 600
    assert 590 <= first.used_seconds <= 600


async def test_a_clock_that_is_set_back_gives_no_negative_time(world: World) -> None:
    """0.5.4 counts it as time given back."""
    await world.online()
    world.machine.login("alice")
    await play(world, 600)
    before = (await kept(world))[WEDNESDAY]
    world.machine.set_clock("2026-11-18T09:00:00")
    await play(world, 120)
    live = world.snapshot.users["alice"].live
    assert live is not None
    assert (live.spent_day_seconds or 0) < 0
    after = (await looked(world))[WEDNESDAY]
    assert before.used_seconds <= after.used_seconds <= before.used_seconds + 130
    assert sum(one.used_seconds for one in await quarters(world)) <= after.used_seconds


async def test_a_clock_that_is_set_forward_and_back_leaves_the_days_as_they_were(world: World) -> None:
    await world.online()
    world.machine.login("alice")
    await play(world, 120)
    before = (await kept(world))[WEDNESDAY]
    world.machine.logout("alice")
    world.machine.advance(3)
    world.machine.set_clock("2026-11-20T12:00:00")
    await looked(world)
    world.machine.set_clock("2026-11-18T12:10:00")
    await looked(world)
    world.machine.set_clock("2026-11-19T18:00:00")
    await looked(world)
    world.machine.login("alice")
    await play(world, 120)
    days = await looked(world)
    assert days[WEDNESDAY].used_seconds == before.used_seconds
    assert 110 <= days[THURSDAY].used_seconds <= 120
    assert not days[THURSDAY].is_whole


async def test_a_restart_of_this_program_doubles_nothing(world: World) -> None:
    await world.online()
    world.machine.login("alice")
    await play(world, 150)
    for _ in range(3):
        await world.end()
        await world.begin()
        await world.online()
        await play(world, 40, look_every=20)
    record = (await looked(world))[WEDNESDAY]
    assert 260 <= record.used_seconds <= 270
    assert sum(one.used_seconds for one in await quarters(world)) <= record.used_seconds


async def test_a_restart_while_the_computer_is_off_forgets_nothing_that_the_file_can_tell(
    world: World,
) -> None:
    await world.online()
    world.machine.login("alice")
    await play(world, 60)
    world.line.switch_off()
    world.machine.advance(600)
    await world.end()
    away(world, "2026-11-20T09:00:00")
    await world.begin()
    days = await looked(world)
    assert [day.is_whole for day in days.values()] == [True, True, False]
    assert days[WEDNESDAY].used_seconds == world.value("TIME_SPENT_DAY") > 600


async def test_playtime_is_followed_beside_it(world: World) -> None:
    world.machine.call(interface.set_server_playtime_enabled(True))
    world.machine.call(interface.set_playtime_enabled("alice", True))
    world.machine.call(interface.set_playtime_limits_for_days("alice", [HOUR] * 7))
    world.machine.call(interface.set_playtime_activities("alice", [Activity("minetest", "Minetest")]))
    await world.online()
    world.machine.login("alice")
    await play(world, 120)
    world.machine.start_program("alice", "minetest")
    await play(world, 300)
    record = (await looked(world))[WEDNESDAY]
    assert 260 <= record.playtime_seconds <= 300
    assert 410 <= record.used_seconds <= 420
    played = sum(one.playtime_seconds for one in await quarters(world))
    assert 0 < played <= record.playtime_seconds


async def test_yesterdays_playtime_is_not_todays_after_a_grant_on_a_stale_day(world: World) -> None:
    world.machine.set_values(
        CONTROL, "alice", TIME_SPENT_DAY=HOUR, PLAYTIME_SPENT_DAY=1800, PLAYTIME_SPENT_BALANCE=1800
    )
    await looked(world)
    world.machine.set_clock("2026-11-19T12:00:00")
    await looked(world)
    [grant] = await world.done(world.grant(900))
    assert grant.gained_seconds is not None
    days = await looked(world)
    assert world.value("PLAYTIME_SPENT_DAY") == 1800
    assert (days[WEDNESDAY].playtime_seconds, days[WEDNESDAY].is_whole) == (1800, True)
    assert (days[THURSDAY].playtime_seconds, days[THURSDAY].given_seconds) == (0, 900)


async def test_a_server_keeps_its_days_under_another_name(world: World) -> None:
    await world.online()
    world.machine.login("alice")
    await play(world, 180)
    used = (await looked(world))[WEDNESDAY].used_seconds
    placed = sum(one.used_seconds for one in await quarters(world))
    den = UserName("den", "alice")

    await world.engine.pausing("kids-pc")
    await world.store.servers.replace(
        "kids-pc", replace(await world.store.servers.get("kids-pc"), name="den")
    )
    await world.engine.edited("kids-pc", "den")
    assert await world.engine.sync("den", 60)
    world.machine.advance(30)

    assert (await kept(world, den))[WEDNESDAY].used_seconds >= used + 24
    assert sum(one.used_seconds for one in await quarters(world, den)) >= placed + 24


async def test_a_server_that_gets_the_name_of_a_removed_one_begins_with_nothing(world: World) -> None:
    await world.online()
    world.machine.login("alice")
    await play(world, 180)
    server = await world.store.servers.get("kids-pc")
    world.machine.logout("alice")
    await world.engine.pausing("kids-pc")
    await world.store.servers.remove("kids-pc")
    await world.engine.removed("kids-pc")

    world.machine.advance(3)
    world.machine.set_values(CONTROL, "alice", TIME_SPENT_DAY=30)
    await world.store.servers.add(server, "another key")
    await world.engine.added("kids-pc")

    assert (await looked(world))[WEDNESDAY].used_seconds == 30


class Troubled:
    """The store's part for what was used, while the disk is full."""

    def __init__(self, real: Usage) -> None:
        self._real = real
        self.is_full = True
        self.days = real.days

    async def keep(self, days: Any, samples: Any) -> None:
        if self.is_full:
            raise StoreFailure("The disk is full.")
        await self._real.keep(days, samples)


async def test_what_cannot_be_kept_now_is_kept_later(world: World) -> None:
    await world.online()
    world.store.usage = troubled = Troubled(world.store.usage)  # type: ignore[assignment]
    world.machine.login("alice")
    await play(world, 120)
    await world.engine.keep_usage()
    troubled.is_full = False
    assert (await kept(world))[WEDNESDAY].used_seconds > 100


async def test_it_is_kept_again_and_again_by_itself(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.online()
    await world.end()
    monkeypatch.setattr(usage, "KEEP_EVERY_SECONDS", 0.01)
    await world.begin()
    await world.online()
    world.machine.login("alice")
    await play(world, 120)
    async with asyncio.timeout(60):
        while await used_in_store(world) < 100:  # noqa: ASYNC110 -- no event tells of it
            await asyncio.sleep(0.01)


async def used_in_store(world: World) -> int:
    days = await world.store.usage.days([ALICE], WEDNESDAY, WEDNESDAY)
    return sum(day.used_seconds for day in days[ALICE])


@pytest.mark.parametrize(
    ("server_time", "last_checked"),
    [
        (datetime.max.replace(tzinfo=UTC), datetime.max),  # noqa: DTZ901
        (datetime.min.replace(tzinfo=UTC), datetime.min),  # noqa: DTZ901
        (datetime(2026, 11, 18, tzinfo=UTC), datetime.min),  # noqa: DTZ901
    ],
)
async def test_a_clock_at_the_end_of_all_dates_is_no_trouble(
    world: World, server_time: datetime, last_checked: datetime
) -> None:
    now = datetime.now(UTC)
    control = Control(0, 60, 60, 60, last_checked)
    users = {"alice": UserSnapshot("alice", control=control, config=UserConfig())}
    snapshot = Snapshot(now, server_time, "Europe/Berlin", None, users=users)
    later = replace(snapshot, read_at=now + timedelta(days=3))
    told = iter([snapshot, later])
    book = usage.UsageBook(world.store, lambda _: next(told))
    await book.begin({"attic": snapshot})
    book.heard(UserRead("attic", "alice"))
    book.heard(UserRead("attic", "alice"))


async def test_ticks_that_were_not_followed_one_by_one_count_when_the_counters_fall(world: World) -> None:
    """timekprd was killed before it saved, seconds after its last tick: what it had told was used all the same."""
    now = datetime(2026, 11, 18, 12, tzinfo=UTC)
    saved = Control(100, 100, 100, 100, now.replace(tzinfo=None))
    user = UserSnapshot("alice", control=saved, config=UserConfig())
    begun = Snapshot(now, now, "UTC", None, users={"alice": user})
    told = begun

    def hear(seconds: int, spent: int | None) -> Snapshot:
        live = Live(now + timedelta(seconds=seconds), spent_month_seconds=spent) if spent else None
        return replace(
            begun,
            read_at=now if spent else now + timedelta(seconds=seconds),
            server_time=now if spent else now + timedelta(seconds=seconds),
            users={"alice": replace(user, live=live)},
        )

    book = usage.UsageBook(world.store, lambda _: told)
    await book.begin({world.machine.name: begun})
    for seconds in (3, 6, 9):
        told = hear(seconds, 100 + seconds)
        book.heard(UserTicked(world.machine.name, "alice"))
    told = hear(12, None)
    book.heard(UserRead(world.machine.name, "alice"))
    await book.keep()
    [day] = (await world.store.usage.days([ALICE], LONG_AGO, FAR_OFF))[ALICE]
    assert day.used_seconds == 109
