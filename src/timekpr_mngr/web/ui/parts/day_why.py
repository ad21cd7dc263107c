"""What applies on a date, and why: the day as a bar and in words, as it would be with what is edited."""

import contextlib
from collections.abc import Awaitable, Callable
from datetime import date, timedelta

from nicegui import background_tasks, ui

from timekpr_mngr.domain.day_plan import When
from timekpr_mngr.errors import TimekprMngrError
from timekpr_mngr.services import words
from timekpr_mngr.services.day_views import DayPlanView
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.day_bar import DayBar, scale
from timekpr_mngr.web.ui.parts.text import element, text

ONE_DAY = timedelta(days=1)

Ask = Callable[[date | None], Awaitable[DayPlanView]]


class DayWhy(ui.element):
    """`ask` gives the plan of a date, or of the server's today. `end` says what the user sees when time is up."""

    def __init__(self, ask: Ask, end: Callable[[], str]) -> None:
        super().__init__("div")
        self.classes("stack tight daywhy")
        self._ask, self._end = ask, end
        self._today: date | None = None
        self._day: date | None = None
        self._is_asking = False
        self._is_late = False
        with self:
            with element("div", "line"):
                button("", lambda: self._step(-1), "round", name=_("The day before"), icon="back")
                self._name = text("div", "", "grow which").props("role=status")
                button("", lambda: self._step(1), "round", name=_("The day after"), icon="chevron")
            with element("div", "day"):
                self._bar = DayBar()
                scale()
            self._lines = element("ul", "why lines")

    def choose(self, weekday: int) -> None:
        """The next day with this name, today included."""
        if self._today is None:
            return
        self._day = self._today + (weekday - self._today.isoweekday()) % 7 * ONE_DAY
        self.refresh()

    def refresh(self) -> None:
        """Asks anew, once what is being asked has been answered; presses that come together are asked for once."""
        self._is_late = True
        if not self._is_asking:
            self._is_asking = True
            background_tasks.create(self._refresh(), name="what applies")

    async def load(self) -> None:
        """Asks for the first time. Where nothing is known nothing is shown."""
        with contextlib.suppress(TimekprMngrError):
            plan = await self._ask(None)
            self._today = self._day = plan.day
            self._show(plan)

    async def _refresh(self) -> None:
        try:
            while self._is_late and not self.is_deleted:
                self._is_late = False
                with contextlib.suppress(TimekprMngrError):
                    wanted = self._day
                    plan = await self._ask(None if wanted == self._today else wanted)
                    if wanted == self._day:
                        self._day = plan.day
                        self._show(plan)
        finally:
            self._is_asking = False

    def _step(self, days: int) -> None:
        if self._day is not None:
            self._day += days * ONE_DAY
            self.refresh()

    def _show(self, plan: DayPlanView) -> None:
        if plan.when == When.TODAY:
            self._today = plan.day
        self._name.text = _date(plan.day, self._today)
        self._bar.show(plan)
        self._lines.clear()
        with self._lines:
            for line in self._said(plan):
                text("li", line[:1].upper() + line[1:])

    def _said(self, plan: DayPlanView) -> list[str]:
        said = plan.words
        rules = words.BETWEEN_FACTS.join(part for part in (said.limit, said.hours) if part)
        so_far = words.BETWEEN_FACTS.join(part for part in (said.used, said.given) if part)
        end = said.end or ""
        if plan.when == When.TODAY and plan.window is not None and plan.window.end is not None:
            end = _("from now {until}").format(until=end)
        ends = (
            _("when time is up: {what}").format(what=self._end()) if plan.window and plan.window.end else ""
        )
        lines = [line for line in (rules, so_far, end, ends, said.next or "") if line]
        return lines or [_("Nothing is known of that day.")]


def _date(day: date, today: date | None) -> str:
    if today is not None and (day - today).days == 1:
        return _("Tomorrow, {day}").format(day=words.day(day.isoweekday()))
    if day == today:
        return _("Today, {day}").format(day=words.day(day.isoweekday()))
    return words.calendar_day(day, today or day)
