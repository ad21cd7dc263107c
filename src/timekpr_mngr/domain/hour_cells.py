"""A day in its 24 clock hours, as a week is painted: what each holds, and what a brush makes of it.

timekpr keeps at most one interval for each hour, so an hour is one cell: closed, open, or open in part.
"""

from collections.abc import Iterable

from timekpr_mngr.domain.day_plan import Kind
from timekpr_mngr.domain.hours import HourInterval, Hours, from_intervals, to_intervals

DAY_HOURS = 24


def cells(hours: Hours) -> tuple[HourInterval | None, ...]:
    """What each hour of the day holds, from 0 to 23; None where it is closed. Raises Invalid as `to_intervals`."""
    intervals = to_intervals(hours)
    return tuple(intervals.get(hour) for hour in range(DAY_HOURS))


def painted(hours: Hours, clock_hours: Iterable[int], brush: Kind) -> Hours:
    """The day when a brush went over these hours (0..23): they are of one kind then, and the others are as before."""
    intervals = to_intervals(hours)
    for hour in clock_hours:
        if brush is Kind.CLOSED:
            intervals.pop(hour, None)
        else:
            intervals[hour] = HourInterval(unaccounted=brush is Kind.FREE)
    return from_intervals(intervals)
