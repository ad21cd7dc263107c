"""What was used day by day, or week by week where that is too many: stacked by computer, or PlayTime against other."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from timekpr_mngr.domain.person import UserName
from timekpr_mngr.services import words
from timekpr_mngr.services.report_views import DayPart, DayUsage, Knowledge, UsageReport
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.card import card
from timekpr_mngr.web.ui.parts.chart_columns import Column, Columns
from timekpr_mngr.web.ui.parts.chart_legend import Legend
from timekpr_mngr.web.ui.parts.chart_table import ChartTable
from timekpr_mngr.web.ui.parts.text import text

DAYS_AT_MOST = 100
WEEK = 7

Seconds = Sequence[int | None]
"""By slice; None where it is not known."""

Slices = Callable[[DayPart], Seconds]
"""What one user's day adds to each slice, always as many; None where it says nothing of one."""


@dataclass(frozen=True, slots=True)
class Period:
    """A day, or the days of a week, as one column."""

    days: Sequence[DayUsage]
    is_week: bool = False

    @property
    def begins(self) -> date:
        """Its first day."""
        return self.days[0].day

    @property
    def is_known(self) -> bool:
        """Whether anything is known of it."""
        return any(day.knowledge is not Knowledge.GAP for day in self.days)

    @property
    def is_open(self) -> bool:
        """Whether more than is known may have been used, other than in what is left of today."""
        return any(day.knowledge in (Knowledge.GAP, Knowledge.PARTIAL) for day in self.days)

    @property
    def is_today(self) -> bool:
        """Whether it goes on."""
        return any(day.knowledge is Knowledge.SO_FAR for day in self.days)

    @property
    def limits_reached(self) -> int:
        """On how many days."""
        return sum(day.limit_reached for day in self.days)

    def name(self, today: date) -> str:
        """`Friday 3 Nov`, or `Week of 2 Nov`."""
        if self.is_week:
            return _("Week of {day}").format(day=words.short_date(self.begins))
        return words.calendar_day(self.begins, today)


class DaysChart:
    """A card of its own; `show` draws it. `slices` says what the columns are made of."""

    def __init__(self, headline: str) -> None:
        with card(headline) as self.card:
            self._columns = Columns()
            self._legend = Legend()
            self._note = text("p", "", "small muted")
            self._table = ChartTable(headline)

    def show(self, report: UsageReport, names: Sequence[str], slices: Slices) -> None:
        """`names` are those of the slices."""
        periods, note = _periods(report)
        sums = [_sums(period, slices) for period in periods]
        columns = [
            _column(period, report, names, seconds) for period, seconds in zip(periods, sums, strict=True)
        ]
        self._columns.show(columns, _summary(periods, columns))
        self._legend.show(names, columns)
        self._note.text = note
        self._note.set_visibility(bool(note))
        self._table.show(
            [_("Week") if periods[0].is_week else _("Day"), *names, _("Limit"), _("Known")],
            [
                _row(period, seconds, report.last)
                for period, seconds in zip(reversed(periods), reversed(sums), strict=True)
            ],
        )


def by_computer(report: UsageReport) -> tuple[Sequence[str], Slices]:
    """A slice for each user, called by the computer; by the login too, where two are on one."""
    servers = [one.server for one in report.users]
    names = [one.server if servers.count(one.server) == 1 else str(one) for one in report.users]
    places = {one: number for number, one in enumerate(report.users)}

    def slices(part: DayPart) -> Seconds:
        seconds: list[int | None] = [None] * len(places)
        seconds[places[UserName(part.server, part.user)]] = part.used_seconds
        return seconds

    return names, slices


def by_playtime() -> tuple[Sequence[str], Slices]:
    """All other time, and PlayTime above it."""

    def slices(part: DayPart) -> Seconds:
        if part.used_seconds is None:
            return [None, None]
        played = min(part.playtime_seconds or 0, part.used_seconds)
        return [part.used_seconds - played, played]

    return [_("other time"), _("PlayTime")], slices


def _periods(report: UsageReport) -> tuple[Sequence[Period], str]:
    """Days, or the weeks since anything was known of them; and a word about those before."""
    if len(report.days) <= DAYS_AT_MOST:
        return [Period([day]) for day in report.days], ""
    known = [day for day in report.days if day.knowledge is not Knowledge.GAP]
    since = known[0].day if known else report.days[0].day
    by_monday: dict[int, list[DayUsage]] = {}
    for day in report.days:
        if day.day >= since:
            by_monday.setdefault((day.day.toordinal() - 1) // WEEK, []).append(day)
    note = _("Nothing of these {n} days is known before {day}.").format(
        n=len(report.days), day=words.calendar_day(since, report.last)
    )
    return [Period(days, is_week=True) for days in by_monday.values()], note if since > report.first else ""


def _sums(period: Period, slices: Slices) -> Seconds:
    of_parts = [slices(part) for day in period.days for part in day.parts]
    return [_sum(one) for one in zip(*of_parts, strict=True)]


def _sum(seconds: Iterable[int | None]) -> int | None:
    """Of what is known; None where nothing is."""
    known = [one for one in seconds if one is not None]
    return sum(known) if known else None


def _column(period: Period, report: UsageReport, names: Sequence[str], seconds: Seconds) -> Column:
    label = _label(period, report)
    name = period.name(report.last)
    if not period.is_known:
        return Column(_("{day}: not known").format(day=name), label, None)
    drawn = tuple(one or 0 for one in seconds)
    said = [words.roughly(sum(drawn))]
    if len(names) > 1:
        said[0] += " (" + ", ".join(map(_named, names, seconds)) + ")"
    said += _remarks(period)
    title = _("{day}: {what}").format(day=name, what=", ".join(said))
    return Column(title, label, drawn, period.is_open, period.limits_reached > 0)


def _label(period: Period, report: UsageReport) -> str:
    if len(report.days) > WEEK:
        return words.short_date(period.begins)
    return words.short_day(period.begins.isoweekday())


def _named(name: str, seconds: int | None) -> str:
    time = _("not known") if seconds is None else words.roughly(seconds)
    return f"{name} {time}"


def _remarks(period: Period) -> list[str]:
    remarks = []
    if period.limits_reached:
        remarks.append(_("limit reached"))
    if period.is_open:
        remarks.append(_("this much at least"))
    elif period.is_today:
        remarks.append(_("so far"))
    return remarks


def _summary(periods: Sequence[Period], columns: Sequence[Column]) -> str:
    """The picture in a sentence."""
    known = [
        (sum(column.seconds), period)
        for column, period in zip(columns, periods, strict=True)
        if column.seconds
    ]
    if not known:
        return _("Nothing is known of this time.")
    most, when = max(known, key=lambda one: one[0])
    gaps = len(columns) - len(known)
    said = _("{first} to {last}: at most {time} ({when}).").format(
        first=words.short_date(periods[0].begins),
        last=words.short_date(periods[-1].begins),
        time=words.roughly(most),
        when=words.short_date(when.begins),
    )
    return said + (" " + _("{n} are not known.").format(n=gaps) if gaps else "")


def _row(period: Period, seconds: Seconds, today: date) -> list[str]:
    name, cells = period.name(today), ["–" if one is None else words.roughly(one) for one in seconds]
    if not period.is_known:
        return [name, *cells, "–", _("not known")]
    known = _("this much at least") if period.is_open else _("so far") if period.is_today else _("all of it")
    reached = _("reached") if period.limits_reached else ""
    if period.limits_reached > 1:
        reached = _("reached on {n} days").format(n=period.limits_reached)
    return [name, *cells, reached, known]
