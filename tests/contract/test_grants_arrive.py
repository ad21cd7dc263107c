"""Grants to the end, whatever happens on the way: arrived once, or said not to be known."""

from collections.abc import Callable
from datetime import date

import pytest

from tests.contract.computers import WEDNESDAY, At
from tests.contract.delivering import Delivering, readings
from timekpr_mngr.domain.change import ChangeState
from timekpr_mngr.domain.grant import moved_between
from timekpr_mngr.domain.user import Activity
from timekpr_mngr.link.session import ServerSession
from timekpr_mngr.timekpr import interface as timekpr

HOUR = 3600
TWO_HOURS = ";".join(["7200"] * 7)
USED = dict.fromkeys((f"TIME_SPENT_{part}" for part in ("BALANCE", "DAY", "WEEK", "MONTH")), HOUR)
TODAY, TOMORROW = date(2026, 11, 18), date(2026, 11, 19)
ANSWER_SEEN_OR_LOST = pytest.mark.parametrize("is_lost", [False, True], ids=["seen", "lost"])


@pytest.fixture
def kid(another_kid: Callable[[], At]) -> At:
    """A user with two hours a day, one of them used."""
    return begun(another_kid())


def begun(user: At) -> At:
    user.set_conf(LIMITS_PER_WEEKDAYS=TWO_HOURS)
    user.set_control(**USED)
    return user


def used(kid: At, key: str = "TIME_SPENT_DAY") -> int:
    return int(kid.control[key])


def gap(kid: At) -> int:
    """What nothing but a grant moves."""
    return used(kid) - kid.balance


async def goes_in(kid: At) -> None:
    """Logs in and is counted, and what was counted is saved."""
    before = used(kid)
    kid.login()
    await kid.computer.until(lambda: used(kid) > before)


async def goes_out(kid: At, session: ServerSession) -> None:
    async def is_gone() -> bool:
        return (await session.call(timekpr.get_user_information(kid.name, "R"))).data == {}

    kid.logout()
    await kid.computer.until(is_gone)


@ANSWER_SEEN_OR_LOST
async def test_a_grant_arrives_once(kid: At, delivering: Delivering, is_lost: bool) -> None:
    delivering.after("setTimeLeft", ends_link=is_lost)

    change = await delivering.gives(kid, 900)

    assert (change.state, change.gained_seconds, change.message) == (ChangeState.APPLIED, 900, None)
    assert kid.balance == HOUR - 900
    assert moved_between(*readings(change)) == 900


async def test_a_grant_that_never_left_us_is_sent_again(kid: At, delivering: Delivering) -> None:
    delivering.before("setTimeLeft", lambda: None, ends_link=True)

    change = await delivering.gives(kid, 900)

    assert (change.state, change.gained_seconds) == (ChangeState.APPLIED, 900)
    assert kid.balance == HOUR - 900


# A user who comes or goes


@ANSWER_SEEN_OR_LOST
@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
async def test_a_user_who_logs_in_meanwhile_gets_it_once(
    kid: At, delivering: Delivering, is_after: bool, is_lost: bool
) -> None:
    (delivering.after if is_after else delivering.before)("setTimeLeft", lambda: goes_in(kid))
    delivering.after("setTimeLeft", ends_link=is_lost)

    change = await delivering.gives(kid, 900)

    assert (change.state, change.gained_seconds, change.message) == (ChangeState.APPLIED, 900, None)
    assert gap(kid) == 900


@ANSWER_SEEN_OR_LOST
@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
async def test_a_user_who_logs_out_meanwhile_has_it_once(
    kid: At, delivering: Delivering, session: ServerSession, is_after: bool, is_lost: bool
) -> None:
    await goes_in(kid)
    (delivering.after if is_after else delivering.before)("setTimeLeft", lambda: goes_out(kid, session))
    delivering.after("setTimeLeft", ends_link=is_lost)

    change = await delivering.gives(kid, 900)

    assert (change.state, change.gained_seconds, change.message) == (ChangeState.APPLIED, 900, None)
    assert gap(kid) == 900


