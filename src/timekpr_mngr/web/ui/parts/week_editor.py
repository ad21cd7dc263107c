"""Seven days, each with its hours as a bar and its limit; a tap on a bar opens that day."""

from collections.abc import Callable, Sequence

from nicegui import ui

from timekpr_mngr.domain.change import Change, Json
from timekpr_mngr.domain.hours import Hours, from_json, to_json
from timekpr_mngr.domain.user import DAY_SECONDS, WEEKDAYS
from timekpr_mngr.errors import Invalid
from timekpr_mngr.services import words
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.edits import Bound, Edits
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.day_bar import DayBar, scale
from timekpr_mngr.web.ui.parts.fields import bound_duration
from timekpr_mngr.web.ui.parts.hours_input import HoursInput
from timekpr_mngr.web.ui.parts.pending_mark import PendingMark
from timekpr_mngr.web.ui.parts.text import element, text

GROUPS = ((_("Mon–Fri"), (1, 2, 3, 4, 5)), (_("Sat, Sun"), (6, 7)), (_("all days"), WEEKDAYS))


class WeekEditor(ui.element):
    """Bound to the fields `days.N.limit_seconds` and `days.N.hours`."""

    def __init__(self, edits: Edits, *, enabled: bool) -> None:
        super().__init__("div")
        self.classes("stack tight")
        self._edits = edits
        self._enabled = enabled
        self._days: dict[int, _DayRow] = {}
        with self:
            with element("div", "week"):
                with element("div", "wd head"):
                    text("span", "")
                    scale()
                    text("span", _("limit"), "small muted").style("text-align: center")
                for weekday in WEEKDAYS:
                    self._days[weekday] = _DayRow(
                        edits, weekday, enabled=enabled, copy=self._copy, opened=self._opened
                    )
            _legend()

    def open(self, weekday: int) -> None:
        """Opens one day, and closes the others."""
        self._days[weekday].open()

    def _opened(self, weekday: int) -> None:
        for other, row in self._days.items():
            if other != weekday:
                row.close()

    def _copy(self, weekday: int, others: Sequence[int]) -> None:
        hours = self._edits.value(f"days.{weekday}.hours")
        limit = self._edits.value(f"days.{weekday}.limit_seconds")
        for other in others:
            if other != weekday:
                self._days[other].put_hours(hours)
                self._days[other].put_limit(limit)


