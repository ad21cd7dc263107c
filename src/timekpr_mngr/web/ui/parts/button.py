"""Buttons: what may be done."""

from collections.abc import Callable
from typing import Any

from nicegui import ui
from nicegui.element import Element

from timekpr_mngr.web.ui.parts.icon import icon as draw_icon
from timekpr_mngr.web.ui.parts.text import named, text


def button(
    label: str,
    on_click: Callable[..., Any] | None = None,
    kind: str = "",
    *,
    name: str | None = None,
    icon: str = "",
) -> ui.button:
    """A button of one kind: `main`, `quiet`, `danger`, `word` (looks like a link), `round` (an icon alone), or plain.

    `name` is what it is called for those who do not see it, where the label alone does not say enough.
    """
    result = ui.button(label if not icon else "", on_click=on_click, color=None)
    result.props("unelevated no-caps no-wrap :ripple=false").classes(kind)
    if icon:
        with result:
            draw_icon(icon)
            if label:
                ui.label(label).style("margin-left: 8px")
    if name:
        result.props["aria-label"] = name
    return result


def plain_button(label: str, on_click: Callable[..., Any], kind: str = "", *, name: str) -> Element:
    """As `button`, and the browser's own: for those that stand there by the dozen. At each change of a page the browser
    works all of it out anew, and Quasar's buttons took a third of that.
    """
    result = text("button", label, f"q-btn plain {kind}").props("type=button").on("click", on_click, args=[])
    return named(result, name)


def link_button(label: str, target: str, kind: str = "") -> ui.link:
    """A link that looks like a button, because it goes to where something is done."""
    return ui.link(label, target).classes(f"q-btn {kind}").style("justify-content: center")
