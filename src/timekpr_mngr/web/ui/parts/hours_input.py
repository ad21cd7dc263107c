"""The hours of one day, typed as spans."""

from collections.abc import Callable
from dataclasses import dataclass

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from timekpr_mngr.domain.change import Json
from timekpr_mngr.domain.hours import Hours, from_json, to_json
from timekpr_mngr.errors import Invalid
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.text import element, text


@dataclass(slots=True)
class _Row:
    start: str
    end: str
    unaccounted: bool
    start_input: ui.input | None = None
    end_input: ui.input | None = None
    problem: TextElement | None = None


class HoursInput(ui.element):
    """Spans with a start, an end, and whether they are free. `hours` is None while they cannot be used as they are."""

    def __init__(self, hours: Hours, on_hours: Callable[[], None], *, enabled: bool = True) -> None:
        super().__init__("div")
        self.classes("stack tight")
        self.hours: Hours | None = hours
        self._on_hours = on_hours
        self._enabled = enabled
        self._rows = _rows(hours)
        self._draw()

    def put(self, hours: Hours) -> None:
        """Shows hours that do not come from the keyboard."""
        self.hours = hours
        self._rows = _rows(hours)
        self._draw()

    def _draw(self) -> None:
        self.clear()
        with self:
            for row in self._rows:
                self._draw_row(row)
            if not self._rows:
                text("p", _("Closed all day: nobody gets in, whatever the limit is."), "small muted")
            if self._enabled:
                with element("div", "line wrap hourline"):
                    button(_("Add hours"), self._add, "quiet", icon="plus")
                    if not self._is_whole_day():
                        button(_("All day"), lambda: self._replace([_Row("00:00", "24:00", False)]), "quiet")
                    if self._rows:
                        button(_("Close the day"), lambda: self._replace([]), "quiet")

    def _draw_row(self, row: _Row) -> None:
        with element("div", "span"):
            row.start_input = self._time(_("From"), row, "start")
            text("span", "–", "dash")
            row.end_input = self._time(_("Until"), row, "end")
            switch = ui.switch(
                _("free"), value=row.unaccounted, on_change=lambda event: self._toggle(row, event.value)
            )
            switch.set_enabled(self._enabled)
            switch.tooltip(_("Free time: allowed, and not counted"))
            if self._enabled:
                button("", lambda: self._remove(row), "round", name=_("Remove these hours"), icon="close")
            row.problem = text("div", "", "problem").props("role=alert")

    def _time(self, name: str, row: _Row, end: str) -> ui.input:
        field = ui.input(value=getattr(row, end), on_change=lambda event: self._typed(row, end, event.value))
        field.without_auto_validation()
        field.props(
            "outlined dense hide-bottom-space no-error-icon inputmode=numeric autocomplete=off maxlength=5"
        )
        field.props["aria-label"] = name
        field.set_enabled(self._enabled)
        field.on("blur", lambda: field.set_value(_tidy(field.value or "")))
        return field

    def _typed(self, row: _Row, end: str, value: str | None) -> None:
        setattr(row, end, _tidy(value or ""))
        self._check()

    def _toggle(self, row: _Row, value: bool) -> None:
        row.unaccounted = value
        self._check()

    def _add(self) -> None:
        last = max((row.end for row in self._rows), default="14:00")
        hour = min(int(last[:2]) if last[:2].isdigit() else 14, 23)
        start = last if last < "24:00" else "23:00"
        self._replace([*self._rows, _Row(start, f"{min(hour + 2, 24):02d}:00", False)])

    def _remove(self, row: _Row) -> None:
        self._replace([other for other in self._rows if other is not row])

    def _replace(self, rows: list[_Row]) -> None:
        self._rows = rows
        self._draw()
        self._check()

    def _is_whole_day(self) -> bool:
        return [(row.start, row.end, row.unaccounted) for row in self._rows] == [("00:00", "24:00", False)]

    def _check(self) -> None:
        for row in self._rows:
            for field in (row.start_input, row.end_input):
                if field is not None:
                    field.error = None
            if row.problem is not None:
                row.problem.text = ""
        try:
            self.hours = from_json(self._json())
        except Invalid as problem:
            self.hours = None
            self._mark(problem)
        self._on_hours()

    def _json(self) -> list[Json]:
        return [{"from": row.start, "to": row.end, "unaccounted": row.unaccounted} for row in self._rows]

    def _mark(self, problem: Invalid) -> None:
        """Puts the error at the span that it names, as `hours[2].to`."""
        position = problem.field.partition("[")[2].partition("]")[0]
        row = self._rows[int(position)] if position.isdigit() and int(position) < len(self._rows) else None
        field = None if row is None else row.end_input if problem.field.endswith(".to") else row.start_input
        if field is not None:
            field.error = ""
        if row is not None and row.problem is not None:
            row.problem.text = problem.message


def _rows(hours: Hours) -> list[_Row]:
    return [_Row(str(span["from"]), str(span["to"]), bool(span["unaccounted"])) for span in to_json(hours)]


def _tidy(value: str) -> str:
    """`7` → `07:00`, `730` → `07:30`, `7.30` → `07:30`; anything else as it is."""
    digits = value.strip().replace(".", ":").replace("h", ":").rstrip(":")
    hour, colon, minute = digits.partition(":")
    if not colon and hour.isdigit() and len(hour) in (3, 4):
        hour, minute = hour[:-2], hour[-2:]
    if hour.isdigit() and len(hour) <= 2 and (minute.isdigit() or not minute) and len(minute) in (0, 2):
        return f"{int(hour):02d}:{minute or '00'}"
    return value.strip()
