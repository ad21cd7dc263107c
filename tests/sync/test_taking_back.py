"""What holds for a day: sent in time or not at all, and taken back once the day is over on the computer."""

import asyncio
import re
from datetime import date, timedelta

import pytest

from timekpr_mngr.domain.change import Change, ChangeState, Draft, FollowsAs, Json
from timekpr_mngr.errors import NotNow
from timekpr_mngr.store import Follows, Store
from timekpr_mngr.sync.taking_back import LEFT_ALONE, WAS_SO_BEFORE, due, take_back
from timekpr_mngr.timekpr import interface

from .conftest import World, setting, states

HOURS = "days.3.hours"
WEEK = "week_limit_seconds"
HOUR = 3600
TEN, ELEVEN, TWELVE = 10 * HOUR, 11 * HOUR, 12 * HOUR


def hours(end: str) -> list[Json]:
    return [{"from": "15:00", "to": end, "unaccounted": False}]


def for_today(world: World, field: str, before: Json, after: Json) -> Draft:
    return Draft(field, before, after, until=world.today())


async def next_day(world: World, days: int = 1) -> None:
    """Some midnights pass on the computer, and it is seen."""
    world.machine.set_clock(world.machine.now() + timedelta(days=days))
    await world.engine.sync(world.machine.name, 10)


async def quiet(world: World) -> None:
    """Nothing waits and nothing is due any more, after the computer was looked at more than once."""
    name = world.machine.name
    for _ in range(3):
        await world.engine.sync(name, 10)
    async with asyncio.timeout(60):
        while await world.store.changes.open(name) or due(
            await world.store.changes.for_a_day(name), world.today()
        ):
            await world.engine.sync(name, 1)


async def everything(world: World) -> list[Change]:
    """All changes, oldest first."""
    return list(reversed(await world.store.changes.list(limit=200)))


async def backs(world: World) -> list[Change]:
    return [change for change in await everything(world) if change.follows_as is FollowsAs.BACK]


async def until_taken_back(world: World, change: Change) -> Change:
    """What takes a change back, when it has ended."""
    async with asyncio.timeout(60):
        while not (found := [back for back in await backs(world) if back.follows == change.id]):
            await world.engine.sync(world.machine.name, 1)
    [ended] = await world.settled(found[-1:])
    return ended


def week_limit(world: World) -> int:
    """As the computer's own file has it."""
    found = re.search(r"(?m)^LIMIT_PER_WEEK = (\d+)$", world.machine.conf("alice"))
    assert found is not None
    return int(found[1])


def sets_week(world: World, seconds: int) -> None:
    """Somebody at the computer itself."""
    assert world.machine.call(interface.set_time_limit_for_week("alice", seconds)).ok


@pytest.fixture
async def ready(world: World) -> World:
    """A week's limit of ten hours, and open hours on Wednesday."""
    await world.online()
    sets_week(world, TEN)
    await world.done(setting(HOURS, [{"from": "00:00", "to": "24:00", "unaccounted": False}], hours("20:30")))
    await world.engine.sync(world.machine.name, 10)
    return world


async def test_after_midnight_it_goes_back_to_what_was(ready: World) -> None:
    [opened] = await ready.done(for_today(ready, HOURS, hours("20:30"), hours("21:00")))
    assert (opened.state, opened.until) == (ChangeState.APPLIED, ready.today())
    assert "ALLOWED_HOURS_3 = 15;16;17;18;19;20\n" in ready.machine.conf("alice")

    await next_day(ready)
    back = await until_taken_back(ready, opened)

    assert (back.state, back.before, back.after) == (ChangeState.APPLIED, hours("21:00"), hours("20:30"))
    assert (back.account, back.source, back.until) == (opened.account, opened.source, None)
    assert "ALLOWED_HOURS_3 = 15;16;17;18;19;20[0-30]\n" in ready.machine.conf("alice")
    await quiet(ready)
    assert len(await backs(ready)) == 1


