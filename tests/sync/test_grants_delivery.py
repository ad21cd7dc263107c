"""Grants on their way: each arrives once, whatever happens to the answer."""

from datetime import UTC, datetime, timedelta

import pytest

from timekpr_mngr.domain.change import ChangeState
from timekpr_mngr.simulator.files import CONTROL
from timekpr_mngr.timekpr import interface

from .conftest import World, setting, states


def begin_day(world: World, user: str = "alice", spent: int = 3_600, limit: int = 7_200) -> None:
    """The day has begun: some time of a limit is used."""
    world.machine.call(interface.set_time_limits_for_days(user, [limit] * 7))
    world.machine.call(interface.get_user_information(user, "S"))
    world.machine.set_values(
        CONTROL,
        user,
        TIME_SPENT_BALANCE=spent,
        TIME_SPENT_DAY=spent,
        TIME_SPENT_WEEK=spent,
        TIME_SPENT_MONTH=spent,
    )


async def test_a_grant_moves_the_balance_once_and_says_what_it_gave(world: World) -> None:
    begin_day(world)
    [change] = await world.done(world.grant(900))
    assert change.state is ChangeState.APPLIED
    assert world.balance() == 3_600 - 900
    assert change.gained_seconds == 900
    assert change.message is None


async def test_two_grants_add_up(world: World) -> None:
    begin_day(world)
    changes = await world.done(world.grant(900), world.grant(900))
    assert states(changes) == [ChangeState.APPLIED] * 2
    assert world.balance() == 3_600 - 1_800


async def test_a_grant_may_take(world: World) -> None:
    begin_day(world)
    [change] = await world.done(world.grant(-900))
    assert world.balance() == 3_600 + 900
    assert change.gained_seconds == -900


async def test_what_is_left_can_be_set(world: World) -> None:
    begin_day(world)
    [change] = await world.done(world.set_left(600))
    assert change.state is ChangeState.APPLIED
    assert world.balance() == 7_200 - 600


async def test_playtime_has_its_own_balance(world: World) -> None:
    begin_day(world)
    world.machine.call(interface.set_playtime_limits_for_days("alice", [3_600] * 7))
    [change] = await world.done(world.grant(600, "playtime"))
    assert change.state is ChangeState.APPLIED
    assert world.value("PLAYTIME_SPENT_BALANCE") == -600
    assert world.balance() == 3_600


@pytest.mark.parametrize("operation", ["setTimeLeft", "read_user"])
async def test_a_lost_answer_gives_nothing_twice(world: World, operation: str) -> None:
    begin_day(world)
    await world.online()
    world.line.lose_answer(operation)
    [change] = await world.done(world.grant(900))
    assert change.state is ChangeState.APPLIED
    assert world.balance() == 3_600 - 900
    assert change.gained_seconds == 900


async def test_a_grant_that_never_arrived_is_sent_again(world: World) -> None:
    begin_day(world)
    await world.online()
    world.line.cut("setTimeLeft")
    [change] = await world.done(world.grant(900))
    assert change.state is ChangeState.APPLIED
    assert world.balance() == 3_600 - 900


async def test_a_kill_between_sending_and_reading_gives_nothing_twice(world: World) -> None:
    begin_day(world)
    await world.online()
    world.line.lose_answer("setTimeLeft")
    [asked] = await world.ask(world.grant(900))
    await world.until(lambda: world.balance() == 3_600 - 900)
    await world.end()
    await world.begin()
    [change] = await world.settled([asked])
    assert change.state is ChangeState.APPLIED
    assert world.balance() == 3_600 - 900


async def test_another_grant_at_the_same_moment_as_a_lost_answer_is_not_guessed_about(world: World) -> None:
    begin_day(world)
    await world.online()
    world.line.lose_answer("setTimeLeft")
    [asked] = await world.ask(world.grant(900))
    await world.until(lambda: world.balance() == 3_600 - 900)
    world.machine.call(interface.set_time_left("alice", "+", 300))
    [change] = await world.settled([asked])
    assert change.state is ChangeState.UNCERTAIN
    assert isinstance(change.note, dict)
    assert {"reading", "found"} <= set(change.note)
    assert world.balance() == 3_600 - 1_200


