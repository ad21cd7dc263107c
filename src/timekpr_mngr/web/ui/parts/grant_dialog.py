"""Any amount of time or PlayTime, with a reason."""

from collections.abc import Callable

from nicegui import ui

from timekpr_mngr.domain.account import Power
from timekpr_mngr.domain.change import GrantKind
from timekpr_mngr.domain.user import DAY_SECONDS
from timekpr_mngr.errors import Invalid
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.answer import Answer
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.duration_input import DurationInput
from timekpr_mngr.web.ui.parts.giving import give
from timekpr_mngr.web.ui.parts.segments import Segments
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.visit import Visit

GIVE, TAKE, SET = "give", "take", "set"


async def grant_dialog(visit: Visit, server: str, user: str, answer: Answer, name: str) -> None:
    """Gives, takes, or sets what is left today."""
    with ui.dialog() as dialog, ui.card().classes("dialog"):
        form = GrantForm(visit, server, user, answer, headline=_("{user} today").format(user=name), name=name)
        form.on_sent(dialog.close)
        with form.buttons:
            button(_("Cancel"), dialog.close, "quiet")
    dialog.props["aria-label"] = _("Another amount of time")
    dialog.on("hide", dialog.delete)
    dialog.open()


class GrantForm(ui.element):
    """The fields of a grant of any amount. Stands in the dialog, and on the statistics page."""

    def __init__(
        self, visit: Visit, server: str, user: str, answer: Answer, *, headline: str, name: str = ""
    ) -> None:
        super().__init__("div")
        self.classes("stack")
        self._visit, self._server, self._user, self._answer = visit, server, user, answer
        self._name = name
        self._sent: Callable[[], object] = lambda: None
        with self:
            text("h2", headline)
            ways = {GIVE: _("Give"), TAKE: _("Take")}
            if visit.may(Power.LIMITS, server, user):
                ways[SET] = _("Set what is left")
            self._what = Segments(_("What to do"), ways)
            self._amount = DurationInput(_("How long"), 15 * 60, label=True)
            self._kind = ui.radio(
                {GrantKind.TIME.value: _("Time"), GrantKind.PLAYTIME.value: _("PlayTime")},
                value=GrantKind.TIME.value,
            ).props("inline")
            self._reason = ui.input(_("Reason, if you like")).props("outlined dense maxlength=200")
            self.buttons = element("div", "line end wrap").style(
                "flex-direction: row-reverse; justify-content: flex-start"
            )
            with self.buttons:
                button(_("Send"), self._send, "main")

    def on_sent(self, handler: Callable[[], object]) -> None:
        """Calls the handler when a grant was queued."""
        self._sent = handler

    async def _send(self) -> None:
        seconds = self._amount.seconds
        if seconds is None or (self._what.value != SET and not 0 < seconds <= DAY_SECONDS):
            self._amount.error = self._amount.error or _("Between one minute and 24 hours.")
            return
        try:
            sent = await self._queue(seconds)
        except Invalid as problem:
            field = self._reason if problem.field == "reason" else self._amount
            field.error = problem.message
            return
        if sent:
            self._reason.set_value("")
            self._sent()

    async def _queue(self, seconds: int) -> bool:
        """Whether it was queued. Raises Invalid."""
        kind, reason = GrantKind(self._kind.value), (self._reason.value or "").strip() or None
        if self._what.value != SET:
            return await give(
                self._visit,
                self._server,
                self._user,
                self._answer,
                seconds=-seconds if self._what.value == TAKE else seconds,
                name=self._name,
                kind=kind,
                reason=reason,
            )
        accepted = await self._visit.act(
            lambda actor: self._visit.services.grants.set_left(
                actor, self._server, self._user, left_seconds=seconds, kind=kind, reason=reason
            )
        )
        if accepted is None:
            return False
        self._answer.press(accepted.changes)
        return True