# Midnight


@ANSWER_SEEN_OR_LOST
async def test_midnight_ends_the_day_of_somebody_who_is_not_there(
    kid: At, delivering: Delivering, is_lost: bool
) -> None:
    """The daemon gives it to the day of which the file speaks, which is over."""
    kid.computer.set_clock("2026-11-18 23:59:50")
    delivering.before("setTimeLeft", lambda: kid.computer.set_clock("2026-11-19 00:00:01"))
    delivering.after("setTimeLeft", ends_link=is_lost)

    change = await delivering.gives(kid, 900, day=TODAY)

    assert (change.state, change.gained_seconds) == (ChangeState.APPLIED, None)
    assert change.message == "It arrived; its day is over since."
    assert kid.control["LAST_CHECKED"] == WEDNESDAY
    assert moved_between(*readings(change)) == 900


@ANSWER_SEEN_OR_LOST
async def test_a_grant_that_came_just_before_midnight_ends_with_its_day(
    kid: At, delivering: Delivering, is_lost: bool
) -> None:
    kid.computer.set_clock("2026-11-18 23:59:00")
    await goes_in(kid)
    delivering.after("setTimeLeft", lambda: day_turns(kid), ends_link=is_lost)

    change = await delivering.gives(kid, 900, day=TODAY)

    assert change.state is ChangeState.EXPIRED
    assert change.message == (
        "Its day ended before it was confirmed: whether it arrived cannot be told any more."
        if is_lost
        else "Its day ended on the computer as it was sent, and it ended with that day."
    )
    assert gap(kid) == 0
    assert readings(change)[1].last_checked.date() == TOMORROW


@ANSWER_SEEN_OR_LOST
async def test_a_grant_that_came_just_after_midnight_is_said_to_be_in_the_new_day(
    kid: At, delivering: Delivering, is_lost: bool
) -> None:
    kid.computer.set_clock("2026-11-18 23:59:00")
    await goes_in(kid)
    delivering.before("setTimeLeft", lambda: day_turns(kid))
    delivering.after("setTimeLeft", ends_link=is_lost)

    change = await delivering.gives(kid, 900, day=TODAY)

    assert gap(kid) == 900
    if is_lost:
        assert change.state is ChangeState.UNCERTAIN
        assert "Its day ended as it was sent" in (change.message or "")
    else:
        assert (change.state, change.gained_seconds) == (ChangeState.APPLIED, 900)
        assert change.message == "It arrived as its day ended, and counts for the new day."
    assert readings(change)[1].last_checked.date() == TOMORROW


async def day_turns(kid: At) -> None:
    kid.computer.set_clock("2026-11-19 00:00:00")
    await kid.computer.until(lambda: kid.control["LAST_CHECKED"] >= str(TOMORROW))


# PlayTime


@ANSWER_SEEN_OR_LOST
async def test_playtime_given_while_its_override_is_on_is_known_by_the_balance_alone(
    kid: At, delivering: Delivering, session: ServerSession, is_lost: bool
) -> None:
    await plays(kid, session, override=True)
    delivering.after("setPlayTimeLeft", lambda: plays_on(kid), ends_link=is_lost)

    change = await delivering.gives(kid, 600, "playtime")

    assert (change.state, change.gained_seconds) == (ChangeState.APPLIED, 0)
    assert (
        change.message
        == "arrived, but no time gained: PlayTime's limits do not count while its override is on."
    )
    assert used(kid, "PLAYTIME_SPENT_BALANCE") == -600


@ANSWER_SEEN_OR_LOST
async def test_playtime_given_while_it_is_played_arrives_once(
    kid: At, delivering: Delivering, session: ServerSession, is_lost: bool
) -> None:
    await plays(kid, session, override=False)
    delivering.after("setPlayTimeLeft", lambda: plays_on(kid), ends_link=is_lost)

    change = await delivering.gives(kid, 600, "playtime")

    assert (change.state, change.gained_seconds, change.message) == (ChangeState.APPLIED, 600, None)
    assert used(kid, "PLAYTIME_SPENT_DAY") - used(kid, "PLAYTIME_SPENT_BALANCE") == 600


