"""What changed on the servers without us, and waits for a word."""

from collections.abc import Awaitable, Callable, Sequence

from nicegui.element import Element

from timekpr_mngr.domain.account import Actor
from timekpr_mngr.domain.drift import Drift, DriftState
from timekpr_mngr.services import words
from timekpr_mngr.services.live import ChangeMoved, DriftSeen, Event, FleetChanged
from timekpr_mngr.services.views import DriftAnswer
from timekpr_mngr.texts import _, counted
from timekpr_mngr.web.ui.asking import Field, conflicts, field_of
from timekpr_mngr.web.ui.parts.drift_group import Answers, DriftGroup
from timekpr_mngr.web.ui.visit import Visit

SHOWN_AT_ONCE = 50

Key = tuple[str, str | None]


class DriftInbox(Element):
    """Of one user, of one server with all of its users, or of all; not there at all where nothing asks.

    Of a field of which a conflict asks, that is answered: with `beside_changes` it stands there on the same page, else
    a link leads there.
    """

    def __init__(
        self,
        visit: Visit,
        *,
        server: str | None = None,
        user: str | None = None,
        beside_changes: bool = False,
    ) -> None:
        super().__init__("div")
        self.classes("stack")
        self._visit, self._server, self._user = visit, server, user
        self._person: str | None = None
        self._beside_changes = beside_changes
        self._shown: tuple[tuple[Drift, ...], frozenset[Field]] = (), frozenset()
        self._one_by_one: set[Key] = set()
        self.set_visibility(False)

    async def refresh(self) -> None:
        """What asks now."""
        found = await self._visit.look(self._load)
        if found is None or found == self._shown:
            return
        self._shown = found
        self._draw()

    def _draw(self) -> None:
        items, asked = self._shown
        answers = Answers(self._adopt, self._revert, self._open)
        self.clear()
        self.set_visibility(bool(items))
        with self:
            for key, group in _grouped(items).items():
                DriftGroup(self._visit, group, asked, answers, one_by_one=key in self._one_by_one)

    async def _open(self, items: Sequence[Drift]) -> None:
        self._one_by_one.add((items[0].server, items[0].user))
        self._draw()

    async def show(self, server: str | None, user: str | None, person: str | None = None) -> None:
        """Another server, user or person."""
        self._server, self._user, self._person = server, user, person
        await self.refresh()

    async def handle(self, events: list[Event]) -> None:
        """Looks again where drift was seen or answered, or a conflict was."""
        if any(isinstance(event, FleetChanged) or self._is_about(event) for event in events):
            await self.refresh()

    def _is_about(self, event: Event) -> bool:
        if isinstance(event, DriftSeen):
            return self._server in (None, event.server)
        return isinstance(event, ChangeMoved) and self._server in (None, event.change.server)

    async def _load(self, actor: Actor) -> tuple[tuple[Drift, ...], frozenset[Field]]:
        services = self._visit.services
        asked = await conflicts(services, actor, self._server, self._user)
        found = await services.drift.list(
            actor,
            state=DriftState.OPEN.value,
            server=self._server,
            user=self._user,
            person=self._person,
            limit=SHOWN_AT_ONCE,
        )
        if not self._beside_changes:
            return found.items, asked
        return tuple(item for item in found.items if field_of(item) not in asked), frozenset()

    async def _adopt(self, items: Sequence[Drift]) -> None:
        answers = await self._say(items, self._visit.services.drift.adopt)
        if any(answer.accepted is not None for answer in answers):
            self._visit.tell(_("On its way to {server}.").format(server=items[0].server))
        elif answers:
            self._visit.tell(_("Kept."))

    async def _revert(self, items: Sequence[Drift]) -> None:
        answers = await self._say(items, self._visit.services.drift.revert)
        if answers:
            self._visit.tell(_back_words([answer.drift for answer in answers]))

    async def _say(
        self, items: Sequence[Drift], say: Callable[[Actor, int], Awaitable[DriftAnswer]]
    ) -> list[DriftAnswer]:
        """The same to all of them; gives what was taken."""

        async def one(item: Drift) -> DriftAnswer | None:
            return await self._visit.do(lambda actor: say(actor, item.id))

        answers = [await one(item) for item in items]
        await self.refresh()
        return [answer for answer in answers if answer is not None]


def _back_words(items: Sequence[Drift]) -> str:
    """What is on its way, or that nothing needs to be."""
    first = items[0]
    if first.overwritten:
        return _("Kept as it is.")
    if len(items) > 1:
        return counted("{n} change is on its way back.", "{n} changes are on their way back.", len(items))
    if first.is_grant:
        return _("On its way to {server}.").format(server=first.server)
    return _("{what} goes back to {value}.").format(
        what=words.field(first.field), value=words.value(first.field, first.known)
    )


def _grouped(items: Sequence[Drift]) -> dict[Key, list[Drift]]:
    """By user of a server: first where something was seen last, and within in the order in which it was seen."""
    groups: dict[Key, list[Drift]] = {}
    for item in items:
        groups.setdefault((item.server, item.user), []).insert(0, item)
    return groups
