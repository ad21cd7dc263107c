"""From what was read and heard to what is true now."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from timekpr_mngr.domain.snapshot import Live, Snapshot, UserSnapshot
from timekpr_mngr.domain.usage import Control
from timekpr_mngr.services import reading

AFTERNOON = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
FILE = Control(
    balance_seconds=-300,
    spent_day_seconds=600,
    spent_week_seconds=1_600,
    spent_month_seconds=2_600,
    last_checked=AFTERNOON.replace(tzinfo=None),
)
SNAPSHOT = Snapshot(read_at=AFTERNOON, server_time=AFTERNOON, time_zone="UTC", config=None)


def tick(now: datetime, *, week: int, month: int) -> UserSnapshot:
    """Somebody of whom a `timeLeft` signal told, which speaks of the week and the month and not of the day."""
    live = Live(now, left_day_seconds=60, spent_week_seconds=week, spent_month_seconds=month)
    return UserSnapshot("alice", control=FILE, live=live)


def test_the_day_goes_on_with_every_tick() -> None:
    now = AFTERNOON + timedelta(seconds=40)
    usage = reading.usage_now(SNAPSHOT, tick(now, week=1_640, month=2_640), now)
    assert usage is not None
    assert (usage.spent_day_seconds, usage.spent_week_seconds, usage.spent_month_seconds) == (
        640,
        1_640,
        2_640,
    )
    assert (usage.balance_seconds, usage.as_of) == (-260, now)


def test_a_file_that_is_newer_than_the_tick_counts() -> None:
    now = AFTERNOON + timedelta(seconds=1)
    usage = reading.usage_now(SNAPSHOT, tick(now, week=1_590, month=2_590), now)
    assert usage is not None
    assert usage.spent_day_seconds == 600


@pytest.mark.parametrize(("since_midnight", "spent"), [(10, 10), (3_600, 60)])
def test_what_was_used_before_midnight_is_not_todays(since_midnight: int, spent: int) -> None:
    midnight = datetime(2026, 3, 5, tzinfo=UTC)
    now = midnight + timedelta(seconds=since_midnight)
    usage = reading.usage_now(SNAPSHOT, tick(now, week=1_660, month=2_660), now)
    assert usage is not None
    assert usage.spent_day_seconds == spent


def test_a_month_that_begins_takes_nothing_along() -> None:
    now = datetime(2026, 4, 1, 0, 5, tzinfo=UTC)
    usage = reading.usage_now(SNAPSHOT, tick(now, week=1_900, month=300), now)
    assert usage is not None
    assert (usage.spent_day_seconds, usage.spent_month_seconds) == (300, 300)


def test_without_a_tick_the_file_counts() -> None:
    user = replace(tick(AFTERNOON, week=0, month=0), live=None)
    usage = reading.usage_now(SNAPSHOT, user, AFTERNOON)
    assert usage is not None
    assert (usage.spent_day_seconds, usage.balance_seconds) == (600, -300)
