"""A user at the computer: what the daemon counts, tells and takes, and what changes while it has the user in memory."""

from collections.abc import Callable

import pytest

from tests.contract.computers import WEDNESDAY, At
from timekpr_mngr.domain.hours import Span
from timekpr_mngr.domain.snapshot import Live, UserSnapshot
from timekpr_mngr.domain.time_left import time_left
from timekpr_mngr.domain.usage import rolled_over
from timekpr_mngr.domain.user import Activity
from timekpr_mngr.errors import FailureCode, ServerFailure
from timekpr_mngr.link.session import LimitsChanged, LinkEvent, ServerSession, Ticked
from timekpr_mngr.timekpr import interface as timekpr
from timekpr_mngr.timekpr.interface import Reply

POLL = 2  # seconds of difference that a poll each second, and this machine's load, explain
SOON = 3  # seconds within which all of that has happened

HOUR = 3600


async def test_time_is_counted_told_and_saved(kid: At, session: ServerSession) -> None:
    kid.set_conf(LIMITS_PER_WEEKDAYS=";".join(["7200"] * 7))
    kid.set_control(TIME_SPENT_BALANCE=100, TIME_SPENT_DAY=200, TIME_SPENT_WEEK=300, TIME_SPENT_MONTH=400)
    heard: list[LinkEvent] = []
    session.listen(heard.append)
    kid.login()
    await kid.computer.until(lambda: used(kid, "DAY") >= 202)

    live = await live_of(kid, session)
    ticks = [event.live for event in heard if isinstance(event, Ticked) and event.user == kid.name]

    counted = live.session_seconds or 0
    assert live.left_day_seconds == live.left_continuous_seconds == 7200 - 100 - counted
    assert (live.balance_seconds, live.spent_day_seconds) == (100 + counted, 200 + counted)
    assert (live.playtime_left_seconds, live.inactive_seconds) == (0, 0)
    assert [tick.left_day_seconds for tick in ticks] == [7100 - (tick.session_seconds or 0) for tick in ticks]
    assert [tick.spent_week_seconds for tick in ticks] == [
        300 + (tick.session_seconds or 0) for tick in ticks
    ]
    assert [tick.spent_month_seconds for tick in ticks] == [
        400 + (tick.session_seconds or 0) for tick in ticks
    ]
    saved = used(kid, "DAY") - 200
    assert (kid.balance, used(kid, "WEEK"), used(kid, "MONTH")) == (100 + saved, 300 + saved, 400 + saved)
    assert kid.control["LAST_CHECKED"] > WEDNESDAY
    kid.logout()
    await kid.computer.until(lambda: gone(kid, session))


LIMITED: list[dict[str, object]] = [
    {"LIMITS_PER_WEEKDAYS": ";".join(["7200"] * 7)},
    {"ALLOWED_HOURS_3": "14;15;16[0-20];20"},
    {"ALLOWED_HOURS_3": ";".join(map(str, range(24))), "ALLOWED_HOURS_4": "0;1[0-30]"},
    {"ALLOWED_HOURS_3": "15[30-60];16"},
    {"LIMITS_PER_WEEKDAYS": ";".join(["7200"] * 7), "LIMIT_PER_WEEK": 5600},
    {"LIMITS_PER_WEEKDAYS": ";".join(["7200"] * 7), "LIMIT_PER_MONTH": 9800},
    {"ALLOWED_WEEKDAYS": "1;3;5", "LIMITS_PER_WEEKDAYS": "1000;4000;6000"},
    {"LIMITS_PER_WEEKDAYS": "86400;86400;34800;3600;0;0;0"},
    {"ALLOWED_WEEKDAYS": "1;2"},
]


