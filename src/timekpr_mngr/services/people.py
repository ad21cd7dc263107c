"""People: who is whom on which computers, and where they all stand now."""

import contextlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from timekpr_mngr.domain import person as people
from timekpr_mngr.domain.account import Actor, Power
from timekpr_mngr.domain.person import Offer, Person, UserName
from timekpr_mngr.domain.server import ServerState
from timekpr_mngr.domain.snapshot import UserSnapshot
from timekpr_mngr.errors import Invalid, NotNow, UnknownPerson, UnknownServer, UnknownUser
from timekpr_mngr.services import audit, reading
from timekpr_mngr.services.limits import known_user
from timekpr_mngr.services.permission import Permission, must_administer
from timekpr_mngr.services.person_views import ForemostPeople, PersonNow, PersonView, UserNow
from timekpr_mngr.services.text import plain_text
from timekpr_mngr.store import Store
from timekpr_mngr.sync.engine import Engine
from timekpr_mngr.sync.events import Event, FleetChanged
from timekpr_mngr.texts import _

NAME_MAX, SEARCH_MAX = 100, 200


class People:
    """The people behind the users that are in view. Nothing of this changes anything on a server."""

    def __init__(
        self, store: Store, engine: Engine, permission: Permission, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._permission = permission
        self._engine = engine
        self._now = now
        self._known: tuple[Person, ...] | None = None
        self._offered: tuple[Offer, ...] | None = None
        self._changes = 0
        engine.events.subscribe(self._heard)

    async def list(self, actor: Actor) -> tuple[PersonView, ...]:
        """All of whom the account may know, by name."""
        now = self._now()
        return tuple(self._view(person, now) for person in await self._seen(actor))

    async def foremost(
        self, actor: Actor, *, search: str = "", limit: int, keep: Collection[str] = ()
    ) -> ForemostPeople:
        """So many of those whose names, logins or servers hold all words of `search`. Where not all find room, those
        whose ids are in `keep` come first, and then those who are signed in somewhere. Raises Invalid.
        """
        said = plain_text(search, "search", SEARCH_MAX).casefold().split()
        everybody = await self._seen(actor)
        found = [person for person in everybody if _is_called(person, said)] if said else [*everybody]
        if len(found) > limit:
            found.sort(key=lambda one: (one.id not in keep, not any(map(self._is_signed_in, one.users))))
        now = self._now()
        views = tuple(self._view(person, now) for person in found[:limit])
        return ForemostPeople(
            people=tuple(sorted(views, key=lambda one: (one.name.casefold(), one.id))),
            in_all=len(found),
            servers=frozenset(user.server for person in everybody for user in person.users),
        )

    async def get(self, actor: Actor, person: str) -> PersonView:
        """One by id; a user's name also finds the person whose user it is. Raises UnknownPerson."""
        return self._view(await self._one(actor, person), self._now())

    async def again(self, actor: Actor, person: PersonView) -> PersonView:
        """The same person with the same users, as they stand now: quick also where there are thousands. Whether it is
        still the same, FleetChanged tells. Raises UnknownPerson, UnknownServer, UnknownUser, NeverRead.
        """
        rights = await self._permission.rights(actor)
        if any(rights.power(*user) is None for user in person.users):
            raise _unknown_person(person.id)
        now = self._now()
        users = tuple(self._user_now(user, now) for user in person.users)
        return replace(person, now=_together(users))

    async def everybody(self, actor: Actor) -> tuple[Person, ...]:
        """The same people, and nothing of where they stand: quick also where there are thousands."""
        return await self._seen(actor)

    async def users_of(self, actor: Actor, person: str) -> tuple[UserName, ...]:
        """The users of one person. Raises UnknownPerson."""
        return (await self._one(actor, person)).users

    async def offers(self, actor: Actor) -> tuple[Offer, ...]:
        """Who may be one person, by login, for who sees everybody. `join` with the users of an offer accepts it."""
        if not (await self._permission.rights(actor)).sees_everybody:
            return ()
        if self._offered is None:
            changes = self._changes
            found = people.offers(await self._everybody(), await self._store.people.kept_apart())
            if changes != self._changes:
                return found
            self._offered = found
        return self._offered

    async def join(self, actor: Actor, users: Sequence[tuple[str, str]], name: object = None) -> PersonView:
        """Makes these users one person. Where some of them are in one already, the first of those takes the others.

        Without a name that person keeps theirs, and a new one is called as the first user is.
        Raises Forbidden, Invalid, UnknownServer, UnknownUser.
        """
        must_administer(actor)
        wanted = tuple(dict.fromkeys(UserName(*user) for user in users))
        if len(wanted) < 2:
            raise Invalid("users", _("Two users at least are joined as one person."))
        checked = None if name is None else _checked_name(name)
        full_names = await self._in_view()
        for user in wanted:
            await self._store.servers.get(user.server)
            if user not in full_names:
                raise UnknownUser(
                    _("{server} has no user {user} who is in view. Nothing was changed.").format(
                        server=user.server, user=user.user
                    )
                )
        called = full_names[wanted[0]] or wanted[0].user
        number = await self._store.people.join(wanted, name=checked, called=called, now=self._now())
        await self._changed(
            actor, _("joined {users} as one person").format(users=", ".join(map(str, wanted))), f"p{number}"
        )
        return await self.get(actor, f"p{number}")

    async def split(self, actor: Actor, person: str, user: tuple[str, str] | None = None) -> None:
        """Makes one user of a person, or (None) each of them, a person by themself.

        A login that two of them share is not offered as one person again.
        Raises Forbidden, UnknownPerson, UnknownUser, and NotNow for who is by themself already.
        """
        must_administer(actor)
        found = await self._one(actor, person)
        if found.number is None:
            raise NotNow(_("{person} is one user alone. Nothing was changed.").format(person=found.name))
        leaving = found.users if user is None else (UserName(*user),)
        if leaving[0] not in found.users:
            raise UnknownUser(
                _("{user} is no user of {person}. Nothing was changed.").format(
                    user=leaving[0], person=found.name
                )
            )
        logins = [one.user for one in found.users]
        apart = {one.user for one in leaving if logins.count(one.user) > 1}
        await self._store.people.split(found.number, None if user is None else leaving[0], apart)
        gone = ", ".join(map(str, leaving))
        await self._changed(
            actor, _("took {gone} out of the person {person}").format(gone=gone, person=found.name), found.id
        )

    async def rename(self, actor: Actor, person: str, name: object) -> PersonView:
        """Calls a person by another name. Raises Forbidden, Invalid, UnknownPerson."""
        checked, found = _checked_name(name), await self._one(actor, person)
        for user in found.users:
            await self._permission.must(actor, Power.LIMITS, *user)
        if found.number is not None:
            number = found.number
            await self._store.people.rename(number, checked)
        else:
            number = await self._store.people.join(found.users, name=checked, called=checked, now=self._now())
        await self._changed(
            actor, _("called {before} {name}").format(before=found.name, name=checked), found.id
        )
        return await self.get(actor, f"p{number}")

    async def keep_apart(self, actor: Actor, login: str) -> None:
        """Does not offer the users of this login as one person again. Raises Forbidden, UnknownUser."""
        must_administer(actor)
        if not any(user.user == login for user in await self._in_view()):
            raise UnknownUser(
                _("No computer has a user {login} who is in view. Nothing was changed.").format(login=login)
            )
        await self._store.people.keep_apart(login)
        await self._changed(actor, _("kept the users of this login apart"), login)

    def _heard(self, event: Event) -> None:
        if isinstance(event, FleetChanged):
            self._changes += 1
            self._known = self._offered = None

    async def _everybody(self) -> tuple[Person, ...]:
        """Kept until something about it changes: to put thousands together takes a tenth of a second."""
        if self._known is None:
            changes = self._changes
            found = people.everybody(await self._store.people.list(), await self._in_view())
            if changes != self._changes:  # while we looked; it may be of before
                return found
            self._known = found
        return self._known

    async def _seen(self, actor: Actor) -> tuple[Person, ...]:
        """Of whom somebody may know."""
        rights = await self._permission.rights(actor)
        if rights.sees_everybody:
            return await self._everybody()
        return tuple(
            person
            for person in await self._everybody()
            if all(rights.power(*user) is not None for user in person.users)
        )

    async def _one(self, actor: Actor, id_: str) -> Person:
        server, _slash, login = id_.partition("/")
        user = UserName(server, login)
        for person in await self._seen(actor):
            if person.id == id_ or user in person.users:
                return person
        raise _unknown_person(id_)

    async def _in_view(self) -> dict[UserName, str]:
        """The full names of all users that are not hidden."""
        hidden = await self._store.people.hidden()
        known = (
            (UserName(server, user.name), user.full_name)
            for server in await self._store.servers.names()
            for user in self._users(server)
        )
        return {name: full_name for name, full_name in known if name not in hidden}

    def _is_signed_in(self, user: UserName) -> bool:
        return any(found.sessions for found in self._users(user.server) if found.name == user.user)

    def _users(self, server: str) -> Iterable[UserSnapshot]:
        with contextlib.suppress(UnknownServer):  # just being added, renamed or removed
            snapshot = self._engine.snapshot(server)
            return snapshot.users.values() if snapshot is not None else ()
        return ()

    def _view(self, person: Person, now: datetime) -> PersonView:
        users = tuple(self._user_now(user, now) for user in person.users)
        return PersonView(person.id, person.name, person.users, _together(users))

    def _user_now(self, name: UserName, now: datetime) -> UserNow:
        snapshot, found = known_user(self._engine, name.server, name.user)
        status = self._engine.status(name.server)
        present = reading.presence(found, status.state)
        usage = reading.usage_now(snapshot, found, now)
        left = reading.time_left_now(snapshot, found, status.state, now)
        overridden = found.config is None or found.config.playtime.override
        return UserNow(
            server=name.server,
            user=name.user,
            full_name=found.full_name,
            used_seconds=usage.spent_day_seconds if usage is not None else None,
            as_of=usage.as_of if usage is not None else None,
            time_left=left,
            playtime_left_seconds=left.playtime_seconds if left is not None and not overridden else None,
            logged_in=present.logged_in,
            counted=present.counted,
            locked=present.locked,
            server_state=status.state,
            server_since=status.since,
        )

    async def _changed(self, actor: Actor, what: str, subject: str) -> None:
        await audit.note(self._store, actor, what, subject, self._now())
        self._engine.events.publish(FleetChanged())


def _is_called(person: Person, words: Sequence[str]) -> bool:
    called = " ".join([person.name, *map(str, person.users)]).casefold()
    return all(word in called for word in words)


def _together(users: tuple[UserNow, ...]) -> PersonNow:
    used = [user.used_seconds for user in users if user.used_seconds is not None]
    playing = [user for user in users if user.is_playing]
    return PersonNow(
        used_seconds=sum(used) if used else None,
        used_is_whole=len(used) == len(users)
        and all(user.server_state is ServerState.ONLINE for user in users),
        playing_on=tuple(user.name for user in playing),
        playtime_left_seconds=_playtime_left(playing) if playing else _playtime_left(users),
        users=users,
    )


def _playtime_left(users: Iterable[UserNow]) -> int | None:
    left = (user.playtime_left_seconds for user in users)
    return max((seconds for seconds in left if seconds is not None), default=None)


def _unknown_person(id_: str) -> UnknownPerson:
    return UnknownPerson(_("There is no person {number}.").format(number=id_))


def _checked_name(name: object) -> str:
    return plain_text(name, "name", NAME_MAX, least=1)
