"""What accounts are to people: to everybody, or to those who are named one by one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from timekpr_mngr.domain import rules
from timekpr_mngr.domain.account import FOR_PEOPLE, Account, Actor, PersonRole, Role
from timekpr_mngr.domain.person import UserName
from timekpr_mngr.errors import Invalid, UnknownPerson
from timekpr_mngr.services import audit
from timekpr_mngr.services.permission import must_administer
from timekpr_mngr.store import Store
from timekpr_mngr.texts import _

DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class NamedRole:
    """What an account is to one person. `person` is the id, `name` what they are called."""

    person: str
    name: str
    role: Role
    minutes_a_day: int | None


@dataclass(frozen=True, slots=True)
class AccountRoles:
    """An account, and for whom it has a role of its own; those count before what it is to everybody."""

    account: Account
    people: tuple[NamedRole, ...]


class Roles:
    """Gives roles and takes them away, for an admin. `told` is called when somebody's sight has changed."""

    def __init__(
        self, store: Store, now: Callable[[], datetime], told: Callable[[], None] = lambda: None
    ) -> None:
        self._store = store
        self._now = now
        self._told = told

    async def list(self, actor: Actor) -> Sequence[AccountRoles]:
        """All accounts by name. Raises Forbidden."""
        must_administer(actor)
        named = await self._named()
        return [
            AccountRoles(account, named.get(account.name, ()))
            for account in await self._store.accounts.list()
        ]

    async def get(self, actor: Actor, name: str) -> AccountRoles:
        """One account; everybody may ask for their own. Raises Forbidden, UnknownAccount."""
        if name != actor.account.name:
            must_administer(actor)
        account = await self._store.accounts.get(name)
        return AccountRoles(account, (await self._named()).get(name, ()))

    async def set(self, actor: Actor, name: str, role: object, minutes_a_day: object = None) -> AccountRoles:
        """What an account is to everybody; `member` for nothing but what is said of single people.

        Raises Forbidden, UnknownAccount, Invalid, NotNow for the last admin.
        """
        must_administer(actor)
        checked = role_of(role)
        minutes = minutes_of(checked, minutes_a_day)
        await self._store.accounts.set_role(name, checked, minutes)
        await self._changed(actor, _("made the account {role}").format(role=_said(checked, minutes)), name)
        return await self.get(actor, name)

    async def set_for(
        self, actor: Actor, name: str, person: str, role: object, minutes_a_day: object = None
    ) -> AccountRoles:
        """What an account is to one person, by id, or by the name of any of their users: parent, carer or viewer.

        Who was a user alone is kept as a person from now on. Raises Forbidden, UnknownAccount, UnknownPerson, Invalid.
        """
        must_administer(actor)
        checked = role_of(role)
        if checked not in FOR_PEOPLE:
            raise _no_role([*FOR_PEOPLE])
        minutes = minutes_of(checked, minutes_a_day)
        await self._store.accounts.get(name)
        number = await self._number(person)
        await self._store.person_roles.put(name, PersonRole(number, checked, minutes))
        said = _("made the account {role} for {person}").format(
            role=_said(checked, minutes), person=f"p{number}"
        )
        await self._changed(actor, said, name)
        return await self.get(actor, name)

    async def take_away(self, actor: Actor, name: str, person: str) -> AccountRoles:
        """Ends what an account is to one person. Raises Forbidden, UnknownAccount, UnknownPerson."""
        must_administer(actor)
        found = await self.get(actor, name)
        number = await self._stored(person)
        if number is None or f"p{number}" not in {one.person for one in found.people}:
            raise UnknownPerson(
                _("{account} has no role for {person}. Nothing was changed.").format(
                    account=name, person=person
                )
            )
        await self._store.person_roles.remove(name, number)
        await self._changed(actor, _("took away the role for {person}").format(person=f"p{number}"), name)
        return await self.get(actor, name)

    async def _named(self) -> dict[str, tuple[NamedRole, ...]]:
        names = {person.number: person.name for person in await self._store.people.list()}
        return {
            account: tuple(
                NamedRole(f"p{one.person}", names[one.person], one.role, one.minutes_a_day)
                for one in roles
                if one.person in names  # else all of their computers were removed
            )
            for account, roles in (await self._store.person_roles.list()).items()
        }

    async def _stored(self, person: str) -> int | None:
        """The number of a person who is kept as one."""
        for one in await self._store.people.list():
            if one.id == person or _user(person) in one.users:
                return one.number
        return None

    async def _number(self, person: str) -> int:
        number = await self._stored(person)
        if number is not None:
            return number
        user = _user(person)
        if user is None or user.server not in await self._store.servers.names():
            raise _unknown(person)
        snapshot = await self._store.snapshots.load(user.server)
        found = snapshot.users.get(user.user) if snapshot is not None else None
        if found is None:
            raise _unknown(person)
        return await self._store.people.join(
            (user,), name=None, called=found.full_name or user.user, now=self._now()
        )

    async def _changed(self, actor: Actor, what: str, name: str) -> None:
        await audit.note(self._store, actor, what, name, self._now())
        self._told()


def role_of(value: object) -> Role:
    """A role by its word. Raises Invalid."""
    if not isinstance(value, str) or value not in set(Role):
        raise _no_role([*Role])
    return Role(value)


def minutes_of(role: Role, value: object) -> int | None:
    """How much a carer may give a day; None for any other role. Raises Invalid."""
    if role is not Role.CARER:
        if value is not None:
            raise Invalid("minutes_a_day", _("Minutes a day go with the role carer alone."))
        return None
    if value is None:
        raise Invalid("minutes_a_day", _("Say how many minutes a day a carer may give."))
    return rules.whole(value, "minutes_a_day", 1, DAY_MINUTES, _("The number of minutes a day"))


def _said(role: Role, minutes: int | None) -> str:
    return role.value if minutes is None else f"{role.value} {minutes}"


def _user(person: str) -> UserName | None:
    server, slash, login = person.partition("/")
    return UserName(server, login) if slash else None


def _no_role(roles: Sequence[Role]) -> Invalid:
    return Invalid("role", _("A role is one of {roles}.").format(roles=", ".join(roles)))


def _unknown(person: str) -> UnknownPerson:
    return UnknownPerson(_("There is no person {number}.").format(number=person))
