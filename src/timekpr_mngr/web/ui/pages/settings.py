"""One's own password and tokens, and for an admin everybody's accounts."""

from importlib.metadata import PackageNotFoundError, version

from nicegui import ui

from timekpr_mngr.domain.account import Account, Role
from timekpr_mngr.errors import Invalid
from timekpr_mngr.services import Services, words
from timekpr_mngr.texts import _, noop
from timekpr_mngr.web.ui.frame import frame
from timekpr_mngr.web.ui.page import page
from timekpr_mngr.web.ui.parts.backup_card import backup_card
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.card import card
from timekpr_mngr.web.ui.parts.confirm import confirm
from timekpr_mngr.web.ui.parts.copy_box import copy_box
from timekpr_mngr.web.ui.parts.notice import Notice
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.visit import Visit

ROLES = {Role.ADMIN: noop("may change everything"), Role.VIEWER: noop("may look")}
SIGN_OUT = "/sign-out"


def register(services: Services) -> None:
    """Makes the page."""

    @page(services, "/settings")
    async def settings(visit: Visit) -> None:
        async with frame(visit, title=_("Settings"), here="settings", path="/settings"):
            text("h1", _("Settings"))
            with element("div", "two halves"):
                with element("div", "stack"):
                    _me(visit)
                    _password(visit)
                    _about()
                with element("div", "stack"):
                    if visit.is_admin:
                        await _Accounts(visit).refresh()
                        backup_card(visit)
                    await _Tokens(visit).refresh()


def _me(visit: Visit) -> None:
    with card(_("You")), element("div", "line"):
        with element("div", "grow"):
            text("div", visit.account.name, "name")
            text("div", _(ROLES[visit.account.role]), "muted")
        with element("form").props(f"method=post action={_prefix(visit)}{SIGN_OUT}"):
            button(_("Sign out")).props("type=submit")


def _prefix(visit: Visit) -> str:
    return str(visit.client.request.scope.get("root_path", ""))


def _password(visit: Visit) -> None:
    with card(_("Password"), _("Your other sessions end; this one stays.")), element("div", "form"):
        old = _secret(_("Present password"), "current-password")
        new = _secret(_("New password"), "new-password")
        again = _secret(_("New password again"), "new-password")

        async def change() -> None:
            for field in (old, new, again):
                field.error = None
            if new.value != again.value:
                again.error = _("The two are not the same.")
                return
            try:
                await visit.act(
                    lambda actor: visit.services.accounts.change_password(
                        actor, old.value or "", new.value or "", session=visit.session
                    )
                )
            except Invalid as problem:
                (old if problem.field == "old" else new).error = problem.message
                return
            for field in (old, new, again):
                field.set_value("")
            visit.tell(_("The password was changed."))

        with element("div", "line end"):
            button(_("Change the password"), change, "main")


