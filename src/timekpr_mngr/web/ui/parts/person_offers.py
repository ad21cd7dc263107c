"""Offers users who have the same login on several computers as one person."""

from collections.abc import Awaitable, Callable, Sequence

from nicegui.element import Element

from timekpr_mngr.domain.person import Offer
from timekpr_mngr.services import words
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.visit import Visit

SHOWN_AT_ONCE = 3
SERVERS_NAMED = 4


class PersonOffers(Element):
    """Hidden while nothing is offered. What is answered goes by itself: the page hears of it."""

    def __init__(self, visit: Visit) -> None:
        super().__init__("section")
        self.classes("card offers").props["aria-label"] = _("Who is who")
        self._visit = visit
        self._rows: dict[str, tuple[Offer, Element]] = {}
        with self:
            self._list = element("ul", "list")
        self.set_visibility(False)

    def show(self, offers: Sequence[Offer]) -> None:
        """Draws those that are new and takes away those that are gone: none moves away under a finger."""
        shown = {offer.login: offer for offer in offers[:SHOWN_AT_ONCE]}
        for login, (offer, row) in list(self._rows.items()):
            if shown.get(login) != offer:
                row.delete()
                del self._rows[login]
        with self._list:
            for login, offer in shown.items():
                if login not in self._rows:
                    self._rows[login] = offer, self._offer(offer)
        self.set_visibility(bool(shown))

    def _offer(self, offer: Offer) -> Element:
        with element("li") as row:
            with element("div", "grow"):
                text("b", question(offer))
            with element("div", "line"):
                button(
                    _("One person"),
                    self._join(offer),
                    "main",
                    name=_("One person: {login}").format(login=offer.login),
                )
                button(
                    _("Keep apart"),
                    self._keep_apart(offer),
                    name=_("Keep apart: {login}").format(login=offer.login),
                )
        return row

    def _join(self, offer: Offer) -> Callable[[], Awaitable[None]]:
        async def join() -> None:
            person = await self._visit.do(lambda actor: self._visit.services.people.join(actor, offer.users))
            if person is not None:
                self._visit.tell(_("{name} is one person now.").format(name=person.name))

        return join

    def _keep_apart(self, offer: Offer) -> Callable[[], Awaitable[None]]:
        async def keep_apart() -> None:
            await self._visit.do(lambda actor: self._visit.services.people.keep_apart(actor, offer.login))

        return keep_apart


def question(offer: Offer) -> str:
    """`Is emma on kids-pc and living-room one person?`"""
    servers = [user.server for user in offer.users]
    if (more := len(servers) - SERVERS_NAMED) > 0:
        servers = [*servers[:SERVERS_NAMED], _("{n} more").format(n=more)]
    return _("Is {login} on {servers} one person?").format(login=offer.login, servers=words.listed(servers))
