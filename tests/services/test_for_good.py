"""What is set for good while a field holds its value for a day only, and what undoing that goes back to."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.services.house import ADMIN, House
from timekpr_mngr.domain.account import Actor, Source
from timekpr_mngr.domain.change import Change, ChangeState, Draft, FollowsAs, Json
from timekpr_mngr.domain.field import user_values
from timekpr_mngr.errors import NotNow
from timekpr_mngr.services.views import Accepted
from timekpr_mngr.web.ui.edits import user_patch

HOUR = 3600
TEN, ELEVEN, TWELVE = 10 * HOUR, 11 * HOUR, 12 * HOUR
WEEK = "week_limit_seconds"
TYPED = replace(ADMIN, source=Source.CLI)
CLIENT = replace(ADMIN, source=Source.API)
PAGE = ADMIN


async def asked(home: House, body: Json, actor: Actor = PAGE) -> list[Change]:
    """What was asked of alice's settings, when it has ended."""
    accepted = await home.services.limits.change_user(actor, "kids-pc", "alice", body)
    return await home.settled(*accepted.changes)


async def held(home: House, before: Json, after: Json, field: str = WEEK) -> Change:
    """The week's limit, for today only."""
    drafts = [Draft(field, before, after, until=home.machine.now().date())]
    [change] = await home.store.changes.add(
        "kids-pc",
        "alice",
        drafts,
        request_id=f"{after}",
        account="anna",
        source=Source.PAGE,
        now=home.clock(),
    )
    home.engine.wake("kids-pc")
    [ended] = await home.settled(change)
    assert ended.state is ChangeState.APPLIED
    return ended


async def for_today(home: House) -> Change:
    """Ten hours a week, eleven of them for today."""
    await asked(home, {WEEK: TEN})
    return await held(home, TEN, ELEVEN)


async def next_morning(home: House) -> int:
    """The week's limit that is left when midnight has passed, and all was taken back that is to be."""
    home.machine.set_clock(home.machine.now() + timedelta(days=1))
    for _ in range(3):
        await home.read()
    while open_ones := await home.store.changes.open("kids-pc"):
        await home.settled(*open_ones)
    await home.read()
    return await week_limit(home)


async def week_limit(home: House) -> int:
    view = await home.services.limits.user(ADMIN, "kids-pc", "alice")
    assert view.config is not None
    return view.config.week_limit_seconds


async def undone(home: House, change: Change) -> Accepted:
    accepted = await home.services.changes.undo(ADMIN, change.id)
    await home.settled(*accepted.changes)
    return accepted


async def everything(home: House) -> dict[str, Json]:
    """All settings of alice, as a client reads them."""
    view = await home.services.limits.user(ADMIN, "kids-pc", "alice")
    assert view.config is not None
    return user_patch(user_values(view.config))


async def test_what_is_held_for_today_is_taken_back_where_nobody_asks_for_more(home: House) -> None:
    await for_today(home)
    assert await next_morning(home) == TEN


@pytest.mark.parametrize("actor", [PAGE, TYPED, CLIENT])
async def test_to_set_for_good_what_is_held_for_today_stays(home: House, actor: Actor) -> None:
    held = await for_today(home)

    [change] = await asked(home, {WEEK: ELEVEN}, actor)

    assert (change.state, change.before, change.after, change.until) == (
        ChangeState.APPLIED,
        TEN,
        ELEVEN,
        None,
    )
    assert (await home.services.changes.get(ADMIN, held.id)).until is None
    assert await next_morning(home) == ELEVEN


async def test_to_set_it_a_second_time_changes_nothing(home: House) -> None:
    await for_today(home)
    await asked(home, {WEEK: ELEVEN})
    assert await asked(home, {WEEK: ELEVEN}) == []


@pytest.mark.parametrize("actor", [PAGE, TYPED])
async def test_a_person_sets_it_for_good_together_with_what_is_so_anyway(home: House, actor: Actor) -> None:
    await for_today(home)
    [change] = await asked(home, {WEEK: ELEVEN, "track_inactive": False}, actor)
    assert change.field == WEEK
    assert await next_morning(home) == ELEVEN


