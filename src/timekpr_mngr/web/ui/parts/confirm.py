"""Asks before something that cannot be taken back."""

from nicegui import ui

from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.text import element, text


async def confirm(question: str, explanation: str, yes: str, *, danger: bool = True) -> bool:
    """Whether the person said yes. `yes` names what will be done, so that nobody has to guess what OK means."""
    with ui.dialog() as dialog, ui.card().classes("dialog"):
        dialog.props["aria-label"] = question
        text("h2", question)
        text("p", explanation, "muted").style("white-space: pre-line")
        with element("div", "line end wrap"):
            button(_("Cancel"), lambda: dialog.submit(False), "quiet").props("autofocus")
            button(yes, lambda: dialog.submit(True), "main danger" if danger else "main")
    answer = await dialog
    dialog.delete()
    return bool(answer)
