"""What is asked for is put behind what waits, with what the audit says of it: all of it, or nothing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from timekpr_mngr.domain.account import Source
from timekpr_mngr.domain.change import Answer, Change, ChangeState, Draft, FollowsAs
from timekpr_mngr.domain.drift import DriftState
from timekpr_mngr.domain.person import UserName
from timekpr_mngr.domain.queue import chained
from timekpr_mngr.errors import IdempotencyMismatch, NotNow, UnknownServer
from timekpr_mngr.store import allowance, audit, change_answers
from timekpr_mngr.store import change_rows as rows
from timekpr_mngr.store import drift as drifts
from timekpr_mngr.store import idempotency as keys
from timekpr_mngr.store.follows import STANDING, Follows
from timekpr_mngr.store.schema import changes
from timekpr_mngr.store.servers import server_id_of, server_ids_of
from timekpr_mngr.texts import _

IDS_AT_ONCE = 10_000  # SQLite takes 32,766 values in a statement

Drafting = Callable[[Sequence[Change], Sequence[Change]], Sequence[Draft]]
"""Says what is to be queued, by what waits for the same user and by what they have for a day only, newest first."""

Noting = Callable[[Change], tuple[str, str]]
"""What the audit says of a queued change: what was done, and to whom."""


@dataclass(frozen=True, slots=True)
class Queued:
    """`changes` are those that were asked for, now or by the same request before; `replaced` gave way to them."""

    changes: list[Change]
    replaced: list[Change]


@dataclass(frozen=True, slots=True)
class Order:
    """What one user of a server is to have."""

    user: UserName
    drafts: Sequence[Draft] | Drafting


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks, from where and when; `id` is what everything that one press asks for has in common."""

    id: str
    account: str
    source: Source
    now: datetime

    @property
    def row(self) -> dict[str, Any]:
        """What it says of each change."""
        return {
            "request_id": self.id,
            "state": ChangeState.QUEUED.value,
            "account": self.account,
            "source": self.source.value,
            "created_at": self.now,
        }


def queue(
    connection: Connection,
    server: str,
    user: str | None,
    drafts: Sequence[Draft] | Drafting,
    request: Request,
    *,
    idempotency: tuple[str, str] | None = None,
    follows: Follows | None = None,
    drift: tuple[int, DriftState] | None = None,
    most_seconds: int | None = None,
    noting: Noting | None = None,
) -> Queued:
    """Within a transaction: see `Changes.queue`."""
    server_id = server_id_of(connection, server, lock=True)
    whose = {"server_id": server_id, "for_user": user}
    waiting = rows.found(connection, rows.OPEN_FOR, **whose)
    if callable(drafts):
        drafts = drafts(waiting, rows.found(connection, rows.FOR_A_DAY_FOR, **whose))
    if not drafts:
        return Queued([], [])
    if follows is not None and (earlier := _followed(connection, server_id, follows, drafts, request)):
        return Queued(earlier, [])
    if drift is not None and (
        answered := drifts.note_answer(connection, *drift, request.account, request.now)
    ):
        done = [] if answered.change_id is None else [rows.one(connection, answered.change_id)]
        return Queued(done, [])
    if idempotency is not None:
        repeated = _repeated(connection, idempotency, request)
        if repeated is not None:
            return Queued(repeated, [])
    if most_seconds is not None and user is not None:
        allowance.check(connection, request.account, (server_id, user), drafts, follows, most_seconds)
    if follows is not None and _is_left(connection, follows, drafts, waiting):
        return Queued([], [])
    chain = chained(waiting, drafts)
    replaced = _superseded(connection, chain.superseded, request.now, {server_id: server})
    common = request.row | {
        "server_id": server_id,
        "user": user,
        "follows": follows.change_id if follows else None,
        "follows_as": follows.kind.value if follows else None,
    }
    added = [
        rows.add(connection, common | rows.row_of(draft, bases), server) for draft, bases in chain.drafts
    ]
    if drift is not None:
        drifts.note_change(connection, drift[0], added[0].id)
    if noting is not None:
        audit.keep(connection, request.account, request.source, map(noting, added), request.now)
    return Queued(added, replaced)