async def test_a_day_that_has_not_begun_is_begun_first_and_yesterday_s_playtime_goes(world: World) -> None:
    begin_day(world)
    world.machine.call(interface.set_playtime_limits_for_days("alice", [3_600] * 7))
    world.machine.set_values(CONTROL, "alice", PLAYTIME_SPENT_BALANCE=1_200, PLAYTIME_SPENT_DAY=1_200)
    world.machine.set_clock(world.machine.now() + timedelta(days=1))
    [change] = await world.done(world.grant(900))
    assert change.state is ChangeState.APPLIED
    assert world.balance() == -900
    assert world.value("PLAYTIME_SPENT_BALANCE") == 0
    assert change.gained_seconds == 900


@pytest.mark.parametrize("step", ["getUserInformation", "setPlayTimeLeft", "setTimeLeft"])
@pytest.mark.parametrize("takes_effect", [False, True])
async def test_beginning_a_day_can_be_cut_off_anywhere(world: World, step: str, takes_effect: bool) -> None:
    begin_day(world)
    world.machine.call(interface.set_playtime_limits_for_days("alice", [3_600] * 7))
    world.machine.set_values(CONTROL, "alice", PLAYTIME_SPENT_BALANCE=-1_200, PLAYTIME_SPENT_DAY=0)
    world.machine.set_clock(world.machine.now() + timedelta(days=1))
    await world.online()
    (world.line.lose_answer if takes_effect else world.line.cut)(step)
    [change] = await world.done(world.grant(900))
    assert change.state is ChangeState.APPLIED
    assert world.balance() == -900
    assert world.value("PLAYTIME_SPENT_BALANCE") == 0


async def test_somebody_who_just_logged_in_gets_it_after_the_day_s_first_save(world: World) -> None:
    begin_day(world)
    world.machine.set_clock(world.machine.now() + timedelta(days=1))
    await world.online()
    world.machine.login("alice")
    world.machine.advance(6)
    [asked] = await world.ask(world.grant(900))
    await world.until(lambda: world.engine.waits_for(asked) == "waits for the day's first save")
    world.machine.advance(60)
    [change] = await world.settled([asked])
    assert change.state is ChangeState.APPLIED
    assert world.value("TIME_SPENT_DAY") - world.balance() == 900


async def test_a_grant_expires_with_its_day(world: World) -> None:
    begin_day(world)
    await world.online()
    world.line.switch_off()
    await world.offline()
    [asked] = await world.ask(world.grant(900))
    world.machine.set_clock(world.machine.now() + timedelta(days=1))
    world.line.switch_on()
    [change] = await world.settled([asked])
    assert change.state is ChangeState.EXPIRED
    assert "Wednesday" in (change.message or "")


async def test_a_grant_that_the_week_swallows_says_so(world: World) -> None:
    begin_day(world)
    world.machine.call(interface.set_time_limit_for_week("alice", 3_600))
    [change] = await world.done(world.grant(900))
    assert change.state is ChangeState.APPLIED
    assert change.gained_seconds == 0
    assert change.message == "arrived, but no time gained: the week's limit is reached."


async def test_an_overdraft_is_forgiven_by_a_grant_and_resolved_when_its_answer_is_lost(world: World) -> None:
    begin_day(world, spent=4_200, limit=600)
    await world.online()
    world.line.lose_answer("setTimeLeft")
    [change] = await world.done(world.grant(900))
    assert change.state is ChangeState.APPLIED
    assert world.balance() == 600 - 900
    assert change.gained_seconds == 900


async def test_a_week_in_another_order_is_put_in_order_before_a_grant(world: World) -> None:
    begin_day(world, spent=0)
    world.machine.call(interface.set_allowed_days("alice", [3, 6]))
    world.machine.call(interface.set_time_limits_for_days("alice", [3_000, 6_000]))
    [change] = await world.done(world.grant(900))
    assert change.state is ChangeState.APPLIED
    assert change.gained_seconds == 900
    assert "seven days" in (change.message or "")
    assert "LIMITS_PER_WEEKDAYS = 0;0;3000;0;0;6000;0" in world.machine.conf("alice")


async def test_changes_of_a_user_apply_in_order(world: World) -> None:
    begin_day(world)
    changes = await world.done(
        setting("days.3.limit_seconds", 7_200, 1_800),
        world.grant(900),
        setting("week_limit_seconds", 604_800, 50_000),
    )
    assert states(changes) == [ChangeState.APPLIED] * 3
    assert world.balance() == 1_800 - 900  # the limit of 30 minutes was there first


