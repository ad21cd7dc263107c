"""Copies a user's limits to others: what, to whom, what that would change; and then what became of it, for each."""

from collections.abc import Sequence

from nicegui import ui

from timekpr_mngr.domain.account import Power
from timekpr_mngr.domain.change import Change, ChangeState
from timekpr_mngr.domain.person import Person, UserName
from timekpr_mngr.services import Services
from timekpr_mngr.services.live import Event
from timekpr_mngr.services.person_views import CopyPreview
from timekpr_mngr.services.views import Accepted, UserView
from timekpr_mngr.sync.events import ChangeMoved
from timekpr_mngr.texts import _, counted
from timekpr_mngr.web.ui.frame import frame
from timekpr_mngr.web.ui.navigation import server_path, user_path
from timekpr_mngr.web.ui.page import page
from timekpr_mngr.web.ui.parts.answer import Answer
from timekpr_mngr.web.ui.parts.button import button, link_button
from timekpr_mngr.web.ui.parts.card import card
from timekpr_mngr.web.ui.parts.copy_preview import copy_preview, name_of
from timekpr_mngr.web.ui.parts.copy_targets import CopyTargets
from timekpr_mngr.web.ui.parts.copy_what import CopyWhat
from timekpr_mngr.web.ui.parts.empty import empty
from timekpr_mngr.web.ui.parts.notice import Notice
from timekpr_mngr.web.ui.parts.text import element, named, text
from timekpr_mngr.web.ui.visit import Visit


def register(services: Services) -> None:
    """Makes the page."""

    @page(services, "/server/{server}/user/{user}/copy")
    async def copy(visit: Visit, server: str, user: str) -> None:
        view = await services.limits.user(visit.actor, server, user)
        people = await services.people.everybody(visit.actor)
        title = _("Copy the limits of {user}").format(user=view.full_name or user)
        async with frame(visit, title=title, here="servers", path=user_path(server, user, "copy")) as updates:
            updates.subscribe(_Copy(visit, view, people).handle)


