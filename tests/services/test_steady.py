"""Of ticks, pages hear those that say something, and else two or three a minute."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

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


def test_time_that_runs_as_it_ran_is_told_twice_or_thrice_a_minute() -> None:
    heard = told(*(tick(at, 3600 - at, spent=at) for at in range(0, 301, 3)))
    at = [number * 3 for number, is_news in enumerate(heard) if is_news]
    assert {20 <= later - before <= 32 for before, later in pairwise(at)} == {True}
    assert len(at) >= 10


def test_hundreds_who_play_are_not_told_of_all_at_once() -> None:
    steady = Steady()
    users = [UserName(f"pc{number}", "emma") for number in range(100)]
    told_at = [
        sum(steady.is_news(user, tick(at, 3600 - at, spent=at)) for user in users) for at in range(0, 31, 3)
    ]
    assert told_at[0] == 100
    assert max(told_at[1:]) < 60


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
