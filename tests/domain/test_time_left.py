"""When it ends and why, in a person's terms; what the daemon says of it is in test_time_left_daemon."""

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain import strategies
from timekpr_mngr.domain.hours import WHOLE_DAY, Hours, Span
from timekpr_mngr.domain.server import ServerConfig
from timekpr_mngr.domain.time_left import Reason, TimeLeft, balance_after, time_left
from timekpr_mngr.domain.usage import Usage
from timekpr_mngr.domain.user import DAY_SECONDS, Day, PlayTime, UserConfig

NOON = datetime.fromisoformat("2026-11-17 12:00:00")  # a Tuesday
NOTHING = Usage(0, 0, 0, 0, 0, 0, NOON)
HOUR = 3600


def every_day(limit: int = DAY_SECONDS, hours: Hours = WHOLE_DAY) -> UserConfig:
    return UserConfig(days=(Day(limit, hours),) * 7)


def left(config: UserConfig, usage: Usage = NOTHING, now: datetime = NOON) -> TimeLeft:
    return time_left(config, ServerConfig(), usage, now)


@pytest.mark.parametrize(
    ("config", "usage", "until", "reason"),
    [
        (UserConfig(), NOTHING, None, Reason.UNLIMITED),
        (every_day(HOUR), NOTHING, "13:00", Reason.DAY_LIMIT),
        (every_day(HOUR), replace(NOTHING, balance_seconds=-HOUR), "14:00", Reason.DAY_LIMIT),
        (every_day(HOUR), replace(NOTHING, balance_seconds=2 * HOUR), "12:00", Reason.DAY_LIMIT),
        (replace(UserConfig(), week_limit_seconds=HOUR), NOTHING, "13:00", Reason.WEEK_LIMIT),
        (replace(UserConfig(), month_limit_seconds=HOUR), NOTHING, "13:00", Reason.MONTH_LIMIT),
        (every_day(hours=(Span(600, 780),)), NOTHING, "13:00", Reason.HOURS),
        (every_day(hours=(Span(900, 960),)), NOTHING, "12:00", Reason.CLOSED_NOW),
        (every_day(hours=()), NOTHING, "12:00", Reason.CLOSED_DAY),
        (every_day(0, (Span(660, 780, True),)), NOTHING, "13:00", Reason.UNACCOUNTED),
        # time that is not counted takes nothing off the limit
        (every_day(HOUR, (Span(660, 780, True), Span(780, 960))), NOTHING, "14:00", Reason.UNACCOUNTED),
    ],
)
def test_when_it_ends_and_why(config: UserConfig, usage: Usage, until: str | None, reason: Reason) -> None:
    found = left(config, usage)
    assert found.reason is reason
    assert found.until == (datetime.fromisoformat(f"2026-11-17 {until}") if until else None)


def test_a_new_day_has_its_own_limit_and_a_new_week_its_own_week() -> None:
    sunday = datetime.fromisoformat("2026-11-22 23:30:00")
    config = replace(every_day(HOUR), week_limit_seconds=HOUR)
    assert left(config, NOTHING, sunday).until == datetime.fromisoformat("2026-11-23 01:00:00")


def test_playtime_is_unknown_where_it_is_not_on() -> None:
    config = replace(UserConfig(), playtime=PlayTime(enabled=True, limits=(600,) * 7))
    assert left(config).playtime_seconds is None
    assert time_left(config, ServerConfig(playtime_enabled=True), NOTHING, NOON).playtime_seconds == 600


@given(
    strategies.configs,
    st.integers(-DAY_SECONDS, DAY_SECONDS),
    st.datetimes(NOON, NOON.replace(year=2027)),
)
@settings(max_examples=100, deadline=None)
def test_it_never_says_what_cannot_be(config: UserConfig, balance: int, now: datetime) -> None:
    now = now.replace(microsecond=0)
    found = left(config, replace(NOTHING, balance_seconds=balance), now)
    rest = DAY_SECONDS - (now.hour * HOUR + now.minute * 60 + now.second)
    assert 0 <= found.day_seconds <= rest
    assert 0 <= found.continuous_seconds <= rest + DAY_SECONDS
    assert found.until is None or found.until >= now
    if not any(span.unaccounted for day in config.days for span in day.hours):
        assert found.until is None or (found.until - now).total_seconds() >= min(
            found.continuous_seconds, found.day_seconds
        )


@given(st.integers(-DAY_SECONDS, DAY_SECONDS), st.integers(0, DAY_SECONDS), st.integers(0, DAY_SECONDS))
def test_a_grant_stays_within_a_day(balance: int, limit: int, seconds: int) -> None:
    for operation in "+-=":
        assert abs(balance_after(balance, limit, operation, seconds)) <= DAY_SECONDS
    assert balance_after(balance, limit, "+", seconds) <= limit
