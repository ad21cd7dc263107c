"""What applies to a user on a date, and why: of what was read, of what waits, of an edit, and of days gone by."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.services.house import ADMIN, VIEWER, House
from timekpr_mngr.domain.day_plan import Kind, Part
from timekpr_mngr.errors import Invalid, NeverRead, UnknownServer, UnknownUser
from timekpr_mngr.services.day_views import DayPlanView
from timekpr_mngr.simulator.files import CONTROL, USER_CONF

HOUR, MINUTE = 3600, 60
TODAY = date(2026, 3, 4)  # a Wednesday; it is 16:00 in Berlin, 15:00 in UTC
AFTERNOON = [{"from": "15:00", "to": "20:30"}]


async def every_day(home: House, limit: int, hours: Any = AFTERNOON, **more: Any) -> None:
    """Sets alice's days and waits until they are so."""
    days = [{"day": day, "limit_seconds": limit, "hours": hours} for day in range(1, 8)]
    accepted = await home.services.limits.change_user(ADMIN, "kids-pc", "alice", {"days": days, **more})
    await home.settled(*accepted.changes)


async def alice(home: House, day: date | None = None, *, with_waiting: bool = False) -> DayPlanView:
    return await home.services.days.plan(VIEWER, "kids-pc", "alice", day, with_waiting=with_waiting)


async def test_today_is_told_with_what_ends_it_and_what_comes_next(home: House) -> None:
    home.machine.set_values(
        CONTROL, "alice", TIME_SPENT_DAY=30 * MINUTE, TIME_SPENT_BALANCE=15 * MINUTE,
        LAST_CHECKED="2026-03-04 15:30:00",
    )  # fmt: skip
    await every_day(home, 2 * HOUR)
    found = await alice(home)
    assert (found.day, found.when, found.time_zone) == (TODAY, "today", "Europe/Berlin")
    assert found.parts == (
        Part(0, 900, Kind.CLOSED), Part(900, 1230, Kind.ALLOWED), Part(1230, 1440, Kind.CLOSED),
    )  # fmt: skip
    assert (found.limit_seconds, found.used_seconds, found.given_seconds) == (2 * HOUR, 30 * MINUTE, 900)
    assert found.left_seconds == 2 * HOUR - 15 * MINUTE
    assert found.now_minute is not None
    assert 960 <= found.now_minute < 965
    assert found.from_minute == found.now_minute
    assert found.until_minute == found.now_minute + 105
    assert found.window is not None
    assert found.window.rule == "day-limit"
    assert found.window.start.tzinfo == UTC
    assert found.window.start.hour == 15
    assert found.next_window is not None
    assert found.next_window.start == datetime(2026, 3, 5, 14, 0, tzinfo=UTC)
    assert found.words.limit == "2 h a day"
    assert found.words.hours == "15:00–20:30"
    assert (found.words.given, found.words.used) == ("15 min given", "30 min used")
    assert found.words.end is not None
    assert found.words.end.startswith("until 17:4")
    assert found.words.end.endswith(", then the day's limit is reached")
    assert found.words.next == "next: tomorrow 15:00–17:00"
    assert found.words.all[0] == "2 h a day"


async def test_what_is_left_is_what_the_user_is_shown(home: House) -> None:
    await every_day(home, 2 * HOUR)
    home.machine.login("alice")
    home.machine.advance(10 * MINUTE)
    await home.read()
    shown = (await home.services.limits.user(VIEWER, "kids-pc", "alice")).time_left
    found = await alice(home)
    assert shown is not None
    assert found.left_seconds is not None
    assert abs(found.left_seconds - shown.day_seconds) <= 5
    assert found.why_none is None
    assert found.window is not None
    assert found.window.rule == shown.reason