class _Copy:
    """The page. What is chosen is looked at anew with every press; what is sent is what was last shown."""

    def __init__(self, visit: Visit, view: UserView, people: Sequence[Person]) -> None:
        self._visit, self._source = visit, UserName(view.server, view.name)
        self._name = view.full_name or view.name
        self._previews: tuple[CopyPreview, ...] = ()
        self._asked = 0
        self._is_sending = False
        self._moved: dict[int, Change] = {}
        self._answers: dict[int, Answer] = {}
        self._head(view)
        self._may = visit.may(Power.LIMITS, view.server, view.name)
        if not self._may:
            Notice("").show("", _("You may look here, not change anything."))
        if view.config is None:
            empty(
                "question",
                _("The limits were not read yet"),
                view.problem or _("What is not known cannot be copied."),
                _("To {server}").format(server=view.server),
                server_path(view.server),
            )
            return
        if not any(user != self._source for person in people for user in person.users):
            empty(
                "person",
                _("There is nobody to copy to"),
                _("As soon as another user was read from any computer, they can be chosen here."),
                _("To the servers"),
                "/servers",
            )
            return
        self._choice = element("div", "two")
        with self._choice:
            with element("div", "stack"):
                with card(_("What")):
                    self._what = CopyWhat(self._refresh)
                with card(_("For whom")):
                    self._targets = CopyTargets(people, self._source, self._refresh)
            with (
                element("div", "stack"),
                card(_("What would change"), _("What holds for a day only is not copied.")),
            ):
                self._preview = element("div", "stack tight").props("aria-live=polite")
        self._bar = element("div", "save").props("role=region")
        self._bar.props["aria-label"] = _("What would be sent")
        with self._bar:
            with element("div", "grow what"):
                self._sum = text("b", "")
                self._left_out = text("span", "", "muted")
            self._press = button(_("Copy"), self._send, "main")
        self._results = element("div", "stack")
        self._show()

    async def handle(self, events: list[Event]) -> None:
        """What was sent moves on; one that is quicker than its answer is kept for it."""
        moved = [event.change for event in events if isinstance(event, ChangeMoved)]
        for change in moved:
            if self._is_sending:
                self._moved[change.id] = change
            answer = self._answers.get(change.id)
            if answer is not None and (known := await self._with_words(change)) is not None:
                answer.advance(known)

    async def _with_words(self, change: Change) -> Change | None:
        """With why it waits, where it does: an event does not tell that."""
        if change.state is not ChangeState.QUEUED:
            return change
        return await self._visit.look(lambda actor: self._visit.services.changes.get(actor, change.id))

    def _head(self, view: UserView) -> None:
        with named(element("nav", "crumbs"), _("You are here")):
            ui.link(_("Servers"), "/servers")
            text("span", "›")
            ui.link(view.server, server_path(view.server))
            text("span", "›")
            ui.link(self._name, user_path(view.server, view.name))
        with element("div", "headline"), element("h1"):
            text("span", _("Copy the limits of {user}").format(user=self._name))
            text("span", _(" on {server}").format(server=view.server), "light")

    async def _refresh(self) -> None:
        """Looks at what was chosen; an answer that comes after another press is of no use any more."""
        self._asked += 1
        asked, to, fields = self._asked, list(self._targets.chosen), self._what.fields
        found: tuple[CopyPreview, ...] | None = ()
        if to and fields:
            found = await self._visit.do(
                lambda actor: self._visit.services.copies.preview(actor, self._source, to, fields)
            )
        if asked == self._asked and found is not None:
            self._previews = found
            self._show()

    def _show(self) -> None:
        self._preview.clear()
        with self._preview:
            if self._previews:
                copy_preview(self._previews)
            elif not self._targets.chosen:
                text("p", _("Choose who is to have the same limits."), "muted")
            else:
                text("p", _("Choose what is to be copied."), "muted")
        users, changes = len(self._wanted), sum(len(one.differences) for one in self._previews)
        self._bar.set_visibility(self._may and bool(self._previews))
        self._sum.text = counted("{n} change", "{n} changes", changes)
        self._sum.text += counted(" for {n} user", " for {n} users", users)
        out = sum(one.problem is not None for one in self._previews)
        self._left_out.text = (
            " " + counted("{n} user is left out.", "{n} users are left out.", out) if out else ""
        )
        self._press.set_enabled(bool(self._wanted))

    @property
    def _wanted(self) -> list[UserName]:
        return [UserName(one.server, one.user) for one in self._previews if one.differences]

    async def _send(self) -> None:
        to, fields = self._wanted, self._what.fields
        self._press.set_enabled(False)
        self._is_sending = True
        accepted = await self._visit.do(
            lambda actor: self._visit.services.copies.copy(actor, self._source, to, fields)
        )
        self._is_sending = False
        if accepted is None:
            await self._refresh()
            return
        self._choice.set_visibility(False)
        self._bar.set_visibility(False)
        with self._results:
            self._draw_results(to, accepted)

    def _draw_results(self, to: Sequence[UserName], accepted: Accepted) -> None:
        with card(_("What became of it"), _("You may leave this page: what waits is sent by itself.")):
            with element("div", "list"):
                for user in to:
                    changes = [change for change in accepted.changes if (change.server, change.user) == user]
                    with element("div", "item copyresult"):
                        text("b", name_of(user), "anywhere")
                        if not changes:
                            text("span", _("has the same already."), "muted")
                            continue
                        answer = Answer(self._visit)
                        answer.press(changes)
                        for change in changes:
                            self._answers[change.id] = answer
                            moved = self._moved.get(change.id, change)
                            if moved.state is not ChangeState.QUEUED:
                                answer.advance(moved)
            with element("div", "line wrap"):
                link_button(_("Back to {user}").format(user=self._name), user_path(*self._source), "main")
                button(_("Copy to others"), ui.navigate.reload, "quiet")
