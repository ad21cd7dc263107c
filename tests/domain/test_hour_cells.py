"""Painting hours changes what was painted, to just that, and nothing else."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain import strategies
from timekpr_mngr.domain.day_plan import Kind
from timekpr_mngr.domain.hour_cells import DAY_HOURS, cells, painted
from timekpr_mngr.domain.hours import WHOLE_DAY, HourInterval, Hours, Span, checked, from_intervals

HOURS_OF_CLOCK = st.sets(st.integers(0, DAY_HOURS - 1))
WHOLE = {Kind.ALLOWED: HourInterval(), Kind.FREE: HourInterval(unaccounted=True), Kind.CLOSED: None}


@given(strategies.hours)
@settings(deadline=None)
def test_the_cells_of_a_day_are_the_whole_day(hours: Hours) -> None:
    assert from_intervals({hour: cell for hour, cell in enumerate(cells(hours)) if cell}) == hours


@given(strategies.hours, HOURS_OF_CLOCK, st.sampled_from(Kind))
@settings(deadline=None)
def test_a_stroke_changes_the_hours_under_it_and_no_minute_beside_them(
    hours: Hours, stroke: set[int], brush: Kind
) -> None:
    before, after = cells(hours), cells(painted(hours, stroke, brush))
    for hour in range(DAY_HOURS):
        assert after[hour] == (WHOLE[brush] if hour in stroke else before[hour])


@given(strategies.hours, HOURS_OF_CLOCK, st.sampled_from(Kind))
@settings(deadline=None)
def test_what_was_painted_can_be_sent_and_painting_it_again_changes_nothing(
    hours: Hours, stroke: set[int], brush: Kind
) -> None:
    once = painted(hours, stroke, brush)
    assert checked(once) == once
    assert painted(once, stroke, brush) == once


def test_minutes_at_the_end_of_the_evening_stay_where_the_brush_was_not() -> None:
    evening = (Span(15 * 60, 20 * 60 + 30),)
    assert painted(evening, [14], Kind.FREE) == (Span(14 * 60, 15 * 60, True), *evening)
    assert painted(evening, [20], Kind.ALLOWED) == (Span(15 * 60, 21 * 60),)
    assert painted(evening, [17], Kind.CLOSED) == (Span(900, 1020), Span(1080, 1230))


def test_a_day_can_be_painted_shut_and_open_again() -> None:
    assert painted(WHOLE_DAY, range(DAY_HOURS), Kind.CLOSED) == ()
    assert painted((), range(DAY_HOURS), Kind.ALLOWED) == WHOLE_DAY