async def test_what_waits_is_told_where_it_is_asked_for(home: House) -> None:
    await every_day(home, 2 * HOUR)
    home.line.switch_off()
    await home.services.limits.change_user(
        ADMIN, "kids-pc", "alice", {"days": [{"day": 3, "limit_seconds": HOUR}]}
    )
    await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=900)
    plain, waiting = await alice(home), await alice(home, with_waiting=True)
    assert (plain.limit_seconds, plain.left_seconds, plain.with_waiting) == (2 * HOUR, 2 * HOUR, False)
    assert (waiting.limit_seconds, waiting.left_seconds, waiting.with_waiting) == (HOUR, HOUR + 900, True)
    assert waiting.given_seconds == 900
    next_week = await alice(home, TODAY + timedelta(days=7), with_waiting=True)
    assert (next_week.limit_seconds, next_week.left_seconds) == (HOUR, HOUR)
    assert (
        await home.services.days.plan(VIEWER, "kids-pc", "bob", with_waiting=True)
    ).limit_seconds == 86_400


async def test_what_is_opened_for_a_day_is_open_on_that_day_only(home: House) -> None:
    await every_day(home, 8 * HOUR, [{"from": "15:00", "to": "16:30"}])
    opened = await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=HOUR, open_up=True)
    assert opened.changes[0].field == "days.3.hours"
    next_week = TODAY + timedelta(days=7)
    closed = Part(16 * 60 + 30, 1440, Kind.CLOSED)
    assert (await alice(home, next_week, with_waiting=True)).parts[-1] == closed
    await home.settled(*opened.changes)
    today = await alice(home)
    assert today.parts[-1].start > closed.start
    assert (await alice(home, next_week)).parts[-1] == closed


async def test_an_edit_is_told_as_it_would_be(home: House) -> None:
    await every_day(home, 2 * HOUR)
    hours = [{"from": "15:00", "to": "17:00", "unaccounted": True}, {"from": "17:00", "to": "18:00"}]
    edited: dict[str, Any] = {"days.3.limit_seconds": HOUR, "days.3.hours": hours}
    found = await home.services.days.edited(VIEWER, "kids-pc", "alice", edited)
    assert [part.kind.value for part in found.parts] == ["closed", "free", "allowed", "closed"]
    assert found.window is not None
    assert found.window.rule == "hours"
    assert found.until_minute == 18 * 60
    assert found.words.hours == "15:00–17:00 (not counted) and 17:00–18:00"
    edited["days.7.limit_seconds"] = 86_400
    edited["days.7.hours"] = [{"from": "00:00", "to": "24:00"}]
    sunday = await home.services.days.edited(VIEWER, "kids-pc", "alice", edited, date(2026, 3, 8))
    assert (sunday.when, sunday.words.limit, sunday.words.hours) == (
        "future",
        "no limit for the day",
        "all day",
    )
    assert sunday.words.end == "from 00:00 until 24:00 at most, then the hours end"


async def test_an_edit_lies_over_what_waits_and_a_value_that_is_none_changes_nothing(home: House) -> None:
    await every_day(home, 2 * HOUR)
    home.line.switch_off()
    await home.until_away()
    days = [{"day": 3, "limit_seconds": HOUR}]
    await home.services.limits.change_user(ADMIN, "kids-pc", "alice", {"days": days})
    edited: dict[str, Any] = {"days.3.hours": [{"from": "15:00", "to": "19:00"}], "days.4.hours": "often"}
    found = await home.services.days.edited(VIEWER, "kids-pc", "alice", edited, TODAY)
    assert (found.words.limit, found.words.hours) == ("1 h a day", "15:00–19:00")
    tomorrow = await home.services.days.edited(VIEWER, "kids-pc", "alice", edited, date(2026, 3, 5))
    assert tomorrow.words.hours == "15:00–20:30"
    yesterday = TODAY - timedelta(days=1)
    over = await home.services.days.edited(
        VIEWER, "kids-pc", "alice", {"days.2.limit_seconds": 60}, yesterday
    )
    assert over == await alice(home, yesterday)
    assert over.when == "past"