async def test_what_is_left_is_what_we_compute(another_kid: Callable[[], At], session: ServerSession) -> None:
    kids = [another_kid() for _ in LIMITED]
    for kid, limits in zip(kids, LIMITED, strict=True):
        kid.set_control(
            TIME_SPENT_BALANCE=600, TIME_SPENT_DAY=600, TIME_SPENT_WEEK=5000, TIME_SPENT_MONTH=9000
        )
        kid.set_conf(**limits, LOCKOUT_TYPE="none")  # a word that the daemon does not know: nobody is put out
        kid.login()
    for kid in kids:
        await seen(kid, session)

    snapshot = await session.read()

    for kid, limits in zip(kids, LIMITED, strict=True):
        read = snapshot.users[kid.name]
        assert read.live is not None
        assert read.config is not None
        assert read.control is not None
        assert snapshot.config is not None
        usage = rolled_over(read.control, kid.computer.now())
        expected = time_left(read.config, snapshot.config, usage, kid.computer.now())
        unsaved = 2 * SOON  # what USER.time does not hold yet, and twice where the clock's hours end too
        assert (read.live.left_day_seconds or 0) == pytest.approx(expected.day_seconds, abs=unsaved), limits
        assert (read.live.left_continuous_seconds or 0) == pytest.approx(
            expected.continuous_seconds, abs=2 * unsaved
        ), limits
        kid.logout()


async def test_a_grant_keeps_what_was_counted_and_shows_at_the_next_poll(
    kid: At, session: ServerSession
) -> None:
    kid.set_conf(LIMITS_PER_WEEKDAYS=";".join(["7200"] * 7), LIMIT_PER_WEEK=3600)
    kid.login()
    await seen(kid, session)
    before = await user(kid, session)
    assert before.control is not None
    gap = before.control.spent_day_seconds - before.control.balance_seconds

    assert (await session.call(timekpr.set_time_left(kid.name, "+", 900))).ok
    at_once = await live_of(kid, session)
    await kid.computer.let_pass(POLL)
    later = await user(kid, session)

    assert later.live is not None
    assert later.control is not None
    counted = later.live.session_seconds or 0
    assert later.control.spent_day_seconds - later.control.balance_seconds == gap + 900
    assert later.live.spent_day_seconds == counted
    assert later.live.left_day_seconds == 3600 - counted  # the week's limit holds
    assert (at_once.left_day_seconds or 0) + (at_once.session_seconds or 0) in (
        pytest.approx(8100, abs=POLL),  # but not before the next poll
        pytest.approx(3600, abs=POLL),
    )
    kid.logout()


async def test_setting_what_is_left_is_exact_to_a_poll(kid: At, session: ServerSession) -> None:
    kid.set_control(TIME_SPENT_BALANCE=5000, TIME_SPENT_DAY=5000)
    kid.login()
    await seen(kid, session)

    set_at = kid.computer.now()
    assert (await session.call(timekpr.set_time_left(kid.name, "=", 1200))).ok
    await kid.computer.let_pass(POLL)

    left = (await live_of(kid, session)).left_day_seconds or 0
    passed = (kid.computer.now() - set_at).total_seconds()
    assert 1200 - passed - POLL <= left <= 1200
    kid.logout()


async def test_new_limits_are_in_force_at_once_and_told(kid: At, session: ServerSession) -> None:
    heard: list[LinkEvent] = []
    kid.login()
    await seen(kid, session)
    assert await session.limits_in_force(kid.name) is not None
    session.listen(heard.append)

    await session.call(timekpr.set_time_limits_for_days(kid.name, [HOUR] * 7))
    await session.call(
        timekpr.set_allowed_hours(kid.name, 4, (Span(540, 660), Span(660, 690, unaccounted=True)))
    )
    await session.call(timekpr.set_time_limit_for_week(kid.name, 36_000))
    await session.call(timekpr.set_playtime_limits_for_days(kid.name, [600] * 7))
    await session.call(
        timekpr.set_playtime_activities(kid.name, [Activity("minetest", "Minetest"), Activity("kart")])
    )
    limits = await session.limits_in_force(kid.name)

    assert limits is not None
    assert limits.week_limit_seconds == 36_000
    assert limits.month_limit_seconds == 2_678_400
    assert {day: part.limit_seconds for day, part in limits.days.items()} == dict.fromkeys(range(1, 8), HOUR)
    assert limits.days[3].hours == (Span(0, 1440),)
    assert limits.days[4].hours == (Span(540, 660), Span(660, 690, unaccounted=True))
    assert limits.playtime_limits == dict.fromkeys(range(1, 8), 600)
    assert limits.playtime_activities == (Activity("minetest", "Minetest"), Activity("kart"))
    assert (limits.playtime_enabled, limits.playtime_override) == (False, False)
    assert limits.playtime_unaccounted_intervals is True
    assert LimitsChanged(kid.name) in heard
    kid.logout()