async def test_a_cancelled_grant_is_never_sent(world: World) -> None:
    begin_day(world)
    await world.online()
    world.line.switch_off()
    await world.offline()
    [asked] = await world.ask(world.grant(900))
    await world.store.changes.step(
        asked.id, ChangeState.CANCELLED, expected={ChangeState.QUEUED}, now=datetime.now(UTC)
    )
    world.line.switch_on()
    await world.done(setting("week_limit_seconds", 604_800, 50_000))
    assert world.balance() == 3_600


async def test_taking_back_takes_what_is_not_used_yet(world: World) -> None:
    begin_day(world)
    [change] = await world.done(world.taking_back(1_800))
    assert change.state is ChangeState.APPLIED
    assert world.balance() == 3_600 + 1_800
    assert change.gained_seconds == -1_800
    assert change.message is None
    assert isinstance(change.note, dict)
    assert change.note["amount_seconds"] == 1_800


async def test_taking_back_leaves_what_was_used(world: World) -> None:
    begin_day(world, spent=6_600)
    [change] = await world.done(world.taking_back(1_800))
    assert change.state is ChangeState.APPLIED
    assert world.balance() == 7_200
    assert change.gained_seconds == -600
    assert change.message == "Only 10 min were not used yet; those were taken back."


@pytest.mark.parametrize("spent", [7_200, 9_000])
async def test_taking_back_what_was_used_to_the_end_sends_nothing(world: World, spent: int) -> None:
    begin_day(world, spent=spent)
    before = world.machine.control("alice")
    [change] = await world.done(world.taking_back(1_800))
    assert change.state is ChangeState.APPLIED
    assert change.gained_seconds == 0
    assert change.message == "All of it was used already: nothing was taken back."
    assert world.machine.control("alice") == before
    assert isinstance(change.note, dict)
    assert change.note["reading"] == change.note["found"] is not None


async def test_playtime_is_taken_back_from_its_own_balance(world: World) -> None:
    begin_day(world)
    world.machine.call(interface.set_playtime_limits_for_days("alice", [600] * 7))
    world.machine.set_values(CONTROL, "alice", PLAYTIME_SPENT_BALANCE=400, PLAYTIME_SPENT_DAY=1_300)
    [change] = await world.done(world.taking_back(900, "playtime"))
    assert change.state is ChangeState.APPLIED
    assert world.value("PLAYTIME_SPENT_BALANCE") == 600
    assert world.balance() == 3_600


async def test_taking_back_with_a_lost_answer_takes_the_amount_that_was_noted(world: World) -> None:
    """Afterwards there is less left than it would decide on now."""
    begin_day(world, spent=6_600)
    await world.online()
    world.line.lose_answer("setTimeLeft")
    [change] = await world.done(world.taking_back(1_800))
    assert change.state is ChangeState.APPLIED
    assert world.balance() == 7_200
    assert change.gained_seconds == -600
    assert change.message == "Only 10 min were not used yet; those were taken back."


async def test_taking_back_that_never_arrived_decides_anew(world: World) -> None:
    begin_day(world, spent=6_600)
    world.machine.login("alice")
    world.machine.advance(6)
    await world.online()
    world.line.cut("setTimeLeft", goes_off=True)
    [asked] = await world.ask(world.taking_back(1_800))
    await world.offline()
    world.machine.advance(300)
    world.line.switch_on()
    [change] = await world.settled([asked])
    assert change.state is ChangeState.APPLIED
    assert isinstance(change.note, dict)
    assert change.note["amount_seconds"] == 300  # and not the 600 of the first attempt
    assert change.message == "Only 5 min were not used yet; those were taken back."


async def test_taking_back_expires_with_its_day_like_any_grant(world: World) -> None:
    begin_day(world)
    await world.online()
    world.line.switch_off()
    await world.offline()
    [asked] = await world.ask(world.taking_back(900))
    world.machine.set_clock(world.machine.now() + timedelta(days=1))
    world.line.switch_on()
    [change] = await world.settled([asked])
    assert change.state is ChangeState.EXPIRED
    assert "TIME_SPENT_BALANCE = 3600" in world.machine.control("alice")