def queue_all(connection: Connection, orders: Sequence[Order], request: Request, noting: Noting) -> Queued:
    """Within a transaction: see `Changes.queue_all`."""
    ids = server_ids_of(connection, dict.fromkeys(order.user.server for order in orders))
    names = {number: name for name, number in ids.items()}
    those = {"server_ids": list(names)}
    waiting = _by_user(rows.found(connection, rows.OPEN_OF_ALL, **those))
    for_a_day = _by_user(rows.found(connection, rows.FOR_A_DAY_OF_ALL, **those))
    added_rows, superseded = list[dict[str, Any]](), list[int]()
    for order in orders:
        waits = waiting.get(order.user, ())
        drafts = order.drafts
        if callable(drafts):
            drafts = drafts(waits, for_a_day.get(order.user, ()))
        chain = chained(waits, drafts)
        superseded.extend(chain.superseded)
        common = request.row | {"server_id": ids[order.user.server], "user": order.user.user}
        added_rows.extend(common | rows.row_of(draft, bases) for draft, bases in chain.drafts)
    if not added_rows:
        return Queued([], [])
    replaced = _superseded(connection, superseded, request.now, names)
    connection.execute(rows.ADD_ALL, added_rows)
    added = rows.of_request(connection, request.id)
    audit.keep(connection, request.account, request.source, map(noting, added), request.now)
    return Queued(added, replaced)


def _repeated(connection: Connection, idempotency: tuple[str, str], request: Request) -> list[Change] | None:
    """What the same request queued within 24 h; None for a new one, which is remembered."""
    key, request_hash = idempotency
    earlier = keys.earlier(connection, request.account, key, request.now)
    if earlier is None:
        keys.keep(connection, request.account, key, request_hash, request.id, request.now)
        return None
    earlier_hash, request_id = earlier
    if earlier_hash != request_hash:
        raise IdempotencyMismatch(
            _(
                "This Idempotency-Key was used for another request in the last 24 h. Nothing was queued; "
                "use a new key."
            )
        )
    return rows.of_request(connection, request_id)


def _by_user(those: Iterable[Change]) -> dict[UserName, list[Change]]:
    """Changes of users, in their order; those of servers themselves are left out."""
    found: dict[UserName, list[Change]] = {}
    for change in those:
        if change.user is not None:
            found.setdefault(UserName(change.server, change.user), []).append(change)
    return found


def _superseded(
    connection: Connection, ids: Sequence[int], now: datetime, names: Mapping[int, str]
) -> list[Change]:
    """`names` are the servers', by their numbers."""
    done = list[Row[Any]]()
    for begin in range(0, len(ids), IDS_AT_ONCE):
        part = ids[begin : begin + IDS_AT_ONCE]
        done += connection.execute(rows.SUPERSEDE, {"ids": part, "settled_at": now}).all()
    if len(done) != len(ids):
        raise ValueError("only what is still queued can be superseded")
    return sorted((rows.change_of(row, names[row.server_id]) for row in done), key=lambda change: change.id)


def _followed(
    connection: Connection,
    server_id: int,
    follows: Follows,
    drafts: Sequence[Draft],
    request: Request,
) -> list[Change]:
    """What was made before, after that change and for the same reason; none where it is to be made now."""
    if connection.scalar(rows.SERVER_OF, {"change_id": follows.change_id}) != server_id:
        raise UnknownServer(_("The computer of this change was removed since. Nothing was changed."))
    query = rows.selected().where(
        changes.c.follows == follows.change_id, changes.c.follows_as == follows.kind.value
    )
    earlier = rows.found(connection, query.order_by(changes.c.id))
    if follows.answer is None:
        return [change for change in earlier if change.state in STANDING or change.asks]
    if change_answers.note(connection, follows.change_id, follows.answer, request.account, request.now):
        return []
    if follows.answer is Answer.EDIT and [one.after for one in earlier] != [one.after for one in drafts]:
        raise NotNow(change_answers.answered_already(rows.one(connection, follows.change_id)))
    return earlier


def _is_left(
    connection: Connection, follows: Follows, drafts: Sequence[Draft], waiting: Sequence[Change]
) -> bool:
    """Whether a person has said something newer of what is to be taken back by itself."""
    if follows.kind is not FollowsAs.BACK:
        return False
    fields = {draft.field for draft in drafts}
    return rows.one(connection, follows.change_id).until is None or any(
        one.field in fields for one in waiting
    )
