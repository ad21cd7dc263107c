"""One server: where it stands, what is wrong with it, its users, and timekpr's own settings there."""

from collections.abc import Sequence

from nicegui import ui

from timekpr_mngr.domain.account import Actor
from timekpr_mngr.domain.field import server_values
from timekpr_mngr.domain.server import ServerConfig, ServerState
from timekpr_mngr.errors import ChangesWait, FailureCode, Invalid
from timekpr_mngr.services import Services
from timekpr_mngr.services.live import Event
from timekpr_mngr.services.raw import ServerFormat
from timekpr_mngr.services.views import ServerConfigView, ServerView, UserEntry
from timekpr_mngr.sync.events import ChangeMoved, FleetChanged, ServerMoved, UserRead
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.edits import Edits
from timekpr_mngr.web.ui.frame import frame
from timekpr_mngr.web.ui.navigation import user_path
from timekpr_mngr.web.ui.page import page
from timekpr_mngr.web.ui.pages.servers import since
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.card import card
from timekpr_mngr.web.ui.parts.check_line import check_line
from timekpr_mngr.web.ui.parts.confirm import confirm
from timekpr_mngr.web.ui.parts.copy_box import copy_box
from timekpr_mngr.web.ui.parts.drift_inbox import DriftInbox
from timekpr_mngr.web.ui.parts.finding_list import FindingList
from timekpr_mngr.web.ui.parts.icon import icon
from timekpr_mngr.web.ui.parts.notice import Notice
from timekpr_mngr.web.ui.parts.raw_view import RawView
from timekpr_mngr.web.ui.parts.save_bar import SaveBar
from timekpr_mngr.web.ui.parts.sent_list import SentList
from timekpr_mngr.web.ui.parts.server_form import ServerForm
from timekpr_mngr.web.ui.parts.server_head import server_tabs
from timekpr_mngr.web.ui.parts.server_people import ServerPeople
from timekpr_mngr.web.ui.parts.server_queue import ServerQueue
from timekpr_mngr.web.ui.parts.server_settings import server_settings
from timekpr_mngr.web.ui.parts.state_pill import server_pill
from timekpr_mngr.web.ui.parts.text import element, named, text
from timekpr_mngr.web.ui.parts.trust import authorized_keys_step, trust_step
from timekpr_mngr.web.ui.visit import Visit


def register(services: Services) -> None:
    """Makes the page."""

    @page(services, "/server/{server}")
    async def server(visit: Visit, server: str) -> None:
        view = await services.fleet.server(visit.actor, server)
        users = await services.fleet.users(visit.actor, server)
        if not visit.rights.sees_everybody:
            async with frame(visit, title=server, here="servers", path=f"/server/{server}") as updates:
                updates.subscribe(ServerPeople(visit, view, users).handle)
            return
        config = await services.limits.server_config(visit.actor, server)
        async with frame(visit, title=server, here="servers", path=f"/server/{server}") as updates:
            server_page = _ServerPage(visit, view, config, users)
            await server_page.inbox.refresh()
            await server_page.queue.refresh()
            await server_page.findings.refresh()
            updates.subscribe(server_page.queue.handle)
            updates.subscribe(server_page.inbox.handle)
            updates.subscribe(server_page.findings.handle)
            updates.subscribe(server_page.handle)


