"""Time given or taken today."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

from timekpr_mngr.domain import rules
from timekpr_mngr.domain.account import Actor, Power
from timekpr_mngr.domain.change import Draft, GrantKind, Json
from timekpr_mngr.domain.grant import grant_for
from timekpr_mngr.domain.rights import Rights
from timekpr_mngr.domain.user import DAY_SECONDS
from timekpr_mngr.errors import IdempotencyMismatch, Invalid
from timekpr_mngr.services import clock
from timekpr_mngr.services.allowance import Allowance, in_words, most_of
from timekpr_mngr.services.grant_check import GrantCheck, Standing, check, standing
from timekpr_mngr.services.limits import Target, known_user, queued
from timekpr_mngr.services.permission import Permission, forbidden
from timekpr_mngr.services.text import plain_text
from timekpr_mngr.services.views import Accepted
from timekpr_mngr.store import Store
from timekpr_mngr.sync.engine import Engine
from timekpr_mngr.texts import _

KEY_MAX = 200
REASON_MAX = 200


class Grants:
    """Gives, takes and sets time. What is answered is on disk; the same Idempotency-Key is the same change."""

    def __init__(
        self, store: Store, engine: Engine, permission: Permission, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._permission = permission
        self._engine = engine
        self._now = now

    async def give(
        self,
        actor: Actor,
        server: str,
        user: str,
        *,
        seconds: object,
        kind: object = GrantKind.TIME,
        reason: object = None,
        open_up: object = False,
        idempotency_key: str | None = None,
    ) -> Accepted:
        """Adds (or, below zero, takes) seconds today. Two queued ones add up.

        With `open_up` what `check` says that it needs is changed before it, and taken back by itself when the
        server's day is over; all of it is one request.
        A carer gives no more than their minutes a day, and opens nothing up.
        Raises Forbidden, MinutesUsedUp, UnknownServer, UnknownUser, NeverRead, Invalid, IdempotencyMismatch.
        """
        rights = await self._permission.must(actor, Power.GRANT, server, user)
        after: dict[str, Json] = {"seconds": _seconds(seconds)}
        opens = rules.boolean(open_up, "open_up")
        if opens and not rights.may(Power.LIMITS, server, user):
            raise forbidden(actor)
        return await self._queue(
            actor, rights, Target(server, user), after, kind, reason, idempotency_key, opens
        )

    async def allowance(self, actor: Actor, server: str, user: str) -> Allowance | None:
        """What the account may give this person a day, and what is left of it; None where there is no end to it.

        Raises Forbidden, UnknownServer, UnknownUser, NeverRead.
        """
        rights = await self._permission.must(actor, Power.GRANT, server, user)
        most = rights.most_seconds(server, user)
        if most is None:
            return None
        today = self._today(Target(server, user))
        given = await self._store.changes.given_seconds(server, user, actor.account.name, today)
        return Allowance(most, max(0, most - given))

    async def check(
        self, actor: Actor, server: str, user: str, *, seconds: object, kind: object = GrantKind.TIME
    ) -> GrantCheck:
        """What such a grant would really do now, after all that waits; nothing is sent, nothing is queued.

        Raises UnknownServer, UnknownUser, NeverRead, Invalid.
        """
        await self._permission.must(actor, Power.READ, server, user)
        grant = grant_for(f"grant.{_kind(kind).value}", {"seconds": _seconds(seconds)})
        target = Target(server, user)
        today = self._today(target)
        at = await self._standing(target)
        return check(at, grant) if at is not None else GrantCheck(today)

    async def set_left(
        self,
        actor: Actor,
        server: str,
        user: str,
        *,
        left_seconds: object,
        kind: object = GrantKind.TIME,
        reason: object = None,
        idempotency_key: str | None = None,
    ) -> Accepted:
        """Says how much should be left today: not for a carer. Raises as `give` does."""
        rights = await self._permission.must(actor, Power.LIMITS, server, user)
        checked = rules.whole(left_seconds, "set_left_seconds", 0, DAY_SECONDS, _("The time left in seconds"))
        return await self._queue(
            actor, rights, Target(server, user), {"left_seconds": checked}, kind, reason, idempotency_key
        )

    async def _queue(
        self,
        actor: Actor,
        rights: Rights,
        target: Target,
        after: dict[str, Json],
        kind: object,
        reason: object,
        key: str | None,
        open_up: bool = False,
    ) -> Accepted:
        draft = Draft(
            f"grant.{_kind(kind).value}",
            before=None,
            after=after,
            reason=None if reason is None else plain_text(reason, "reason", REASON_MAX),
        )
        request_hash = _hash_of(target, draft, open_up)
        if (known := await self._known(actor, key, request_hash)) is not None:
            return known
        draft = replace(draft, day=self._today(target))
        needed = await self._needed(target, draft) if open_up else []
        most_seconds = most_of(actor, rights, target, *needed, draft)
        with in_words(most_seconds):
            return await queued(
                self._store,
                self._engine,
                actor,
                target,
                [*needed, draft],
                self._now(),
                idempotency=None if key is None else (key, request_hash),
                most_seconds=most_seconds,
            )

    async def _needed(self, target: Target, draft: Draft) -> list[Draft]:
        """The changes until the end of the grant's day that let it through."""
        at = await self._standing(target)
        if at is None or at.now.date() != draft.day:
            return []
        needs = check(at, grant_for(draft.field, draft.after)).needs
        return [
            Draft(need.field, need.before, need.after, reason=draft.reason, until=draft.day) for need in needs
        ]

    async def _standing(self, target: Target) -> Standing | None:
        """The user as what waits will have left them; None where it is not known well enough."""
        assert target.user is not None
        snapshot, found = known_user(self._engine, target.server, target.user)
        waiting = await self._store.changes.open(target.server)
        mine = tuple(change for change in waiting if change.user == target.user)
        return standing(snapshot, found, mine, self._now())

    async def _known(self, actor: Actor, key: str | None, request_hash: str) -> Accepted | None:
        """What was answered to the same request before."""
        if key is None:
            return None
        if not 0 < len(key) <= KEY_MAX or not key.isascii() or not key.isprintable():
            raise Invalid(
                "Idempotency-Key",
                _("An Idempotency-Key has 1 to {most} plain characters.").format(most=KEY_MAX),
            )
        found = await self._store.idempotency.find(actor.account.name, key, self._now())
        if found is None:
            return None
        known_hash, request_id = found
        if known_hash != request_hash:
            raise IdempotencyMismatch(
                _("This Idempotency-Key was used for another request. Nothing was changed.")
            )
        return Accepted(request_id, tuple(await self._store.changes.by_request(request_id)))

    def _today(self, target: Target) -> date:
        """The server's own date: a grant is for that day and no other."""
        assert target.user is not None
        snapshot, _user = known_user(self._engine, target.server, target.user)
        return clock.today(snapshot, target.server, self._now())


def _kind(value: object) -> GrantKind:
    if not isinstance(value, str) or value not in set(GrantKind):
        raise Invalid("kind", _("The kind is one of {kinds}.").format(kinds=", ".join(GrantKind)))
    return GrantKind(value)


def _seconds(value: object) -> int:
    checked = rules.whole(value, "seconds", -DAY_SECONDS, DAY_SECONDS, _("The time in seconds"))
    if checked == 0:
        raise Invalid("seconds", _("The time to give or to take is not 0."))
    return checked


def _hash_of(target: Target, draft: Draft, open_up: bool) -> str:
    """The same request gives the same hash, whichever day it is."""
    said = [
        target.server,
        target.user,
        draft.field,
        draft.after,
        draft.reason,
        *(["open_up"] if open_up else ()),
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
