"""Adding a server: its name first, then one step after the other. Each can be left and come back to."""

import contextlib
from collections.abc import Sequence
from functools import partial

from nicegui import ui

from timekpr_mngr.domain.health import Check
from timekpr_mngr.errors import Invalid
from timekpr_mngr.services import Services
from timekpr_mngr.services.live import Event
from timekpr_mngr.services.permission import must_administer
from timekpr_mngr.services.server_script import ACCOUNT
from timekpr_mngr.services.views import ServerView, UserEntry
from timekpr_mngr.sync.events import FleetChanged, ServerMoved, UserRead
from timekpr_mngr.texts import _, counted
from timekpr_mngr.web.ui.frame import frame
from timekpr_mngr.web.ui.page import page
from timekpr_mngr.web.ui.parts.button import button, link_button
from timekpr_mngr.web.ui.parts.card import card
from timekpr_mngr.web.ui.parts.segments import Segments
from timekpr_mngr.web.ui.parts.server_form import ServerForm, field
from timekpr_mngr.web.ui.parts.text import element, named, text
from timekpr_mngr.web.ui.parts.trust import fingerprint, wizard_path
from timekpr_mngr.web.ui.parts.wizard_address import WizardAddress
from timekpr_mngr.web.ui.parts.wizard_checks import WizardChecks
from timekpr_mngr.web.ui.parts.wizard_login import WizardLogin
from timekpr_mngr.web.ui.parts.wizard_script import wizard_script
from timekpr_mngr.web.ui.parts.wizard_step import WizardStep
from timekpr_mngr.web.ui.parts.wizard_users import WizardUsers
from timekpr_mngr.web.ui.visit import Visit

STEPS = ("computer", "address", "fingerprint", "checks", "users")


def register(services: Services) -> None:
    """Makes the pages."""

    @page(services, "/servers/add")
    async def server_add(visit: Visit) -> None:
        must_administer(visit.actor)
        async with frame(visit, title=_("Add a server"), here="servers", path="/servers/add"):
            _crumbs()
            text("h1", _("Add a server"))
            with element("div", "two"):
                with element("div", "stack"):
                    _name_card(visit)
                    _expert_card(visit)
                _outlook()

    @page(services, "/servers/add/{server}")
    async def server_wizard(visit: Visit, server: str, step: str = "") -> None:
        must_administer(visit.actor)
        view = await services.fleet.server(visit.actor, server)
        users = await services.fleet.users(visit.actor, server)
        async with frame(
            visit, title=_("Set up {server}").format(server=server), here="servers", path=wizard_path(server)
        ) as updates:
            _crumbs(server)
            wizard = _Wizard(visit, view, users, step)
            updates.subscribe(wizard.handle)


def first_open_step(server: ServerView) -> str:
    """Where somebody who comes back goes on, from what is known of the server."""
    if server.read_at is not None:
        return "users"
    if server.host_key_trusted:
        return "checks"
    return "computer" if server.fingerprint is None else "fingerprint"


def _crumbs(server: str = "") -> None:
    with named(element("nav", "crumbs"), _("You are here")):
        ui.link(_("Servers"), "/servers")
        if server:
            text("span", "›").props("aria-hidden=true")
            ui.link(server, f"/server/{server}")


def _name_card(visit: Visit) -> None:
    with card(_("What is the computer called?")):
        name = field(_("Name"), "", hint=_("As you call it: small letters, digits and hyphens, like kids-pc"))
        name.props("autofocus")

        async def add() -> None:
            name.error = None
            called = (name.value or "").strip().lower()
            try:
                added = await visit.act(
                    lambda actor: visit.services.fleet.add(
                        actor, name=called, host=_first_guess(called), ssh_user=ACCOUNT
                    )
                )
            except Invalid as problem:
                name.error = problem.message
                name.run_method("focus")
                return
            if added is not None:
                ui.navigate.to(wizard_path(added.name, "computer"))

        name.on("keydown.enter", add)
        with element("div", "line end"):
            link_button(_("Cancel"), "/servers", "quiet")
            button(_("Go on"), add, "main")


def _first_guess(name: str) -> str:
    """Where it is looked for until its address is known: many networks know a computer by its name."""
    return f"{name}.local" if name.isdigit() else name.rstrip("-")


def _expert_card(visit: Visit) -> None:
    """All at once, for who has a key or an account there already."""
    with ui.expansion(_("I have an account or a key there already")).classes("card"):
        form = ServerForm()

        async def add() -> None:
            form.clean()
            try:
                values = form.values()
                added = await visit.act(
                    lambda actor: visit.services.fleet.add(actor, name=form.name, **values)
                )
            except Invalid as problem:
                if not form.show_error(problem):
                    visit.tell(problem.message, bad=True)
                return
            if added is not None:
                ui.navigate.to(f"/server/{added.name}")

        form.on_submit(add)
        with element("div", "line end"):
            button(_("Add"), add, "main")


def _outlook() -> None:
    with card(_("How it goes on")), element("div", "steps"):
        for headline, explanation in (
            (
                _("One line on that computer"),
                _("A short script makes it ready. You see all of it before, and it can be undone."),
            ),
            (
                _("Its address and fingerprint"),
                _("The script prints both, so that you talk to the right computer."),
            ),
            (_("Everything is tried"), _("A tick for what works, and what to do where something does not.")),
            (_("You pick who is on it"), _("Nothing changes for anybody before you change a limit.")),
        ):
            with element("div", "step"), element("div", "stack none"):
                text("h3", headline)
                text("p", explanation, "small muted")