async def test_only_allowed_days_are_told_to_be_in_force(kid: At, session: ServerSession) -> None:
    kid.set_conf(ALLOWED_WEEKDAYS="3;1", LIMITS_PER_WEEKDAYS="1000")
    kid.login()
    await seen(kid, session)

    limits = await session.limits_in_force(kid.name)

    assert limits is not None
    assert {day: part.limit_seconds for day, part in limits.days.items()} == {1: 0, 3: 1000}
    kid.logout()


async def test_nobody_logged_in_has_limits_in_force(kid: At, session: ServerSession) -> None:
    assert await session.limits_in_force(kid.name) is None
    reply = await session.call(timekpr.request_time_left(kid.name))
    assert reply == Reply(-1, f'User "{kid.name}" is not found')


async def test_closing_an_hour_that_ended_early_is_done_though_refused(
    kid: At, session: ServerSession
) -> None:
    """A fault of timekpr-next 0.5.4: saved and in force, yet answered with an error, as is all that follows."""
    kid.login()
    await seen(kid, session)
    part = timekpr.set_allowed_hours(kid.name, 3, (Span(600, 630), Span(900, 1020)))
    assert (await session.call(part)).ok

    closed = await session.call(timekpr.set_allowed_hours(kid.name, 3, (Span(900, 1020),)))
    other = await session.call(timekpr.set_time_limit_for_week(kid.name, 36_000))
    await kid.computer.let_pass(POLL)

    assert (closed.code, other.code) == (-1, -1)
    assert closed.message.startswith("Unexpected ERROR updating configuration.")
    assert (kid.conf["ALLOWED_HOURS_3"], kid.conf["LIMIT_PER_WEEK"]) == ("15;16", "36000")
    assert (await live_of(kid, session)).left_day_seconds == pytest.approx(7200, abs=4 * SOON)
    with pytest.raises(ServerFailure) as failed:
        await session.limits_in_force(kid.name)
    assert failed.value.failure == FailureCode.DAEMON_REFUSED

    kid.logout()
    await kid.computer.until(lambda: gone(kid, session))
    kid.login()
    await seen(kid, session)
    assert await session.limits_in_force(kid.name) is not None
    kid.logout()


async def test_a_changed_file_is_noticed_at_the_next_save(kid: At, session: ServerSession) -> None:
    kid.login()
    await seen(kid, session)

    kid.set_conf(LIMITS_PER_WEEKDAYS=";".join(["1800"] * 7))

    await kid.computer.until(lambda: left_is(kid, session, 0, 1800))
    kid.logout()


async def test_no_time_is_counted_away_at_a_console_or_in_unaccounted_hours(
    another_kid: Callable[[], At], session: ServerSession
) -> None:
    away, console, free = kids = [another_kid() for _ in range(3)]
    for kid in kids:
        kid.set_conf(LIMITS_PER_WEEKDAYS=";".join(["7200"] * 7))
    free.set_conf(ALLOWED_HOURS_3=";".join(f"!{hour}" for hour in range(24)))
    away.login()
    console.login("tty")
    free.login()
    away.computer.set_session(away.name, locked=True)
    for kid in kids:
        await seen(kid, session)
    await away.computer.let_pass(1)

    for kid in kids:
        live = await live_of(kid, session)
        assert (live.session_seconds, live.left_day_seconds) == (0, 7200)
        assert (live.inactive_seconds or 0) > 0

    async def is_counted() -> bool:
        return ((await live_of(away, session)).session_seconds or 0) > 0

    await session.call(timekpr.set_track_inactive(away.name, True))
    await away.computer.until(is_counted)
    for kid in kids:
        kid.logout()


async def test_playtime_is_counted_while_an_activity_runs(kid: At, session: ServerSession) -> None:
    kid.set_conf(PLAYTIME_ENABLED=True, PLAYTIME_LIMITS_PER_WEEKDAYS="600;" * 6 + "600")
    await session.call(timekpr.set_playtime_activities(kid.name, [Activity("sleep", "Sleeping")]))
    kid.login()
    await seen(kid, session)
    assert (await live_of(kid, session)).playtime_left_seconds in (600, 0)  # 0 before the first poll
    kid.computer.run_program(kid.name, "sleep")

    await kid.computer.until(lambda: int(kid.control["PLAYTIME_SPENT_DAY"]) > 0)

    live = await live_of(kid, session)
    assert live.playtime_left_seconds == pytest.approx(600 - int(kid.control["PLAYTIME_SPENT_DAY"]), abs=SOON)
    assert kid.control["PLAYTIME_SPENT_BALANCE"] == kid.control["PLAYTIME_SPENT_DAY"]
    kid.logout()


