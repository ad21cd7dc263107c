"""Where one can go: four places for the thumb, and at a desk also the people and servers that exist at this moment."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from nicegui import ui
from nicegui.element import Element

from timekpr_mngr.domain.account import Actor
from timekpr_mngr.domain.person import Person
from timekpr_mngr.services.views import FleetView, ServerView
from timekpr_mngr.texts import _, counted, noop
from timekpr_mngr.web.ui.asking import asking
from timekpr_mngr.web.ui.parts.icon import icon
from timekpr_mngr.web.ui.parts.state_pill import server_dot
from timekpr_mngr.web.ui.parts.text import element, named, text
from timekpr_mngr.web.ui.visit import Visit

PLACES = (
    ("home", noop("Home"), "/"),
    ("servers", noop("Servers"), "/servers"),
    ("changes", noop("Changes"), "/changes"),
    ("settings", noop("Settings"), "/settings"),
)
USER_PAGES = ("user", "stats", "history", "copy")
LISTED = 12
"""So many people, and so many servers, stand at the side; the others are found by name."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the navigation shows: everybody, the first servers, how all of them stand, and how much asks."""

    people: Sequence[Person]
    servers: Sequence[ServerView]
    fleet: FleetView
    asking: int

    @classmethod
    async def seen(cls, visit: Visit, actor: Actor, people: Sequence[Person] | None = None) -> "Surroundings":
        """As it is now; `people` that are known already are not asked for again."""
        services = visit.services
        return cls(
            people if people is not None else await services.people.everybody(actor),
            (await services.fleet.page(actor, limit=LISTED)).items,
            await services.fleet.overview(actor),
            await asking(services, actor),
        )


