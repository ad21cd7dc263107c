"""What an account is to everybody, and to whom it is something else."""

from dataclasses import dataclass

from nicegui import ui

from timekpr_mngr.domain.account import Role
from timekpr_mngr.domain.person import Person
from timekpr_mngr.errors import Invalid
from timekpr_mngr.services.roles import AccountRoles, NamedRole
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.called import called
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.minutes_input import minutes_input, minutes_of
from timekpr_mngr.web.ui.parts.role_words import options_for_everybody, options_for_people
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.visit import Visit


async def role_dialog(visit: Visit, name: str) -> bool:
    """Whether anything was changed."""
    found = await visit.do(lambda actor: visit.services.roles.get(actor, name))
    people = await visit.do(visit.services.people.everybody)
    if found is None or people is None:
        return False
    headline = _("Role and people of {account}").format(account=name)
    with visit.client, ui.dialog() as dialog, ui.card().classes("dialog wide"):
        dialog.props["aria-label"] = headline
        text("h2", headline)
        form = _Form(visit, found, list(people))

        async def save() -> None:
            if await form.save():
                dialog.submit(True)

        with element("div", "line end"):
            button(_("Cancel"), lambda: dialog.submit(False), "quiet")
            button(_("Save"), save, "main")
    answer = await dialog
    dialog.delete()
    return bool(answer)


@dataclass(frozen=True, slots=True)
class _Choice:
    """The fields of one person, and what stood in them."""

    person: str
    before: NamedRole | None
    role: ui.select
    minutes: ui.number

    @property
    def wanted(self) -> tuple[str, int | None]:
        """The role, empty for none, and a carer's minutes."""
        role = str(self.role.value or "")
        return role, minutes_of(self.minutes) if role == Role.CARER.value else None

    @property
    def is_other(self) -> bool:
        """Whether it is not what stood there."""
        before = ("", None) if self.before is None else (self.before.role.value, self.before.minutes_a_day)
        return self.wanted != before


class _Form:
    """For everybody first, then a line for each person."""

    def __init__(self, visit: Visit, found: AccountRoles, people: list[Person]) -> None:
        self._visit, self._account = visit, found.account
        named = {one.person: one for one in found.people}
        names = called(people)
        with element("div", "form"):
            text("h3", _("To everybody"))
            self._role = ui.radio(options_for_everybody(), value=found.account.role.value)
            self._role.props["aria-label"] = _("To everybody")
            self._minutes = minutes_input(found.account.minutes_a_day)
            self._minutes.bind_visibility_from(self._role, "value", value=Role.CARER.value)
        with element("div", "form") as self._part:
            text("h3", _("To single people"))
            self._choices = [
                self._line(person.id, names[person.id], named.get(person.id)) for person in people
            ]
            if not people:
                text("p", _("Nobody is known yet."), "muted")
        self._part.bind_visibility_from(self._role, "value", lambda value: value != Role.ADMIN.value)

    @staticmethod
    def _line(person: str, name: str, before: NamedRole | None) -> _Choice:
        with element("div", "rolepair"):
            role = ui.select(options_for_people(), value=before.role.value if before else "", label=name)
            role.props("outlined dense options-dense hide-bottom-space")
            minutes = minutes_input(
                before.minutes_a_day if before else None,
                name=_("Minutes a day for {person}").format(person=name),
            )
            minutes.bind_visibility_from(role, "value", value=Role.CARER.value)
        return _Choice(person, before, role, minutes)

    async def save(self) -> bool:
        """Whether all of it was taken. What cannot be used is told at its field."""
        roles, name = self._visit.services.roles, self._account.name
        role = str(self._role.value)
        minutes = minutes_of(self._minutes) if role == Role.CARER.value else None
        try:
            if (role, minutes) != (self._account.role.value, self._account.minutes_a_day):
                done = await self._visit.act(lambda actor: roles.set(actor, name, role, minutes))
                if done is None:
                    return False
        except Invalid as problem:
            self._minutes.error = problem.message
            return False
        for choice in self._choices:
            if choice.is_other and not await self._save(choice):
                return False
        return True

    async def _save(self, choice: _Choice) -> bool:
        roles, name = self._visit.services.roles, self._account.name
        role, minutes = choice.wanted
        try:
            done = await self._visit.act(
                lambda actor: (
                    roles.set_for(actor, name, choice.person, role, minutes)
                    if role
                    else roles.take_away(actor, name, choice.person)
                )
            )
        except Invalid as problem:
            choice.minutes.error = problem.message
            return False
        return done is not None
