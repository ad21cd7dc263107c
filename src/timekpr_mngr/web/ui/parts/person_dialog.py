"""Who a person is: their name, and which users on which computers they are."""

from collections.abc import Awaitable, Callable, Sequence

from nicegui import ui

from timekpr_mngr.domain.account import Actor
from timekpr_mngr.domain.person import UserName
from timekpr_mngr.errors import Invalid
from timekpr_mngr.services import words
from timekpr_mngr.services.person_views import PersonView
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.visit import Visit


async def person_dialog(visit: Visit, person_id: str) -> None:
    """Renames, joins and takes apart; every press is done at once."""
    everybody = await visit.do(visit.services.people.list)
    person = next((one for one in everybody or () if one.id == person_id), None)
    if person is None or everybody is None:
        return
    with visit.client, ui.dialog() as dialog, ui.card().classes("dialog"):
        dialog.props["aria-label"] = _("Name and computers of {name}").format(name=person.name)
        _PersonForm(visit, person, [one for one in everybody if one.id != person_id], dialog.close)
        with element("div", "line end"):
            button(_("Close"), dialog.close, "quiet")
    dialog.on("hide", dialog.delete)
    dialog.open()


class _PersonForm:
    """The fields. `done` is called after what was pressed was done."""

    def __init__(
        self, visit: Visit, person: PersonView, others: Sequence[PersonView], done: Callable[[], object]
    ) -> None:
        self._visit, self._people = visit, visit.services.people
        self._person, self._others, self._done = person, {one.id: one for one in others}, done
        text("h2", person.name)
        with element("div", "joined"):
            self._name = ui.input(_("Name"), value=person.name).props("outlined maxlength=100")
            button(_("Rename"), self._rename)
        self._users()
        if others:
            self._join_with()

    def _users(self) -> None:
        with element("ul", "list"):
            for user in self._person.users:
                with element("li"):
                    text("span", _on(user), "grow anywhere")
                    if len(self._person.users) > 1:
                        button(
                            _("Take out"),
                            self._taker(user),
                            "word",
                            name=_("Take out {user}").format(user=_on(user)),
                        )

    def _join_with(self) -> None:
        with element("div", "joined"):
            options = {id_: _who(one) for id_, one in self._others.items()}
            self._other = ui.select(options, label=_("Is the same person as")).props(
                "outlined options-dense behavior=menu"
            )
            button(_("Join"), self._join)

    async def _rename(self) -> None:
        try:
            person = await self._visit.act(
                lambda actor: self._people.rename(actor, self._person.id, self._name.value or "")
            )
        except Invalid as problem:
            self._name.error = problem.message
            return
        if person is not None:
            self._done()

    async def _join(self) -> None:
        other = self._others.get(self._other.value)
        if other is None:
            self._other.error = _("Choose who it is.")
            return
        users = (*self._person.users, *other.users)
        person = await self._visit.do(lambda actor: self._people.join(actor, users))
        if person is not None:
            self._done()
            self._visit.tell(_("{name} is one person now.").format(name=person.name))

    def _taker(self, user: UserName) -> Callable[[], Awaitable[None]]:
        async def take_out() -> None:
            async def split(actor: Actor) -> bool:
                await self._people.split(actor, self._person.id, user)
                return True

            if await self._visit.do(split):
                self._done()
                self._visit.tell(_("{user} has a card of their own now.").format(user=_on(user)))

        return take_out


def _on(user: UserName) -> str:
    return _("{user} on {server}").format(user=user.user, server=user.server)


def _who(person: PersonView) -> str:
    return f"{person.name} ({words.listed([_on(user) for user in person.users])})"
