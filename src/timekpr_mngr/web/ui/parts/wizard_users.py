"""Who is looked after on a new computer."""

from collections.abc import Sequence
from functools import partial

from nicegui import events, ui

from timekpr_mngr.services.views import UserEntry
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.visit import Visit


class WizardUsers(ui.element):
    """Everybody whom timekpr knows there, with a switch each; `show` is given them."""

    def __init__(self, visit: Visit, server: str) -> None:
        super().__init__("div")
        self.classes("stack tight")
        self._visit, self._server = visit, server
        self._shown: Sequence[UserEntry] | None = None

    def show(self, users: Sequence[UserEntry]) -> None:
        """Draws them anew where they are others than before."""
        if self._shown == users:
            return
        self._shown = users
        self.clear()
        with self:
            if not users:
                text("p", _("They appear here when the computer was read."), "muted")
                return
            text(
                "p",
                _("Whom do you want to see here? The others keep their limits; they are only out of view."),
                "small muted",
            )
            with element("ul", "list"):
                for user in users:
                    self._line(user)

    def _line(self, user: UserEntry) -> None:
        with element("li", "item"):
            with element("div", "grow"):
                text("div", user.full_name or user.name, "strong anywhere")
                if user.full_name and user.full_name != user.name:
                    text("div", user.name, "small muted anywhere")
            switch = ui.switch(value=not user.hidden, on_change=partial(self._switched, user.name))
            switch.props["aria-label"] = _("Show {user}").format(user=user.name)

    async def _switched(self, user: str, event: events.ValueChangeEventArguments[bool]) -> None:
        hidden = not event.value
        await self._visit.do(lambda actor: self._visit.services.fleet.hide(actor, self._server, user, hidden))
