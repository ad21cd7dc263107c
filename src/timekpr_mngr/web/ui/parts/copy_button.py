"""A button that puts a text into the clipboard, and says whether it is there."""

import json
from pathlib import Path

from nicegui import ui
from nicegui.events import GenericEventArguments

from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.button import button

SHOWN_MS = 1500
_PUT = Path(__file__).with_suffix(".js").read_text("utf-8")


def copy_button(content: str, label: str = "", kind: str = "", *, name: str | None = None) -> ui.button:
    """A `button` with the icon of copying. All is done in the browser, where a press counts but for a moment."""
    made = button(label, None, kind, name=name, icon="copy")
    made.on("click", _said, js_handler=f"({_PUT})({json.dumps(content)})")
    return made


def _said(event: GenericEventArguments) -> None:
    if event.args is True:
        ui.notify(_("Copied"), timeout=SHOWN_MS)
    else:
        ui.notify(_("This browser did not copy it. Mark the text and copy it by hand."), type="warning")
