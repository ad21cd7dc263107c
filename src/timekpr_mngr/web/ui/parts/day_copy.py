"""Asks to which days a day is copied, and what of it."""

from dataclasses import dataclass

from nicegui import ui

from timekpr_mngr.domain.user import WEEKDAYS
from timekpr_mngr.services import words
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.text import element, named, text

WORKDAYS, WEEKEND = (1, 2, 3, 4, 5), (6, 7)


@dataclass(frozen=True, slots=True)
class Copy:
    """The weekdays to copy to, and the parts of a day's field names: `hours`, `limit_seconds`."""

    weekdays: tuple[int, ...]
    what: tuple[str, ...]


async def ask_for_copy(weekday: int) -> Copy | None:
    """What the person wants copied from this weekday; None where nothing."""
    with ui.dialog() as dialog, ui.card().classes("dialog"):
        asked = _Asked(weekday, dialog)
    wish = await dialog
    dialog.delete()
    return asked.wish if wish else None


class _Asked:
    def __init__(self, weekday: int, dialog: ui.dialog) -> None:
        self._others = tuple(day for day in WEEKDAYS if day != weekday)
        question = _("Copy {day} to").format(day=words.day(weekday))
        named(dialog, question)
        text("h2", question)
        with element("div", "daypick").props("role=group") as group:
            named(group, _("Days"))
            self._days = {day: self._toggle(day) for day in self._others}
        with element("div", "line wrap"):
            for label, days in (
                (_("Mon–Fri"), WORKDAYS),
                (_("Sat, Sun"), WEEKEND),
                (_("all days"), WEEKDAYS),
            ):
                button(label, lambda days=days: self._pick(days), "quiet")
        with element("div", "line wrap"):
            self._hours = ui.switch(_("Hours"), value=True, on_change=self._show)
            self._limit = ui.switch(_("Limit"), value=True, on_change=self._show)
        with element("div", "line end wrap"):
            button(_("Cancel"), lambda: dialog.submit(False), "quiet")
            self._yes = button(_("Copy"), lambda: dialog.submit(True), "main")
        self._picked: set[int] = set()
        self._show()

    @property
    def wish(self) -> Copy:
        """What is picked now."""
        what = (("hours", self._hours.value), ("limit_seconds", self._limit.value))
        return Copy(tuple(sorted(self._picked)), tuple(name for name, wanted in what if wanted))

    def _toggle(self, day: int) -> ui.button:
        return button(words.short_day(day), lambda: self._flip(day), name=words.day(day))

    def _flip(self, day: int) -> None:
        self._picked ^= {day}
        self._show()

    def _pick(self, days: tuple[int, ...]) -> None:
        self._picked = set(days) & set(self._others)
        self._show()

    def _show(self) -> None:
        for day, toggle in self._days.items():
            toggle.props["aria-pressed"] = "true" if day in self._picked else "false"
            toggle.update()
        self._yes.set_enabled(bool(self.wish.weekdays and self.wish.what))