async def test_an_override_that_is_switched_on_meanwhile_leaves_a_lost_answer_open(
    kid: At, delivering: Delivering, session: ServerSession
) -> None:
    await plays(kid, session, override=False)

    async def overridden() -> None:
        await session.call(timekpr.set_playtime_limit_override(kid.name, True))
        await plays_on(kid)

    delivering.after("setPlayTimeLeft", overridden, ends_link=True)

    change = await delivering.gives(kid, 600, "playtime")

    assert change.state is ChangeState.UNCERTAIN
    before, found = readings(change)
    assert (before.override, found.override) == (False, True)


async def plays(kid: At, session: ServerSession, *, override: bool) -> None:
    kid.set_conf(
        PLAYTIME_ENABLED=True,
        PLAYTIME_LIMIT_OVERRIDE_ENABLED=override,
        PLAYTIME_LIMITS_PER_WEEKDAYS=TWO_HOURS,
    )
    await session.call(timekpr.set_playtime_activities(kid.name, [timekpr_activity()]))
    kid.login()
    kid.computer.run_program(kid.name, "sleep")
    await kid.computer.until(lambda: used(kid, "PLAYTIME_SPENT_DAY") > 0)


async def plays_on(kid: At) -> None:
    before = used(kid, "PLAYTIME_SPENT_DAY")
    await kid.computer.until(lambda: used(kid, "PLAYTIME_SPENT_DAY") > before)


# A day that has not begun


YESTERDAY = {
    "LAST_CHECKED": "2026-11-17 20:00:00",
    "TIME_SPENT_BALANCE": 3000,
    "TIME_SPENT_DAY": 3600,
}
PLAYED = [  # yesterday's balance and time spent of PlayTime
    (1200, 1200),
    (-600, 0),
    (300, 1200),
    (0, 1200),
]
BEGINNING = ["getUserInformation", "setPlayTimeLeft", "setTimeLeft"]


@pytest.mark.parametrize(("balance", "spent"), PLAYED)
async def test_a_day_is_begun_before_a_grant_and_what_was_played_yesterday_goes(
    kid: At, delivering: Delivering, balance: int, spent: int
) -> None:
    kid.set_control(**YESTERDAY, PLAYTIME_SPENT_BALANCE=balance, PLAYTIME_SPENT_DAY=spent)

    change = await delivering.gives(kid, 900)

    assert (change.state, change.gained_seconds, change.message) == (ChangeState.APPLIED, 900, None)
    assert (kid.balance, used(kid), used(kid, "PLAYTIME_SPENT_BALANCE")) == (-900, 0, 0)


@pytest.mark.parametrize("step", BEGINNING)
@pytest.mark.parametrize("is_after", [False, True], ids=["unsent", "lost"])
@pytest.mark.parametrize(("balance", "spent"), PLAYED[:2])
async def test_beginning_a_day_goes_on_where_it_was_cut_off(
    kid: At, delivering: Delivering, step: str, is_after: bool, balance: int, spent: int
) -> None:
    kid.set_control(**YESTERDAY, PLAYTIME_SPENT_BALANCE=balance, PLAYTIME_SPENT_DAY=spent)
    (delivering.after if is_after else delivering.before)(step, lambda: None, ends_link=True)

    change = await delivering.gives(kid, 900)

    assert (change.state, change.gained_seconds, change.message) == (ChangeState.APPLIED, 900, None)
    assert (kid.balance, used(kid), used(kid, "PLAYTIME_SPENT_BALANCE")) == (-900, 0, 0)


