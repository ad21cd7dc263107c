"""For whom: a list of users to choose from, by person or by server, that can be searched."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import groupby

from nicegui import ui

from timekpr_mngr.domain.person import Person, UserName
from timekpr_mngr.texts import _, counted
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.segments import Segments
from timekpr_mngr.web.ui.parts.text import element, text

SHOWN_AT_ONCE = 60


class CopyTargets(ui.element):
    """`chosen` are those with a mark, in the order in which they were marked."""

    def __init__(
        self, people: Sequence[Person], but: UserName, on_choice: Callable[[], Awaitable[None]]
    ) -> None:
        super().__init__("div")
        self.classes("stack tight")
        self._on_choice = on_choice
        self._who = sorted(
            ((person.name, user) for person in people for user in person.users if user != but),
            key=lambda one: (one[0].casefold(), one[1]),
        )
        self.chosen: list[UserName] = []
        self._more = 0
        with self:
            with element("div", "copysearch"):
                self._search = ui.input(
                    placeholder=_("Search for a name or a computer"), on_change=self._draw
                ).props("outlined dense clearable debounce=150 type=search")
                self._search.props["aria-label"] = _("Search for a name or a computer")
                self._by = Segments(
                    _("Sorted"), {"person": _("By person"), "server": _("By computer")}, self._draw
                )
            self._list = element("div", "copylist").props("role=group")
            self._list.props["aria-label"] = _("Users")
            with element("div", "line"):
                self._count = text("p", "", "small muted grow").props("role=status")
                self._none = button(_("Choose nobody"), self._clear, "word")
        self._draw()

    def _draw(self) -> None:
        found = list(self._found((self._search.value or "").strip().casefold()))
        self._list.clear()
        with self._list:
            if not found:
                text("p", _("Nobody of this name."), "muted")
            if self._by.value == "server":
                shown = sorted(found, key=lambda one: (one[1].server, one[0].casefold()))[:SHOWN_AT_ONCE]
                for server, users in groupby(shown, key=lambda one: one[1].server):
                    text("h3", server, "muted")
                    for name, user in users:
                        self._row(name, user, user.user)
            else:
                for name, user in found[:SHOWN_AT_ONCE]:
                    self._row(name, user, _("{user} on {server}").format(user=user.user, server=user.server))
        self._say(len(found))

    def _found(self, word: str) -> Iterator[tuple[str, UserName]]:
        for name, user in self._who:
            if not word or any(word in part.casefold() for part in (name, user.user, user.server)):
                yield name, user

    def _row(self, name: str, user: UserName, where: str) -> None:
        with element("label", "copyrow"):
            box = ui.checkbox(
                value=user in self.chosen, on_change=lambda event: self._mark(user, event.value)
            )
            box.props["aria-label"] = _("{name}: {user} on {server}").format(
                name=name, user=user.user, server=user.server
            )
            with element("div", "grow anywhere"):
                text("div", name)
                text("div", where, "small muted")

    async def _mark(self, user: UserName, is_chosen: bool) -> None:
        self.chosen = [other for other in self.chosen if other != user] + [user] * is_chosen
        self._say(None)
        await self._on_choice()

    async def _clear(self) -> None:
        self.chosen = []
        self._draw()
        await self._on_choice()

    def _say(self, found: int | None) -> None:
        if found is not None:
            self._more = max(found - SHOWN_AT_ONCE, 0)
        said = [_("{n} chosen.").format(n=len(self.chosen))] if self.chosen else []
        if self._more:
            said.append(counted("{n} more: search for them.", "{n} more: search for them.", self._more))
        self._count.text = " ".join(said)
        self._none.set_visibility(bool(self.chosen))
