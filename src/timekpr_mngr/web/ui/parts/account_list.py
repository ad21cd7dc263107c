"""Everybody who may sign in, for an admin."""

from nicegui import ui

from timekpr_mngr.domain.account import Role
from timekpr_mngr.errors import Invalid
from timekpr_mngr.services import words
from timekpr_mngr.services.roles import AccountRoles
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.card import card
from timekpr_mngr.web.ui.parts.confirm import confirm
from timekpr_mngr.web.ui.parts.minutes_input import minutes_input, minutes_of
from timekpr_mngr.web.ui.parts.role_dialog import role_dialog
from timekpr_mngr.web.ui.parts.role_words import options_for_everybody, role_words
from timekpr_mngr.web.ui.parts.secret_input import secret_input
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.visit import Visit


class AccountList:
    """The accounts with their roles, and a form for one more."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        with card(_("Accounts"), _("Who may sign in here.")):
            self._list = element("div", "list")
            with ui.expansion(_("Add an account")), element("div", "form"):
                self._name = ui.input(_("Name")).without_auto_validation()
                self._name.props("outlined dense hide-bottom-space autocomplete=off autocapitalize=none")
                self._password = secret_input(_("Password"), "new-password")
                self._role = ui.radio(options_for_everybody(), value=Role.MEMBER.value)
                self._role.props["aria-label"] = _("Role")
                self._minutes = minutes_input()
                self._minutes.bind_visibility_from(self._role, "value", value=Role.CARER.value)
                with element("div", "line end"):
                    button(_("Add"), self._add, "main")

    async def refresh(self) -> None:
        """Draws the list."""
        found = await self._visit.do(self._visit.services.roles.list)
        with_one = await self._visit.do(self._visit.services.accounts.second_factors.with_one)
        self._list.clear()
        with self._list:
            for one in found or []:
                self._line(one, has_factor=one.account.name in (with_one or ()))

    def _line(self, found: AccountRoles, *, has_factor: bool) -> None:
        account = found.account
        with element("div", "item"):
            with element("div", "grow"):
                text("div", account.name, "anywhere").style("font-weight: 560")
                since = words.at(account.created_at, self._visit.zone, self._visit.now)
                said = _("{role}, since {when}").format(role=role_words(found), when=since)
                text("div", said + (_(" · second factor") if has_factor else ""), "small muted")
            if account.name == self._visit.account.name:
                with element("span", "pill on"):
                    text("span", _("you"))
                return
            with (
                button("", None, "round", name=_("more for {user}").format(user=account.name), icon="more"),
                ui.menu(),
            ):
                ui.menu_item(_("Role and people…"), lambda: self._set_role(account.name))
                ui.menu_item(_("Set a new password…"), lambda: self._reset(account.name))
                if has_factor:
                    ui.menu_item(_("Take the second factor away…"), lambda: self._take_away(account.name))
                ui.menu_item(_("Remove…"), lambda: self._remove(account.name))

    async def _add(self) -> None:
        self._name.error = self._password.error = self._minutes.error = None
        minutes = minutes_of(self._minutes) if self._role.value == Role.CARER.value else None
        try:
            added = await self._visit.act(
                lambda actor: self._visit.services.accounts.add(
                    actor,
                    self._name.value or "",
                    self._role.value,
                    self._password.value or "",
                    minutes_a_day=minutes,
                )
            )
        except Invalid as problem:
            if problem.field == "minutes_a_day":
                self._minutes.error = problem.message
            else:
                (self._name if problem.field == "name" else self._password).error = problem.message
            return
        if added is None:
            return
        self._name.set_value("")
        self._password.set_value("")
        await self.refresh()
        if added.role is Role.MEMBER:
            await self._set_role(added.name)

    async def _set_role(self, name: str) -> None:
        if await role_dialog(self._visit, name):
            await self.refresh()

    async def _take_away(self, name: str) -> None:
        if await confirm(
            _("Take the second factor of {account} away?").format(account=name),
            _("Only if you know that it is them who asks: from then on the password alone lets in."),
            _("Take it away"),
        ):
            factors = self._visit.services.accounts.second_factors
            await self._visit.do(lambda actor: factors.take_away(actor, name))
            await self.refresh()

    async def _remove(self, name: str) -> None:
        if not await confirm(
            _("Remove {account}?").format(account=name),
            _(
                "The sessions and tokens of this account end at once. "
                "What it changed stays, and stays in the list of changes."
            ),
            _("Remove"),
        ):
            return
        await self._visit.do(lambda actor: self._visit.services.accounts.remove(actor, name))
        await self.refresh()

    async def _reset(self, name: str) -> None:
        with ui.dialog() as dialog, ui.card().classes("dialog"):
            dialog.props["aria-label"] = _("Set a new password")
            text("h2", _("A new password for {account}").format(account=name))
            text("p", _("All sessions of this account end."), "small muted")
            field = secret_input(_("New password"), "new-password")

            async def save() -> None:
                try:
                    await self._visit.act(
                        lambda actor: self._visit.services.accounts.set_password(
                            actor, name, field.value or ""
                        )
                    )
                except Invalid as problem:
                    field.error = problem.message
                    return
                dialog.close()
                self._visit.tell(_("The password of {account} was set.").format(account=name))

            with element("div", "line end"):
                button(_("Cancel"), dialog.close, "quiet")
                button(_("Set it"), save, "main")
        dialog.on("hide", dialog.delete)
        dialog.open()
