"""What can be done for a person today: time under the thumb, and the rest in a menu."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from nicegui import ui
from nicegui.element import Element

from timekpr_mngr.domain.person import UserName
from timekpr_mngr.services import words
from timekpr_mngr.services.person_views import PersonView
from timekpr_mngr.services.views import UserView
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.navigation import user_path
from timekpr_mngr.web.ui.parts.answer import Answer
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.end_session import end_session
from timekpr_mngr.web.ui.parts.giving import give
from timekpr_mngr.web.ui.parts.grant_dialog import grant_dialog
from timekpr_mngr.web.ui.parts.grant_row import step_buttons
from timekpr_mngr.web.ui.parts.person_dialog import person_dialog
from timekpr_mngr.web.ui.parts.which_computer import which_computer
from timekpr_mngr.web.ui.person_today import Place, is_playing
from timekpr_mngr.web.ui.visit import Visit


class PersonActions(Element):
    """A press acts where the person plays; where they play on none, or on several, it asks on which computer."""

    def __init__(self, visit: Visit, person: PersonView, answer: Answer) -> None:
        super().__init__("div")
        self.classes("give")
        self._visit, self._answer = visit, answer
        self._person = person
        self._views: Mapping[UserName, UserView] = {}
        self._places: Sequence[Place] = ()
        called = _called(person)
        with self:
            step_buttons(called, self._give)
            name = _("more for {user}").format(user=called)
            self._more = button("", self._open_menu, name=name, icon="more")
        self._end: Element | None = None

    def show(self, person: PersonView, views: Mapping[UserName, UserView], places: Sequence[Place]) -> None:
        """How it is now; `places` has a line for each computer where there are several."""
        self._person, self._views, self._places = person, views, places
        self._show_end()

    def _open_menu(self) -> None:
        """Makes the menu when it is first asked for, and opens it; from then on the button does so in the browser."""
        if self._end is not None:
            return
        with self._more, ui.menu() as menu:
            ui.menu_item(_("Another amount…"), self._another_amount)
            self._end = ui.menu_item(_("End the session…"), self._end_session)
            ui.separator()
            ui.menu_item(_("Limits and hours"), self._opens("user"))
            ui.menu_item(_("Statistics"), self._opens("stats"))
            if self._visit.is_admin:
                ui.menu_item(_("Name and computers…"), self._who)
        self._show_end()
        menu.open()

    def _show_end(self) -> None:
        if self._end is not None:
            self._end.set_visibility(any(view.logged_in for view in self._views.values()))

    async def _give(self, seconds: int) -> None:
        at = await self._where(
            _("{time} for {name}: on which computer?").format(
                time=words.signed(seconds), name=self._person.name
            )
        )
        if at is not None:
            await self._visit.told(
                give(self._visit, *at, self._answer, seconds=seconds, name=self._person.name)
            )

    async def _another_amount(self) -> None:
        at = await self._where(_("Time for {name}: on which computer?").format(name=self._person.name))
        if at is not None:
            with self._visit.client:
                await grant_dialog(self._visit, *at, self._answer, self._person.name)

    async def _end_session(self) -> None:
        there = [place for place in self._places if self._views[place.at].logged_in]
        at = next((name for name, view in self._views.items() if view.logged_in), None)
        if len(there) > 1:
            question = _("End {name}'s session: on which computer?").format(name=self._person.name)
            at = await which_computer(self._visit, question, there)
        if at is not None:
            await end_session(self._visit, self._views[at], self._person.name, self._answer)

    async def _who(self) -> None:
        await person_dialog(self._visit, self._person.id)

    def _opens(self, what: str) -> Callable[[], Awaitable[None]]:
        async def open_page() -> None:
            at = await self._one_of(_("{name} on which computer?").format(name=self._person.name))
            if at is not None:
                with self._visit.client:
                    ui.navigate.to(user_path(*at, what))

        return open_page

    async def _where(self, question: str) -> UserName | None:
        """Where time is to be given."""
        playing = [name for name, view in self._views.items() if is_playing(view)]
        return playing[0] if len(playing) == 1 else await self._one_of(question)

    async def _one_of(self, question: str) -> UserName | None:
        if not self._places:
            return self._person.users[0]
        return await which_computer(self._visit, question, self._places)


def _called(person: PersonView) -> str:
    """Short, for the names of the buttons: the login, where it is the same everywhere."""
    logins = {user.user for user in person.users}
    return logins.pop() if len(logins) == 1 else person.name