class _ServerPage:
    """Each part is drawn anew only when what it shows is other than before."""

    def __init__(
        self, visit: Visit, view: ServerView, config: ServerConfigView, users: Sequence[UserEntry]
    ) -> None:
        self._visit, self._name = visit, view.name
        self._shown: dict[str, object] = {}
        self._edits: Edits | None = None
        self._sent: SentList | None = None
        self._raw: RawView | None = None
        self._view = view
        self._headline()
        server_tabs(self._name)
        self._state = element("div", "stack")
        self.queue = ServerQueue(visit, view.name)
        self.inbox = DriftInbox(visit, server=view.name)
        self.findings = FindingList(visit, view.name)
        with element("div", "two"):
            with element("div", "stack"):
                self._connect = element("div", "stack")
                self._users = element("div", "stack")
                self._settings = element("div", "stack late")
            with element("div", "stack"):
                self._health()
                self._facts = element("div", "stack later")
        self._bar = element("div", "save-place").style("display: contents")
        self._draw(view, config, users)

    async def handle(self, events: list[Event]) -> None:
        """Looks again where an event is about this server."""
        about = [event for event in events if _server_of(event) == self._name]
        if not about and not any(isinstance(event, FleetChanged) for event in events):
            return
        services = self._visit.services
        view = await self._visit.look(lambda actor: services.fleet.server(actor, self._name))
        config = await self._visit.look(lambda actor: services.limits.server_config(actor, self._name))
        users = await self._visit.look(lambda actor: services.fleet.users(actor, self._name))
        if view is None or config is None or users is None:
            return
        self._draw(view, config, users)
        for event in about:
            if isinstance(event, ChangeMoved) and event.change.user is None and self._sent is not None:
                self._sent.advance(event.change)

    def _draw(self, view: ServerView, config: ServerConfigView, users: Sequence[UserEntry]) -> None:
        self._view = view
        moment = (
            view.state,
            view.since,
            view.error,
            view.read_at and view.read_at.replace(second=0),
        )
        if self._is_new("state", moment):
            with self._emptied(self._state):
                self._draw_state(view)
        needs_hand = view.read_at is None or not view.host_key_trusted
        if self._is_new(
            "connect", (needs_hand, view.fingerprint, view.host_key_trusted, view.authorized_keys)
        ):
            with self._emptied(self._connect):
                if needs_hand or view.state is ServerState.HOST_KEY_UNKNOWN:
                    self._draw_connect(view)
        if self._is_new("users", (tuple(users), view.read_at is None)):
            with self._emptied(self._users):
                self._draw_users(users)
        if self._is_new(
            "facts", (view.host, view.port, view.ssh_user, view.fingerprint, view.time_zone, config.config)
        ):
            with self._emptied(self._facts):
                self._draw_facts(view, config.config)
        self._draw_settings(config)

    def _is_new(self, part: str, content: object) -> bool:
        is_new = self._shown.get(part) != content
        self._shown[part] = content
        return is_new

    @staticmethod
    def _emptied(part: ui.element) -> ui.element:
        part.clear()
        return part

    def _headline(self) -> None:
        with named(element("nav", "crumbs"), _("You are here")):
            ui.link(_("Servers"), "/servers")
        with element("div", "headline"):
            text("h1", self._name)
            if self._visit.is_admin:
                button(_("Read now"), self._sync, name=_("Connect and read everything now"))
                with button("", None, name=_("more for this server"), icon="more"), ui.menu():
                    ui.menu_item(_("Edit address or key…"), self._edit)
                    ui.menu_item(_("Ask for the host key again"), self._learn)
                    ui.menu_item(_("Remove this server…"), self._remove)

    def _draw_state(self, view: ServerView) -> None:
        with element("div", "line wrap"):
            server_pill(view.state)
            text("span", since(self._visit, view), "muted")
        if view.error is not None:
            Notice("over").show("over", view.error.message, fix=view.error.fix)
            shows_another = view.error.code is FailureCode.HOST_KEY and view.host_key_trusted
            if shows_another and self._visit.is_admin:
                button(_("Show its new key, to compare it"), self._learn)

    def _draw_connect(self, view: ServerView) -> None:
        with card(_("Connect"), _("Two steps, once.")), element("div", "steps"):
            trust_step(self._visit, view)
            authorized_keys_step(view, done=view.read_at is not None)

    def _draw_users(self, users: Sequence[UserEntry]) -> None:
        with card(_("Users"), _("Everybody whom timekpr knows on this computer.")):
            if not users:
                text("p", _("Nobody was seen yet; they appear when the server was read."), "muted")
                return
            with element("div", "list"):
                for entry in sorted(users, key=lambda one: (one.hidden, one.name)):
                    self._draw_user(entry)

    def _draw_user(self, entry: UserEntry) -> None:
        with element("div", "item"):
            with ui.link(target=user_path(self._name, entry.name, "stats")).classes("line grow"):
                icon("person", "muted")
                with element("div", "grow"):
                    text(
                        "div", entry.full_name or entry.name, "anywhere muted" if entry.hidden else "anywhere"
                    ).style("font-weight: 560")
                    if entry.full_name and entry.full_name != entry.name:
                        text("div", entry.name, "small muted anywhere")
            if entry.hidden:
                with element("span", "pill"):
                    text("span", _("out of view"))
            else:
                ui.link(_("Limits"), user_path(self._name, entry.name)).classes("q-btn word").props[
                    "aria-label"
                ] = _("Limits of {user}").format(user=entry.name)
            if self._visit.is_admin:
                with (
                    button("", None, "round", name=_("more for {user}").format(user=entry.name), icon="more"),
                    ui.menu(),
                ):
                    ui.menu_item(
                        _("Today"), lambda: ui.navigate.to(user_path(self._name, entry.name, "stats"))
                    )
                    ui.menu_item(
                        _("Limits and hours"), lambda: ui.navigate.to(user_path(self._name, entry.name))
                    )
                    ui.menu_item(
                        _("History"), lambda: ui.navigate.to(user_path(self._name, entry.name, "history"))
                    )
                    ui.menu_item(
                        _("Bring back into view") if entry.hidden else _("Take out of view"),
                        lambda: self._hide(entry),
                    )

    def _draw_facts(self, view: ServerView, config: ServerConfig | None) -> None:
        with card(_("Connection")):
            with element("dl", "facts"):
                for name, value in (
                    (_("Address"), f"{view.host}:{view.port}"),
                    (_("SSH user"), view.ssh_user),
                    (_("Host key"), view.fingerprint or view.expected_fingerprint or _("not seen yet")),
                    (_("Time zone"), view.time_zone or _("not known")),
                    (_("timekpr-next"), view.timekpr_version or _("version not known")),
                ):
                    text("dt", name)
                    text("dd", value)
            text("h3", _("Our public key"))
            copy_box(view.public_key.strip(), _("the public key"))
            text("h3", _("Our line in authorized_keys"))
            copy_box(view.authorized_keys.strip(), _("the line for authorized_keys"))
        if config is not None:
            with (
                card(_("Directories"), _("timekpr offers no way to set these; they can be read.")),
                element("dl", "facts"),
            ):
                for name, value in (
                    (_("Settings"), config.config_directory),
                    (_("Time spent"), config.work_directory),
                    (_("Shared"), config.shared_directory),
                    (_("Log"), config.log_directory),
                ):
                    text("dt", name)
                    text("dd", value, "mono")

    def _draw_settings(self, view: ServerConfigView) -> None:
        if view.config is None:
            return
        values = server_values(view.config)
        if self._edits is not None and self._sent is not None and self._raw is not None:
            self._edits.rebase(values, view.pending)
            self._sent.show_waiting(view.pending)
            self._raw.show(view.config_text or "")
            return
        self._edits = Edits(values, view.pending)
        with self._settings:
            text("h2", _("timekpr's settings on this computer")).style("margin-top: 8px")
            self._sent = SentList(self._visit)
            self._sent.show_waiting(view.pending)
            server_settings(self._edits, enabled=self._visit.is_admin)
            self._raw = RawView(
                "timekpr.conf",
                self._edits,
                ServerFormat(),
                view.config_text or "",
                enabled=self._visit.is_admin,
            )
        if self._visit.is_admin:
            with self._bar:
                SaveBar(self._edits, self._save)

    async def _save(self) -> None:
        edits, sent = self._edits, self._sent
        if edits is None or sent is None:
            return
        changed = edits.changed
        try:
            accepted = await self._visit.act(
                lambda actor: self._visit.services.limits.change_server(actor, self._name, dict(changed))
            )
        except Invalid as problem:
            if not edits.mark(problem.field.partition("[")[0], problem):
                self._visit.tell(problem.message, bad=True)
            return
        if accepted is not None:
            edits.sent()
            sent.press(accepted.changes)

    def _health(self) -> None:
        with card(_("Health"), _("Tries everything that has to hold, one after the other.")):
            part = element("div", "list")
            row = element("div", "line")

            async def check() -> None:
                press.props("loading")
                found = await self._visit.do(
                    lambda actor: self._visit.services.fleet.check(actor, self._name)
                )
                press.props(remove="loading")
                if found is not None:
                    part.clear()
                    with part:
                        for one in found:
                            check_line(one)

            with row:
                press = button(_("Check now"), check)

    async def _sync(self) -> None:
        view = await self._visit.do(lambda actor: self._visit.services.fleet.sync(actor, self._name, 10))
        if view is None:
            return
        if view.state is ServerState.ONLINE:
            self._visit.tell(_("{server} was read just now.").format(server=self._name))
        elif view.error is not None:
            self._visit.tell(view.error.message, bad=True)

    async def _learn(self) -> None:
        await self._visit.do(lambda actor: self._visit.services.fleet.learn_host_key(actor, self._name))

    async def _hide(self, entry: UserEntry) -> None:
        hidden = not entry.hidden
        done = await self._visit.do(
            lambda actor: self._visit.services.fleet.hide(actor, self._name, entry.name, hidden)
        )
        if done is not None:
            self._visit.tell(
                _("{user} is out of view here; the limits go on.").format(user=entry.name)
                if hidden
                else _("{user} is back.").format(user=entry.name)
            )

    async def _edit(self) -> None:
        with ui.dialog() as dialog, ui.card().classes("dialog"):
            dialog.props["aria-label"] = _("Edit the server")
            text("h2", _("Edit {server}").format(server=self._name))
            form = ServerForm(self._view)
            text("p", _("It is connected anew. What waits stays, and is sent afterwards."), "small muted")
            with element("div", "line end"):
                button(_("Cancel"), dialog.close, "quiet")
                button(_("Save"), lambda: self._save_edit(form, dialog), "main")
        dialog.on("hide", dialog.delete)
        dialog.open()

    async def _save_edit(self, form: ServerForm, dialog: ui.dialog) -> None:
        form.clean()
        try:
            values = form.values()
            new_name = form.name if form.name != self._name else None
            edited = await self._visit.act(
                lambda actor: self._visit.services.fleet.edit(actor, self._name, new_name=new_name, **values)
            )
        except Invalid as problem:
            if not form.show_error(problem):
                self._visit.tell(problem.message, bad=True)
            return
        if edited is None:
            return
        dialog.close()
        if new_name is not None:
            ui.navigate.to(f"/server/{new_name}")

    async def _remove(self) -> None:
        lost = _(
            "Its key, its statistics and its history go with it; what was changed on it stays in the list of "
            "changes. On the computer nothing changes: its limits stay as they are."
        )
        if not await confirm(_("Remove {server}?").format(server=self._name), lost, _("Remove")):
            return
        lost = await self._removed(force=False)
        if lost and await confirm(
            _("Remove {server} all the same?").format(server=self._name), lost, _("Remove all the same")
        ):
            await self._removed(force=True)

    async def _removed(self, *, force: bool) -> str:
        """What would be lost with it, for the caller to ask about; empty when it is gone, or all was told."""

        async def remove(actor: Actor) -> str:
            try:
                await self._visit.services.fleet.remove(actor, self._name, force=force)
            except ChangesWait as problem:
                return problem.lost
            return ""

        lost = await self._visit.do(remove)
        if lost == "":
            ui.navigate.to("/servers")
        return lost or ""


def _server_of(event: Event) -> str | None:
    if isinstance(event, ChangeMoved):
        return event.change.server
    return event.server if isinstance(event, ServerMoved | UserRead) else None
