"""The hours of the week: a grid to paint, and below it the chosen day, typed to the minute or copied to others."""

from collections.abc import Callable
from functools import partial

from nicegui import ui

from timekpr_mngr.domain.change import Change, Json
from timekpr_mngr.domain.hour_cells import painted
from timekpr_mngr.domain.hours import Hours, Span, from_json, to_json
from timekpr_mngr.domain.user import DAY_SECONDS, WEEKDAYS
from timekpr_mngr.errors import Invalid
from timekpr_mngr.services import words
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.edits import Bound, Edits
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.day_copy import ask_for_copy
from timekpr_mngr.web.ui.parts.hours_input import HoursInput
from timekpr_mngr.web.ui.parts.pending_mark import PendingMark
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.parts.week_grid import Stroke, WeekGrid


class WeekEditor(ui.element):
    """Bound to the fields `days.N.hours`. `on_day` hears which weekday was chosen, by its name or by painting it."""

    def __init__(self, edits: Edits, *, enabled: bool, chosen: int, on_day: Callable[[int], None]) -> None:
        super().__init__("div")
        self.classes("stack")
        self._edits, self._on_day = edits, on_day
        self.chosen = chosen
        with self:
            self._grid = WeekGrid(self._hours(), enabled=enabled, on_stroke=self._paint, on_day=self._pick)
            self._days = {weekday: _ChosenDay(edits, weekday, enabled=enabled) for weekday in WEEKDAYS}
        for weekday, day in self._days.items():
            edits.bind(
                _hours_name(weekday),
                Bound(put=day.put, mark=partial(self._mark, weekday), pend=partial(self._pend, weekday)),
            )
        edits.subscribe(self._show)
        self.choose(chosen)

    def choose(self, weekday: int) -> None:
        """Opens a day below the grid."""
        self.chosen = weekday
        for other, day in self._days.items():
            day.open(is_open=other == weekday)
        self._show()

    def _pick(self, weekday: int) -> None:
        self.choose(weekday)
        self._days[weekday].scroll_to()
        self._on_day(weekday)

    def _paint(self, stroke: Stroke) -> None:
        for weekday, clock_hours in stroke.cells.items():
            name = _hours_name(weekday)
            hours = painted(_hours(self._edits.value(name)), clock_hours, stroke.brush)
            self._edits.put(name, to_json(hours))  # type: ignore[arg-type]
        if self.chosen not in stroke.cells:
            self.choose(min(stroke.cells))
            self._on_day(self.chosen)
        self._show()

    def _hours(self) -> list[Hours]:
        return [_hours(self._edits.value(_hours_name(weekday))) for weekday in WEEKDAYS]

    def _show(self) -> None:
        self._grid.show(
            self._hours(),
            chosen=self.chosen,
            changed=frozenset(day for day in WEEKDAYS if self._edits.is_edited(_hours_name(day))),
            waiting=frozenset(weekday for weekday, day in self._days.items() if day.is_waiting),
        )
        self._days[self.chosen].say()

    def _pend(self, weekday: int, change: Change | None) -> None:
        self._days[weekday].pend(change)
        self._show()

    def _mark(self, weekday: int, problem: Invalid | None) -> None:
        if problem is not None:
            self.choose(weekday)
            ui.notify(problem.message, classes="bad", timeout=6000)


class _ChosenDay:
    """One day below the grid; what is typed there is made when it is opened for the first time."""

    def __init__(self, edits: Edits, weekday: int, *, enabled: bool) -> None:
        self._edits, self._weekday, self._enabled = edits, weekday, enabled
        self._name = _hours_name(weekday)
        self._input: HoursInput | None = None
        self.is_waiting = False
        with element("div", "chosenday").props("role=group") as self._box:
            self._box.props["aria-label"] = words.day(weekday)
            with element("div", "line wrap"):
                text("h3", words.day(weekday), "grow")
                if enabled:
                    button(
                        _("Copy to…"),
                        self._copy,
                        "word",
                        name=_("Copy {day} to…").format(day=words.day(weekday)),
                    )
            self._mark = PendingMark().style("justify-self: start")
            self._typed_here = element("div")
            self._sentence = text("p", "", "small muted").props("role=status")

    def open(self, *, is_open: bool) -> None:
        """Shows the day's times, or hides them."""
        self._box.set_visibility(is_open)
        if is_open and self._input is None:
            with self._typed_here:
                hours = _hours(self._edits.value(self._name))
                self._input = HoursInput(hours, self._typed, enabled=self._enabled)
            self.say()

    def scroll_to(self) -> None:
        """On a phone the times stand below the grid."""
        ui.run_javascript(f"getHtmlElement({self._box.id}).scrollIntoView({{ block: 'nearest' }})")

    def put(self, value: Json) -> None:
        """Hours that were not typed here."""
        if self._input is not None:
            self._input.put(_hours(value))

    def pend(self, change: Change | None) -> None:
        """What waits for these hours."""
        self.is_waiting = change is not None
        self._mark.show(change)

    def say(self) -> None:
        """What the day means, in words."""
        limit = self._edits.value(f"days.{self._weekday}.limit_seconds")
        hours = self._input.hours if self._input is not None else None
        if hours is None or not isinstance(limit, int):
            self._sentence.text = ""
        else:
            self._sentence.text = sentence(words.day(self._weekday), hours, limit)

    def _typed(self) -> None:
        hours = self._input.hours if self._input is not None else None
        if hours is None:
            self._edits.set_unusable(self._name)
        else:
            self._edits.set(self._name, to_json(hours))  # type: ignore[arg-type]

    async def _copy(self) -> None:
        wish = await ask_for_copy(self._weekday)
        if wish is None:
            return
        for what in wish.what:
            value = self._edits.value(f"days.{self._weekday}.{what}")
            for weekday in wish.weekdays:
                self._edits.put(f"days.{weekday}.{what}", value)


def sentence(day: str, hours: Hours, limit_seconds: int) -> str:
    """What a day means, in words, and when its limit would end it."""
    free = tuple(span for span in hours if span.unaccounted)
    if not hours:
        return _("{day}: closed all day, whatever the limit is.").format(day=day)
    if limit_seconds == 0:
        if free:
            return _("{day}: only the free hours, {hours}; else no time, unless you give some.").format(
                day=day, hours=words.hours(tuple(Span(span.start, span.end) for span in free))
            )
        return _("{day}: no time, unless you give some.").format(day=day)
    most = (
        _("without a limit")
        if limit_seconds >= DAY_SECONDS
        else _("at most {time}").format(time=words.exactly(limit_seconds))
    )
    said = _("{day}: {hours}, {most}").format(day=day, hours=words.hours(hours), most=most)
    counted_spans = [span for span in hours if not span.unaccounted]
    last = counted_spans[-1] if counted_spans else None
    if last is not None and limit_seconds < (last.end - last.start) * 60:
        end = last.start + limit_seconds // 60
        said += _("; started at {start}, the limit ends it at {end}").format(
            start=words.clock(last.start), end=words.clock(end)
        )
    return said + "."


def _hours_name(weekday: int) -> str:
    return f"days.{weekday}.hours"


def _hours(value: Json) -> Hours:
    try:
        return from_json(value)
    except Invalid:
        return ()
