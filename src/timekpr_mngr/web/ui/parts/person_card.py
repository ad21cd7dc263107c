"""One person, now: what is left where they play, where they are and why, and time to give under the thumb."""

from collections.abc import Mapping, Sequence

from nicegui import ui
from nicegui.element import Element

from timekpr_mngr.domain.account import Power
from timekpr_mngr.domain.change import Change
from timekpr_mngr.domain.drift import Drift
from timekpr_mngr.domain.person import UserName
from timekpr_mngr.services import words
from timekpr_mngr.services.allowance import Allowance
from timekpr_mngr.services.day_views import DayPlanView
from timekpr_mngr.services.person_views import PersonView
from timekpr_mngr.services.views import UserView
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.navigation import person_path, user_path
from timekpr_mngr.web.ui.parts.answer import Answer
from timekpr_mngr.web.ui.parts.day_bar import DayBar, scale
from timekpr_mngr.web.ui.parts.end_session import Ended
from timekpr_mngr.web.ui.parts.notice import Notice
from timekpr_mngr.web.ui.parts.person_actions import PersonActions
from timekpr_mngr.web.ui.parts.places import Places
from timekpr_mngr.web.ui.parts.ring import Ring
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.person_today import person_today
from timekpr_mngr.web.ui.visit import Visit

NAMED_AT_ONCE = 2

Views = Mapping[UserName, UserView]


class PersonCard(Element):
    """Built once for a person with their users; `show` brings it up to date in place."""

    def __init__(self, visit: Visit, person: PersonView) -> None:
        super().__init__("section")
        self._visit = visit
        self._is = person.id, person.name, person.users
        servers = dict.fromkeys(user.server for user in person.users)
        self.classes("card").props["aria-label"] = f"{person.name}, {words.listed(list(servers))}"
        with self:
            with element("div", "who"):
                self._ring = Ring()
                with element("div"):
                    self._name = ui.link(person.name, "/").classes("name")
                    with element("div", "state"):
                        self._dot = element("span", "dot").props("aria-hidden=true")
                        self._state = ui.label()
                    self._why = text("div", "", "why")
            with element("div", "day"):
                self._bar = DayBar()
                scale()
                self._next = text("div", "", "next")
            self._places = Places()
            self._drift = Notice()
            self._answer = Answer(visit)
            self._ended = Ended(visit, self._answer)
            self._actions = (
                PersonActions(visit, person, self._answer)
                if visit.may(Power.GRANT, *person.users[0])
                else None
            )
            self._allowance = text("div", "", "small muted")
            self.show_allowance(None)
            # what is said of a press stands below the buttons: they stay where they are under the thumb
            self._answer.move()
            self._ended.move()

    def is_of(self, person: PersonView) -> bool:
        """Whether it was built for just this person, with this name and these users."""
        return self._is == (person.id, person.name, person.users)

    def show(self, person: PersonView, views: Views, first: UserView, plan: DayPlanView | None) -> None:
        """What is known now. `first` is who stands for all users, and `plan` is that user's day."""
        seen = person_today(person.now, views.values(), plan, self._visit.zone, self._visit.now)
        now = seen.now
        self._name.props["href"] = (
            person_path(person.id) if len(person.users) > 1 else user_path(first.server, first.name, "stats")
        )
        self._ring.show(
            now.left_seconds, now.total_seconds, running=now.running, stale=now.stale, unlimited=now.unlimited
        )
        self._dot.classes(replace=f"dot {now.dot}")
        self._state.set_text(seen.state)
        self._why.text = seen.why
        self._bar.show(plan, running=now.running, stale=now.stale)
        self._next.text = seen.next
        self._next.set_visibility(bool(seen.next))
        self._places.show(seen.places)
        self._answer.wait_for([change for view in views.values() for change in view.pending])
        if self._actions is not None:
            self._actions.show(person, views, seen.places)

    def show_allowance(self, allowance: Allowance | None) -> None:
        """What a carer may give today; None for who may give without end."""
        self._allowance.set_visibility(allowance is not None)
        if allowance is not None:
            said = (
                _("You may give {time} more today.")
                if allowance.left_seconds
                else _("You have given all that you may today.")
            )
            self._allowance.text = said.format(time=words.duration(allowance.left_seconds))

    def show_ended(self, change: Change | None) -> None:
        """The change that took all time today, where it can be given back."""
        self._ended.show(change)

    def show_drift(self, items: Sequence[Drift]) -> None:
        """What somebody changed on the person's computers, and nobody has said a word to."""
        if not items:
            self._drift.hide()
            return
        names = list(dict.fromkeys(words.field(item.field) for item in reversed(items)))
        if (more := len(names) - NAMED_AT_ONCE) > 0:
            names = [*names[:NAMED_AT_ONCE], _("{n} more").format(n=more)]
        self._drift.show(
            "soon",
            _("Somebody changed this:"),
            words.listed(names),
            link=(_("Look"), user_path(items[0].server, items[0].user or "")),
            icon_name="warning",
        )

    def advance(self, change: Change) -> None:
        """A change of one of the users took a step."""
        self._answer.advance(change)
