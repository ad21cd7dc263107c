"""This week beside as much of the last."""

from html import escape

from nicegui import ui

from timekpr_mngr.services import words
from timekpr_mngr.services.report_views import WeekOverWeek
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.card import card
from timekpr_mngr.web.ui.parts.text import text


class WeeksChart:
    """A card of its own; `show` draws it. The numbers stand beside the bars, so that the bars say nothing more."""

    def __init__(self) -> None:
        with card(_("This week and last")):
            self._words = text("p", "")
            self._bars = ui.html("", sanitize=False).classes("beside")

    def show(self, weeks: WeekOverWeek) -> None:
        """Draws both."""
        until = words.short_day(weeks.until_weekday)
        monday = words.short_day(1)
        days = monday if weeks.until_weekday == 1 else f"{monday}–{until}"
        most = max(weeks.this_week_seconds or 0, weeks.last_week_seconds or 0, 1)
        self._words.text = _compared(weeks)
        self._bars.set_content(
            _bar(_("This week, {days}").format(days=days), weeks.this_week_seconds, most, "p0")
            + _bar(_("Last week, {days}").format(days=days), weeks.last_week_seconds, most, "p3")
        )


def _compared(weeks: WeekOverWeek) -> str:
    this, last = weeks.this_week_seconds, weeks.last_week_seconds
    if this is None or last is None:
        return _("They cannot be compared: one of them is not known.")
    difference = abs(this - last)
    by_then = words.day(weeks.until_weekday)
    if difference < 60:
        said = _("As much as last week by {day}.").format(day=by_then)
    else:
        form = (
            _("{time} more than last week by {day}.")
            if this > last
            else _("{time} less than last week by {day}.")
        )
        said = form.format(time=words.roughly(difference), day=by_then)
    return said if weeks.is_sure else said + " " + _("Some of it is not known, so this is not certain.")


def _bar(name: str, seconds: int | None, most: int, pattern: str) -> str:
    value = _("not known") if seconds is None else words.roughly(seconds)
    width = 100 * (seconds or 0) / most
    return (
        f"<div><span>{escape(name)}</span><b>{escape(value)}</b>"
        f'<i aria-hidden="true"><i class="{pattern}" style="width:{width:.1f}%"></i></i></div>'
    )
