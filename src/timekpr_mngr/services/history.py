"""History: who did what to a user or to a server, and every configuration that was seen there."""

import heapq
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from timekpr_mngr.domain.account import Actor, Power, Source
from timekpr_mngr.domain.change import Change, ChangeState, Json
from timekpr_mngr.domain.drift import Drift
from timekpr_mngr.domain.field import differing
from timekpr_mngr.domain.rights import Rights
from timekpr_mngr.domain.undo import inverse
from timekpr_mngr.errors import Invalid, NotNow, UnknownVersion
from timekpr_mngr.services import clock, words
from timekpr_mngr.services.change_search import words_of
from timekpr_mngr.services.changes import ID_MAX
from timekpr_mngr.services.limits import Limits, known_user
from timekpr_mngr.services.paging import before_id, by_id, checked_limit, page_of
from timekpr_mngr.services.permission import Permission, forbidden
from timekpr_mngr.services.views import (
    Accepted,
    DifferenceView,
    HistoryEntry,
    HistoryPage,
    VersionPage,
    VersionView,
)
from timekpr_mngr.store import ChangeQuery, ConfigVersion, Store
from timekpr_mngr.sync.engine import Engine
from timekpr_mngr.sync.server_clock import zone_of
from timekpr_mngr.texts import _, noop

TAKEN_BACK = noop("It was taken back already.")


