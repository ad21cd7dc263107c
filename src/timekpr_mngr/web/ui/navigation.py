"""Where one can go: four places for the thumb, and at a desk the servers and users that exist at this moment."""

from collections.abc import Sequence

from nicegui import ui

from timekpr_mngr.services.views import ServerView
from timekpr_mngr.texts import _, counted
from timekpr_mngr.web.ui.parts.icon import icon
from timekpr_mngr.web.ui.parts.state_pill import server_dot
from timekpr_mngr.web.ui.parts.text import element, text

PLACES = (
    ("home", "Home", "/"),
    ("servers", "Servers", "/servers"),
    ("changes", "Changes", "/changes"),
    ("settings", "Settings", "/settings"),
)


def bottom_navigation(here: str) -> None:
    """The four places under the thumb."""
    with element("nav", "bottom").props(f'aria-label="{_("Places")}"'):
        for name, label, target in PLACES:
            with _place(target, here == name):
                icon(name)
                text("span", _(label))


class SideNavigation:
    """The places, the servers and their users; `show` brings it up to date, and does nothing where nothing changed."""

    def __init__(self, here: str, path: str) -> None:
        self._here = here
        self._path = path
        self._shown: object = None
        with element("nav", "side").props(f'aria-label="{_("Places, servers and users")}"'):
            self._part = element("div", "fixed-part")

    def show(self, servers: Sequence[ServerView]) -> None:
        """Draws the servers as they are now."""
        content = [(server.name, server.state, server.users, server.pending) for server in servers]
        if content == self._shown:
            return
        self._shown = content
        self._part.clear()
        with self._part:
            for name, label, target in PLACES:
                with _place(target, self._path == target):
                    icon(name)
                    text("span", _(label))
                if name == "servers":
                    for server in servers:
                        self._server(server)

    def _server(self, server: ServerView) -> None:
        target = f"/server/{server.name}"
        with _place(target, self._path == target, "sub"):
            server_dot(server.state)
            text("span", server.name)
            if server.pending:
                waiting = counted("{n} change waits", "{n} changes wait", server.pending)
                text("span", str(server.pending), "count").props(
                    f'role=img aria-label="{waiting}" title="{waiting}"'
                )
        for user in server.users:
            paths = (user_path(server.name, user), user_path(server.name, user, "stats"))
            with _place(paths[0], self._path in paths, "subsub"):
                text("span", user)


def user_path(server: str, user: str, what: str = "user") -> str:
    """The address of a user's page; a login may hold characters that an address may not."""
    from urllib.parse import quote

    return f"/server/{quote(server, safe='')}/{what}/{quote(user, safe='')}"


def _place(target: str, is_here: bool, classes: str = "") -> ui.link:
    link = ui.link(target=target).classes(f"{classes} here" if is_here else classes)
    if is_here:
        link.props("aria-current=page")
    return link
