"""One change in a list: what, from what to what, who, when, and what became of it."""

from collections.abc import Awaitable, Callable

from nicegui.element import Element

from timekpr_mngr.domain.account import Source
from timekpr_mngr.domain.change import Change, ChangeState
from timekpr_mngr.services import words
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.notice import Notice
from timekpr_mngr.web.ui.parts.state_pill import change_pill
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.visit import Visit

RETRIED = {ChangeState.REFUSED, ChangeState.CONFLICT, ChangeState.EXPIRED, ChangeState.UNCERTAIN}
_SOURCES = {
    Source.PAGE: "on this site",
    Source.API: "over the API",
    Source.CLI: "on the command line",
    Source.MQTT: "over MQTT",
    Source.SERVER: "on the server itself",
}

Action = Callable[[Change], Awaitable[None]]


class ChangeRow(Element):
    """A change, drawn anew when it moved."""

    def __init__(self, visit: Visit, change: Change, *, cancel: Action, retry: Action) -> None:
        super().__init__("li")
        self.classes("change")
        self._visit, self._cancel, self._retry = visit, cancel, retry
        self._shown: Change | None = None
        self.show(change)

    def show(self, change: Change) -> None:
        """Draws the change as it is now."""
        if change == self._shown:
            return
        self._shown = change
        self.clear()
        with self:
            with element("div"):
                self._what(change)
                self._who(change)
                self._say(change)
            with element("div", "aside"):
                change_pill(change.state)
                self._actions(change)
            self._note(change)

    def _what(self, change: Change) -> None:
        with element("div", "what"):
            if change.is_grant:
                text("b", words.change(change))
                if self._came_to_less(change):
                    text(
                        "span",
                        _(" · came to {time}").format(time=words.signed(change.gained_seconds or 0)),
                        "muted",
                    )
            else:
                text("b", words.field(change.field))
                text("del", f" {words.value(change.field, change.before)}")
                text("span", " → ", "muted")
                text("span", words.value(change.field, change.after))

    @staticmethod
    def _came_to_less(change: Change) -> bool:
        """Where a limit swallowed a part of what was asked for."""
        asked = change.after.get("seconds") if isinstance(change.after, dict) else None
        return change.state is ChangeState.APPLIED and change.gained_seconds not in (None, asked)

    def _who(self, change: Change) -> None:
        target = f"{change.user} · {change.server}" if change.user else change.server
        when = words.at(change.created_at, self._visit.zone, self._visit.now)
        by = _("{account}, {when}, {source}").format(
            account=change.account, when=when, source=_(_SOURCES[change.source])
        )
        text("div", f"{target} · {by}", "small muted anywhere")

    def _say(self, change: Change) -> None:
        reason = _("“{reason}”").format(reason=change.reason) if change.reason else ""
        waits = (
            _("Waits: {why}.").format(why=change.waits_for)
            if change.waits_for and change.state.is_open
            else ""
        )
        message = change.message if change.state not in RETRIED else ""
        if lines := [line for line in (reason, waits, message) if line]:
            text("div", " ".join(lines), "small muted")

    def _note(self, change: Change) -> None:
        if change.message and change.state in RETRIED:
            with element("div", "msg").style("margin-top: 8px"):
                Notice("over", change.message)

    def _actions(self, change: Change) -> None:
        if not self._visit.may_change:
            return
        if change.state is ChangeState.QUEUED:
            button(
                _("Cancel"),
                lambda: self._cancel(change),
                "word",
                name=_("Cancel {what}").format(what=words.change(change)),
            )
        elif change.state in RETRIED:
            button(_("Try again"), lambda: self._retry(change), "word")
