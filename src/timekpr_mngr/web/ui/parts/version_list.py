"""Every configuration that was seen on a server, with what it changed; each can be compared and brought back."""

from collections.abc import Sequence

from nicegui.element import Element

from timekpr_mngr import texts
from timekpr_mngr.services import words
from timekpr_mngr.services.live import ChangeMoved, DriftSeen, Event, UserRead
from timekpr_mngr.services.views import VersionPage, VersionView
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.day_groups import by_day, day_card
from timekpr_mngr.web.ui.parts.empty import empty, nothing_like_that
from timekpr_mngr.web.ui.parts.icon import icon
from timekpr_mngr.web.ui.parts.sent_list import SentList
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.parts.version_dialog import version_dialog
from timekpr_mngr.web.ui.visit import Visit

PAGE_SIZE = 30
MOST_AT_ONCE = 200
SHOWN_OF_EACH = 5


class VersionList(Element):
    """Follows what is read: a new version comes on top."""

    def __init__(self, visit: Visit, server: str, user: str | None, path: str) -> None:
        super().__init__("div")
        self.classes("stack")
        self._visit, self._server, self._user, self._path = visit, server, user, path
        self._search = ""
        self._items: tuple[VersionView, ...] = ()
        self._next: str | None = None
        with self:
            self._sent = SentList(visit)
            self._part = element("div", "stack")

    async def load(self, search: str) -> None:
        """The first page of that in which these words stand. Raises UnknownServer, UnknownUser, NeverRead, Invalid."""
        self._search = search
        self._take(await self._load(None, PAGE_SIZE))

    async def handle(self, events: list[Event]) -> None:
        """Looks again where something was read, or a change that was sent from here took a step."""
        for event in events:
            if isinstance(event, ChangeMoved):
                self._sent.advance(event.change)
        if not any(self._is_mine(event) for event in events):
            return
        wanted = min(max(PAGE_SIZE, len(self._items)), MOST_AT_ONCE)
        found = await self._visit.look(lambda _actor: self._load(None, wanted))
        if found is not None and found.items != self._items:
            self._take(found)

    def _is_mine(self, event: Event) -> bool:
        if isinstance(event, ChangeMoved):
            return (event.change.server, event.change.user) == (self._server, self._user)
        return isinstance(event, DriftSeen | UserRead) and (event.server, event.user) == (
            self._server,
            self._user,
        )

    async def _load(self, cursor: str | None, limit: int) -> VersionPage:
        return await self._visit.services.history.versions(
            self._visit.actor, self._server, self._user, search=self._search, cursor=cursor, limit=limit
        )

    async def _load_more(self) -> None:
        found = await self._visit.do(lambda _actor: self._load(self._next, PAGE_SIZE))
        if found is not None:
            self._take(VersionPage((*self._items, *found.items), found.next))

    def _take(self, found: VersionPage) -> None:
        self._items, self._next = found.items, found.next
        self._part.clear()
        with self._part:
            if not found.items and self._search:
                nothing_like_that(self._path)
                return
            if not found.items:
                empty(
                    "clock",
                    _("Nothing was read yet"),
                    _(
                        "As soon as {server} was read, its settings are kept here, and each time they differ."
                    ).format(server=self._server),
                )
                return
            zone = self._visit.zone
            today = self._visit.now.astimezone(zone).date()
            for day, versions in by_day([(version.seen_at, version) for version in found.items], zone):
                with day_card(day, today):
                    for version in versions:
                        self._row(version)
            if found.next is not None:
                with element("div", "line").style("justify-content: center"):
                    button(_("Show older ones"), self._load_more)

    def _row(self, version: VersionView) -> None:
        time = texts.clock(version.seen_at.astimezone(self._visit.zone))
        with element("li", "change"):
            with element("div"):
                with element("div", "what"):
                    text("b", time)
                    text("span", f" · {self._who(version)}", "muted")
                for sentence in self._found_first(version.changed)[:SHOWN_OF_EACH]:
                    text("div", sentence, "small anywhere")
                if (more := len(version.changed) - SHOWN_OF_EACH) > 0:
                    text("div", _("and {n} more").format(n=more), "small muted")
            with element("div", "aside"):
                if version.is_latest:
                    with element("span", "pill on"):
                        icon("check")
                        text("span", _("as it is now"))
                else:
                    button(
                        _("Compare"),
                        lambda: self._compare(version),
                        "word",
                        name=_("Compare, and bring back as it was at {when}").format(
                            when=words.moment(version.seen_at, self._visit.zone)
                        ),
                    )

    def _found_first(self, sentences: Sequence[str]) -> Sequence[str]:
        """What is looked for stands above what else that version changed."""
        wanted = self._search.casefold().split()
        return sorted(sentences, key=lambda said: not any(word in said.casefold() for word in wanted))

    def _who(self, version: VersionView) -> str:
        if version.is_first:
            return _("first seen")
        if version.who is None:
            return words.somebody_on(self._server)
        return words.listed(version.who)

    async def _compare(self, version: VersionView) -> None:
        self._sent.press(await version_dialog(self._visit, self._server, self._user, version, self._items))
