"""One check of a server: whether it holds, what it says, and what to do."""

from nicegui.element import Element

from timekpr_mngr.domain.health import Check
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.copy_box import copy_box
from timekpr_mngr.web.ui.parts.icon import icon
from timekpr_mngr.web.ui.parts.text import element, text


def check_line(check: Check, tag: str = "div") -> Element:
    """The line; gives the part below what is said, for what can be pressed."""
    shape, tone, word = (
        ("question", "", _("not known"))
        if check.ok is None
        else ("check", "on", _("holds"))
        if check.ok
        else ("close", "over", _("fails"))
    )
    with element(tag, "item check").style("align-items: flex-start"):
        with element("span", f"pill {tone}"):
            icon(shape)
            text("span", word)
        with element("div", "grow") as said:
            text("div", check.sentence, "anywhere")
            if check.fix:
                text("div", check.fix, "small muted anywhere")
            if check.line:
                copy_box(check.line, _("the line"))
    return said
