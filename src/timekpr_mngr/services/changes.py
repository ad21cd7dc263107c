"""What was asked for and what became of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

from timekpr_mngr.domain.account import Actor
from timekpr_mngr.domain.change import Change, ChangeState, Draft, FollowsAs, Json
from timekpr_mngr.domain.field import SERVER_FIELDS, USER_FIELDS, server_values, user_values
from timekpr_mngr.domain.server import ServerConfig
from timekpr_mngr.domain.user import UserConfig
from timekpr_mngr.errors import Invalid, NeverRead, NotCancellable, NotNow, UnknownChange
from timekpr_mngr.services import audit, clock
from timekpr_mngr.services.limits import Target, announced, config_of, known_user, new_request_id
from timekpr_mngr.services.permission import must_change
from timekpr_mngr.services.views import Accepted, Page
from timekpr_mngr.store import Follows, Store
from timekpr_mngr.sync.engine import Engine
from timekpr_mngr.sync.events import ChangeMoved

LIMIT_MAX = 200
ID_MAX = 2**53 - 1  # what every JSON reader can hold
CAN_BE_RETRIED = {
    ChangeState.REFUSED,
    ChangeState.CONFLICT,
    ChangeState.EXPIRED,
    ChangeState.UNCERTAIN,
    ChangeState.CANCELLED,
}


class Changes:
    """The list of changes; only those that still wait can be cancelled."""

    def __init__(self, store: Store, engine: Engine, now: Callable[[], datetime]) -> None:
        self._store = store
        self._engine = engine
        self._now = now

    async def list(
        self,
        actor: Actor,
        *,
        state: str | None = None,
        server: str | None = None,
        user: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page:
        """Newest first. `cursor` is the `next` of the page before. Raises Invalid."""
        if not 1 <= limit <= LIMIT_MAX:
            raise Invalid("limit", f"A page has 1 to {LIMIT_MAX} changes.")
        found = await self._store.changes.list(
            state=_state(state),
            server=server,
            user=user,
            before_id=_before(cursor),
            limit=limit + 1,
        )
        items = tuple(self._with_words(change) for change in found[:limit])
        return Page(items, str(items[-1].id) if len(found) > limit else None)

    async def get(self, actor: Actor, change_id: int) -> Change:
        """One change. Raises UnknownChange."""
        return self._with_words(await self._found(change_id))

    async def cancel(self, actor: Actor, change_id: int) -> Change:
        """Takes back what still waits. Raises Forbidden, UnknownChange, NotCancellable."""
        must_change(actor)
        change = await self._found(change_id)
        now = self._now()
        cancelled = await self._store.changes.step(
            change_id, ChangeState.CANCELLED, expected={ChangeState.QUEUED}, now=now
        )
        if cancelled is None:
            state = (await self._store.changes.get(change_id)).state
            raise NotCancellable(
                f"This change is {state.value} and waits no longer, so it cannot be cancelled."
            )
        target = Target(change.server, change.user)
        self._engine.events.publish(ChangeMoved(cancelled))
        self._engine.wake(change.server)
        await audit.note(
            self._store, actor, f"cancelled change {change.id}: {change.field}", str(target), now
        )
        return cancelled

    async def retry(self, actor: Actor, change_id: int) -> Accepted:
        """Asks for the same again as a new change, against what the server says today; pressed twice, once.

        Raises Forbidden, UnknownChange, UnknownServer, UnknownUser, NeverRead, Invalid, NotNow.
        """
        must_change(actor)
        change = await self._found(change_id)
        if change.state not in CAN_BE_RETRIED:
            raise NotNow(f"This change is {change.state.value}: there is nothing to try again.")
        await self._store.servers.get(change.server)
        target = Target(change.server, change.user)
        draft = Draft(
            change.field,
            before=None if change.is_grant else self._value_now(target, change.field),
            after=change.after,
            day=self._today(target) if change.is_grant else None,
            reason=change.reason,
        )
        changes = await self._store.changes.add(
            target.server,
            target.user,
            [draft],
            request_id=new_request_id(),
            account=actor.account.name,
            source=actor.source,
            now=self._now(),
            follows=Follows(change.id, FollowsAs.RETRY),
        )
        return await announced(self._store, self._engine, actor, target, changes, self._now())

    async def _found(self, change_id: int) -> Change:
        if not 0 < change_id <= ID_MAX:
            raise UnknownChange(f"There is no change {change_id}.")
        return await self._store.changes.get(change_id)

    def _value_now(self, target: Target, field: str) -> Json:
        config = config_of(self._engine.snapshot(target.server), target.user)
        if isinstance(config, UserConfig) and field in USER_FIELDS:
            return user_values(config)[field]
        if isinstance(config, ServerConfig) and field in SERVER_FIELDS:
            return server_values(config)[field]
        raise NeverRead(
            f"{target} was not read yet, so there is nothing to base the change on. Nothing was changed."
        )

    def _today(self, target: Target) -> date:
        assert target.user is not None
        snapshot, _ = known_user(self._engine, target.server, target.user)
        return clock.today(snapshot, target.server, self._now())

    def _with_words(self, change: Change) -> Change:
        return replace(change, waits_for=self._engine.waits_for(change))


def _state(value: str | None) -> ChangeState | None:
    if value is None:
        return None
    if value not in set(ChangeState):
        raise Invalid("state", f"A state is one of {', '.join(ChangeState)}.")
    return ChangeState(value)


def _before(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 18:
        raise Invalid("cursor", "A cursor is what `next` of the page before said.")
    return int(cursor)
