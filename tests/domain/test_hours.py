"""Spans and what timekpr stores are two ways to say the same."""

from hypothesis import given, settings

from tests.domain import strategies
from timekpr_mngr.domain.hours import (
    HourInterval,
    Hours,
    Span,
    checked,
    from_intervals,
    from_json,
    to_intervals,
    to_json,
)


@given(strategies.hours)
@settings(deadline=None)
def test_hours_survive_every_way_round(hours: Hours) -> None:
    assert from_intervals(to_intervals(hours)) == hours
    assert from_json(to_json(hours)) == hours
    assert checked(reversed(hours)) == hours


def test_the_last_minute_of_an_hour_is_not_lost() -> None:
    """Similar programs write 8[30-59]: the hour then ends a minute early, every hour."""
    assert to_intervals((Span(8 * 60 + 30, 10 * 60),)) == {8: HourInterval(30, 60), 9: HourInterval(0, 60)}


def test_an_hour_that_really_ends_a_minute_early_is_a_gap() -> None:
    assert from_intervals({8: HourInterval(30, 59), 9: HourInterval()}) == (Span(510, 539), Span(540, 600))