async def test_nothing_is_taken_back_while_its_day_lasts(ready: World) -> None:
    await ready.done(for_today(ready, WEEK, TEN, ELEVEN))
    await quiet(ready)
    assert await backs(ready) == []
    assert week_limit(ready) == ELEVEN


async def test_who_was_away_for_days_takes_back_at_the_next_contact(ready: World) -> None:
    [opened] = await ready.done(for_today(ready, WEEK, TEN, ELEVEN))
    await ready.end()
    ready.machine.set_clock(ready.machine.now() + timedelta(days=3))
    await ready.begin()

    back = await until_taken_back(ready, opened)

    assert back.state is ChangeState.APPLIED
    assert week_limit(ready) == TEN


async def test_a_computer_that_was_off_at_midnight_is_taken_back_when_it_is_on(ready: World) -> None:
    [opened] = await ready.done(for_today(ready, WEEK, TEN, ELEVEN))
    ready.line.switch_off()
    await ready.offline()
    ready.machine.set_clock(ready.machine.now() + timedelta(hours=20))
    assert week_limit(ready) == ELEVEN
    ready.line.switch_on()

    assert (await until_taken_back(ready, opened)).state is ChangeState.APPLIED
    assert week_limit(ready) == TEN


async def test_two_of_a_day_are_taken_back_newest_first(ready: World) -> None:
    [first] = await ready.done(for_today(ready, WEEK, TEN, ELEVEN))
    [second] = await ready.done(for_today(ready, WEEK, ELEVEN, TWELVE))

    await next_day(ready)
    await until_taken_back(ready, first)

    assert [(back.follows, back.state, back.after) for back in await backs(ready)] == [
        (second.id, ChangeState.APPLIED, ELEVEN),
        (first.id, ChangeState.APPLIED, TEN),
    ]
    assert week_limit(ready) == TEN
    await quiet(ready)


async def test_two_that_waited_are_one_and_go_back_to_what_was(ready: World) -> None:
    ready.line.switch_off()
    await ready.offline()
    first = await ready.queue(for_today(ready, WEEK, TEN, ELEVEN))
    second = await ready.queue(for_today(ready, WEEK, ELEVEN, TWELVE))
    ready.line.switch_on()
    assert states(await ready.settled([*first, *second])) == [ChangeState.SUPERSEDED, ChangeState.APPLIED]

    await next_day(ready)
    await until_taken_back(ready, second[0])

    assert week_limit(ready) == TEN
    await quiet(ready)
    assert [back.follows for back in await backs(ready)] == [second[0].id]


async def test_what_waits_past_its_day_is_never_sent(ready: World) -> None:
    ready.line.switch_off()
    await ready.offline()
    opened = await ready.ask(for_today(ready, WEEK, TEN, ELEVEN), ready.grant(900))
    ready.machine.set_clock(ready.machine.now() + timedelta(days=1))
    ready.line.switch_on()

    ended = await ready.settled(opened)

    assert states(ended) == [ChangeState.EXPIRED] * 2
    assert ended[0].message == (
        "It was to hold until the end of Wednesday, 18 November; that day is over on the computer."
    )
    assert week_limit(ready) == TEN
    await quiet(ready)
    assert await backs(ready) == []


async def test_a_lost_answer_over_midnight_is_taken_back_where_it_had_arrived(ready: World) -> None:
    ready.line.lose_answer("setTimeLimitForWeek")
    [asked] = await ready.ask(for_today(ready, WEEK, TEN, ELEVEN))
    await ready.until(lambda: week_limit(ready) == ELEVEN)
    ready.machine.set_clock(ready.machine.now() + timedelta(days=1))

    [opened] = await ready.settled([asked])
    assert opened.state is ChangeState.APPLIED
    await until_taken_back(ready, opened)
    assert week_limit(ready) == TEN


