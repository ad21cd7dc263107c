"""Runs the script over a login that somebody has on the computer: asked for once, kept nowhere."""

from collections.abc import Callable

from nicegui import ui

from timekpr_mngr.domain.account import Actor
from timekpr_mngr.errors import Invalid, ServerFailure
from timekpr_mngr.services.enrolment import Ran
from timekpr_mngr.services.views import ServerView
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.notice import Notice
from timekpr_mngr.web.ui.parts.server_form import field
from timekpr_mngr.web.ui.parts.text import element, named, text
from timekpr_mngr.web.ui.visit import Visit


class WizardLogin(ui.element):
    """`on_ran` is called when the script has done its work there; `open_step` for the step that has to come first."""

    def __init__(
        self, visit: Visit, on_ran: Callable[[], object], open_step: Callable[[str], object]
    ) -> None:
        super().__init__("div")
        self.classes("stack tight")
        self._visit, self._on_ran, self._open_step = visit, on_ran, open_step
        self._shown: object = None

    def show(self, server: ServerView) -> None:
        """Draws it anew where the computer can be signed in to now, or no longer."""
        shown = (server.name, server.host, server.host_key_trusted)
        if shown == self._shown:
            return
        self._shown = shown
        self.clear()
        with self:
            if server.host_key_trusted:
                self._form(server)
            else:
                self._not_yet(server)

    def _not_yet(self, server: ServerView) -> None:
        text(
            "p",
            _(
                "First enter the computer's address and compare its fingerprint: a password goes to no computer that "
                "nobody has recognised. An SSH server has to run there already."
            ),
            "small muted",
        )
        with element("div", "line wrap"):
            if server.fingerprint is None:
                button(_("Enter the address"), lambda: self._open_step("address"))
            else:
                button(_("Compare the fingerprint"), lambda: self._open_step("fingerprint"))

    def _form(self, server: ServerView) -> None:
        text(
            "p",
            _(
                "We sign in to {host} once, run the script with sudo, and forget the password. It is neither kept nor "
                "written to a log."
            ).format(host=server.host),
            "small muted",
        )
        self._login = field(_("Login"), "", hint=_("Of somebody who may use sudo there"))
        self._password = ui.input(_("Password"), password=True, password_toggle_button=True)
        self._password.without_auto_validation().props("outlined dense hide-bottom-space autocomplete=off")
        self._password.on("keydown.enter", self._run)
        with element("div", "line end"):
            self._press = button(_("Sign in once and run it"), self._run, "main")
        self._result = Notice()
        self._said = element("div", "script").props("tabindex=0 role=region")
        named(self._said, _("What the script said"))
        self._said.set_visibility(False)
        self._server = server.name

    async def _run(self) -> None:
        login, password = (self._login.value or "").strip(), self._password.value or ""
        self._password.value = ""
        self._login.error = self._password.error = None
        self._press.props("loading")
        self._result.show("going", _("Signing in and running it: some minutes where packages are missing…"))
        try:
            ran = await self._visit.act(lambda actor: self._attempt(actor, login, password))
        except Invalid as problem:
            self._result.hide()
            wrong = self._password if problem.field == "password" else self._login
            wrong.error = problem.message
            return
        finally:
            self._press.props(remove="loading")
        self._said.set_visibility(False)
        match ran:
            case None:
                self._result.hide()
            case ServerFailure():
                self._result.show("over", ran.message, fix=ran.fix)
            case Ran(ok=True):
                self._result.show("good", _("It is ready."))
                self._on_ran()
            case Ran():
                self._result.show("over", _("The script did not come to its end. This is what it said:"))
                self._said.set_visibility(True)
                self._said.clear()
                with self._said:
                    text("pre", ran.said)

    async def _attempt(self, actor: Actor, login: str, password: str) -> Ran | ServerFailure:
        """What became of it; a computer that does not let it happen is told of here, where it can be tried again."""
        try:
            return await self._visit.services.enrolment.run(
                actor, self._server, login=login, password=password
            )
        except ServerFailure as failure:
            return failure
