"""Grants to the end, whatever happens on the way: arrived once, or said not to be known."""

from collections.abc import Callable
from datetime import date

import pytest

from tests.contract.computers import WEDNESDAY, At
from tests.contract.delivering import SERVER, Delivering, readings
from timekpr_mngr.domain.change import ChangeState
from timekpr_mngr.domain.grant import moved_between
from timekpr_mngr.domain.user import Activity
from timekpr_mngr.link.session import ServerSession
from timekpr_mngr.timekpr import interface as timekpr

HOUR = 3600
TWO_HOURS = ";".join(["7200"] * 7)
USED = dict.fromkeys((f"TIME_SPENT_{part}" for part in ("BALANCE", "DAY", "WEEK", "MONTH")), HOUR)
TODAY, TOMORROW = date(2026, 11, 18), date(2026, 11, 19)
ANOTHER = pytest.mark.rig_in_the_soak
ANSWER_SEEN_OR_LOST = pytest.mark.parametrize("is_lost", [False, True], ids=["seen", "lost"])


def with_the_answer(argument: str, no: str, yes: str) -> pytest.MarkDecorator:
    """Both ways of `argument`, each with the answer seen and lost.

    An answer is lost behind the daemon's back: on the rig each way of either is tried, by `make soak` all four.
    """
    return pytest.mark.parametrize(
        (argument, "is_lost"),
        [
            pytest.param(False, False, id=f"{no}-seen"),
            pytest.param(False, True, id=f"{no}-lost", marks=ANOTHER),
            pytest.param(True, False, id=f"{yes}-seen", marks=ANOTHER),
            pytest.param(True, True, id=f"{yes}-lost"),
        ],
    )


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


async def test_what_somebody_took_at_that_moment_hides_ours_and_it_is_not_sent_again(
    kid: At, delivering: Delivering, session: ServerSession
) -> None:
    """timekpr said yes, the link ended, and what is read then is as if nothing had come."""

    async def takes_as_much() -> None:
        assert (await session.call(timekpr.set_time_left(kid.name, "-", 900))).ok

    delivering.before("setTimeLeft", takes_as_much)
    delivering.before("read_user", lambda: None, ends_link=True)

    change = await delivering.gives(kid, 900)

    assert change.state is ChangeState.UNCERTAIN
    assert gap(kid) == 0


# A user who comes or goes


@with_the_answer("is_after", "before", "after")
async def test_a_user_who_logs_in_meanwhile_gets_it_once(
    kid: At, delivering: Delivering, is_after: bool, is_lost: bool
) -> None:
    (delivering.after if is_after else delivering.before)("setTimeLeft", lambda: goes_in(kid))
    delivering.after("setTimeLeft", ends_link=is_lost)

    change = await delivering.gives(kid, 900)

    assert (change.state, change.gained_seconds, change.message) == (ChangeState.APPLIED, 900, None)
    assert gap(kid) == 900


@with_the_answer("is_after", "before", "after")
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


async def test_a_week_that_was_left_half_in_order_for_a_grant_whose_day_ended_is_finished(
    kid: At, delivering: Delivering
) -> None:
    """In between, the days count with smaller limits than are meant."""
    kid.computer.set_clock("2026-11-18 23:59:00")
    kid.set_conf(ALLOWED_WEEKDAYS="2;4;6", LIMITS_PER_WEEKDAYS="3000;7200;1000")
    delivering.after(
        "setTimeLimitForDays", lambda: kid.computer.set_clock("2026-11-19 00:00:01"), ends_link=True
    )

    change = await delivering.gives(kid, 900, day=TODAY)
    await delivering.look()

    assert change.state is ChangeState.EXPIRED
    assert kid.conf["ALLOWED_WEEKDAYS"] == "1;2;3;4;5;6;7"
    assert kid.conf["LIMITS_PER_WEEKDAYS"] == "0;3000;0;7200;0;1000;0"
    assert await delivering.store.drift.list(server=SERVER, user=kid.name) == []


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
@pytest.mark.parametrize(("balance", "spent"), [PLAYED[0], pytest.param(*PLAYED[1], marks=ANOTHER)])
async def test_beginning_a_day_goes_on_where_it_was_cut_off(
    kid: At, delivering: Delivering, step: str, is_after: bool, balance: int, spent: int
) -> None:
    kid.set_control(**YESTERDAY, PLAYTIME_SPENT_BALANCE=balance, PLAYTIME_SPENT_DAY=spent)
    (delivering.after if is_after else delivering.before)(step, lambda: None, ends_link=True)

    change = await delivering.gives(kid, 900)

    assert (change.state, change.gained_seconds, change.message) == (ChangeState.APPLIED, 900, None)
    assert (kid.balance, used(kid), used(kid, "PLAYTIME_SPENT_BALANCE")) == (-900, 0, 0)