class _DayRow:
    def __init__(
        self,
        edits: Edits,
        weekday: int,
        *,
        enabled: bool,
        copy: Callable[[int, Sequence[int]], None],
        opened: Callable[[int], None],
    ) -> None:
        self._edits, self._weekday, self._enabled, self._copy, self._told = (
            edits,
            weekday,
            enabled,
            copy,
            opened,
        )
        self._hours_name, self._limit_name = f"days.{weekday}.hours", f"days.{weekday}.limit_seconds"
        self._input: HoursInput | None = None
        self._pending: dict[str, Change | None] = {}
        with element("div", "wd"):
            text("span", _(words.SHORT_DAYS[weekday - 1]), "dayname").props(f'title="{words.day(weekday)}"')
            with element("button", "opener").props("type=button aria-expanded=false") as self._opener:
                self._bar = DayBar()
            self._opener.on("click", self._toggle)
            self._limit = bound_duration(
                edits,
                self._limit_name,
                _("{day}: limit").format(day=words.day(weekday)),
                enabled=enabled,
                whole=DAY_SECONDS,
                mark=None,
            )
            self._mark = PendingMark().style("grid-column: 2 / -1; justify-self: start")
            self._detail = element("div", "daydetail")
            self._detail.set_visibility(False)
        edits.bind(
            self._hours_name,
            Bound(
                put=self._show_hours,
                mark=self._mark_hours,
                edited=self._show_edited,
                pend=lambda change: self._pend(self._hours_name, change),
            ),
        )
        self._watch_limit()
        self._show_hours(edits.value(self._hours_name))

    def open(self) -> None:
        """Shows the day's spans to be typed."""
        if self._input is None:
            with self._detail:
                self._build()
        self._detail.set_visibility(True)
        self._opener.props("aria-expanded=true")
        self._told(self._weekday)

    def close(self) -> None:
        """Only the bar is left."""
        self._detail.set_visibility(False)
        self._opener.props("aria-expanded=false")

    def put_hours(self, value: Json) -> None:
        """Takes hours from elsewhere as if they had been typed."""
        self._edits.set(self._hours_name, value)
        self._show_hours(value)

    def put_limit(self, value: Json) -> None:
        """The same for the limit."""
        self._edits.set(self._limit_name, value)
        self._limit.put(value if isinstance(value, int) else None)

    def _toggle(self) -> None:
        if self._detail.visible:
            self.close()
        else:
            self.open()

    def _build(self) -> None:
        hours = _hours(self._edits.value(self._hours_name))
        with element("div", "line wrap"):
            text("h3", words.day(self._weekday), "grow")
            if self._enabled:
                with button(_("Copy to…"), None, "word"), ui.menu():
                    for label, days in self._targets():
                        ui.menu_item(label, lambda days=days: self._copy(self._weekday, days))
        self._input = HoursInput(hours, self._typed, enabled=self._enabled)
        self._sentence = text("p", "", "small muted")
        self._say()

    def _targets(self) -> list[tuple[str, Sequence[int]]]:
        others = [(words.day(day), (day,)) for day in WEEKDAYS if day != self._weekday]
        return [*GROUPS, *others]

    def _typed(self) -> None:
        hours = self._input.hours if self._input is not None else None
        if hours is None:
            self._edits.set_unusable(self._hours_name)
        else:
            self._edits.set(self._hours_name, to_json(hours))  # type: ignore[arg-type]
            self._bar.show(hours, label=self._label(hours))
        self._say()

    def _show_hours(self, value: Json) -> None:
        hours = _hours(value)
        self._bar.show(hours, label=self._label(hours))
        if self._input is not None:
            self._input.put(hours)
            self._say()

    def _label(self, hours: Hours) -> str:
        return f"{words.day(self._weekday)}: {words.hours(hours)}"

    def _mark_hours(self, problem: Invalid | None) -> None:
        if problem is not None:
            self.open()
            ui.notify(problem.message, classes="bad", timeout=6000)

    def _show_edited(self, edited: bool) -> None:
        self._opener.classes(add="changed" if edited else None, remove=None if edited else "changed")

    def _watch_limit(self) -> None:
        """The limit's own binding stays; what waits for it is said in the same place as for the hours."""
        limit = self._limit

        def put(value: Json) -> None:
            limit.put(value if isinstance(value, int) else None)
            self._say()

        def mark(problem: Invalid | None) -> None:
            limit.error = problem.message if problem is not None else None

        def edited(is_edited: bool) -> None:
            limit.classes(add="changed" if is_edited else None, remove=None if is_edited else "changed")
            self._say()

        pend = lambda change: self._pend(self._limit_name, change)  # noqa: E731
        self._edits.bind(self._limit_name, Bound(put=put, mark=mark, pend=pend, edited=edited))

    def _pend(self, name: str, change: Change | None) -> None:
        self._pending[name] = change
        waiting = [found for found in self._pending.values() if found is not None]
        self._mark.show(waiting[0] if waiting else None)
        if len(waiting) > 1:
            self._mark.show_several(waiting)

    def _say(self) -> None:
        if self._input is None:
            return
        hours, limit = self._input.hours, self._limit.seconds
        if hours is None or limit is None:
            self._sentence.text = ""
            return
        self._sentence.text = sentence(words.day(self._weekday), hours, limit)


def sentence(day: str, hours: Hours, limit_seconds: int) -> str:
    """What a day means, in words, and when its limit would end it."""
    if not hours or limit_seconds == 0:
        return _("{day}: nobody gets in.").format(day=day)
    most = (
        _("without a limit")
        if limit_seconds >= DAY_SECONDS
        else _("at most {time}").format(time=words.duration(limit_seconds))
    )
    text_ = _("{day}: {hours}, {most}").format(day=day, hours=words.hours(hours), most=most)
    counted_minutes = [span for span in hours if not span.unaccounted]
    last = counted_minutes[-1] if counted_minutes else None
    if last is not None and limit_seconds < (last.end - last.start) * 60:
        end = last.start + limit_seconds // 60
        text_ += _("; started at {start}, the limit ends it at {end}").format(
            start=f"{last.start // 60:02d}:{last.start % 60:02d}", end=f"{end // 60:02d}:{end % 60:02d}"
        )
    return text_ + "."


def _hours(value: Json) -> Hours:
    try:
        return from_json(value)
    except Invalid:
        return ()


def _legend() -> None:
    with element("div", "legend"):
        for kind, label in (("open", _("allowed")), ("free", _("free, not counted")), ("", _("closed"))):
            with element("span"):
                element("i", kind)
                text("span", label)