class History:
    """What was done and seen, of one user, or (`user` None) of the settings of the server itself."""

    def __init__(
        self,
        store: Store,
        engine: Engine,
        limits: Limits,
        permission: Permission,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._permission = permission
        self._engine = engine
        self._limits = limits
        self._now = now

    async def entries(
        self,
        actor: Actor,
        server: str,
        user: str | None,
        *,
        search: str = "",
        cursor: str | None = None,
        limit: int = 50,
    ) -> HistoryPage:
        """Changes and drift in one list, newest first; all words of `search` stand in what is shown of each. `cursor`
        is the `next` of the page before.

        Raises UnknownServer, UnknownUser, NeverRead, Invalid.
        """
        rights = await self._permission.must(actor, Power.READ, server, user)
        most, (change_id, drift_id) = checked_limit(limit) + 1, _both(cursor)
        said = words_of(search, words.somebody_on(server))
        await self._store.servers.get(server)
        query = ChangeQuery(history_of=(server, user), search=said)
        changes = await self._store.changes.list(query, change_id, most)
        drift = await self._store.drift.of(server, user, search=said, before_id=drift_id, limit=most)
        found = list(_newest_first(changes, drift))
        if not found and cursor is None:
            await self._must_be_known(server, user, searched=bool(said))
        items = found[:limit]
        undone = await self._store.changes.taken_back([one.id for one in items if isinstance(one, Change)])
        today = self._today(server)
        entries = tuple(
            _of_change(
                replace(one, waits_for=self._engine.waits_for(one)),
                undone.get(one.id),
                _why_not(actor, rights, one, undone, today),
            )
            if isinstance(one, Change)
            else _of_drift(one)
            for one in items
        )
        return HistoryPage(entries, _next(items, change_id, drift_id) if len(found) > limit else None)

    async def versions(
        self,
        actor: Actor,
        server: str,
        user: str | None,
        *,
        search: str = "",
        cursor: str | None = None,
        limit: int = 50,
    ) -> VersionPage:
        """Every configuration that was seen, newest first, with what it changed; all words of `search` stand in what is
        shown of each.

        Raises UnknownServer, UnknownUser, NeverRead, Invalid.
        """
        await self._permission.must(actor, Power.READ, server, user)
        said = words_of(search, words.somebody_on(server))
        await self._store.servers.get(server)
        found = await self._store.history.list(
            server, user, search=said, before_id=before_id(cursor), limit=checked_limit(limit) + 1
        )
        if not found and cursor is None:
            await self._must_be_known(server, user, searched=bool(said))
        ids = {number for version in found for number in version.change_ids}
        changes = await self._store.changes.some(ids)
        page = page_of(found, limit, by_id)
        newest = found[:1] if not said and cursor is None else await self._newest(server, user)
        latest = {one.id for one in newest}
        items = (_version(version, changes, is_latest=version.id in latest) for version in page.items)
        return VersionPage(tuple(items), page.next)

    async def compare(
        self, actor: Actor, server: str, user: str | None, version_id: int, against: int | None = None
    ) -> tuple[DifferenceView, ...]:
        """The fields in which two versions differ: `before` is of `version_id`, `after` of `against`, or as it is now.

        What bringing it back would do is the way back: from `after` to `before`.
        Raises UnknownServer, UnknownUser, UnknownVersion, NeverRead.
        """
        await self._permission.must(actor, Power.READ, server, user)
        first = (await self._version(server, user, version_id)).values
        if against is None:
            second: Mapping[str, Json] = await self._limits.values(server, user)
        else:
            second = (await self._version(server, user, against)).values
        names = differing(first, second)
        return tuple(DifferenceView.of(name, first.get(name), second.get(name)) for name in names)

    async def bring_back(self, actor: Actor, server: str, user: str | None, version_id: int) -> Accepted:
        """Queues every field that differs now, as it was in that version; no changes where none does.

        Raises Forbidden, UnknownServer, UnknownUser, UnknownVersion, NeverRead, and Invalid where a field of it cannot
        be sent by this version's rules: then nothing is.
        """
        await self._permission.must(actor, Power.LIMITS, server, user)
        version = await self._version(server, user, version_id)
        snapshot = self._engine.snapshot(server)
        zone = (zone_of(snapshot) if snapshot else None) or UTC
        reason = _("Brought back as it was on {when}").format(when=words.moment(version.seen_at, zone))
        return await self._limits.bring_back(actor, server, user, version.values, reason)

    async def _must_be_known(self, server: str, user: str | None, *, searched: bool) -> None:
        """Nothing was found: who is gone from the server may still have a history, and nobody else has one.

        Raises UnknownUser, NeverRead.
        """
        if user is None or (searched and await self._has_any(server, user)):
            return
        known_user(self._engine, server, user)

    async def _has_any(self, server: str, user: str) -> bool:
        return bool(
            await self._store.changes.list(ChangeQuery(history_of=(server, user)), limit=1)
            or await self._store.drift.of(server, user, limit=1)
            or await self._newest(server, user)
        )

    async def _newest(self, server: str, user: str | None) -> Sequence[ConfigVersion]:
        return await self._store.history.list(server, user, limit=1)

    async def _version(self, server: str, user: str | None, version_id: int) -> ConfigVersion:
        await self._store.servers.get(server)
        version = await self._store.history.get(server, version_id) if 0 < version_id <= ID_MAX else None
        if version is None or version.user != user:
            raise UnknownVersion(
                _("There is no version {number} of these settings.").format(number=version_id)
            )
        return version

    def _today(self, server: str) -> date | None:
        snapshot = self._engine.snapshot(server)
        local = clock.local_now(snapshot, self._now()) if snapshot is not None else None
        return local.date() if local is not None else None


def _why_not(
    actor: Actor, rights: Rights, change: Change, undone: Collection[int], today: date | None
) -> str | None:
    """Why this account cannot undo it now; None where it can."""
    if not rights.may_move(change):
        return forbidden(actor).message
    try:
        inverse(change, today)
    except NotNow as problem:
        return problem.message
    return _(TAKEN_BACK) if change.id in undone else None


def _of_change(change: Change, undone_by: Change | None, why_not: str | None) -> HistoryEntry:
    state = words.STATES[change.state]
    if undone_by is not None and undone_by.state is ChangeState.APPLIED:
        state = words.UNDONE
    return HistoryEntry(
        at=change.created_at,
        who=change.account,
        source=change.source,
        what=words.field(change.field),
        before=None if change.is_grant else words.value(change.field, change.before),
        after=words.value(change.field, change.after),
        sentence=words.difference(change.field, change.before, change.after),
        state=_(state),
        change=change,
        drift=None,
        can_undo=why_not is None,
        why_not=why_not,
    )


def _of_drift(drift: Drift) -> HistoryEntry:
    return HistoryEntry(
        at=drift.seen_at,
        who=None,
        source=Source.SERVER,
        what=words.field(drift.field),
        before=None if drift.is_grant else words.value(drift.field, drift.before),
        after=words.value(drift.field, drift.after),
        sentence=words.difference(drift.field, drift.before, drift.after),
        state=_(words.DRIFT_STATES[drift.state]),
        change=None,
        drift=drift,
        can_undo=False,
        why_not=None,
    )


def _newest_first(changes: Sequence[Change], drift: Sequence[Drift]) -> Iterator[Change | Drift]:
    return heapq.merge(changes, drift, key=_at, reverse=True)


def _at(one: Change | Drift) -> datetime:
    return one.created_at if isinstance(one, Change) else one.seen_at


def _both(cursor: str | None) -> tuple[int | None, int | None]:
    """From where changes and drift go on. Raises Invalid."""
    if cursor is None:
        return None, None
    change_id, separator, drift_id = cursor.partition(".")
    if not separator:
        raise Invalid("cursor", _("A cursor is what `next` of the page before said."))
    return before_id(change_id or None), before_id(drift_id or None)


def _next(items: Sequence[Change | Drift], change_id: int | None, drift_id: int | None) -> str:
    for one in items:
        if isinstance(one, Change):
            change_id = one.id
        else:
            drift_id = one.id
    return f"{change_id or ''}.{drift_id or ''}"


def _version(version: ConfigVersion, changes: Mapping[int, Change], *, is_latest: bool) -> VersionView:
    before = version.before
    accounts = dict.fromkeys(changes[number].account for number in version.change_ids if number in changes)
    return VersionView(
        id=version.id,
        seen_at=version.seen_at,
        who=tuple(accounts) or None,
        changed=()
        if before is None
        else tuple(
            words.difference(name, before.get(name), version.values.get(name))
            for name in differing(before, version.values)
        ),
        is_first=before is None,
        is_latest=is_latest,
    )
