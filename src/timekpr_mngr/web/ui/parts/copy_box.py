"""A text to be copied as a whole."""

from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.copy_button import copy_button
from timekpr_mngr.web.ui.parts.text import element, named, text


def copy_box(content: str, name: str) -> None:
    """The text with a button that copies it; `name` says what it is."""
    with element("div", "copybox"):
        named(text("code", content), name).props(
            "tabindex=0 role=group"
        )  # a long one is scrolled with the keyboard
        copy_button(content, kind="round", name=_("Copy {what}").format(what=name))