class _Accounts:
    """Everybody who may sign in."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        with card(_("Accounts"), _("Who may sign in here.")):
            self._list = element("div", "list")
            with ui.expansion(_("Add an account")), element("div", "form"):
                self._name = ui.input(_("Name")).without_auto_validation()
                self._name.props("outlined dense hide-bottom-space autocomplete=off autocapitalize=none")
                self._password = _secret(_("Password"), "new-password")
                self._role = ui.radio(
                    {role.value: f"{role.value}: {_(words_)}" for role, words_ in ROLES.items()},
                    value=Role.VIEWER.value,
                )
                with element("div", "line end"):
                    button(_("Add"), self._add, "main")

    async def refresh(self) -> None:
        """Draws the list."""
        found = await self._visit.do(self._visit.services.accounts.list)
        self._list.clear()
        with self._list:
            for account in found or []:
                self._line(account)

    def _line(self, account: Account) -> None:
        with element("div", "item"):
            with element("div", "grow"):
                text("div", account.name, "anywhere").style("font-weight: 560")
                since = words.at(account.created_at, self._visit.zone, self._visit.now)
                text(
                    "div",
                    _("{role}, since {when}").format(role=_(ROLES[account.role]), when=since),
                    "small muted",
                )
            if account.name == self._visit.account.name:
                with element("span", "pill on"):
                    text("span", _("you"))
                return
            with (
                button("", None, "round", name=_("more for {user}").format(user=account.name), icon="more"),
                ui.menu(),
            ):
                ui.menu_item(_("Set a new password…"), lambda: self._reset(account))
                ui.menu_item(_("Remove…"), lambda: self._remove(account))

    async def _add(self) -> None:
        self._name.error = self._password.error = None
        try:
            added = await self._visit.act(
                lambda actor: self._visit.services.accounts.add(
                    actor, self._name.value or "", self._role.value, self._password.value or ""
                )
            )
        except Invalid as problem:
            (self._name if problem.field == "name" else self._password).error = problem.message
            return
        if added is not None:
            self._name.set_value("")
            self._password.set_value("")
            await self.refresh()

    async def _remove(self, account: Account) -> None:
        if not await confirm(
            _("Remove {account}?").format(account=account.name),
            _(
                "The sessions and tokens of this account end at once. "
                "What it changed stays, and stays in the list of changes."
            ),
            _("Remove"),
        ):
            return
        await self._visit.do(lambda actor: self._visit.services.accounts.remove(actor, account.name))
        await self.refresh()

    async def _reset(self, account: Account) -> None:
        with ui.dialog() as dialog, ui.card().classes("dialog"):
            dialog.props["aria-label"] = _("Set a new password")
            text("h2", _("A new password for {account}").format(account=account.name))
            text("p", _("All sessions of this account end."), "small muted")
            field = _secret(_("New password"), "new-password")

            async def save() -> None:
                try:
                    await self._visit.act(
                        lambda actor: self._visit.services.accounts.set_password(
                            actor, account.name, field.value or ""
                        )
                    )
                except Invalid as problem:
                    field.error = problem.message
                    return
                dialog.close()
                self._visit.tell(_("The password of {account} was set.").format(account=account.name))

            with element("div", "line end"):
                button(_("Cancel"), dialog.close, "quiet")
                button(_("Set it"), save, "main")
        dialog.on("hide", dialog.delete)
        dialog.open()


class _Tokens:
    """Keys for programs: made, shown once, revoked."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        with card(_("API tokens"), _("For programs that speak to timekpr-mngr in your name.")):
            self._new = element("div", "stack tight")
            self._list = element("div", "list")
            with element("div", "line top-aligned"):
                self._label = ui.input(_("What is it for?")).classes("grow").without_auto_validation()
                self._label.props("outlined dense hide-bottom-space maxlength=64 autocomplete=off")
                button(_("Make a token"), self._make).style("min-height: 54px")

    async def refresh(self) -> None:
        """Draws the list."""
        found = await self._visit.do(self._visit.services.accounts.tokens)
        self._list.clear()
        with self._list:
            for token in found or []:
                with element("div", "item"):
                    with element("div", "grow"):
                        text("div", token.label, "anywhere").style("font-weight: 560")
                        used = (
                            _("used {ago}").format(ago=words.ago(token.last_used_at, self._visit.now))
                            if token.last_used_at
                            else _("never used")
                        )
                        text("div", f"{token.account} · {used}", "small muted")
                    button(
                        _("Revoke"),
                        lambda token=token: self._revoke(token.id, token.label),
                        "word danger",
                        name=_("Revoke {label}").format(label=token.label),
                    )

    async def _make(self) -> None:
        self._label.error = None
        try:
            secret = await self._visit.act(
                lambda actor: self._visit.services.accounts.create_token(actor, self._label.value or "")
            )
        except Invalid as problem:
            self._label.error = problem.message
            return
        if secret is None:
            return
        self._label.set_value("")
        self._new.clear()
        with self._new:
            Notice("good").show("good", _("Copy it now:"), _("it is not shown again."))
            copy_box(secret, _("the token"))
        await self.refresh()

    async def _revoke(self, token_id: int, label: str) -> None:
        if await confirm(
            _("Revoke {label}?").format(label=label), _("Whatever uses it is shut out at once."), _("Revoke")
        ):
            await self._visit.do(lambda actor: self._visit.services.accounts.revoke_token(actor, token_id))
            await self.refresh()


def _about() -> None:
    try:
        number = version("timekpr-mngr")
    except PackageNotFoundError:
        number = _("from its source")
    with card(_("About")):
        text("p", _("timekpr-mngr {version}").format(version=number))
        text("p", _("Administers timekpr-next on your computers, over plain SSH. Apache-2.0."), "small muted")


def _secret(label: str, autocomplete: str) -> ui.input:
    field = ui.input(label, password=True).without_auto_validation()
    field.props(f"outlined dense hide-bottom-space autocomplete={autocomplete}")
    return field
