"""Limits: what is known of a user and of a server's settings, and how they are changed."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from timekpr_mngr.domain.account import Actor, Power, Source
from timekpr_mngr.domain.change import Change, Draft, Json
from timekpr_mngr.domain.drift import DriftState
from timekpr_mngr.domain.field import SERVER_FIELDS, USER_FIELDS, Field, server_values, user_values
from timekpr_mngr.domain.lasting import lasting
from timekpr_mngr.domain.person import UserName
from timekpr_mngr.domain.server import ServerConfig
from timekpr_mngr.domain.snapshot import Snapshot, UserSnapshot
from timekpr_mngr.domain.user import UserConfig
from timekpr_mngr.errors import Invalid, NeverRead, UnknownUser
from timekpr_mngr.services import clock, patch, reading
from timekpr_mngr.services.permission import Permission
from timekpr_mngr.services.views import Accepted, ServerConfigView, UserView
from timekpr_mngr.store import Drafting, Follows, Order, Store
from timekpr_mngr.sync.engine import Engine
from timekpr_mngr.sync.events import ChangeMoved
from timekpr_mngr.texts import _

EDITS_MAX = 1_000
"""So many in one request: they are one transaction, which everybody else's writes wait for."""

BY_HAND = (Source.PAGE, Source.CLI)
"""From here comes what a person edited or typed, and nothing that was only read."""