async def test_a_call_that_never_left_us_before_midnight_is_not_sent_after_it(ready: World) -> None:
    ready.line.cut("setTimeLimitForWeek")
    day = ready.today()
    ready.line.switch_off()
    await ready.offline()
    [asked] = await ready.ask(for_today(ready, WEEK, TEN, ELEVEN))
    started = await ready.store.changes.step(
        asked.id,
        ChangeState.SENDING,
        expected={ChangeState.QUEUED},
        now=asked.created_at,
        note={"stood": TEN},
    )
    assert started is not None
    ready.machine.set_clock(ready.machine.now() + timedelta(days=1))
    ready.line.switch_on()

    [ended] = await ready.settled([asked])

    assert (ended.state, ended.until) == (ChangeState.EXPIRED, day)
    assert week_limit(ready) == TEN


async def test_what_somebody_changed_since_is_left_alone_and_said_so(ready: World) -> None:
    [opened] = await ready.done(for_today(ready, WEEK, TEN, ELEVEN))
    sets_week(ready, TWELVE)

    await next_day(ready)
    await quiet(ready)

    assert await backs(ready) == []
    left = await ready.store.changes.get(opened.id)
    assert (left.state, left.until, left.message) == (ChangeState.APPLIED, None, LEFT_ALONE)
    assert week_limit(ready) == TWELVE


async def test_a_stranger_at_the_last_moment_is_left_alone_too(ready: World) -> None:
    """Between the look and the sending: nobody is asked, because nobody asked for it now."""
    [opened] = await ready.done(for_today(ready, WEEK, TEN, ELEVEN))
    snapshot = ready.snapshot
    await ready.end()
    ready.machine.set_clock(ready.machine.now() + timedelta(days=1))
    ready.store = await Store.open(ready.folder)
    [change] = due(await ready.store.changes.for_a_day(ready.machine.name), ready.today())
    [back] = await take_back(ready.store, [change], snapshot, opened.created_at)
    await ready.store.close()
    sets_week(ready, TWELVE)
    await ready.begin()

    [ended] = await ready.settled([back])
    await quiet(ready)

    assert (ended.state, ended.message) == (ChangeState.SUPERSEDED, LEFT_ALONE)
    assert (await ready.store.changes.get(opened.id)).message == LEFT_ALONE
    assert week_limit(ready) == TWELVE
    assert len(await backs(ready)) == 1


async def test_what_was_so_before_stays_so(ready: World) -> None:
    """Somebody at the computer had set the same for good, before ours came."""
    await ready.online()
    ready.line.switch_off()
    await ready.offline()
    sets_week(ready, ELEVEN)
    asked = await ready.ask(for_today(ready, WEEK, TEN, ELEVEN))
    ready.line.switch_on()
    [opened] = await ready.settled(asked)
    assert opened.state is ChangeState.APPLIED

    await next_day(ready)
    await quiet(ready)

    assert await backs(ready) == []
    assert (await ready.store.changes.get(opened.id)).message == WAS_SO_BEFORE
    assert week_limit(ready) == ELEVEN


async def test_it_goes_back_to_what_was_found_and_not_to_what_was_thought(ready: World) -> None:
    """The first never came about; the second was made in the belief that it would."""
    ready.line.switch_off()
    await ready.offline()
    [first] = await ready.queue(for_today(ready, WEEK, TWELVE, ELEVEN))
    started = await ready.store.changes.step(
        first.id,
        ChangeState.SENDING,
        expected={ChangeState.QUEUED},
        now=first.created_at,
        note={"bases": [TEN]},
    )
    assert started is not None
    [second] = await ready.queue(for_today(ready, WEEK, ELEVEN, TWELVE))
    await ready.store.changes.step(
        first.id, ChangeState.REFUSED, expected={ChangeState.SENDING}, now=first.created_at
    )
    ready.line.switch_on()
    [opened] = await ready.settled([second])
    assert (opened.state, opened.before, opened.stood) == (ChangeState.APPLIED, ELEVEN, TEN)

    await next_day(ready)
    await until_taken_back(ready, opened)

    assert week_limit(ready) == TEN