@pytest.mark.parametrize("step", BEGINNING)
@pytest.mark.parametrize(
    ("balance", "spent", "is_cut"),
    [
        pytest.param(*PLAYED[0], False, marks=ANOTHER),
        (*PLAYED[0], True),
        pytest.param(*PLAYED[1], True, marks=ANOTHER),
    ],
)
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


@with_the_answer("is_there", "out", "in")
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


@with_the_answer("is_after", "before", "after")
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


@ANSWER_SEEN_OR_LOST
async def test_a_file_that_is_gone_afterwards_tells_nothing(
    kid: At, delivering: Delivering, is_lost: bool
) -> None:
    delivering.after("setTimeLeft", lambda: remove(kid), ends_link=is_lost)

    change = await delivering.gives(kid, 900)

    assert isinstance(change.note, dict)
    assert change.note["reading"] is not None
    assert change.note["found"] is None
    assert change.gained_seconds is None
    if is_lost:
        assert change.state is ChangeState.UNCERTAIN
    else:
        assert change.state is ChangeState.APPLIED
        assert change.message == "timekpr took it; its effect could not be read."


async def test_a_file_that_is_gone_before_is_made_of_the_copy_before_it(
    kid: At, delivering: Delivering, session: ServerSession
) -> None:
    await session.call(timekpr.set_time_left(kid.name, "=", HOUR))  # after which there is a copy

    delivering.before("setTimeLeft", lambda: kid.computer.remove(kid.control_path))

    change = await delivering.gives(kid, 900)

    assert (change.state, change.gained_seconds) == (ChangeState.APPLIED, 900)
    assert kid.balance == HOUR - 900


async def test_without_a_file_and_a_copy_timekpr_refuses_and_nothing_is_claimed(
    kid: At, delivering: Delivering
) -> None:
    delivering.before("setTimeLeft", lambda: remove(kid))

    change = await delivering.gives(kid, 900)

    assert change.state is ChangeState.UNCERTAIN
    assert "control file is not found" in (change.message or "")
    assert kid.computer.text(kid.control_path) is None


async def test_a_user_without_a_file_is_given_nothing(kid: At, delivering: Delivering) -> None:
    remove(kid)

    change = await delivering.gives(kid, 900)

    assert (change.state, change.message) == (
        ChangeState.REFUSED,
        "timekpr keeps no time for this user yet.",
    )


def remove(kid: At) -> None:
    for path in (kid.control_path, kid.control_path + ".prev"):
        if kid.computer.text(path) is not None:
            kid.computer.remove(path)


# Taking


async def test_no_more_is_taken_than_there_is(kid: At, delivering: Delivering) -> None:
    kid.set_control(TIME_SPENT_BALANCE=6600)

    change = await delivering.gives(kid, -900)
    again = await delivering.gives(kid, -900)

    assert (change.state, change.gained_seconds) == (ChangeState.APPLIED, -600)
    assert change.message == "Only 10 min were left; those were taken."
    assert (again.state, again.gained_seconds) == (ChangeState.APPLIED, 0)
    assert again.message == "Nothing was left to be taken."
    assert kid.balance == 7200 + 900  # timekpr forgets what is over the limit before it takes again


@pytest.mark.parametrize("is_stale", [False, True], ids=["begun", "stale"])
@pytest.mark.parametrize("end", ["seen", "lost", "unsent"])
async def test_what_is_not_used_yet_is_taken_back_once(
    kid: At, delivering: Delivering, end: str, is_stale: bool
) -> None:
    kid.set_control(TIME_SPENT_BALANCE=6600)
    if is_stale:
        kid.set_control(LAST_CHECKED="2026-11-17 20:00:00")
    if end == "unsent":
        delivering.before("setTimeLeft", lambda: None, ends_link=True)
    else:
        delivering.after("setTimeLeft", ends_link=end == "lost")

    change = await delivering.gives(kid, -1800, unused_only=True)

    unused = 1800 if is_stale else 600
    assert (change.state, change.gained_seconds) == (ChangeState.APPLIED, -unused)
    assert change.message == (None if is_stale else "Only 10 min were not used yet; those were taken back.")
    assert kid.balance == (1800 if is_stale else 7200)


@ANSWER_SEEN_OR_LOST
async def test_what_is_not_used_yet_is_taken_back_from_somebody_who_is_there(
    kid: At, delivering: Delivering, session: ServerSession, is_lost: bool
) -> None:
    kid.set_control(TIME_SPENT_BALANCE=6600)
    kid.set_conf(LOCKOUT_TYPE="none")  # a word that the daemon does not know: nobody is put out
    await goes_in(kid)
    delivering.after("setTimeLeft", ends_link=is_lost)

    change = await delivering.gives(kid, -1800, unused_only=True)

    assert change.state is ChangeState.APPLIED
    before, found = readings(change)
    assert moved_between(before, found) == -before.unused_seconds
    assert -600 < (change.gained_seconds or 0) <= -before.unused_seconds + 10

    async def has_none_left() -> bool:
        read = await session.read_user(kid.name)
        return bool(read and read.live and read.live.left_day_seconds == 0)

    await kid.computer.until(has_none_left)


