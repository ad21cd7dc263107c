"""The head of a server's pages, and the way from one to the other."""

from nicegui import ui

from timekpr_mngr.texts import _, noop
from timekpr_mngr.web.ui.navigation import server_path
from timekpr_mngr.web.ui.parts.text import element, named, text

PAGES = (("", noop("Overview")), ("history", noop("History")), ("sent", noop("What was sent")))


def server_tabs(server: str, here: str = "") -> None:
    """`here` is the page on which they stand: none for the server's own, `history` or `sent`."""
    with named(element("nav", "tabs"), _("Pages of this server")):
        for what, label in PAGES:
            link = ui.link(_(label), server_path(server, what))
            if what == here:
                link.classes("here").props("aria-current=page")


def server_head(server: str, here: str) -> None:
    """The head of the pages below a server's own."""
    with named(element("nav", "crumbs"), _("You are here")):
        ui.link(_("Servers"), "/servers")
        text("span", "›")
        ui.link(server, server_path(server))
    with element("div", "headline"):
        text("h1", server)
    server_tabs(server, here)