@pytest.mark.parametrize(
    ("limit", "hours", "end", "next_"),
    [
        (2 * HOUR, [], None, None),
        (0, AFTERNOON, "the day's limit is reached", None),
        (2 * HOUR, [{"from": "18:00", "to": "19:00"}], "closed now", "next: 18:00–19:00"),
        (2 * HOUR, [{"from": "09:00", "to": "12:00"}], "closed now", "next: tomorrow 09:00–11:00"),
        (86_400, [{"from": "00:00", "to": "24:00"}], "nothing ends it today", None),
        (
            86_400,
            [{"from": "10:00", "to": "24:00"}],
            "until 24:00, then the hours end",
            "next: tomorrow 10:00–24:00",
        ),
    ],
)
async def test_why_and_when_next_in_words(
    home: House, limit: int, hours: Any, end: str | None, next_: str | None
) -> None:
    await every_day(home, limit, hours)
    found = await alice(home)
    assert (found.words.end, found.words.next) == (end, next_)


async def test_the_days_of_what_comes_later_are_named(home: House) -> None:
    await every_day(home, 2 * HOUR, week_limit_seconds=0)
    assert (await alice(home)).words.end == "the week's limit is reached"
    never = await alice(home)
    assert (never.why_none, never.next_window) == ("week-limit", None)
    days: list[dict[str, object]] = [{"day": day, "hours": []} for day in (4, 5, 6, 7)]
    accepted = await home.services.limits.change_user(
        ADMIN, "kids-pc", "alice", {"days": days, "week_limit_seconds": 20 * HOUR}
    )
    await home.settled(*accepted.changes)
    assert (await alice(home)).words.next == "next: Monday 15:00–17:00"
    tomorrow = await alice(home, TODAY + timedelta(days=1))
    assert (tomorrow.words.hours, tomorrow.words.end) == ("closed all day", None)
    assert tomorrow.why_none == "closed-day"


async def test_of_a_day_that_is_over_the_rules_of_then_are_told_and_what_was_used(home: House) -> None:
    await every_day(home, 2 * HOUR)
    home.machine.login("alice")
    home.machine.advance(10 * MINUTE)
    await home.read()
    home.machine.logout("alice")
    home.clock.pass_(days=1)
    await every_day(home, HOUR, [])
    found = await alice(home, TODAY)
    assert (found.day, found.when, found.limit_seconds) == (TODAY, "past", 2 * HOUR)
    assert found.parts[1] == Part(900, 1230, Kind.ALLOWED)
    assert found.used_seconds is not None
    assert 9 * MINUTE <= found.used_seconds <= 11 * MINUTE
    assert (found.left_seconds, found.window, found.next_window, found.now_minute) == (None,) * 4
    assert (await alice(home)).parts == (Part(0, 1440, Kind.CLOSED),)


async def test_of_a_day_before_anything_was_read_nothing_is_known(home: House) -> None:
    found = await alice(home, TODAY - timedelta(days=30))
    assert (found.when, found.parts, found.limit_seconds, found.used_seconds) == ("past", (), None, None)
    assert found.words.all == ()


async def test_a_computer_that_is_off_is_told_by_what_was_last_read(home: House) -> None:
    await every_day(home, 2 * HOUR)
    home.line.switch_off()
    await home.until_away()
    found = await alice(home)
    assert (found.when, found.left_seconds) == ("today", 2 * HOUR)


async def test_what_was_used_is_not_known_where_it_cannot_be_read_but_the_rules_are(home: House) -> None:
    home.machine.files[CONTROL.path("alice")] = "[alice"
    await every_day(home, 2 * HOUR)
    await home.read()
    found = await alice(home)
    assert (found.limit_seconds, found.used_seconds, found.left_seconds, found.window) == (
        2 * HOUR, None, None, None,
    )  # fmt: skip
    assert found.words.all == ("2 h a day", "15:00–20:30")


async def test_who_and_which_days_are_told_of(home: House) -> None:
    with pytest.raises(UnknownServer):
        await home.services.days.plan(VIEWER, "attic", "alice")
    with pytest.raises(UnknownUser):
        await home.services.days.plan(VIEWER, "kids-pc", "mallory")
    for day in (date.min, TODAY - timedelta(days=3700), TODAY + timedelta(days=367), date.max):
        with pytest.raises(Invalid) as problem:
            await alice(home, day)
        assert problem.value.field == "date"
    assert (await alice(home, TODAY + timedelta(days=366))).when == "future"
    home.machine.files[USER_CONF.path("alice")] = "[alice"
    await home.read()
    with pytest.raises(NeverRead):
        await alice(home)
