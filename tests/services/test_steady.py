"""Of ticks, pages hear those that say something, and else one every 20 seconds."""

from datetime import UTC, datetime, timedelta

from timekpr_mngr.domain.person import UserName
from timekpr_mngr.domain.snapshot import Live
from timekpr_mngr.services.steady import Steady

EMMA = UserName("kids-pc", "emma")
START = datetime(2026, 11, 18, 15, tzinfo=UTC)


def tick(seconds: int, left: int, *, spent: int = 0, playtime: int | None = None) -> Live:
    return Live(
        START + timedelta(seconds=seconds),
        left_day_seconds=left,
        left_continuous_seconds=left,
        spent_month_seconds=spent,
        playtime_left_seconds=playtime,
        session_seconds=seconds,
    )


def told(*ticks: Live) -> list[bool]:
    steady = Steady()
    return [steady.is_news(EMMA, live) for live in ticks]


def test_time_that_runs_as_it_ran_is_told_every_20_seconds() -> None:
    heard = told(*(tick(at, 3600 - at, spent=at) for at in range(0, 61, 3)))
    assert [number * 3 for number, is_news in enumerate(heard) if is_news] == [0, 21, 42]


def test_time_that_stands_still_is_told_as_seldom() -> None:
    assert told(*(tick(at, 3600) for at in range(0, 19, 3))) == [True, *[False] * 6]


def test_time_that_is_given_is_told_at_once() -> None:
    assert told(tick(0, 600), tick(3, 597, spent=3), tick(6, 594 + 900, spent=6))[-1]


def test_time_that_begins_to_run_or_stops_is_told_at_once() -> None:
    assert told(tick(0, 600), tick(3, 600), tick(6, 597, spent=3)) == [True, False, True]
    assert told(tick(0, 600), tick(3, 597, spent=3), tick(9, 597, spent=3)) == [True, False, True]


def test_playtime_that_comes_goes_or_moves_by_itself_is_told() -> None:
    assert told(tick(0, 600, playtime=60), tick(3, 597, spent=3)) == [True, True]
    assert told(tick(0, 600, playtime=60), tick(3, 600, playtime=60), tick(6, 600, playtime=57))[-1]


def test_a_clock_that_went_back_is_told() -> None:
    assert told(tick(30, 600), tick(0, 600)) == [True, True]


def test_users_are_apart() -> None:
    steady = Steady()
    assert steady.is_news(EMMA, tick(0, 600))
    assert steady.is_news(UserName("laptop", "emma"), tick(0, 600))
    assert not steady.is_news(EMMA, tick(3, 600))


def test_who_is_not_counted_any_more_is_told_once() -> None:
    assert told(tick(0, 600)) == [True]
    steady = Steady()
    steady.is_news(EMMA, tick(0, 600))
    assert [steady.is_news(EMMA, None), steady.is_news(EMMA, None)] == [True, False]