@pytest.mark.parametrize("step", BEGINNING)
@pytest.mark.parametrize("is_cut", [False, True], ids=["linked", "cut"])
@pytest.mark.parametrize(("balance", "spent"), PLAYED[:2])
async def test_a_user_who_logs_in_while_the_day_is_begun_has_nothing_of_yesterday(
    kid: At, delivering: Delivering, session: ServerSession, step: str, is_cut: bool, balance: int, spent: int
) -> None:
    """Whichever began the day, the call or the login: both leave other PlayTime behind."""
    kid.set_conf(PLAYTIME_ENABLED=True, PLAYTIME_LIMITS_PER_WEEKDAYS=TWO_HOURS)
    await session.call(timekpr.set_playtime_activities(kid.name, [timekpr_activity()]))
    kid.set_control(**YESTERDAY, PLAYTIME_SPENT_BALANCE=balance, PLAYTIME_SPENT_DAY=spent)

    async def logs_in_and_plays() -> None:
        stale = kid.control["LAST_CHECKED"]
        kid.login()
        kid.computer.run_program(kid.name, "sleep")
        await kid.computer.until(lambda: kid.control["LAST_CHECKED"] > stale)
        await plays_on(kid)

    delivering.before(step, logs_in_and_plays, ends_link=is_cut)

    change = await delivering.gives(kid, 900)

    assert (change.state, change.gained_seconds) == (ChangeState.APPLIED, 900)
    assert gap(kid) == 900
    await plays_on(kid)
    assert 0 < used(kid, "PLAYTIME_SPENT_BALANCE") < 60


def timekpr_activity() -> Activity:
    return Activity("sleep", "Sleeping")


# Somebody else at the same moment


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("is_there", [False, True], ids=["out", "in"])
async def test_a_grant_from_timekprs_own_window_at_the_same_moment_is_told_apart(
    kid: At, delivering: Delivering, session: ServerSession, is_after: bool, is_there: bool
) -> None:
    if is_there:
        await goes_in(kid)
    (delivering.after if is_after else delivering.before)(
        "setTimeLeft", lambda: session.call(timekpr.set_time_left(kid.name, "+", 300))
    )

    change = await delivering.gives(kid, 900)

    assert (change.state, change.gained_seconds) == (ChangeState.APPLIED, 900)
    assert change.message == "At the same moment something else gave 5 min."
    assert gap(kid) == 1200
    assert moved_between(*readings(change)) == 1200


@pytest.mark.parametrize("arrives", [False, True], ids=["unsent", "lost"])
@pytest.mark.parametrize("is_there", [False, True], ids=["out", "in"])
async def test_with_the_answer_lost_it_is_not_guessed_who_gave_what(
    kid: At, delivering: Delivering, session: ServerSession, arrives: bool, is_there: bool
) -> None:
    if is_there:
        await goes_in(kid)
    (delivering.after if arrives else delivering.before)(
        "setTimeLeft", lambda: session.call(timekpr.set_time_left(kid.name, "+", 300)), ends_link=True
    )

    change = await delivering.gives(kid, 900)

    assert (change.state, change.gained_seconds) == (ChangeState.UNCERTAIN, None)
    assert "cannot be told" in (change.message or "")
    assert moved_between(*readings(change)) == (1200 if arrives else 300)
    assert gap(kid) == (1200 if arrives else 300)


# What is left is set


@ANSWER_SEEN_OR_LOST
@pytest.mark.parametrize("is_there", [False, True], ids=["out", "in"])
async def test_what_is_left_is_set_once(
    kid: At, delivering: Delivering, is_there: bool, is_lost: bool
) -> None:
    if is_there:
        await goes_in(kid)
    delivering.after("setTimeLeft", ends_link=is_lost)

    change = await delivering.sets_left(kid, 1800)

    before, found = readings(change)
    if change.state is ChangeState.UNCERTAIN:  # the daemon saved between the reading and the call
        assert is_lost
        assert is_there
        assert 0 < moved_between(before, found) - (before.balance_seconds - 5400) < 10
    else:
        assert (change.state, change.message) == (ChangeState.APPLIED, None)
    assert found.balance_seconds - 5400 in range(10)


