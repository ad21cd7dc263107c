"""One change in a list: what, from what to what, who, when, what became of it, and what it asks."""

from datetime import datetime

from nicegui.element import Element

from timekpr_mngr.domain.account import Source
from timekpr_mngr.domain.change import Answer, Change, ChangeState, FollowsAs
from timekpr_mngr.services import words
from timekpr_mngr.texts import _, noop
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.change_actions import ChangeActions, keep_button
from timekpr_mngr.web.ui.parts.conflict import conflict
from timekpr_mngr.web.ui.parts.notice import Notice
from timekpr_mngr.web.ui.parts.state_pill import change_pill
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.parts.uncertain import uncertain
from timekpr_mngr.web.ui.visit import Visit

RETRIED = {ChangeState.REFUSED, ChangeState.EXPIRED}
SOURCES = {
    Source.PAGE: noop("on this site"),
    Source.API: noop("over the API"),
    Source.CLI: noop("on the command line"),
    Source.MQTT: noop("over MQTT"),
    Source.SERVER: noop("on the server itself"),
}
ANSWERED = {
    Answer.THEIRS: noop("{who} kept theirs ({theirs}), {when}"),
    Answer.OURS: noop("{who} used ours all the same, {when}"),
    Answer.EDIT: noop("{who} set something else, {when}"),
    Answer.ARRIVED: noop("{who} said that it arrived, {when}"),
    Answer.AGAIN: noop("{who} asked for it again, {when}"),
}
FOLLOWS = {
    FollowsAs.RETRY: noop("Asked for again."),
    FollowsAs.ANSWER: noop("Answers a change that asked."),
    FollowsAs.UNDO: noop("Takes back an earlier change."),
    FollowsAs.BACK: noop("Takes back what was for a day."),
}


class ChangeRow(Element):
    """A change, drawn anew when it moved. `can_undo` says whether to undo it would be of any use."""

    def __init__(
        self, visit: Visit, change: Change, actions: ChangeActions, *, can_undo: bool = False
    ) -> None:
        super().__init__("li")
        self.classes("change")
        self._visit, self._actions = visit, actions
        self.change, self._can_undo = change, can_undo
        self._draw(change, can_undo=can_undo)

    def show(self, change: Change, *, can_undo: bool) -> None:
        """Draws the change as it is now, where that is another than before."""
        if (change, can_undo) != (self.change, self._can_undo):
            self.change, self._can_undo = change, can_undo
            self._draw(change, can_undo=can_undo)

    def _draw(self, change: Change, *, can_undo: bool) -> None:
        self.clear()
        with self:
            with element("div"):
                self._what(change)
                self._who(change)
                self._say(change)
            with element("div", "aside"):
                change_pill(change)
                self._act(change, can_undo=can_undo)
            self._ask(change)

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
                return
            text("b", words.field(change.field))
            if change.asks:
                return  # the values stand below
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
        by = _("{account}, {when}, {source}").format(
            account=change.account, when=self._when(change.created_at), source=_(SOURCES[change.source])
        )
        text("div", f"{target} · {by}", "small muted anywhere")

    def _say(self, change: Change) -> None:
        reason = _("“{reason}”").format(reason=change.reason) if change.reason else ""
        follows = _(FOLLOWS[change.follows_as]) if change.follows_as is not None else ""
        waits = (
            _("Waits: {why}.").format(why=change.waits_for)
            if change.waits_for and change.state.is_open
            else ""
        )
        if _goes_back(change):
            waits = _("For a day only: it {goes}.").format(goes=change.waits_for)
        message = change.message if change.state not in RETRIED and not change.asks else ""
        if lines := [line for line in (reason, follows, waits, message) if line]:
            text("div", " ".join(lines), "small muted")
        if change.answer is not None and change.answered_at is not None:
            said = _(ANSWERED[change.answer]).format(
                who=change.answered_by,
                when=self._when(change.answered_at),
                theirs=words.value(change.field, change.theirs),
            )
            text("div", said, "small")

    def _ask(self, change: Change) -> None:
        with element("div", "msg") as part:
            if change.asks and change.state is ChangeState.CONFLICT:
                conflict(self._visit, change, self._actions.answer, self._actions.edit)
            elif change.asks:
                uncertain(self._visit, change, self._actions.answer)
            elif change.message and change.state in RETRIED:
                Notice("over", change.message)
            else:
                part.set_visibility(False)

    def _act(self, change: Change, *, can_undo: bool) -> None:
        if not self._visit.rights.may_move(change):
            return
        if change.state is ChangeState.QUEUED:
            button(
                _("Cancel"),
                lambda: self._actions.cancel(change),
                "word",
                name=_("Cancel {what}").format(what=words.change(change)),
            )
        elif change.state in RETRIED:
            button(_("Try again"), lambda: self._actions.retry(change), "word")
        if _goes_back(change):
            keep_button(self._actions, change)
        if change.state is ChangeState.APPLIED and can_undo:
            button(
                _("Undo"),
                lambda: self._actions.undo(change),
                "word",
                name=_("Undo {what}").format(what=words.change(change)),
            )

    def _when(self, moment: datetime) -> str:
        return words.at(moment, self._visit.zone, self._visit.now)


def _goes_back(change: Change) -> bool:
    """Whether it holds for a day only and is still to be taken back; `waits_for` says when."""
    return change.until is not None and change.waits_for is not None and not change.state.is_open
