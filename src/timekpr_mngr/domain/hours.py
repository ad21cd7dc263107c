"""The hours of one day: spans in which the user may be logged in.

timekpr stores at most one interval for each clock hour, `H[start-end]` with minutes 0..60, and a `!` for time
that is not counted (design: timekpr.md, 1). A person thinks in spans, "15:00 to 20:30". This file turns the
one into the other, and refuses what timekpr cannot express.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from timekpr_mngr.errors import Invalid
from timekpr_mngr.texts import _

DAY_MINUTES = 24 * 60
_TIME = re.compile(r"([01]\d|2[0-4]):([0-5]\d)", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From `start` up to, not including, `end`: minutes since midnight, 0 <= start < end <= 1440."""

    start: int
    end: int
    unaccounted: bool = False

    def __str__(self) -> str:
        span = f"{clock(self.start)}–{clock(self.end)}"
        return _("{span} (not counted)").format(span=span) if self.unaccounted else span


@dataclass(frozen=True, slots=True)
class HourInterval:
    """What timekpr stores for one clock hour: minutes 0..60, start < end."""

    start: int = 0
    end: int = 60
    unaccounted: bool = False


Hours = tuple[Span, ...]
"""The spans of one day in order; neighbours of the same kind are one span. Empty: the day is closed."""

WHOLE_DAY: Hours = (Span(0, DAY_MINUTES),)


@lru_cache(maxsize=DAY_MINUTES + 1)
def clock(minute: int) -> str:
    """`1230` → `"20:30"`; the end of the day is `"24:00"`."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def minute_of(text: object, field: str) -> int:
    """`"20:30"` → `1230`, up to `"24:00"`. Raises Invalid that names `field`."""
    match = _TIME.fullmatch(text) if isinstance(text, str) else None
    minute = int(match[1]) * 60 + int(match[2]) if match else -1
    if not 0 <= minute <= DAY_MINUTES:
        raise Invalid(field, _("A time of day is written like 07:00, up to 24:00."))
    return minute


def joined(spans: Iterable[Span]) -> Hours:
    """The same spans in order, neighbours of the same kind joined. They must not overlap."""
    result: list[Span] = []
    for span in sorted(spans):
        if result and result[-1].end == span.start and result[-1].unaccounted == span.unaccounted:
            result[-1] = Span(result[-1].start, span.end, span.unaccounted)
        else:
            result.append(span)
    return tuple(result)


def from_intervals(intervals: Mapping[int, HourInterval]) -> Hours:
    """What timekpr stores, by clock hour, as spans."""
    return joined(
        Span(hour * 60 + i.start, hour * 60 + i.end, i.unaccounted) for hour, i in intervals.items()
    )


def to_intervals(hours: Hours, field: str = "hours") -> dict[int, HourInterval]:
    """Spans as timekpr stores them. Raises Invalid (naming `field[index]`) where one clock hour would need two."""
    result: dict[int, HourInterval] = {}
    for index, span in enumerate(hours):
        for hour in range(span.start // 60, (span.end + 59) // 60):
            if hour in result:
                raise Invalid(
                    f"{field}[{index}].from",
                    _(
                        "timekpr keeps one interval for each hour of the clock; between {hour:02d}:00 and "
                        "{next_hour:02d}:00 there would be two."
                    ).format(hour=hour, next_hour=hour + 1),
                )
            start, end = max(span.start - hour * 60, 0), min(span.end - hour * 60, 60)
            result[hour] = HourInterval(start, end, span.unaccounted)
    return result


def checked(spans: Iterable[Span], field: str = "hours") -> Hours:
    """Spans as a person gave them, checked and in order. Raises Invalid with the position in the order given."""
    given = list(spans)
    for index, span in enumerate(given):
        if not 0 <= span.start < span.end <= DAY_MINUTES:
            raise Invalid(
                f"{field}[{index}].to", _("The end must come after the start, and not after 24:00.")
            )
    order = sorted(range(len(given)), key=lambda index: given[index])
    for before, after in pairwise(order):
        if given[after].start < given[before].end:
            raise Invalid(
                f"{field}[{after}].from",
                _("{later} overlaps {earlier}: times must not overlap.").format(
                    later=given[after], earlier=given[before]
                ),
            )
    hours = joined(given)
    try:
        to_intervals(hours)
    except Invalid as problem:
        # the position among the joined spans says nothing to the caller: name the span that they gave
        position = int(problem.field.split("[")[1].split("]")[0])
        culprit = next(i for i, span in enumerate(given) if span.start == hours[position].start)
        raise Invalid(f"{field}[{culprit}].from", str(problem)) from None
    return hours


def to_json(hours: Hours) -> list[dict[str, object]]:
    """`[{"from": "07:00", "to": "20:30", "unaccounted": false}]`."""
    return [{"from": clock(s.start), "to": clock(s.end), "unaccounted": s.unaccounted} for s in hours]


def from_json(value: object, field: str = "hours") -> Hours:
    """The reverse of `to_json`, strict. Raises Invalid."""
    if not isinstance(value, list):
        raise Invalid(field, _("Hours are a list of spans with from, to and unaccounted."))
    spans = []
    for index, item in enumerate(value):
        here = f"{field}[{index}]"
        if not isinstance(item, dict):
            raise Invalid(here, _("A span has from, to and unaccounted."))
        if unknown := set(item) - {"from", "to", "unaccounted"}:
            raise Invalid(f"{here}.{min(map(str, unknown))}", _("A span has from, to and unaccounted only."))
        unaccounted = item.get("unaccounted", False)
        if not isinstance(unaccounted, bool):
            raise Invalid(f"{here}.unaccounted", _("This is either true or false."))
        start, end = minute_of(item.get("from"), f"{here}.from"), minute_of(item.get("to"), f"{here}.to")
        spans.append(Span(start, end, unaccounted))
    return checked(spans, field)
