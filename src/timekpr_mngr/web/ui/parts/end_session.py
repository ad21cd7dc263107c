"""Ends a session now: all time left today is taken, and can be given back."""

from collections.abc import Sequence

from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

from timekpr_mngr.domain.change import Change, ChangeState, GrantKind
from timekpr_mngr.domain.time_left import Reason
from timekpr_mngr.services import words
from timekpr_mngr.services.views import HistoryEntry, UserView
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.answer import Answer
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.confirm import confirm
from timekpr_mngr.web.ui.parts.icon import icon
from timekpr_mngr.web.ui.parts.text import text
from timekpr_mngr.web.ui.visit import Visit

NOTHING_LEFT = {"left_seconds": 0}


async def end_session(visit: Visit, view: UserView, name: str, answer: Answer) -> None:
    """Says what it will do, and does it after a yes."""
    settings = await visit.look(lambda actor: visit.services.limits.server_config(actor, view.server))
    config = settings.config if settings is not None else None
    seconds = config.poll_seconds + config.termination_seconds if config is not None else None
    question = _("End {name}'s session on {server}?").format(name=name, server=view.server)
    with visit.client:
        if not await confirm(question, ending_words(view, seconds), _("End the session")):
            return
    accepted = await visit.do(
        lambda actor: visit.services.grants.set_left(
            actor, view.server, view.name, left_seconds=0, kind=GrantKind.TIME.value
        )
    )
    if accepted is not None:
        answer.press(accepted.changes)


def ending_words(view: UserView, seconds: int | None) -> str:
    """What ending this user's session does; timekpr acts after `seconds`, where they are known."""
    when = (
        _("After about {time}").format(time=words.duration(seconds))
        if seconds is not None
        else _("Within a minute")
    )
    kind = view.config.lockout.type if view.config is not None else None
    title, what = words.LOCKOUTS.get(kind or "", ("", ""))
    does = (
        _("{when} timekpr does what it does when time is up: {what}. {seen}").format(
            when=when, what=_(title).lower(), seen=_(what)
        )
        if title
        else _("{when} timekpr does what it does when time is up.").format(when=when)
    )
    left = view.time_left.day_seconds if view.time_left is not None else None
    taken = (
        _("The {time} left today is taken.").format(time=words.duration(left // 60 * 60))
        if left is not None and left >= 60
        else _("The time left today is taken.")
    )
    said = [f"{taken} {does}"]
    if view.time_left is not None and view.time_left.reason == Reason.UNACCOUNTED:
        said.append(_("This hour is not counted: nothing ends before it is over."))
    said.append(_("The time can be given back here, until midnight on {server}.").format(server=view.server))
    return "\n\n".join(said)


def ended_by(entries: Sequence[HistoryEntry]) -> Change | None:
    """The change that took all time, where it can be given back: the last one that moved today's time."""
    for entry in entries:
        change = entry.change
        if change is None or change.field != f"grant.{GrantKind.TIME.value}":
            continue
        if change.state is ChangeState.APPLIED:
            return change if change.after == NOTHING_LEFT and entry.can_undo else None
    return None


class Ended(Element):
    """Says that all time was taken, and gives it back; hidden where it was not."""

    def __init__(self, visit: Visit, answer: Answer) -> None:
        super().__init__("div")
        self.classes("note over").props("role=status")
        self._visit, self._answer = visit, answer
        self._change: Change | None = None
        self._words: TextElement | None = None
        self.set_visibility(False)

    def show(self, change: Change | None) -> None:
        """The change that took it, or None."""
        self._change = change
        self.set_visibility(change is not None)
        if change is None:
            return
        if self._words is None:
            self._words = self._built()
        taken = -(change.gained_seconds or 0)
        what = words.duration(taken // 60 * 60) if taken >= 60 else _("What was left")
        when = words.at(change.settled_at or change.created_at, self._visit.zone, self._visit.now)
        self._words.text = _("{what} was taken on {server} at {when}.").format(
            what=what, server=change.server, when=when
        )

    def _built(self) -> TextElement:
        """What stands in it, once it is needed: most people's time was never taken."""
        with self:
            icon("clock")
            said = text("div", "", "grow")
            button(_("Give it back"), self._give_back, "word")
        return said

    async def _give_back(self) -> None:
        change = self._change
        if change is None:
            return
        accepted = await self._visit.do(lambda actor: self._visit.services.changes.undo(actor, change.id))
        if accepted is not None:
            self.show(None)
            self._answer.press(accepted.changes)
