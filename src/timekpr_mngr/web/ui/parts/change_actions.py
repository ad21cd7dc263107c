"""What a person may do with a change. The rows follow by themselves: every step is published."""

from timekpr_mngr.domain.change import Answer, Change, Json
from timekpr_mngr.domain.grant import grant_of
from timekpr_mngr.services import words
from timekpr_mngr.services.views import Accepted
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.confirm import confirm
from timekpr_mngr.web.ui.parts.value_dialog import value_dialog
from timekpr_mngr.web.ui.visit import Visit


class ChangeActions:
    """Each asks where it has to, does it, and tells what came of it."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._changes = visit.services.changes

    async def cancel(self, change: Change) -> None:
        """Takes back what still waits."""
        await self._visit.do(lambda actor: self._changes.cancel(actor, change.id))

    async def retry(self, change: Change) -> None:
        """Asks for the same again."""
        accepted = await self._visit.do(lambda actor: self._changes.retry(actor, change.id))
        if accepted is not None:
            self._told(change, accepted, _("Asked for again."))

    async def answer(self, change: Change, answer: Answer) -> None:
        """Says what is to become of a change that asks."""
        accepted = await self._visit.do(lambda actor: self._changes.answer(actor, change.id, answer.value))
        if accepted is None:
            return
        if answer is Answer.THEIRS:
            self._visit.tell(
                _("{what} stays as it is on {server}.").format(
                    what=words.field(change.field), server=change.server
                )
            )
        elif answer is Answer.ARRIVED:
            self._visit.tell(_("Noted: it arrived."))
        else:
            self._told(change, accepted, _("On its way to {server}.").format(server=change.server))

    async def edit(self, change: Change) -> None:
        """Answers a conflict with another value, which is asked for."""

        async def send(value: Json) -> Accepted | None:
            accepted = await self._visit.act(
                lambda actor: self._changes.answer(actor, change.id, Answer.EDIT.value, value)
            )
            if accepted is not None:
                self._told(change, accepted, _("On its way to {server}.").format(server=change.server))
            return accepted

        explanation = _("Now on {server}: {theirs}. Wanted: {ours}.").format(
            server=change.server,
            theirs=words.value(change.field, change.theirs),
            ours=words.value(change.field, change.after),
        )
        with self._visit.client:  # not in the row, which may be drawn anew meanwhile
            value_dialog(change.field, change.after, explanation, send)

    async def undo(self, change: Change) -> None:
        """Takes back what arrived, after saying what that means."""
        question = _("Undo {what}?").format(what=words.change(change))
        with self._visit.client:  # not in the row, which may be drawn anew meanwhile
            yes = await confirm(question, undo_words(change), _("Undo it"), danger=False)
        if not yes:
            return
        accepted = await self._visit.do(lambda actor: self._changes.undo(actor, change.id))
        if accepted is not None:
            self._told(change, accepted, _("On its way to {server}.").format(server=change.server))

    async def keep(self, change: Change) -> None:
        """Makes lasting what was to be taken back after its day."""
        kept = await self._visit.do(lambda actor: self._changes.keep(actor, change.id))
        if kept is not None:
            self._visit.tell(
                _("{what} stays on {server}.").format(what=words.field(change.field), server=change.server)
            )

    def _told(self, change: Change, accepted: Accepted, sent: str) -> None:
        self._visit.tell(
            sent if accepted.changes else _("{server} has it like this already.").format(server=change.server)
        )


def keep_button(actions: ChangeActions, change: Change) -> None:
    """For what holds for a day only."""
    button(
        _("Keep it"),
        lambda: actions.keep(change),
        "word",
        name=_("Keep it: {what}").format(what=words.change(change)),
    )


def undo_words(change: Change) -> str:
    """What undoing a change will do."""
    if not change.is_grant:
        return _(
            "{what} goes back from {after} to {before}. If somebody has changed it on {server} since, "
            "you are asked first."
        ).format(
            what=words.field(change.field),
            after=words.value(change.field, change.after),
            before=words.value(change.field, change.before),
            server=change.server,
        )
    grant = grant_of(change)
    if grant.operation == "=":
        return _(
            "Time that it gave is taken back from {user}, as far as it is not used yet; "
            "time that it took is given back."
        ).format(user=change.user)
    time = words.exactly(grant.seconds)
    if grant.operation == "-":
        return _("{user} gets back what was taken, at most {time}.").format(user=change.user, time=time)
    return _("Of the {time}, what {user} has not used yet is taken back. What is used stays used.").format(
        time=time, user=change.user
    )