class Limits:
    """What limits a user, and a server's own settings. A change is on disk before it is answered."""

    def __init__(
        self, store: Store, engine: Engine, permission: Permission, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._permission = permission
        self._engine = engine
        self._now = now

    async def user(self, actor: Actor, server: str, user: str) -> UserView:
        """Everything known of a user. Raises UnknownServer, UnknownUser, NeverRead."""
        await self._permission.must(actor, Power.READ, server, user)
        snapshot, found = known_user(self._engine, server, user)
        status, now = self._engine.status(server), self._now()
        present = reading.presence(found, status.state)
        return UserView(
            server=server,
            name=user,
            full_name=found.full_name,
            hidden=user in await self._store.users.hidden(server),
            config=found.config,
            usage=reading.usage_now(snapshot, found, now),
            time_left=reading.time_left_now(snapshot, found, status.state, now),
            logged_in=present.logged_in,
            counted=present.counted,
            locked=present.locked,
            read_at=snapshot.read_at,
            time_zone=snapshot.time_zone,
            local_time=clock.local_now(snapshot, now),
            server_state=status.state,
            server_since=status.since,
            pending=await self._open(server, user),
            problem=found.problem,
            config_text=found.config_text,
            control_text=found.control_text,
        )

    async def server_config(self, actor: Actor, server: str) -> ServerConfigView:
        """A server's settings as last read, for who sees everybody. Raises Forbidden, UnknownServer."""
        await self._permission.must(actor, Power.READ, server, None)
        await self._store.servers.get(server)
        snapshot = self._engine.snapshot(server)
        return ServerConfigView(
            config=snapshot.config if snapshot is not None else None,
            read_at=snapshot.read_at if snapshot is not None else None,
            config_text=snapshot.config_text if snapshot is not None else None,
            pending=await self._open(server, None),
        )

    async def change_user(self, actor: Actor, server: str, user: str, body: object) -> Accepted:
        """Queues the fields of `body` (REST's `config`, or a part of it) that would change something.

        Where a field holds the wanted value for a day only, to want it changes something too: it is to stay. But a
        client that sends back what it read means nothing by it, and must not make a day's opening last. So that counts
        where the page or the command line name some of the settings and not all of them, and of any other client where
        its request names nothing else.
        Raises Forbidden, UnknownServer, UnknownUser, NeverRead, Invalid with the place in `body`.
        """
        await self._permission.must(actor, Power.LIMITS, server, user)
        drafting = self._drafting(actor, server, user, body)
        return await queued(self._store, self._engine, actor, Target(server, user), drafting, self._now())

    async def change_users(self, actor: Actor, edits: Sequence[tuple[UserName, object]]) -> Accepted:
        """The same for many, each with a body of its own, in one request: all of it is queued, or nothing.

        Raises what `change_user` does; Invalid with the place in `edits`, also where one is there twice, or where they
        are more than EDITS_MAX.
        """
        if len(edits) > EDITS_MAX:
            raise Invalid("edits", _("At most {n} in one request. Nothing was changed.").format(n=EDITS_MAX))
        await self._permission.must_all(actor, Power.LIMITS, [user for user, _body in edits])
        orders: dict[UserName, Order] = {}
        for index, (user, body) in enumerate(edits):
            if user in orders:
                raise Invalid(
                    f"edits[{index}]", _("{user} is there twice. Nothing was changed.").format(user=user)
                )
            try:
                orders[user] = Order(user, self._drafting(actor, *user, body))
            except Invalid as problem:
                where = ".".join(part for part in (f"edits[{index}].config", problem.field) if part)
                raise Invalid(where, problem.message) from None
        return await queued_all(self._store, self._engine, actor, list(orders.values()), self._now())

    async def change_server(self, actor: Actor, server: str, body: object) -> Accepted:
        """The same for a server's own settings, for an admin."""
        await self._permission.must(actor, Power.ADMIN, server, None)
        snapshot = self._engine.snapshot(server)
        if snapshot is None or snapshot.config is None:
            raise NeverRead(_unreadable(_("Its settings"), server, None))
        wanted = patch.server(body, snapshot.config)
        drafting = _drafting(actor.source, server_values(snapshot.config), wanted)
        return await queued(self._store, self._engine, actor, Target(server, None), drafting, self._now())

    async def bring_back(
        self, actor: Actor, server: str, user: str | None, wanted: Mapping[str, Json], reason: str
    ) -> Accepted:
        """Queues these fields of a user, or (None) of the server, as far as they would change something.

        Raises Forbidden, UnknownServer, UnknownUser, NeverRead, and Invalid that names every field that this version
        does not know, or whose value breaks a rule: then nothing is queued.
        """
        await self._permission.must(actor, Power.LIMITS, server, user)
        values = await self.values(server, user)
        target = Target(server, user)
        drafts = drafts_of(values, wanted, await self._open(server, user))
        problems = [problem for draft in drafts if (problem := _problem(draft, user)) is not None]
        if problems:
            names = ", ".join(problem.field for problem in problems)
            said = " ".join(dict.fromkeys(str(problem) for problem in problems))
            raise Invalid(
                problems[0].field,
                _("This cannot be brought back: {names}. {said} Nothing was changed.").format(
                    names=names, said=said
                ),
            )
        return await queued(
            self._store,
            self._engine,
            actor,
            target,
            [replace(draft, reason=reason) for draft in drafts],
            self._now(),
        )

    async def values(self, server: str, user: str | None) -> dict[str, Json]:
        """Every field as last read; who asks was asked for before. Raises UnknownServer, UnknownUser, NeverRead."""
        await self._store.servers.get(server)
        if user is not None:
            _snapshot, found = known_user(self._engine, server, user)
            if found.config is None:
                raise NeverRead(
                    _unreadable(_("The settings of {user}").format(user=user), server, found.problem)
                )
            return user_values(found.config)
        snapshot = self._engine.snapshot(server)
        if snapshot is None or snapshot.config is None:
            raise NeverRead(_unreadable(_("Its settings"), server, None))
        return server_values(snapshot.config)

    def _drafting(self, actor: Actor, server: str, user: str, body: object) -> Drafting:
        """Says what would change something, by what waits by then. Raises UnknownUser, NeverRead, Invalid."""
        _snapshot, found = known_user(self._engine, server, user)
        if found.config is None:
            raise NeverRead(_unreadable(_("The settings of {user}").format(user=user), server, found.problem))
        return _drafting(actor.source, user_values(found.config), patch.user(body, found.config))

    async def _open(self, server: str, user: str | None) -> tuple[Change, ...]:
        changes = await self._store.changes.open(server) if self._engine.has_work(server) else ()
        return tuple(
            replace(change, waits_for=self._engine.waits_for(change))
            for change in changes
            if change.user == user
        )


@dataclass(frozen=True, slots=True)
class Target:
    """What a change is for: a user of a server, or (`user` None) the server itself."""

    server: str
    user: str | None

    def __str__(self) -> str:
        return self.server if self.user is None else f"{self.server}/{self.user}"


def new_request_id() -> str:
    """A name for everything that one press asked for."""
    return uuid.uuid4().hex


def drafts_of(
    values: Mapping[str, Json],
    wanted: Mapping[str, Json],
    waiting: Sequence[Change],
    beneath: Mapping[str, Json] | None = None,
) -> list[Draft]:
    """The drafts for what would change: neither the server nor what already waits for it says the same.

    `beneath` is what fields go back to that have their value for a day only: to want that value for good is a change
    of what stands beneath.
    """
    edits, beneath = expected_values({}, waiting), beneath or {}
    drafts = []
    for field, value in wanted.items():
        if edits.get(field, values.get(field)) != value:
            drafts.append(Draft(field, before=values.get(field), after=value))
        elif field not in edits and beneath.get(field, value) != value:
            drafts.append(Draft(field, before=beneath[field], after=value))
    return drafts


def expected_values(values: Mapping[str, Json], waiting: Sequence[Change]) -> dict[str, Json]:
    """The values as they will be when all that waits has arrived; what waits to hold for a day only is not among it."""
    edits = [change for change in waiting if not change.is_grant and change.until is None]
    return {**values, **{change.field: change.after for change in edits}}


def known_user(engine: Engine, server: str, user: str) -> tuple[Snapshot, UserSnapshot]:
    """A user as last read. Raises UnknownServer, NeverRead, UnknownUser."""
    snapshot = engine.snapshot(server)
    if snapshot is None:
        raise NeverRead(
            _("{server} was never read, so its users are not known yet. Nothing was changed.").format(
                server=server
            )
        )
    found = snapshot.users.get(user)
    if found is None:
        raise UnknownUser(
            _("{server} has no user {user} that timekpr knows.").format(server=server, user=user)
        )
    return snapshot, found


async def queued(
    store: Store,
    engine: Engine,
    actor: Actor,
    target: Target,
    drafts: Sequence[Draft] | Drafting,
    now: datetime,
    *,
    request_id: str | None = None,
    idempotency: tuple[str, str] | None = None,
    follows: Follows | None = None,
    drift: tuple[int, DriftState] | None = None,
    most_seconds: int | None = None,
) -> Accepted:
    """Queues and notes in the audit (`store.Changes.queue`), tells everybody, and wakes the server's actor.

    The request id is another than what was given where the same was asked for before: then nothing is told. What these
    take the place of has moved, too.
    """
    request_id = request_id or new_request_id()
    done = await store.changes.queue(
        target.server,
        target.user,
        drafts,
        request_id=request_id,
        account=actor.account.name,
        source=actor.source,
        now=now,
        idempotency=idempotency,
        follows=follows,
        drift=drift,
        most_seconds=most_seconds,
        noting=lambda change: (_audited(change), str(target)),
    )
    if not done.changes:
        return Accepted(request_id, ())
    if done.changes[0].request_id == request_id:
        for change in (*done.replaced, *done.changes):
            engine.events.publish(ChangeMoved(change))
        engine.pressed()
        engine.wake(target.server, hurry=any(change.is_grant for change in done.changes))
    return Accepted(
        done.changes[0].request_id,
        tuple(replace(change, waits_for=engine.waits_for(change)) for change in done.changes),
    )


async def queued_all(
    store: Store, engine: Engine, actor: Actor, orders: Sequence[Order], now: datetime
) -> Accepted:
    """The same for many users at once, under one request id: all of it is on disk, or nothing."""
    request_id = new_request_id()
    done = await store.changes.queue_all(
        orders,
        request_id=request_id,
        account=actor.account.name,
        source=actor.source,
        now=now,
        noting=lambda change: (_audited(change), str(Target(change.server, change.user))),
    )
    for change in (*done.replaced, *done.changes):
        engine.events.publish(ChangeMoved(change))
    for server in dict.fromkeys(change.server for change in done.changes):
        engine.wake(server)
    return Accepted(
        request_id, tuple(replace(change, waits_for=engine.waits_for(change)) for change in done.changes)
    )


def _drafting(source: Source, values: Mapping[str, Json], wanted: Mapping[str, Json]) -> Drafting:
    """What would change something of `values`, as `wanted`, by what waits and what holds for a day by then."""

    def drafts(waiting: Sequence[Change], for_a_day: Sequence[Change]) -> list[Draft]:
        after = lasting(values, for_a_day)
        held = {field: value for field, value in after.items() if value != values[field]}
        beneath = held if _is_meant(source, values, wanted, held) else {}
        return drafts_of(values, wanted, waiting, beneath)

    return drafts


def _audited(change: Change) -> str:
    return f"{change.field}: {shortened(change.before)} → {shortened(change.after)}"


def _is_meant(
    source: Source, values: Mapping[str, Json], wanted: Mapping[str, Json], held: Mapping[str, Json]
) -> bool:
    """Whether to want what a field holds for a day means that it is to stay."""
    if source in BY_HAND:
        return not wanted.keys() >= USER_FIELDS.keys()
    return all(field in held and values[field] == value for field, value in wanted.items())


def _problem(draft: Draft, user: str | None) -> Invalid | None:
    """Why a value of a version cannot be sent by this version's rules."""
    fields: Mapping[str, Field[Any]] = SERVER_FIELDS if user is None else USER_FIELDS
    if draft.field not in fields:
        return Invalid(draft.field, _("This version does not know that setting."))
    try:
        fields[draft.field].load(draft.after, draft.field)
    except Invalid as problem:
        return Invalid(draft.field, str(problem))
    return None


def shortened(value: Json) -> str:
    """A value for the audit, short."""
    text = str(value)
    return text if len(text) <= 200 else f"{text[:199]}…"


def config_of(snapshot: Snapshot | None, user: str | None) -> UserConfig | ServerConfig | None:
    """The configuration that a change of this user, or of the server, is about."""
    if snapshot is None or user is None:
        return snapshot.config if snapshot is not None else None
    found = snapshot.users.get(user)
    return found.config if found is not None else None


def _unreadable(what: str, server: str, problem: str | None) -> str:
    reason = f" ({problem})" if problem else ""
    return _("{what} could not be read from {server} yet{reason}. Nothing was changed.").format(
        what=what, server=server, reason=reason
    )
