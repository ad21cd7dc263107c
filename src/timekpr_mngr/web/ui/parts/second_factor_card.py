"""One's own second factor: switched on with an authenticator, and off again."""

from collections.abc import Sequence

from nicegui import ui

from timekpr_mngr.errors import Invalid
from timekpr_mngr.services import words
from timekpr_mngr.services.second_factor import NewFactor
from timekpr_mngr.texts import _, counted
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.card import card
from timekpr_mngr.web.ui.parts.copy_box import copy_box
from timekpr_mngr.web.ui.parts.copy_button import copy_button
from timekpr_mngr.web.ui.parts.secret_input import secret_input
from timekpr_mngr.web.ui.parts.text import element, named, text
from timekpr_mngr.web.ui.visit import Visit


class SecondFactorCard:
    """Whether it is on, and what can be done about it."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._factors = visit.services.accounts.second_factors
        with card(
            _("Second factor"), _("Besides the password, a code that an authenticator on your phone shows.")
        ):
            self._part = element("div", "stack tight")

    async def refresh(self) -> None:
        """Draws how it is."""
        state = await self._visit.do(self._factors.state)
        self._part.clear()
        if state is None:
            return
        with self._part:
            if state.since is None:
                text("p", _("It is off."))
                with element("div", "line end"):
                    button(_("Switch it on…"), self._switch_on, "main")
                return
            since = words.at(state.since, self._visit.zone, self._visit.now)
            left = counted("{n} recovery code left", "{n} recovery codes left", state.recovery_codes_left)
            text("p", _("On since {when} · {left}").format(when=since, left=left))
            with element("div", "line end wrap"):
                button(_("Switch it off…"), self._switch_off, "quiet danger")
                button(_("New codes…"), self._new_codes)

    async def _switch_on(self) -> None:
        dialog, password = _dialog(self._visit, _("Switch the second factor on"))

        async def begin() -> None:
            try:
                factor = await self._visit.act(lambda actor: self._factors.begin(actor, password.value or ""))
            except Invalid as problem:
                password.error = problem.message
                return
            if factor is not None:
                dialog.clear()
                with dialog:
                    self._show_seed(dialog, factor)

        _buttons(dialog, _("Go on"), begin)

    def _show_seed(self, dialog: ui.dialog, factor: NewFactor) -> None:
        with ui.card().classes("dialog"):
            text("h2", _("Scan this with an authenticator"))
            picture = ui.html(factor.picture, sanitize=False).classes("qr").props("role=img")
            named(picture, _("The QR code for the authenticator"))
            text("p", _("Or type this into it:"), "small muted")
            copy_box(factor.seed, _("the secret"))
            code = ui.input(_("The code that it shows")).without_auto_validation()
            code.props("outlined dense hide-bottom-space autocomplete=one-time-code inputmode=numeric")

            async def confirm() -> None:
                try:
                    codes = await self._visit.act(
                        lambda actor: self._factors.confirm(actor, code.value or "")
                    )
                except Invalid as problem:
                    code.error = problem.message
                    return
                if codes is not None:
                    await self.refresh()
                    dialog.clear()
                    with dialog:
                        _show_codes(dialog, codes)

            with element("div", "line end"):
                button(_("Cancel"), dialog.close, "quiet")
                button(_("Switch it on"), confirm, "main")

    async def _new_codes(self) -> None:
        dialog, password = _dialog(self._visit, _("New recovery codes"))

        async def make() -> None:
            try:
                codes = await self._visit.act(
                    lambda actor: self._factors.new_recovery_codes(actor, password.value or "")
                )
            except Invalid as problem:
                password.error = problem.message
                return
            if codes is not None:
                await self.refresh()
                dialog.clear()
                with dialog:
                    _show_codes(dialog, codes)

        _buttons(dialog, _("Make them"), make)

    async def _switch_off(self) -> None:
        dialog, password = _dialog(self._visit, _("Switch the second factor off"))
        with dialog.default_slot.children[0]:
            code = ui.input(_("A code, or a recovery code")).without_auto_validation()
            code.props("outlined dense hide-bottom-space autocomplete=one-time-code autocapitalize=none")

        async def switch_off() -> None:
            password.error = code.error = None
            try:
                await self._visit.act(
                    lambda actor: self._factors.switch_off(actor, password.value or "", code.value or "")
                )
            except Invalid as problem:
                (password if problem.field == "password" else code).error = problem.message
                return
            dialog.close()
            await self.refresh()

        _buttons(dialog, _("Switch it off"), switch_off, "main danger")


def _dialog(visit: Visit, headline: str) -> tuple[ui.dialog, ui.input]:
    """Open already, with a field for one's own password; outside of the card, which is drawn anew beneath it."""
    with visit.client, ui.dialog() as dialog, ui.card().classes("dialog"):
        dialog.props["aria-label"] = headline
        text("h2", headline)
        password = secret_input(_("Your password"), "current-password")
    dialog.on("hide", dialog.delete)
    dialog.open()
    return dialog, password


def _buttons(dialog: ui.dialog, label: str, handler: object, kind: str = "main") -> None:
    with dialog.default_slot.children[0], element("div", "line end"):
        button(_("Cancel"), dialog.close, "quiet")
        button(label, handler, kind)  # type: ignore[arg-type]


def _show_codes(dialog: ui.dialog, codes: Sequence[str]) -> None:
    with ui.card().classes("dialog"):
        text("h2", _("Your recovery codes"))
        text(
            "p",
            _("Each lets you in once when the authenticator is lost. They are not shown again."),
            "small muted",
        )
        with element("ul", "codes"):
            for code in codes:
                text("li", code)
        with element("div", "line end wrap"):
            copy_button("\n".join(codes), _("Copy them"), "quiet")
            button(_("I have kept them"), dialog.close, "main")