@pytest.mark.parametrize("actor", [TYPED, CLIENT])
async def test_to_send_back_all_that_was_read_makes_nothing_stay(home: House, actor: Actor) -> None:
    await for_today(home)
    config = await everything(home) | {"hide_tray_icon": True}

    [change] = await asked(home, config, actor)

    assert change.field == "hide_tray_icon"
    assert await next_morning(home) == TEN


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"track_inactive": False}, id="what stands"),
        pytest.param({"track_inactive": True}, id="what does not"),
    ],
)
async def test_a_client_that_sends_it_along_with_something_else_makes_nothing_stay(
    home: House, more: dict[str, Json]
) -> None:
    await for_today(home)
    await asked(home, {WEEK: ELEVEN, **more}, CLIENT)
    assert await next_morning(home) == TEN


async def test_of_two_that_are_held_the_one_that_is_set_for_good_stays(home: House) -> None:
    await for_today(home)
    await held(home, ELEVEN, TWELVE)

    await asked(home, {WEEK: ELEVEN})

    assert await next_morning(home) == ELEVEN


async def test_who_sets_it_for_good_and_takes_that_back_has_it_for_today_still(home: House) -> None:
    await for_today(home)
    home.line.switch_off()
    await home.until_away()
    accepted = await home.services.limits.change_user(PAGE, "kids-pc", "alice", {WEEK: ELEVEN})
    await home.services.changes.cancel(ADMIN, accepted.changes[0].id)
    home.line.switch_on()
    await home.read()

    assert await next_morning(home) == TEN


async def test_what_waits_over_midnight_to_be_set_for_good_is(home: House) -> None:
    await for_today(home)
    home.line.switch_off()
    await home.until_away()
    accepted = await home.services.limits.change_user(PAGE, "kids-pc", "alice", {WEEK: ELEVEN})
    home.machine.set_clock(home.machine.now() + timedelta(days=1))
    home.line.switch_on()
    [change] = await home.settled(*accepted.changes)

    assert change.state is ChangeState.APPLIED
    assert await next_morning(home) == ELEVEN


async def test_undo_of_that_goes_back_to_what_stood_beneath(home: House) -> None:
    await for_today(home)
    [change] = await asked(home, {WEEK: ELEVEN})

    await undone(home, change)

    assert await week_limit(home) == TEN
    assert await next_morning(home) == TEN


async def test_undo_of_another_value_goes_back_to_what_stood_beneath_and_not_to_what_was_held(
    home: House,
) -> None:
    await for_today(home)
    [change] = await asked(home, {WEEK: TWELVE})

    [back] = (await undone(home, change)).changes

    assert (back.before, back.after, back.until) == (TWELVE, TEN, None)
    assert await week_limit(home) == TEN
    assert await next_morning(home) == TEN


async def test_undo_does_so_too_when_the_day_is_over(home: House) -> None:
    await for_today(home)
    [change] = await asked(home, {WEEK: TWELVE})
    assert await next_morning(home) == TWELVE

    await undone(home, change)

    assert await week_limit(home) == TEN


async def test_undo_goes_beneath_all_that_was_held(home: House) -> None:
    await for_today(home)
    await held(home, ELEVEN, TWELVE)
    [change] = await asked(home, {WEEK: 13 * HOUR})

    await undone(home, change)

    assert await week_limit(home) == TEN


async def test_undo_of_what_was_held_twice_and_kept_goes_beneath_the_other(home: House) -> None:
    await for_today(home)
    second = await held(home, ELEVEN, TWELVE)
    await home.services.changes.keep(ADMIN, second.id)

    await undone(home, second)

    assert await week_limit(home) == TEN


async def test_undo_of_one_that_is_still_held_goes_back_to_the_one_before_it(home: House) -> None:
    await for_today(home)
    second = await held(home, ELEVEN, TWELVE)

    await undone(home, second)

    assert await week_limit(home) == ELEVEN
    assert await next_morning(home) == TEN


async def test_who_ends_early_what_is_held_has_nothing_to_undo(home: House) -> None:
    await for_today(home)
    [change] = await asked(home, {WEEK: TEN})

    with pytest.raises(NotNow, match="nothing to take back"):
        await home.services.changes.undo(ADMIN, change.id)
    assert await next_morning(home) == TEN
    assert all(
        one.follows_as is not FollowsAs.BACK for one in (await home.services.changes.list(ADMIN)).items
    )