async def test_a_stale_file_is_forgotten_at_login_and_playtime_with_it(
    kid: At, session: ServerSession
) -> None:
    kid.set_control(
        LAST_CHECKED="2026-11-17 20:00:00",
        TIME_SPENT_BALANCE=500,
        TIME_SPENT_DAY=500,
        TIME_SPENT_WEEK=600,
        TIME_SPENT_MONTH=700,
        PLAYTIME_SPENT_BALANCE=50,
        PLAYTIME_SPENT_DAY=60,
    )
    kid.login()
    await kid.computer.until(lambda: kid.control["LAST_CHECKED"] > WEDNESDAY)

    live = await live_of(kid, session)

    counted = live.session_seconds or 0
    assert (live.balance_seconds, live.spent_day_seconds) == (counted, counted)
    saved = used(kid, "DAY")
    assert saved <= counted
    assert (used(kid, "WEEK"), used(kid, "MONTH")) == (600 + saved, 700 + saved)
    assert (kid.control["PLAYTIME_SPENT_BALANCE"], kid.control["PLAYTIME_SPENT_DAY"]) == ("0", "0")
    kid.logout()


async def test_yesterdays_playtime_is_charged_to_today_after_the_saved_state_was_asked_for(
    kid: At, session: ServerSession
) -> None:
    kid.set_control(LAST_CHECKED="2026-11-17 20:00:00", PLAYTIME_SPENT_BALANCE=50, PLAYTIME_SPENT_DAY=60)
    await session.call(timekpr.get_user_information(kid.name, "S"))
    asked_at = kid.control["LAST_CHECKED"]
    kid.login()

    await kid.computer.until(lambda: kid.control["LAST_CHECKED"] > asked_at)

    assert (kid.control["PLAYTIME_SPENT_BALANCE"], kid.control["PLAYTIME_SPENT_DAY"]) == ("50", "60")
    kid.logout()


async def test_a_grant_on_a_stale_day_is_lost_at_login(kid: At, session: ServerSession) -> None:
    kid.set_control(LAST_CHECKED="2026-11-17 20:00:00")
    await session.call(timekpr.set_time_left(kid.name, "+", 900))
    kid.login()

    await kid.computer.until(lambda: kid.control["LAST_CHECKED"] > WEDNESDAY)

    assert kid.balance >= 0
    kid.logout()


async def test_the_saved_state_of_a_logged_in_user_is_the_file_as_it_is(
    kid: At, session: ServerSession
) -> None:
    kid.login()
    await seen(kid, session)
    await kid.computer.until(lambda: used(kid, "DAY") > 0)

    reply = await session.call(timekpr.get_user_information(kid.name, "F"))

    assert isinstance(reply.data, dict)
    assert abs(reply.data["TIME_SPENT_DAY"][1] - used(kid, "DAY")) <= SOON
    assert reply.data["ACTUAL_TIME_SPENT_DAY"][1] >= used(kid, "DAY") - SOON
    kid.logout()


def used(kid: At, part: str) -> int:
    return int(kid.control[f"TIME_SPENT_{part}"])


async def user(kid: At, session: ServerSession) -> UserSnapshot:
    read = await session.read_user(kid.name)
    assert read is not None
    return read


async def live_of(kid: At, session: ServerSession) -> Live:
    live = (await user(kid, session)).live
    assert live is not None
    return live


async def seen(kid: At, session: ServerSession) -> None:
    """Returns when the daemon has counted the user's first second."""

    async def counted() -> bool:
        live = (await user(kid, session)).live
        return live is not None and bool(live.session_seconds or live.inactive_seconds)

    await kid.computer.until(counted)


async def gone(kid: At, session: ServerSession) -> bool:
    reply = await session.call(timekpr.get_user_information(kid.name, "R"))
    return reply.data == {}


async def left_is(kid: At, session: ServerSession, low: int, high: int) -> bool:
    live = (await user(kid, session)).live
    return live is not None and low < (live.left_day_seconds or 0) <= high