class _Wizard:
    """The steps of one server. What is done is told by the server itself; which one is open, by the person."""

    def __init__(self, visit: Visit, view: ServerView, users: Sequence[UserEntry], step: str) -> None:
        self._visit, self._view, self._users = visit, view, users
        self._name = view.name
        self._failing: int | None = None
        self._fingerprint_shown: object = None
        self._open = step if step in STEPS else first_open_step(view)
        text("h1", _("Set up {server}").format(server=self._name))
        with element("ol", "wizard"):
            self._steps = {
                step: WizardStep(headline, partial(self._toggle, step))
                for step, headline in (
                    ("computer", _("Make the computer ready")),
                    ("address", _("Its address")),
                    ("fingerprint", _("Compare the fingerprint")),
                    ("checks", _("Everything is tried")),
                    ("users", _("Who is on it")),
                )
            }
        with self._steps["computer"].body:
            self._draw_computer()
        with self._steps["address"].body:
            WizardAddress(view, self._save_address)
        with self._steps["checks"].body:
            self._checks = WizardChecks(visit, self._name, self._checked, self.open)
            with self._checks.actions:
                self._after_checks = button(_("Go on"), lambda: self.open("users"), "main")
        with self._steps["users"].body:
            self._who = WizardUsers(visit, self._name)
            with element("div", "line end"):
                link_button(_("Done: to {server}").format(server=self._name), f"/server/{self._name}", "main")
        self._show()
        if self._open == "checks":
            self._checks.refresh()

    async def handle(self, events: list[Event]) -> None:
        """Looks again where an event is about this server."""
        about = [event for event in events if isinstance(event, ServerMoved | UserRead)]
        mine = any(event.server == self._name for event in about)
        if not mine and not any(isinstance(event, FleetChanged) for event in events):
            return
        fleet = self._visit.services.fleet
        view = await self._visit.look(lambda actor: fleet.server(actor, self._name))
        users = await self._visit.look(lambda actor: fleet.users(actor, self._name))
        if view is None or users is None:
            return
        stood = (self._view.state, self._view.error, self._view.host_key_trusted)
        was_trusted = self._view.host_key_trusted
        self._view, self._users = view, users
        if view.host_key_trusted and not was_trusted and self._open == "fingerprint":
            self.open("checks")
            return
        self._show()
        if self._open == "checks" and stood != (view.state, view.error, view.host_key_trusted):
            self._checks.refresh()

    def open(self, step: str) -> None:
        """Shows one step; its address is this page's from now on."""
        self._open = step
        self._show()
        with contextlib.suppress(KeyError):
            self._steps[step].run_method("scrollIntoView", {"block": "nearest"})
        ui.navigate.history.replace(f"?step={step}")
        if step == "checks":
            self._checks.refresh()

    def _toggle(self, step: str) -> None:
        self.open("" if self._open == step else step)

    def _show(self) -> None:
        view = self._view
        self._login.show(view)
        self._draw_fingerprint()
        self._who.show(self._users)
        self._after_checks.set_visibility(view.read_at is not None)
        visible = [user for user in self._users if not user.hidden]
        states = {
            "computer": (view.read_at is not None, _("it lets us in") if view.read_at else ""),
            "address": (view.fingerprint is not None, _address(view)),
            "fingerprint": (
                view.host_key_trusted,
                _("you trust it") if view.host_key_trusted else _waiting_for(view),
            ),
            "checks": (view.read_at is not None and not self._failing, self._how_checks_stand()),
            "users": (
                bool(visible),
                counted("{n} user was found", "{n} users were found", len(self._users))
                if self._users
                else "",
            ),
        }
        for step, (done, summary) in states.items():
            self._steps[step].show(done=done, summary=summary, is_open=self._open == step)

    def _how_checks_stand(self) -> str:
        if self._failing:
            return counted("{n} thing to put right", "{n} things to put right", self._failing)
        return _("it can be spoken to") if self._view.read_at is not None else ""

    def _draw_computer(self) -> None:
        ways = Segments(
            _("How"), {"line": _("Paste one line"), "login": _("Sign in once")}, lambda: choose(ways.value)
        )
        by_line = element("div", "stack tight")
        by_login = element("div", "stack tight")
        with by_line:
            wizard_script(self._view)
            with element("div", "line end"):
                button(_("It is done: go on"), lambda: self.open("address"), "main")
        with by_login:
            self._login = WizardLogin(self._visit, lambda: self.open("checks"), self.open)

        def choose(way: str) -> None:
            by_line.set_visibility(way == "line")
            by_login.set_visibility(way == "login")

        choose(ways.value)

    def _draw_fingerprint(self) -> None:
        view = self._view
        shown = (
            view.host,
            view.fingerprint,
            view.expected_fingerprint,
            view.host_key_trusted,
            view.error and view.error.message,
        )
        if shown == self._fingerprint_shown:
            return
        self._fingerprint_shown = shown
        body = self._steps["fingerprint"].body
        body.clear()
        with body:
            fingerprint(self._visit, view)
            if not view.host_key_trusted:
                button(_("Change the address"), lambda: self.open("address"), "word")
            else:
                with element("div", "line end"):
                    button(_("Go on"), lambda: self.open("checks"), "main")

    async def _save_address(self, values: dict[str, object]) -> None:
        """Raises Invalid."""
        edited = await self._visit.act(
            lambda actor: self._visit.services.fleet.edit(actor, self._name, **values)
        )
        if edited is not None:
            self._view = edited
            self.open("checks" if edited.host_key_trusted else "fingerprint")

    def _checked(self, checks: Sequence[Check]) -> None:
        self._failing = sum(check.ok is False for check in checks)
        self._show()


def _address(view: ServerView) -> str:
    second = f", {view.second_host}" if view.second_host else ""
    return f"{view.host}:{view.port}{second}"


def _waiting_for(view: ServerView) -> str:
    return _("waits for you") if view.fingerprint is not None else _("its key was not seen yet")
