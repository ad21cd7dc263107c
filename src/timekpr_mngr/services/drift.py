"""Drift: what changed on the servers without us, and what a person says to it."""

from collections.abc import Callable, Sequence
from datetime import datetime

from timekpr_mngr.domain.account import Actor, Power
from timekpr_mngr.domain.change import ChangeState, Draft
from timekpr_mngr.domain.drift import Drift, DriftState
from timekpr_mngr.domain.undo import inverse_of_given
from timekpr_mngr.errors import Invalid, NotNow, UnknownDrift
from timekpr_mngr.services import audit, clock, words
from timekpr_mngr.services.changes import ID_MAX
from timekpr_mngr.services.limits import Target, known_user, new_request_id, queued, shortened
from timekpr_mngr.services.paging import before_id, by_id, checked_limit, page_of
from timekpr_mngr.services.people import People
from timekpr_mngr.services.permission import Permission, among
from timekpr_mngr.services.views import Accepted, DriftAnswer, DriftPage
from timekpr_mngr.store import ChangeQuery, Store
from timekpr_mngr.sync.engine import Engine
from timekpr_mngr.sync.events import ChangeMoved, DriftSeen
from timekpr_mngr.texts import _

CONFLICTS_TOLD = 100  # that many pages are told of at once


class Drifts:
    """The list of drift. What is open asks: adopt it, or revert it; pressed twice is once."""

    def __init__(
        self,
        store: Store,
        engine: Engine,
        people: People,
        permission: Permission,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._permission = permission
        self._engine = engine
        self._people = people
        self._now = now

    async def list(
        self,
        actor: Actor,
        *,
        state: str | None = None,
        server: str | None = None,
        user: str | None = None,
        person: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> DriftPage:
        """What fits everything given, newest first. `person` is an id; `cursor` is the `next` of the page before.

        Raises Invalid, UnknownPerson.
        """
        of_person = None if person is None else await self._people.users_of(actor, person)
        found = await self._store.drift.list(
            state=_state(state),
            server=server,
            user=user,
            users=among(await self._permission.rights(actor), of_person),
            before_id=before_id(cursor),
            limit=checked_limit(limit) + 1,
        )
        return page_of(found, limit, by_id)

    async def get(self, actor: Actor, drift_id: int) -> Drift:
        """One. Raises UnknownDrift."""
        if 0 < drift_id <= ID_MAX:
            found = await self._store.drift.get(drift_id)
            if (await self._permission.rights(actor)).power(found.server, found.user) is not None:
                return found
        raise UnknownDrift(_("There is no drift {number}.").format(number=drift_id))

    async def open(self, actor: Actor) -> dict[str, int]:
        """How many ask, by server; servers without any are not in it."""
        return await self._store.drift.open(among(await self._permission.rights(actor), None))

    async def adopt(self, actor: Actor, drift_id: int) -> DriftAnswer:
        """Keeps what somebody set on the server. Where a change of ours took its place, it is queued to be set again;
        a conflict that it is the other side of is answered with it.

        Raises Forbidden, UnknownDrift, UnknownServer, NotNow where it asks no more.
        """
        drift = await self.get(actor, drift_id)
        await self._permission.must(actor, Power.LIMITS, drift.server, drift.user)
        if not drift.overwritten:
            return await self._keep(actor, drift, DriftState.ADOPTED)
        assert drift.change_id is not None
        if drift.state is not DriftState.OPEN:
            return await self._keep(actor, drift, DriftState.ADOPTED)
        ours = await self._store.changes.get(drift.change_id)
        stands = ours.after if ours.field == drift.field else drift.before
        return await self._send(
            actor, drift, DriftState.ADOPTED, Draft(drift.field, before=stands, after=drift.after)
        )

    async def revert(self, actor: Actor, drift_id: int) -> DriftAnswer:
        """Queues what sets it back to what was known before; of time given, what takes back as much as is not used yet.
        Where a change of ours took its place already, nothing is sent.

        Raises Forbidden, UnknownDrift, UnknownServer, UnknownUser, NeverRead, NotNow where it asks no more, or where
        the day of a grant is over.
        """
        drift = await self.get(actor, drift_id)
        await self._permission.must(actor, Power.LIMITS, drift.server, drift.user)
        if drift.overwritten or drift.state is not DriftState.OPEN:
            return await self._keep(actor, drift, DriftState.REVERTED)
        return await self._send(actor, drift, DriftState.REVERTED, self._back(drift))

    def _back(self, drift: Drift) -> Draft:
        if not drift.is_grant:
            return Draft(drift.field, before=drift.after, after=drift.known)
        assert drift.user is not None
        snapshot, _user = known_user(self._engine, drift.server, drift.user)
        today = clock.today(snapshot, drift.server, self._now())
        given = drift.after.get("seconds") if isinstance(drift.after, dict) else None
        if not isinstance(given, int):
            raise NotNow(_("It cannot be told how much was given. Nothing was changed."))
        return inverse_of_given(drift.field, given, drift.day, today)

    async def _keep(self, actor: Actor, drift: Drift, state: DriftState) -> DriftAnswer:
        """Notes an answer for which nothing is sent; gives the earlier one back where it was pressed before."""
        now, conflicts = self._now(), await self._conflicts(drift)
        answered = await self._store.drift.answer(drift.id, state, account=actor.account.name, now=now)
        if (answered.answered_by, answered.answered_at) == (actor.account.name, now):
            for change in (await self._store.changes.some(conflicts)).values():
                self._engine.events.publish(ChangeMoved(change))
            await self._told(actor, answered)
        return DriftAnswer(answered, await self._accepted(answered))

    async def _conflicts(self, drift: Drift) -> Sequence[int]:
        """The changes of the same field that ask because of it, by number."""
        query = ChangeQuery(asks=True, states={ChangeState.CONFLICT}, server=drift.server, user=drift.user)
        asking = await self._store.changes.list(query, None, CONFLICTS_TOLD)
        same = (drift.user, drift.field)
        return [change.id for change in asking if (change.user, change.field) == same]

    async def _send(self, actor: Actor, drift: Drift, state: DriftState, draft: Draft) -> DriftAnswer:
        """Queues a change and notes the answer with it, in one transaction."""
        target, request_id = Target(drift.server, drift.user), new_request_id()
        accepted = await queued(
            self._store,
            self._engine,
            actor,
            target,
            [draft],
            self._now(),
            request_id=request_id,
            drift=(drift.id, state),
        )
        answered = await self._store.drift.get(drift.id)
        if accepted.changes and accepted.request_id == request_id:  # else it was pressed twice
            await self._told(actor, answered)
        return DriftAnswer(answered, accepted)

    async def _accepted(self, drift: Drift) -> Accepted | None:
        """What was queued when it was answered."""
        if drift.change_id is None or (drift.overwritten and drift.state is not DriftState.ADOPTED):
            return None
        change = await self._store.changes.get(drift.change_id)
        return Accepted(change.request_id, (change,))

    async def _told(self, actor: Actor, drift: Drift) -> None:
        self._engine.events.publish(DriftSeen(drift.server, drift.user))
        did = (
            _("adopted drift {number}: {difference}")
            if drift.state is DriftState.ADOPTED
            else _("reverted drift {number}: {difference}")
        )
        difference = shortened(words.difference(drift.field, drift.before, drift.after))
        what = did.format(number=drift.id, difference=difference)
        await audit.note(self._store, actor, what, str(Target(drift.server, drift.user)), self._now())


def _state(value: str | None) -> DriftState | None:
    if value is None:
        return None
    if value not in set(DriftState):
        raise Invalid("state", _("A state is one of {states}.").format(states=", ".join(DriftState)))
    return DriftState(value)