async def test_an_edit_that_waits_goes_before_it_and_its_place_is_not_taken(ready: World) -> None:
    [opened] = await ready.done(for_today(ready, WEEK, TEN, ELEVEN))
    ready.line.switch_off()
    await ready.offline()
    [edit] = await ready.queue(setting(WEEK, ELEVEN, TWELVE))
    ready.machine.set_clock(ready.machine.now() + timedelta(days=1))
    ready.line.switch_on()

    assert states(await ready.settled([edit])) == [ChangeState.APPLIED]
    await quiet(ready)

    assert week_limit(ready) == TWELVE
    assert (await ready.store.changes.get(opened.id)).message == LEFT_ALONE


async def test_an_edit_that_waits_and_is_cancelled_leaves_nothing_open(ready: World) -> None:
    [opened] = await ready.done(for_today(ready, WEEK, TEN, ELEVEN))
    ready.line.switch_off()
    await ready.offline()
    [edit] = await ready.queue(setting(WEEK, ELEVEN, TWELVE))
    ready.machine.set_clock(ready.machine.now() + timedelta(days=1))
    await ready.store.changes.step(
        edit.id, ChangeState.CANCELLED, expected={ChangeState.QUEUED}, now=edit.created_at
    )
    ready.line.switch_on()

    assert (await until_taken_back(ready, opened)).state is ChangeState.APPLIED
    assert week_limit(ready) == TEN


async def test_a_lasting_edit_that_waits_is_not_lost_by_what_holds_for_a_day(ready: World) -> None:
    ready.line.switch_off()
    await ready.offline()
    [edit] = await ready.queue(setting(WEEK, TEN, 9 * HOUR))
    [opened] = await ready.queue(for_today(ready, WEEK, 9 * HOUR, ELEVEN))
    ready.line.switch_on()
    assert states(await ready.settled([edit, opened])) == [ChangeState.APPLIED] * 2
    assert week_limit(ready) == ELEVEN

    await next_day(ready)
    await until_taken_back(ready, opened)

    assert week_limit(ready) == 9 * HOUR


@pytest.mark.parametrize("days", [1, 2])
async def test_yesterdays_waits_for_todays_and_both_are_taken_back(ready: World, days: int) -> None:
    """The computer was away over midnight, and today somebody gave more before it was seen."""
    [first] = await ready.done(for_today(ready, WEEK, TEN, ELEVEN))
    ready.line.switch_off()
    await ready.offline()
    ready.machine.set_clock(ready.machine.now() + timedelta(days=1))
    [second] = await ready.queue(for_today(ready, WEEK, ELEVEN, TWELVE))
    if days == 2:
        ready.machine.set_clock(ready.machine.now() + timedelta(days=1))
    ready.line.switch_on()
    [ended] = await ready.settled([second])
    if days == 2:
        assert ended.state is ChangeState.EXPIRED
    else:
        assert (ended.state, week_limit(ready)) == (ChangeState.APPLIED, TWELVE)
        await next_day(ready)
    await until_taken_back(ready, first)

    assert week_limit(ready) == TEN


@pytest.mark.parametrize("end", [ChangeState.CANCELLED, ChangeState.REFUSED, ChangeState.CONFLICT])
async def test_what_never_came_about_is_not_taken_back(ready: World, end: ChangeState) -> None:
    ready.line.switch_off()
    await ready.offline()
    [asked] = await ready.queue(for_today(ready, WEEK, TEN, ELEVEN))
    await ready.store.changes.step(asked.id, end, expected={ChangeState.QUEUED}, now=asked.created_at)
    sets_week(ready, ELEVEN)
    ready.line.switch_on()

    await next_day(ready)
    await quiet(ready)

    assert await backs(ready) == []
    assert week_limit(ready) == ELEVEN


async def test_what_may_have_arrived_is_taken_back_where_it_stands_there(ready: World) -> None:
    ready.line.switch_off()
    await ready.offline()
    [asked] = await ready.queue(for_today(ready, WEEK, TEN, ELEVEN))
    for state, before in (
        (ChangeState.SENDING, ChangeState.QUEUED),
        (ChangeState.UNCERTAIN, ChangeState.SENDING),
    ):
        assert await ready.store.changes.step(
            asked.id, state, expected={before}, now=asked.created_at, note={"stood": TEN}
        )
    sets_week(ready, ELEVEN)
    ready.line.switch_on()

    await next_day(ready)
    await until_taken_back(ready, asked)

    assert week_limit(ready) == TEN


