"""Asks for another value of one field."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from timekpr_mngr.domain.change import Json
from timekpr_mngr.errors import Invalid
from timekpr_mngr.services import words
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.edits import Edits
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.parts.value_input import value_input


def value_dialog(
    name: str, value: Json, explanation: str, send: Callable[[Json], Awaitable[object | None]]
) -> None:
    """Starts with `value`. `send` gets what was typed: the dialog closes where it gives something, shows what is wrong
    where it raises Invalid, and stays where it gives None.
    """
    edits = Edits({name: value}, ())

    async def press() -> None:
        try:
            done = await send(edits.value(name))
        except Invalid as problem:
            edits.mark(name, problem)
            return
        if done is not None:
            dialog.close()

    with ui.dialog() as dialog, ui.card().classes("dialog"):
        dialog.props["aria-label"] = words.field(name)
        text("h2", _("What should it be?"))
        text("p", explanation, "muted")
        value_input(edits, name)
        with element("div", "line end wrap"):
            button(_("Cancel"), dialog.close, "quiet")
            save = button(_("Send"), press, "main")

    def typed() -> None:
        save.set_enabled(not edits.unusable)

    edits.subscribe(typed)
    dialog.on("hide", dialog.delete)
    dialog.open()
