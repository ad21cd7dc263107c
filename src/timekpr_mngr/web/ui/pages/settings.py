"""One's own password, second factor, sessions and tokens, and for an admin everybody's accounts."""

from importlib.metadata import PackageNotFoundError, version

from timekpr_mngr.errors import Invalid
from timekpr_mngr.services import Services
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.frame import frame
from timekpr_mngr.web.ui.page import page
from timekpr_mngr.web.ui.parts.account_list import AccountList
from timekpr_mngr.web.ui.parts.backup_card import backup_card
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.card import card
from timekpr_mngr.web.ui.parts.diagnostics_card import diagnostics_card
from timekpr_mngr.web.ui.parts.role_words import role_words
from timekpr_mngr.web.ui.parts.second_factor_card import SecondFactorCard
from timekpr_mngr.web.ui.parts.secret_input import secret_input
from timekpr_mngr.web.ui.parts.session_list import SessionList
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.parts.token_list import TokenList
from timekpr_mngr.web.ui.visit import Visit

SIGN_OUT = "/sign-out"


def register(services: Services) -> None:
    """Makes the page."""

    @page(services, "/settings")
    async def settings(visit: Visit) -> None:
        async with frame(visit, title=_("Settings"), here="settings", path="/settings"):
            text("h1", _("Settings"))
            with element("div", "two halves"):
                with element("div", "stack"):
                    await _me(visit)
                    _password(visit)
                    await SecondFactorCard(visit).refresh()
                    await SessionList(visit).refresh()
                    _about()
                with element("div", "stack"):
                    if visit.is_admin:
                        await AccountList(visit).refresh()
                        backup_card(visit)
                        diagnostics_card(visit)
                    await TokenList(visit).refresh()


async def _me(visit: Visit) -> None:
    found = await visit.services.roles.get(visit.actor, visit.account.name)
    with card(_("You")), element("div", "line"):
        with element("div", "grow"):
            text("div", visit.account.name, "name")
            text("div", role_words(found), "muted")
        with element("form").props(f"method=post action={_prefix(visit)}{SIGN_OUT}"):
            button(_("Sign out")).props("type=submit")


def _prefix(visit: Visit) -> str:
    return str(visit.client.request.scope.get("root_path", ""))


def _password(visit: Visit) -> None:
    with card(_("Password"), _("Your other sessions end; this one stays.")), element("div", "form"):
        old = secret_input(_("Present password"), "current-password")
        new = secret_input(_("New password"), "new-password")
        again = secret_input(_("New password again"), "new-password")

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


def _about() -> None:
    try:
        number = version("timekpr-mngr")
    except PackageNotFoundError:
        number = _("from its source")
    with card(_("About")):
        text("p", _("timekpr-mngr {version}").format(version=number))
        text("p", _("Administers timekpr-next on your computers, over plain SSH. Apache-2.0."), "small muted")
