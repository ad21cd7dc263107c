"""Looking back: what a user, or a person over all computers, used over the days."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from timekpr_mngr.domain.account import Actor
from timekpr_mngr.services import words
from timekpr_mngr.services.report_views import Knowledge, UsageReport
from timekpr_mngr.texts import _, counted
from timekpr_mngr.web.ui.parts.chart_days import DaysChart, by_computer, by_playtime
from timekpr_mngr.web.ui.parts.chart_heat import HeatChart
from timekpr_mngr.web.ui.parts.chart_span import SpanChoice
from timekpr_mngr.web.ui.parts.chart_weeks import WeeksChart
from timekpr_mngr.web.ui.parts.grant_sums import GrantCard
from timekpr_mngr.web.ui.parts.stat import Stat
from timekpr_mngr.web.ui.parts.text import element, named, text
from timekpr_mngr.web.ui.parts.usage_export import usage_export
from timekpr_mngr.web.ui.visit import Visit

Report = Callable[[Actor, int], Awaitable[UsageReport]]


class UsageHistory:
    """`report` gives so many days; `name` begins that of a saved file."""

    def __init__(self, visit: Visit, report: Report, name: str) -> None:
        self._visit, self._report = visit, report
        self._days = 0
        with element("section", "stack") as section:
            with element("div", "headline lookback"):
                text("h2", _("Looking back"), "name")
                self._span = SpanChoice(self._choose)
            with element("div", "stats four"):
                self._used = Stat(_("Used"))
                self._mean = Stat(_("A day"))
                self._reached = Stat(_("Limit reached"))
                self._known = Stat(_("Known"))
            self._by_day = DaysChart(_("How much was used"))
            self._by_playtime = DaysChart(_("PlayTime and other time"))
            with element("div", "stack halves"):
                self._heat = HeatChart()
                with element("div", "stack"):
                    self._weeks = WeeksChart()
                    self._grants = GrantCard()
            usage_export(self._as_it_is, name)
        named(section, _("Looking back"))

    async def load(self, days: int) -> None:
        """The first time. Raises what `report` raises."""
        self._show(await self._report(self._visit.actor, days), days)

    async def refresh(self) -> None:
        """The same days as they are now."""
        days = self._days
        found = await self._visit.look(lambda actor: self._report(actor, days))
        if found is not None and days == self._days:
            self._show(found, days)

    async def _choose(self, days: int) -> None:
        found = await self._visit.do(lambda actor: self._report(actor, days))
        if found is not None:
            self._show(found, days)
            ui.navigate.history.replace(f"?days={days}")

    async def _as_it_is(self) -> UsageReport | None:
        return await self._visit.do(lambda actor: self._report(actor, self._days))

    def _show(self, report: UsageReport, days: int) -> None:
        self._days = days
        self._span.show(days)
        self._show_sums(report)
        self._by_day.show(report, *by_computer(report))
        played = bool(report.playtime_seconds)
        self._by_playtime.card.set_visibility(played)
        if played:
            self._by_playtime.show(report, *by_playtime())
        self._heat.show(report.heat_map)
        self._weeks.show(report.week_over_week)
        self._grants.show(report.grants)

    def _show_sums(self, report: UsageReport) -> None:
        days = len(report.days)
        in_days = counted("in {n} day", "in {n} days", days)
        if report.used_seconds is None:
            for stat in (self._used, self._mean, self._reached):
                stat.show("–", _("not known"))
        else:
            self._used.show(words.roughly(report.used_seconds), in_days)
            whole = [day.used_seconds or 0 for day in report.days if day.knowledge is Knowledge.WHOLE]
            mean = words.roughly(sum(whole) // len(whole)) if whole else "–"
            self._mean.show(
                mean, _("on average, where all is known") if whole else _("no day is known whole")
            )
            reached = counted("{n} day", "{n} days", report.limit_reached_days)
            self._reached.show(reached, _("of {n} that are known").format(n=report.known_days))
        in_part = sum(day.knowledge is Knowledge.PARTIAL for day in report.days)
        known = counted("{n} day", "{n} days", report.known_days)
        self._known.show(
            known,
            counted("{n} of them in part", "{n} of them in part", in_part)
            if in_part
            else _("of {n}").format(n=days),
        )