async def test_who_takes_back_twice_takes_back_once(ready: World) -> None:
    [opened] = await ready.done(for_today(ready, WEEK, TEN, ELEVEN))
    snapshot = ready.snapshot
    await ready.engine.stop()
    tomorrow = ready.today() + timedelta(days=1)

    first = await take_back(
        ready.store,
        due(await ready.store.changes.for_a_day("kids-pc"), tomorrow),
        snapshot,
        opened.created_at,
    )
    again = await take_back(ready.store, [opened], snapshot, opened.created_at)

    assert [one.id for one in again] == [one.id for one in first]
    assert due(await ready.store.changes.for_a_day("kids-pc"), tomorrow) == []
    assert len(await backs(ready)) == 1


async def test_a_kill_at_any_moment_takes_back_once(ready: World) -> None:
    [opened] = await ready.done(for_today(ready, WEEK, TEN, ELEVEN))
    ready.line.lose_answer("setTimeLimitForWeek")
    ready.machine.set_clock(ready.machine.now() + timedelta(days=1))
    await ready.engine.sync(ready.machine.name, 10)
    await ready.until(lambda: week_limit(ready) == TEN)
    await ready.end()
    await ready.begin()

    back = await until_taken_back(ready, opened)

    assert back.state is ChangeState.APPLIED
    assert len(await backs(ready)) == 1


async def test_what_is_kept_is_not_taken_back(ready: World) -> None:
    [opened] = await ready.done(for_today(ready, WEEK, TEN, ELEVEN))
    await ready.store.changes.keep(opened.id, message=None, now=opened.created_at)

    await next_day(ready)
    await quiet(ready)

    assert await backs(ready) == []
    assert week_limit(ready) == ELEVEN


async def test_to_keep_cancels_what_waits_to_take_it_back_and_nothing_takes_its_place(ready: World) -> None:
    [opened] = await ready.done(for_today(ready, WEEK, TEN, ELEVEN))
    snapshot = ready.snapshot
    await ready.engine.stop()
    [change] = due(await ready.store.changes.for_a_day("kids-pc"), date(2026, 11, 19))
    [back] = await take_back(ready.store, [change], snapshot, opened.created_at)

    kept, cancelled = await ready.store.changes.keep(opened.id, message=None, now=opened.created_at)

    assert (kept.until, cancelled.id, cancelled.state) == (None, back.id, ChangeState.CANCELLED)
    assert await take_back(ready.store, [opened], snapshot, opened.created_at) == []
    with pytest.raises(NotNow):
        await ready.store.changes.keep(opened.id, message=None, now=opened.created_at)


async def test_what_was_undone_is_not_taken_back_again(ready: World) -> None:
    [opened] = await ready.done(for_today(ready, WEEK, TEN, ELEVEN))
    undo = await ready.store.changes.add(
        "kids-pc",
        "alice",
        [setting(WEEK, ELEVEN, TEN)],
        request_id="u",
        account="mum",
        source=opened.source,
        now=opened.created_at,
        follows=Follows(opened.id, FollowsAs.UNDO),
    )
    ready.engine.wake("kids-pc")
    await ready.settled(undo)

    await next_day(ready)
    await quiet(ready)

    assert await backs(ready) == []
    assert week_limit(ready) == TEN


async def test_a_user_who_is_gone_keeps_nothing_from_the_others(ready: World) -> None:
    [alices] = await ready.done(for_today(ready, WEEK, TEN, ELEVEN))
    [bobs] = await ready.done(for_today(ready, WEEK, 604_800, TEN), user="bob")
    del ready.machine.files["/var/lib/timekpr/config/timekpr.alice.conf"]

    await next_day(ready)
    back = await until_taken_back(ready, bobs)

    assert back.state is ChangeState.APPLIED
    assert alices.id in await ready.store.changes.taken_back_later([alices.id])