async def test_taking_back_what_is_used_up_sends_nothing(kid: At, delivering: Delivering) -> None:
    kid.set_control(TIME_SPENT_BALANCE=7300)
    before = kid.computer.text(kid.control_path)

    change = await delivering.gives(kid, -1800, unused_only=True)

    assert (change.state, change.gained_seconds) == (ChangeState.APPLIED, 0)
    assert change.message == "All of it was used already: nothing was taken back."
    assert kid.computer.text(kid.control_path) == before


# What a grant is worth


WORTH: list[tuple[dict[str, object], dict[str, object], dict[str, int], int | None, str | None]] = [
    ({"LIMIT_PER_WEEK": 3600}, {}, {"seconds": 900}, 0, "no time gained: the week's limit is reached"),
    ({"LIMIT_PER_WEEK": 7500}, {}, {"seconds": 900}, 300, "less time gained: the week's limit is reached"),
    ({"LIMIT_PER_MONTH": 3600}, {}, {"seconds": 900}, 0, "no time gained: the month's limit is reached"),
    ({"ALLOWED_HOURS_3": "15[0-20]"}, {}, {"seconds": 900}, 0, "no time gained: the allowed hours end first"),
    (
        {"ALLOWED_HOURS_3": "9;10"},
        {},
        {"seconds": 900},
        0,
        "no time gained: today's allowed hours are over",
    ),
    ({"ALLOWED_HOURS_3": "20;21"}, {}, {"seconds": 900}, 900, None),
    ({"ALLOWED_HOURS_3": ""}, {}, {"seconds": 900}, 0, "no time gained: the day is closed"),
    ({"ALLOWED_WEEKDAYS": "1;2;4;5;6;7"}, {}, {"seconds": 900}, 0, "no time gained: the day is closed"),
    ({"LIMITS_PER_WEEKDAYS": ";".join(["86400"] * 7)}, {}, {"seconds": 900}, 0, "the day ends first"),
    ({}, {"TIME_SPENT_BALANCE": -86_000}, {"seconds": 900}, 0, "the day ends first"),
    (
        {"LIMITS_PER_WEEKDAYS": "600;" * 6 + "600"},
        {"TIME_SPENT_BALANCE": 4200},
        {"seconds": 900},
        900,
        "The time used was over the limit by 1 h",
    ),
    ({"LIMIT_PER_WEEK": 4000}, {}, {"left_seconds": 1800}, -3200, "left: the week's limit is reached."),
]


async def test_a_grant_says_what_it_was_worth_to_somebody_who_is_there(
    another_kid: Callable[[], At], delivering: Delivering, session: ServerSession
) -> None:
    """As the daemon itself reckons it, before and after."""
    kids = [begun(another_kid()) for _ in WORTH]
    for kid, (limits, usage, *_) in zip(kids, WORTH, strict=True):
        kid.set_conf(**limits, LOCKOUT_TYPE="none")  # a word that the daemon does not know: nobody is put out
        kid.set_control(**usage)
        kid.login()
    begun_at = delivering.computer.now()
    had = [await left(kid, session) for kid in kids]

    changes = [
        await delivering.done(kid, dict(after)) for kid, (*_, after, _, _) in zip(kids, WORTH, strict=True)
    ]

    await delivering.computer.let_pass(2)
    has = [await left(kid, session) for kid in kids]
    passed = (delivering.computer.now() - begun_at).total_seconds()  # counted, and gone from the hours, too
    for change, before, now, (limits, _, after, gained, words) in zip(changes, had, has, WORTH, strict=True):
        assert change.state is ChangeState.APPLIED
        assert (words or "") in (change.message or ""), limits
        assert (change.message is None) == (words is None), limits
        assert now - before == pytest.approx(change.gained_seconds, abs=2 * passed + 2), limits
        if "seconds" in after:
            assert change.gained_seconds == gained, limits
    for kid in kids:
        kid.logout()


async def left(kid: At, session: ServerSession) -> int:
    found: list[int] = []

    async def is_told() -> bool:
        read = await session.read_user(kid.name)
        if read is None or read.live is None or not (read.live.session_seconds or read.live.inactive_seconds):
            return False
        found.append(read.live.left_day_seconds or 0)
        return True

    await kid.computer.until(is_told)
    return found[-1]
