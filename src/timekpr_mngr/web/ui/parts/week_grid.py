"""The week as a grid of seven days and 24 hours, to be painted with a mouse, a finger or the keyboard."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nicegui.element import Element
from nicegui.events import GenericEventArguments

from timekpr_mngr.domain.day_plan import Kind
from timekpr_mngr.domain.hour_cells import DAY_HOURS, cells
from timekpr_mngr.domain.hours import HourInterval, Hours
from timekpr_mngr.domain.user import WEEKDAYS
from timekpr_mngr.errors import Invalid
from timekpr_mngr.services import words
from timekpr_mngr.texts import _

COUNT_MAX = 2**31
CELLS_MAX = len(WEEKDAYS) * DAY_HOURS


@dataclass(frozen=True, slots=True)
class Stroke:
    """What was painted in one go: `cells` are the clock hours (0..23) by weekday (1 is Monday)."""

    brush: Kind
    cells: Mapping[int, frozenset[int]]


class WeekGrid(Element, component="week_grid.js"):
    """Draws the days that it is shown. A stroke is seen at once, and is told when it ends; `show` then settles it."""

    def __init__(
        self,
        days: Sequence[Hours],
        *,
        enabled: bool,
        on_stroke: Callable[[Stroke], None],
        on_day: Callable[[int], None],
    ) -> None:
        super().__init__()
        self._on_stroke, self._on_day = on_stroke, on_day
        self.props["enabled"] = enabled
        self.props["seen"] = 0
        self.props["names"] = [words.short_day(day) for day in range(1, 8)]
        self.props["longNames"] = [words.day(weekday) for weekday in WEEKDAYS]
        self.props["words"] = {
            "brushes": _("Brush"),
            "grid": _("Hours of the week"),
            "allowed": _("allowed"),
            "free": _("free, not counted"),
            "closed": _("closed"),
            "cell": _("{day} {time}, {kind}"),
            "part": _(", from {start} to {end}"),
            "taps": _(
                "Tap an hour to change it, or choose a brush and paint. A day's name opens its exact times."
            ),
            "paints": _(
                "Paint over the hours. To scroll, put the finger beside them; press the brush again to stop."
            ),
        }
        self.show(days, chosen=WEEKDAYS[0])
        self.on("paint", self._paint)
        self.on("day", self._day)

    def show(
        self,
        days: Sequence[Hours],
        *,
        chosen: int,
        changed: frozenset[int] = frozenset(),
        waiting: frozenset[int] = frozenset(),
    ) -> None:
        """Monday's hours to Sunday's, and of which weekday the times stand below, which were edited, which wait."""
        self.props["days"] = [[_drawn(cell) for cell in cells(hours)] for hours in days]
        self.props["labels"] = [
            _label(weekday, days[weekday - 1], changed=weekday in changed, waiting=weekday in waiting)
            for weekday in WEEKDAYS
        ]
        self.props["marks"] = [
            " ".join(["changed"] * (weekday in changed) + ["waits"] * (weekday in waiting))
            for weekday in WEEKDAYS
        ]
        self.props["chosen"] = chosen - 1
        self.update()

    def _paint(self, event: GenericEventArguments) -> None:
        number = event.args.get("n") if isinstance(event.args, dict) else None
        if _is_whole(number, COUNT_MAX):
            self.props["seen"] = number
        try:
            self._on_stroke(stroke_of(event.args))
        except Invalid:
            self.update()  # no page of ours paints like that: what it drew goes away again

    def _day(self, event: GenericEventArguments) -> None:
        if _is_whole(event.args, len(WEEKDAYS)):
            self._on_day(event.args + 1)


def stroke_of(told: object) -> Stroke:
    """A stroke as a browser tells it: `{"brush": "free", "cells": [[0, 15]]}`, 0 is Monday. Raises Invalid."""
    found: Any = told if isinstance(told, dict) else {}
    brush, pairs = found.get("brush"), found.get("cells")
    if not isinstance(brush, str) or brush not in set(Kind):
        raise Invalid("brush", _("A brush is allowed, free or closed."))
    if not isinstance(pairs, list) or not 0 < len(pairs) <= CELLS_MAX:
        raise Invalid("cells", _("A stroke paints one hour at least, and a week at most."))
    painted: dict[int, set[int]] = {}
    for index, pair in enumerate(pairs):
        if (
            not isinstance(pair, list)
            or len(pair) != 2
            or not _is_whole(pair[0], len(WEEKDAYS))
            or not _is_whole(pair[1], DAY_HOURS)
        ):
            raise Invalid(f"cells[{index}]", _("An hour is a day from 0 to 6 and an hour from 0 to 23."))
        painted.setdefault(pair[0] + 1, set()).add(pair[1])
    return Stroke(Kind(brush), {weekday: frozenset(hours) for weekday, hours in painted.items()})


def _is_whole(value: object, below: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < below


def _drawn(cell: HourInterval | None) -> list[str | int]:
    """Its kind, and the minutes from which and to which it is open."""
    if cell is None:
        return [Kind.CLOSED.value, 0, 0]
    return [(Kind.FREE if cell.unaccounted else Kind.ALLOWED).value, cell.start, cell.end]


def _label(weekday: int, hours: Hours, *, changed: bool, waiting: bool) -> str:
    label = _("{day}: {hours}").format(day=words.day(weekday), hours=words.hours(hours))
    if changed:
        label = _("{label}, changed").format(label=label)
    return _("{label}, waits to be sent").format(label=label) if waiting else label
