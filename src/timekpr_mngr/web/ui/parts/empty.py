"""Where there is nothing yet: what to do next."""

from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.button import link_button
from timekpr_mngr.web.ui.parts.icon import icon
from timekpr_mngr.web.ui.parts.text import element, text


def empty(icon_name: str, headline: str, explanation: str, action: str = "", target: str = "") -> None:
    """A calm place holder, with the next step as a button where there is one."""
    with element("section", "card empty"):
        icon(icon_name)
        text("h2", headline)
        text("p", explanation)
        if action:
            link_button(action, target, "main")


def nothing_like_that(path: str) -> None:
    """Where a search in a history found nothing; `path` is the whole of it."""
    empty(
        "question",
        _("Nothing like that is in here"),
        _("Nothing here has all these words."),
        _("Show all"),
        path,
    )
