"""At which hours of which weekdays time was used: seven rows of 24 squares."""

from html import escape

from nicegui import ui

from timekpr_mngr.services import words
from timekpr_mngr.services.report_views import HeatMap
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.card import card
from timekpr_mngr.web.ui.parts.chart_table import ChartTable
from timekpr_mngr.web.ui.parts.text import named, text

LEVELS = 4
HOURS = 24


class HeatChart:
    """A card of its own; `show` draws it."""

    def __init__(self) -> None:
        headline = _("When in the week")
        with card(headline):
            self._squares = ui.html("", sanitize=False).classes("heat").props("role=img")
            self._legend = ui.html("", sanitize=False).classes("legend")
            self._note = text("p", "", "small muted")
            self._table = ChartTable(headline)

    def show(self, heat: HeatMap) -> None:
        """Draws the average of each hour."""
        means = averages(heat)
        most = max(map(max, means))
        rows = "".join(
            f"<span>{escape(words.short_day(weekday + 1))}</span>"
            + "".join(
                f'<i class="h{_level(mean, most)}" title="{escape(_said(weekday, hour, mean))}"></i>'
                for hour, mean in enumerate(row)
            )
            for weekday, row in enumerate(means)
        )
        scale = "".join(f"<b>{hour}</b>" for hour in range(0, HOURS, 6))
        self._squares.set_content(f"{rows}<span></span>{scale}")
        named(self._squares, _summary(means))
        squares = "".join(f'<i class="h{level}"></i>' for level in range(LEVELS + 1))
        least, utmost = _("not at all"), _("{time} of the hour").format(time=words.roughly(most))
        self._legend.set_content(
            f"<span>{escape(least)}</span><span>{squares}</span><span>{escape(utmost)}</span>" if most else ""
        )
        self._note.text = _(
            "On average since {day}, as far as it was used while timekpr-mngr was watching."
        ).format(day=words.short_date(heat.first))
        self._table.show(
            [_("Hour"), *map(words.short_day, range(1, 8))],
            [
                [f"{hour}–{hour + 1}", *(words.roughly(row[hour]) if row[hour] else "–" for row in means)]
                for hour in range(HOURS)
            ],
        )


def averages(heat: HeatMap) -> list[list[int]]:
    """Seconds that are used in each hour of each weekday, on average over those that there were."""
    return [
        [seconds // days if days else 0 for seconds in row]
        for row, days in zip(heat.used_seconds, heat.days, strict=True)
    ]


def _level(mean: int, most: int) -> int:
    return -(-mean * LEVELS // most) if mean else 0


def _said(weekday: int, hour: int, mean: int) -> str:
    return _("{day}, {first} to {last} o'clock: {time}").format(
        day=words.day(weekday + 1), first=hour, last=hour + 1, time=words.roughly(mean)
    )


def _summary(means: list[list[int]]) -> str:
    """The picture in a sentence."""
    most, weekday, hour = max(
        (mean, weekday, hour) for weekday, row in enumerate(means) for hour, mean in enumerate(row)
    )
    if not most:
        return _("Nothing was used while timekpr-mngr was watching.")
    return _("Used most: {when} on average.").format(when=_said(weekday, hour, most))
