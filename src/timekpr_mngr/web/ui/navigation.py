"""Where one can go: four places for the thumb, and at a desk the servers and users that exist at this moment."""

from collections.abc import Sequence

from nicegui import ui
from nicegui.element import Element

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


class BottomNavigation:
    """The four places under the thumb; `show` says how much asks for an answer."""

    def __init__(self, here: str) -> None:
        with element("nav", "bottom").props(f'aria-label="{_("Places")}"'):
            for name, label, target in PLACES:
                with _place(target, here == name):
                    icon(name)
                    text("span", _(label))
                    if name == "changes":
                        self._asking = AskingCount()

    def show(self, asking: int) -> None:
        """How many changes, and how much drift, wait for an answer."""
        self._asking.show(asking)


class AskingCount(Element):
    """How much waits for an answer, beside the word Changes; hidden where nothing does."""

    def __init__(self) -> None:
        super().__init__("span")
        self.classes("count")
        with self:
            self._number = text("span", "").props("aria-hidden=true")
            self._words = text("span", "", "hidden-word")
        self.set_visibility(False)

    def show(self, asking: int) -> None:
        """Sets the number."""
        self.set_visibility(asking > 0)
        self._number.text = str(asking)
        self._words.text = counted("{n} waits for an answer", "{n} wait for an answer", asking)


class SideNavigation:
    """The places, the servers and their users; `show` brings it up to date, and does nothing where nothing changed."""

    def __init__(self, here: str, path: str) -> None:
        self._here = here
        self._path = path
        self._shown: object = None
        with element("nav", "side").props(f'aria-label="{_("Places, servers and users")}"'):
            self._part = element("div", "fixed-part")

    def show(self, servers: Sequence[ServerView], asking: int) -> None:
        """Draws the servers as they are now, and how much waits for an answer."""
        content = [(server.name, server.state, server.users, server.pending) for server in servers]
        if (content, asking) == self._shown:
            return
        self._shown = (content, asking)
        self._part.clear()
        with self._part:
            for name, label, target in PLACES:
                with _place(target, self._path == target):
                    icon(name)
                    text("span", _(label))
                    if name == "changes":
                        AskingCount().show(asking)
                if name == "servers":
                    for server in servers:
                        self._server(server)

    def _server(self, server: ServerView) -> None:
        target = server_path(server.name)
        paths = (target, server_path(server.name, "history"), server_path(server.name, "sent"))
        with _place(target, self._path in paths, "sub"):
            server_dot(server.state)
            text("span", server.name)
            if server.pending:
                waiting = counted("{n} change waits", "{n} changes wait", server.pending)
                text("span", str(server.pending), "count").props(
                    f'role=img aria-label="{waiting}" title="{waiting}"'
                )
        for user in server.users:
            own = [user_path(server.name, user, what) for what in ("user", "stats", "history", "copy")]
            with _place(own[0], self._path in own, "subsub"):
                text("span", user)


def user_path(server: str, user: str, what: str = "user") -> str:
    """The address of a user's page: `user`, `stats`, `history`, `copy`. A login may hold what an address may not."""
    from urllib.parse import quote

    place, below = ("user", f"/{what}") if what in ("history", "copy") else (what, "")
    return f"/server/{quote(server, safe='')}/{place}/{quote(user, safe='')}{below}"


def server_path(server: str, what: str = "") -> str:
    """The address of a server's page, or of what is below it: `history`, `sent`."""
    return f"/server/{server}/{what}".rstrip("/")


def _place(target: str, is_here: bool, classes: str = "") -> ui.link:
    link = ui.link(target=target).classes(f"{classes} here" if is_here else classes)
    if is_here:
        link.props("aria-current=page")
    return link
