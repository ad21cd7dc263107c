"""Where a new computer is found."""

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui

from timekpr_mngr.errors import Invalid
from timekpr_mngr.services.views import ServerView
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.server_form import field, port_of
from timekpr_mngr.web.ui.parts.text import element, text

Save = Callable[[dict[str, object]], Awaitable[Any]]


class WizardAddress(ui.element):
    """`save` gets what was entered, and may raise Invalid, which is then shown at its field."""

    def __init__(self, server: ServerView, save: Save) -> None:
        super().__init__("div")
        self.classes("form")
        self._save = save
        with self:
            text("p", _("The script prints it at its end."), "small muted")
            with element("div", "pair"):
                self._host = field(_("Address"), server.host, hint=_("A name or an IP address"))
                self._port = field(_("SSH port"), str(server.port))
                self._port.props("inputmode=numeric")
            self._second = field(
                _("Second address, if it has one"),
                server.second_host or "",
                hint=_("Tried when the first does not answer: in a VPN, for example"),
            )
            for one in (self._host, self._port, self._second):
                one.on("keydown.enter", self._press)
            with element("div", "line end"):
                button(_("Go on"), self._press, "main")

    async def _press(self) -> None:
        fields = {"host": self._host, "port": self._port, "second_host": self._second}
        for one in fields.values():
            one.error = None
        try:
            await self._save(
                {
                    "host": (self._host.value or "").strip(),
                    "port": port_of(self._port),
                    "second_host": (self._second.value or "").strip(),
                }
            )
        except Invalid as problem:
            wrong = fields.get(problem.field, self._host)
            wrong.error = problem.message
            wrong.run_method("focus")