class BottomNavigation:
    """The four places under the thumb; `show` says how much asks for an answer."""

    def __init__(self, here: str) -> None:
        with named(element("nav", "bottom"), _("Places")):
            self._asking = _places(lambda name, _target: here == name)

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
    """The places, the people and the servers; where there are many, a field finds them."""

    def __init__(self, visit: Visit, path: str) -> None:
        self._visit, self._path = visit, path
        self._shown: Surroundings | None = None
        self._drawn: dict[str, object] = {}
        self._word = ""
        with named(element("nav", "side"), _("Places, people and servers")), element("div", "fixed-part"):
            self._asking = _places(lambda _name, target: path == target)
            self._find = ui.input(_("Find a person or computer"), on_change=self._search)
            self._find.props(
                "outlined dense clearable debounce=250 type=search maxlength=100 autocomplete=off"
            )
            self._find.set_visibility(False)
            self._people = self._group("people", _("People"))
            self._servers = self._group("servers", _("Servers"))

    async def show(self, around: Surroundings) -> None:
        """Brings it up to date; nothing moves where nothing changed."""
        self._shown = around
        self._asking.show(around.asking)
        is_large = len(around.people) > LISTED or around.fleet.servers > LISTED
        self._find.set_visibility(is_large)
        await self._draw()

    async def _search(self, event: Any) -> None:
        self._word = (event.value or "").strip()
        await self._draw()

    async def _draw(self) -> None:
        around = self._shown
        if around is None:
            return
        said = self._word.casefold()
        people = [person for person in around.people if said in person.name.casefold()]
        servers = around.servers if not said else await self._found(self._word)
        here = await self._server_here(servers)
        if self._is_new("people", (people, len(around.people))):
            self._draw_people(people, len(around.people))
        content = [(one.name, one.state, one.users, one.pending) for one in [*servers, *here]]
        if self._is_new("servers", (content, around.fleet.servers, said)):
            self._draw_servers([*here, *servers], around.fleet.servers)

    def _is_new(self, part: str, content: object) -> bool:
        is_new = self._drawn.get(part) != content
        self._drawn[part] = content
        return is_new

    async def _found(self, word: str) -> Sequence[ServerView]:
        found = await self._visit.look(
            lambda actor: self._visit.services.fleet.page(actor, search=word, limit=LISTED)
        )
        return found.items if found is not None else ()

    async def _server_here(self, servers: Sequence[ServerView]) -> Sequence[ServerView]:
        """The server that this page is about, where it is not among these; with its users it is always there."""
        name = _server_in(self._path)
        if name is None or any(server.name == name for server in servers):
            return ()
        found = await self._visit.look(lambda actor: self._visit.services.fleet.server(actor, name))
        return (found,) if found is not None else ()

    def _group(self, name: str, label: str) -> Element:
        """A part that can be folded away, and stays so: the page's script keeps it in a cookie."""
        with element("details", "group").props(f"data-group={name}") as group:
            group.props["open"] = name not in self._visit.folded
            text("summary", label)
            return element("div", "entries")

    def _draw_people(self, people: Sequence[Person], known: int) -> None:
        self._people.clear()
        names = Counter(person.name for person in people)
        with self._people:
            for person in people[:LISTED]:
                target = person_path(person.id)
                own = {user_path(*user, what) for user in person.users for what in USER_PAGES}
                with _place(target, self._path == target, is_about=self._path in own):
                    text("span", person.name)
                    if names[person.name] > 1:  # not joined, or namesakes
                        text("span", person.users[0].server, "where")
            if not people:
                text("span", _("nobody of this name") if known else _("nobody seen yet"), "none")
            elif len(people) > LISTED:
                _all(counted("All {n} person…", "All {n} people…", len(people)), "/")

    def _draw_servers(self, servers: Sequence[ServerView], known: int) -> None:
        self._servers.clear()
        with self._servers:
            for server in servers:
                self._server(server)
            if not servers:
                text("span", _("none of this name") if known else _("no servers yet"), "none")
            elif known > len(servers):
                _all(counted("All {n} server…", "All {n} servers…", known), "/servers")

    def _server(self, server: ServerView) -> None:
        target, is_about = server_path(server.name), _server_in(self._path) == server.name
        with _place(target, self._path == target, is_about=is_about):
            server_dot(server.state)
            text("span", server.name)
            if server.pending:
                waiting = counted("{n} change waits", "{n} changes wait", server.pending)
                number = text("span", str(server.pending), "count").props("role=img")
                number.props["title"] = number.props["aria-label"] = waiting
        if is_about:
            for user in server.users:
                own = [user_path(server.name, user, what) for what in USER_PAGES]
                with _place(own[0], self._path == own[0], "subsub", is_about=self._path in own):
                    text("span", user)


def user_path(server: str, user: str, what: str = "user") -> str:
    """The address of a user's page: `user`, `stats`, `history`, `copy`. A login may hold what an address may not."""
    place, below = ("user", f"/{what}") if what in ("history", "copy") else (what, "")
    return f"/server/{quote(server, safe='')}/{place}/{quote(user, safe='')}{below}"


def server_path(server: str, what: str = "") -> str:
    """The address of a server's page, or of what is below it: `history`, `sent`."""
    return f"/server/{server}/{what}".rstrip("/")


def person_path(person: str) -> str:
    """The address of a person's page, by id; that of a user alone has a slash in it, and a login may hold anything."""
    return f"/person/{quote(person)}"


def _server_in(path: str) -> str | None:
    """The server that a page is about."""
    parts = path.split("/")
    return parts[2] if len(parts) > 2 and parts[1] == "server" else None


def _places(is_here: Any) -> AskingCount:
    for name, label, target in PLACES:
        with _place(target, is_here(name, target)):
            icon(name)
            text("span", _(label))
            if name == "changes":
                count = AskingCount()
    return count


def _all(label: str, target: str) -> None:
    ui.link(label, target).classes("all")


def _place(target: str, is_here: bool, classes: str = "", *, is_about: bool = False) -> ui.link:
    """`is_about` says that the page is not this place, but belongs to it."""
    link = ui.link(target=target).classes(f"{classes} here" if is_here or is_about else classes)
    if is_here or is_about:
        link.props(f"aria-current={'page' if is_here else 'true'}")
    return link