async def test_what_was_saved_just_before_leaves_the_lost_answer_of_setting_it_open(
    kid: At, delivering: Delivering
) -> None:
    """It drops what was not saved, and goes by no balance: its mark is off by what was saved meanwhile."""
    await goes_in(kid)

    async def saves() -> None:
        before = used(kid)
        await kid.computer.until(lambda: used(kid) > before)

    delivering.before("setTimeLeft", saves)
    delivering.after("setTimeLeft", ends_link=True)

    change = await delivering.sets_left(kid, 1800)

    assert change.state is ChangeState.UNCERTAIN
    before, found = readings(change)
    assert moved_between(before, found) > before.balance_seconds - 5400
    assert found.balance_seconds - 5400 in range(10)


async def test_with_its_answer_seen_it_is_applied_all_the_same(kid: At, delivering: Delivering) -> None:
    await goes_in(kid)

    async def saves() -> None:
        before = used(kid)
        await kid.computer.until(lambda: used(kid) > before)

    delivering.before("setTimeLeft", saves)

    change = await delivering.sets_left(kid, 1800)

    assert (change.state, change.message) == (ChangeState.APPLIED, None)


# The clock


async def test_a_clock_that_was_set_back_does_not_hide_a_grant(
    kid: At, delivering: Delivering, session: ServerSession
) -> None:
    """timekpr-next 0.5.4 counts below zero then, and forgets it at the grant."""
    await goes_in(kid)

    async def is_below() -> bool:
        read = await session.read_user(kid.name)
        return bool(read and read.live and (read.live.spent_day_seconds or 0) < 3000)

    async def set_back() -> None:
        kid.computer.set_clock("2026-11-18 14:30:00")
        await kid.computer.until(is_below)

    delivering.before("setTimeLeft", set_back)
    delivering.after("setTimeLeft", ends_link=True)

    change = await delivering.gives(kid, 900)

    assert change.state is ChangeState.APPLIED
    assert gap(kid) == 900


@ANSWER_SEEN_OR_LOST
@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
async def test_a_clock_that_is_set_an_hour_on_does_not_hide_a_grant(
    kid: At, delivering: Delivering, is_after: bool, is_lost: bool
) -> None:
    await goes_in(kid)

    async def set_forward() -> None:
        kid.computer.set_clock("2026-11-18 16:00:30")
        await kid.computer.until(lambda: kid.control["LAST_CHECKED"] > "2026-11-18 16")

    (delivering.after if is_after else delivering.before)("setTimeLeft", set_forward)
    delivering.after("setTimeLeft", ends_link=is_lost)

    change = await delivering.gives(kid, 900)

    assert (change.state, change.gained_seconds, change.message) == (ChangeState.APPLIED, 900, None)
    assert gap(kid) == 900


@ANSWER_SEEN_OR_LOST
async def test_time_that_is_not_counted_does_not_hide_a_grant(
    kid: At, delivering: Delivering, session: ServerSession, is_lost: bool
) -> None:
    """In unaccounted hours neither the time spent nor the balance goes on."""
    kid.set_conf(ALLOWED_HOURS_3="!15;16;17")
    kid.login()

    async def is_seen() -> bool:
        read = await session.read_user(kid.name)
        return bool(read and read.live and read.live.inactive_seconds)

    await kid.computer.until(is_seen)
    delivering.after("setTimeLeft", lambda: kid.computer.let_pass(3), ends_link=is_lost)

    change = await delivering.gives(kid, 900)

    assert (change.state, change.gained_seconds) == (ChangeState.APPLIED, 900)
    before, found = readings(change)
    assert before.spent_seconds == found.spent_seconds == used(kid) == HOUR
    assert kid.balance == HOUR - 900


# The file


@ANSWER_SEEN_OR_LOST
async def test_a_file_that_somebody_edited_meanwhile_is_not_guessed_about(
    kid: At, delivering: Delivering, is_lost: bool
) -> None:
    delivering.after("setTimeLeft", lambda: kid.set_control(TIME_SPENT_BALANCE=1000), ends_link=is_lost)

    change = await delivering.gives(kid, 900)

    assert moved_between(*readings(change)) == HOUR - 1000
    if is_lost:
        assert change.state is ChangeState.UNCERTAIN
    else:
        assert (change.state, change.gained_seconds) == (ChangeState.APPLIED, 900)
        assert change.message == "At the same moment something else gave 28 min 20 s."
