"""Changes: what somebody wants, and what became of it."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    bindparam,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from timekpr_mngr.domain.account import Source
from timekpr_mngr.domain.change import (
    ANSWERS,
    LEGAL_STEPS,
    Answer,
    Change,
    ChangeState,
    Draft,
    FollowsAs,
    Json,
)
from timekpr_mngr.domain.drift import DriftState
from timekpr_mngr.domain.person import UserName
from timekpr_mngr.domain.queue import chained, note_of
from timekpr_mngr.errors import IdempotencyMismatch, NotNow, UnknownChange, UnknownServer
from timekpr_mngr.store import allowance, audit, sent_log, sightings
from timekpr_mngr.store import drift as drifts
from timekpr_mngr.store import idempotency as keys
from timekpr_mngr.store.change_query import ASKS, ChangeQuery
from timekpr_mngr.store.database import Database, reading, writing
from timekpr_mngr.store.follows import STANDING, Follows
from timekpr_mngr.store.schema import changes, servers
from timekpr_mngr.store.sent_log import SentCall
from timekpr_mngr.store.servers import is_live, is_one_of, server_id_named, server_id_of, server_ids_of
from timekpr_mngr.store.sightings import Sighting
from timekpr_mngr.texts import _


class Unset(Enum):
    """Says that a value, which may itself be None, is to stay as it is."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET
OPEN_STATES = [state.value for state in ChangeState if state.is_open]
ANY = ChangeQuery()
TAKES_BACK = [FollowsAs.UNDO.value, FollowsAs.BACK.value]


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
class Work:
    """What is `open` for a server, in the order in which it was asked (`Changes.open`), and what holds `for_a_day`."""

    open: Sequence[Change]
    for_a_day: Sequence[Change]


class Changes:
    """Changes by number. `server` is the server's present name, also on what was done before it was renamed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @writing
    def queue(
        self,
        connection: Connection,
        server: str,
        user: str | None,
        drafts: Sequence[Draft] | Drafting,
        *,
        request_id: str,
        account: str,
        source: Source,
        now: datetime,
        idempotency: tuple[str, str] | None = None,
        follows: Follows | None = None,
        drift: tuple[int, DriftState] | None = None,
        most_seconds: int | None = None,
        noting: Noting | None = None,
    ) -> Queued:
        """Queues the drafts in one transaction, with what the audit says of them; they are on disk when this returns.

        What waits for the same field of a configuration is superseded, and the new change takes its base
        (`domain.queue`). `idempotency` is the key that the account sent and a hash of its request: the same
        request within 24 h is not queued again, its first changes are given back as they are now.
        `follows` says after which change these are made, and why: where such a one waits, asks or has arrived already,
        it is given back, so two who press at once ask once. An answer is noted with the change that it answers.
        What takes back after a day (BACK) takes no edit's place: where one waits for the same field, or where the
        change is to be kept by now, nothing is queued.
        `drift` is the number of drift that is answered with this, and what it then is; pressed twice, the first change
        is given back.
        `most_seconds` is the most that the account may give the person a day (`allowance`), these drafts included.
        Raises MinutesUsedUp where that is exceeded; UnknownServer, also where the change that is followed is of a
        computer that was removed;
        IdempotencyMismatch where the key belongs to another request; UnknownDrift; NotNow where the change or the drift
        was answered otherwise meanwhile.
        """
        server_id = server_id_of(connection, server, lock=True)
        waiting = _changes(connection, OPEN_FOR, server_id=server_id, for_user=user)
        if callable(drafts):
            drafts = drafts(waiting, _changes(connection, FOR_A_DAY_FOR, server_id=server_id, for_user=user))
        if not drafts:
            return Queued([], [])
        if follows is not None and (
            earlier_ones := _followed(connection, server_id, follows, drafts, account, now)
        ):
            return Queued(earlier_ones, [])
        if drift is not None and (answered := drifts.note_answer(connection, *drift, account, now)):
            return Queued([] if answered.change_id is None else [_one(connection, answered.change_id)], [])
        if idempotency is not None:
            key, request_hash = idempotency
            earlier = keys.earlier(connection, account, key, now)
            if earlier is not None:
                return Queued(_repeated(connection, earlier, request_hash), [])
            keys.keep(connection, account, key, request_hash, request_id, now)
        if most_seconds is not None and user is not None:
            allowance.check(connection, account, (server_id, user), drafts, follows, most_seconds)
        common = {
            "follows": follows.change_id if follows else None,
            "follows_as": follows.kind.value if follows else None,
            "request_id": request_id,
            "server_id": server_id,
            "user": user,
            "state": ChangeState.QUEUED.value,
            "account": account,
            "source": source.value,
            "created_at": now,
        }
        if follows is not None and _is_left(connection, follows, drafts, waiting):
            return Queued([], [])
        chain = chained(waiting, drafts)
        replaced = _superseded(connection, chain.superseded, now, {server_id: server})
        rows = (common | _row(draft, bases) for draft, bases in chain.drafts)
        added = [_change(_insert(connection, row), server) for row in rows]
        if drift is not None:
            drifts.note_change(connection, drift[0], added[0].id)
        if noting is not None:
            audit.keep(connection, account, source, map(noting, added), now)
        return Queued(added, replaced)

    @writing
    def queue_all(
        self,
        connection: Connection,
        orders: Sequence[Order],
        *,
        request_id: str,
        account: str,
        source: Source,
        now: datetime,
        noting: Noting,
    ) -> Queued:
        """Queues what many users are to have, each of them once among `orders`, as `queue` does for one of them.

        All of it is on disk when this returns, and nothing of it after an exception. Raises UnknownServer.
        """
        ids = server_ids_of(connection, dict.fromkeys(order.user.server for order in orders))
        names = {number: name for name, number in ids.items()}
        waiting = _by_user(_changes(connection, OPEN_OF_ALL, server_ids=list(names)))
        for_a_day = _by_user(_changes(connection, FOR_A_DAY_OF_ALL, server_ids=list(names)))
        common = {
            "request_id": request_id,
            "state": ChangeState.QUEUED.value,
            "account": account,
            "source": source.value,
            "created_at": now,
        }
        rows, superseded = list[dict[str, Any]](), list[int]()
        for order in orders:
            waits = waiting.get(order.user, ())
            drafts = order.drafts
            if callable(drafts):
                drafts = drafts(waits, for_a_day.get(order.user, ()))
            chain = chained(waits, drafts)
            superseded.extend(chain.superseded)
            whose = {"server_id": ids[order.user.server], "user": order.user.user}
            rows.extend(common | whose | _row(draft, bases) for draft, bases in chain.drafts)
        if not rows:
            return Queued([], [])
        replaced = _superseded(connection, superseded, now, names)
        connection.execute(ADD_ALL, rows)
        added = _of_request(connection, request_id)
        audit.keep(connection, account, source, map(noting, added), now)
        return Queued(added, replaced)

    async def add(
        self,
        server: str,
        user: str | None,
        drafts: Sequence[Draft],
        *,
        request_id: str,
        account: str,
        source: Source,
        now: datetime,
        follows: Follows | None = None,
    ) -> list[Change]:
        """The same, where nobody asks what gave way, and the audit says nothing of it."""
        queued = await self.queue(
            server,
            user,
            drafts,
            request_id=request_id,
            account=account,
            source=source,
            now=now,
            follows=follows,
        )
        return queued.changes

    @reading
    def get(self, connection: Connection, change_id: int) -> Change:
        """One change. Raises UnknownChange."""
        return _one(connection, change_id)

    @reading
    def open(self, connection: Connection, server: str) -> list[Change]:
        """What is queued or being sent, in the order in which it was asked."""
        return _changes(connection, OPEN_OF, of_server=server)

    @reading
    def work(self, connection: Connection, server: str) -> Work:
        """What there is to do for a server."""
        waiting = _changes(connection, OPEN_OF, of_server=server)
        return Work(waiting, _changes(connection, FOR_A_DAY_OF, of_server=server))

    @reading
    def pending(self, connection: Connection, users: Collection[UserName] | None = None) -> dict[str, int]:
        """How many changes are open, of these users (None: at all), by server; servers without any are not in it."""
        return _counted(connection, changes.c.state.in_(OPEN_STATES), users)

    @reading
    def servers_with_work(self, connection: Connection) -> set[str]:
        """The servers for which something is open, or is to be taken back when its day is over."""
        names = (query.with_only_columns(servers.c.name).order_by(None) for query in (OPEN, FOR_A_DAY))
        return {name for query in names for name in connection.scalars(query)}

    @reading
    def by_request(self, connection: Connection, request_id: str) -> list[Change]:
        """What one request queued, in its order; empty for an unknown request."""
        return _of_request(connection, request_id)

    @reading
    def some(self, connection: Connection, ids: Collection[int]) -> dict[int, Change]:
        """Changes by number; those that are not there are left out."""
        found = _changes(connection, _select().where(changes.c.id.in_(ids)).order_by(changes.c.id))
        return {change.id: change for change in found}

    @reading
    def taken_back(self, connection: Connection, ids: Collection[int]) -> dict[int, Change]:
        """What undid changes, or is about to, by the number of what it takes back."""
        query = _select().where(changes.c.follows.in_(ids), changes.c.follows_as.in_(TAKES_BACK))
        undone = [change for change in _changes(connection, query) if change.state in STANDING or change.asks]
        return {change.follows: change for change in undone if change.follows is not None}

    @reading
    def for_a_day(self, connection: Connection, server: str) -> list[Change]:
        """What holds, or is to hold, for a day only and was not taken back, newest first.

        What takes it back is tried once: where that was refused, or cancelled by a person, it is not tried again.
        """
        return _changes(connection, FOR_A_DAY_OF, of_server=server)

    @reading
    def taken_back_later(self, connection: Connection, ids: Collection[int]) -> set[int]:
        """Which of these changes are still to be taken back by themselves."""
        return {change.id for change in _changes(connection, FOR_A_DAY.where(changes.c.id.in_(ids)))}

    @writing
    def keep(
        self, connection: Connection, change_id: int, *, message: str | None, now: datetime
    ) -> list[Change]:
        """Makes lasting what was to hold for a day; what waits to take it back is cancelled.

        Gives what moved, the change first. Raises UnknownChange, NotNow where there is nothing to keep any more.
        """
        change = _one(connection, change_id)
        if change.until is None:
            raise NotNow(_("This change holds on anyway. Nothing was changed."))
        if change.state not in STANDING:
            raise NotNow(_("This change did not come about: there is nothing to keep. Nothing was changed."))
        query = _select().where(changes.c.follows == change_id, changes.c.follows_as.in_(TAKES_BACK))
        cancelled = []
        for back in _changes(connection, query):
            values = {"state": ChangeState.CANCELLED.value, "settled_at": now}
            if connection.execute(MOVE, values | _is_in(back.id, {ChangeState.QUEUED})).rowcount:
                cancelled.append(back.id)
            elif back.state in STANDING or back.asks:
                raise NotNow(
                    _("It is being taken back by change {number}, or was. Nothing was changed.").format(
                        number=back.id
                    )
                )
        said = " ".join(words for words in (change.message, message) if words) or None
        connection.execute(update(changes).where(changes.c.id == change_id).values(until=None, message=said))
        return [_one(connection, one) for one in (change_id, *cancelled)]

    @writing
    def step(
        self,
        connection: Connection,
        change_id: int,
        to: ChangeState,
        *,
        expected: Iterable[ChangeState],
        now: datetime,
        message: str | None = None,
        gained_seconds: int | None = None,
        note: Json | Unset = UNSET,
        after: Json | Unset = UNSET,
        seen: Sequence[Sighting] = (),
        sent: Sequence[SentCall] = (),
    ) -> Change | None:
        """Moves a change on if it is in one of the `expected` states; None where somebody else was first.

        `seen` and `sent` are what was seen on its server and sent to it meanwhile: kept in the same transaction.

        `message` and `gained_seconds` speak of the new state and replace what was there; `note` and `after` stay
        unless given. An expected state from which `LEGAL_STEPS` has no way to `to` is not moved from.
        What is applied for good ends what held the same value for a day only: that is not taken back any more.
        Raises UnknownChange, or ValueError where that is so for all of them.
        """
        legal = {state for state in expected if to in LEGAL_STEPS.get(state, ())}
        if not legal:
            raise ValueError(f"No change goes to {to.value} from any of the expected states.")
        values: dict[str, Any] = {
            "state": to.value,
            "message": message,
            "gained_seconds": gained_seconds,
            "settled_at": None if to.is_open else now,
        }
        if note is not UNSET:
            values["note"] = note
        if after is not UNSET:
            values["after"] = after
        moved = connection.execute(STEP, values | _is_in(change_id, legal)).first()
        if seen or sent:
            server_id = moved.server_id if moved else connection.scalar(SERVER_OF, {"change_id": change_id})
            if server_id is not None:
                sightings.keep(connection, server_id, seen)
                sent_log.keep(connection, server_id, sent)
        if moved is None:
            _one(connection, change_id)
            return None
        change = _change(moved, moved.server)
        if to is ChangeState.APPLIED and moved.holds_for_a_day:
            _hold_no_more(connection, change)
        return change

    @writing
    def answer(
        self, connection: Connection, change_id: int, answer: Answer, *, account: str, now: datetime
    ) -> Change:
        """Notes what a person said to a change that asks, where nothing is to be sent for it; the same again changes
        nothing. Who keeps what the server has adopts open drift of the same field with it.

        Raises UnknownChange, NotNow where it was answered otherwise, or asks nothing.
        """
        noted = _note_answer(connection, change_id, answer, account, now)
        change = _one(connection, change_id)
        if noted and answer is Answer.THEIRS:
            server_id = connection.scalar(SERVER_OF, {"change_id": change_id})
            assert server_id is not None
            drifts.adopt_open(connection, server_id, change.user, change.field, account, now)
        return change

    @reading
    def given_seconds(self, connection: Connection, server: str, user: str, account: str, day: date) -> int:
        """How much of its minutes an account has given on a day to the person behind a user (`allowance`).

        Raises UnknownServer.
        """
        return allowance.given_seconds(connection, account, (server_id_of(connection, server), user), day)

    @reading
    def asking(self, connection: Connection, users: Collection[UserName] | None = None) -> dict[str, int]:
        """How many ask something, of these users (None: at all), by server; servers without any, and those removed,
        are not in it.
        """
        return _counted(connection, ASKS & is_live(), users)

    @writing
    def write_note(self, connection: Connection, change_id: int, note: Json) -> bool:
        """Notes something for after an interruption, on disk when this returns; False unless it is being sent."""
        done = connection.execute(MOVE, {"note": note} | _is_in(change_id, {ChangeState.SENDING}))
        return done.rowcount == 1

    @reading
    def of(
        self,
        connection: Connection,
        server: str,
        user: str | None,
        *,
        before_id: int | None = None,
        limit: int = 50,
    ) -> list[Change]:
        """Changes of one user, or (None) of the settings of the server itself, newest first."""
        query = _select().where(
            changes.c.server_id == server_id_named(server), changes.c.user.is_not_distinct_from(user)
        )
        if before_id is not None:
            query = query.where(changes.c.id < before_id)
        return _changes(connection, query.order_by(changes.c.id.desc()).limit(limit))

    @reading
    def list(
        self,
        connection: Connection,
        query: ChangeQuery = ANY,
        before_id: int | None = None,
        limit: int = 50,
    ) -> list[Change]:
        """Changes that fit, newest first; `before_id` goes on where the last page ended.

        Of those that ask something, only those of servers that are not removed.
        """
        found = query.narrowed(_select()).order_by(changes.c.id.desc()).limit(limit)
        if before_id is not None:
            found = found.where(changes.c.id < before_id)
        return _changes(connection, found)

    @reading
    def accounts(self, connection: Connection, users: Collection[UserName] | None = None) -> Sequence[str]:
        """Who has ever asked for anything, for these users (None: at all), by name."""
        query = select(changes.c.account).distinct().order_by(changes.c.account)
        return connection.scalars(query if users is None else query.where(is_one_of(changes, users))).all()


def _counted(
    connection: Connection, those: ColumnElement[bool], users: Collection[UserName] | None
) -> dict[str, int]:
    joined = changes.join(servers, servers.c.id == changes.c.server_id)
    query = select(servers.c.name, func.count()).select_from(joined).group_by(servers.c.name).where(those)
    if users is not None:
        query = query.where(is_one_of(changes, users))
    return {row[0]: row[1] for row in connection.execute(query)}


def _repeated(connection: Connection, earlier: tuple[str, str], request_hash: str) -> list[Change]:
    earlier_hash, request_id = earlier
    if earlier_hash != request_hash:
        raise IdempotencyMismatch(
            _(
                "This Idempotency-Key was used for another request in the last 24 h. Nothing was queued; "
                "use a new key."
            )
        )
    return _of_request(connection, request_id)


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
    if not ids:
        return []
    done = connection.execute(SUPERSEDE, {"ids": ids, "settled_at": now}).all()
    if len(done) != len(ids):
        raise ValueError("only what is still queued can be superseded")
    return sorted((_change(row, names[row.server_id]) for row in done), key=lambda change: change.id)


def _followed(
    connection: Connection,
    server_id: int,
    follows: Follows,
    drafts: Sequence[Draft],
    account: str,
    now: datetime,
) -> list[Change]:
    """What was made before, after that change and for the same reason; none where it is to be made now."""
    if connection.scalar(SERVER_OF, {"change_id": follows.change_id}) != server_id:
        raise UnknownServer(_("The computer of this change was removed since. Nothing was changed."))
    query = _select().where(
        changes.c.follows == follows.change_id, changes.c.follows_as == follows.kind.value
    )
    earlier = _changes(connection, query.order_by(changes.c.id))
    if follows.answer is None:
        return [change for change in earlier if change.state in STANDING or change.asks]
    if _note_answer(connection, follows.change_id, follows.answer, account, now):
        return []
    if follows.answer is Answer.EDIT and [one.after for one in earlier] != [one.after for one in drafts]:
        raise NotNow(_answered_already(_one(connection, follows.change_id)))
    return earlier


def _is_left(
    connection: Connection, follows: Follows, drafts: Sequence[Draft], waiting: Sequence[Change]
) -> bool:
    """Whether a person has said something newer of what is to be taken back by itself."""
    if follows.kind is not FollowsAs.BACK:
        return False
    fields = {draft.field for draft in drafts}
    return _one(connection, follows.change_id).until is None or any(one.field in fields for one in waiting)


def _hold_no_more(connection: Connection, change: Change) -> None:
    """What somebody set for good now is not to be taken back for the sake of an earlier change of the same value."""
    if change.is_grant or change.until is not None or _takes_back_for_a_day(connection, change):
        return
    for held in _changes(connection, FOR_A_DAY_OF, of_server=change.server):
        same_field = (held.user, held.field) == (change.user, change.field)
        if same_field and held.id < change.id and held.after == change.after:
            connection.execute(update(changes).where(changes.c.id == held.id).values(until=None))


def _takes_back_for_a_day(connection: Connection, change: Change) -> bool:
    """Whether it only gives way to what stood before it on the same day: so that still holds for that day alone."""
    if change.follows is None or change.follows_as is None or change.follows_as.value not in TAKES_BACK:
        return False
    return _one(connection, change.follows).until is not None


def _note_answer(connection: Connection, change_id: int, answer: Answer, account: str, now: datetime) -> bool:
    """Whether it was noted now; False where the same was noted before."""
    values = {"answer": answer.value, "answered_by": account, "answered_at": now}
    done = connection.execute(update(changes).where(changes.c.id == change_id, ASKS).values(values))
    if done.rowcount == 1:
        return True
    change = _one(connection, change_id)
    if change.state not in ANSWERS:
        raise NotNow(_("This change asks nothing. Nothing was changed."))
    if change.answer is not answer:
        raise NotNow(_answered_already(change))
    return False


def _answered_already(change: Change) -> str:
    return _("{name} has answered this already. Nothing was changed.").format(name=change.answered_by)


def _insert(connection: Connection, row: dict[str, Any]) -> Row[Any]:
    return connection.execute(ADD, row).one()


def _one(connection: Connection, change_id: int) -> Change:
    found = _changes(connection, ONE, change_id=change_id)
    if not found:
        raise UnknownChange(_("There is no change {number}.").format(number=change_id))
    return found[0]


def _of_request(connection: Connection, request_id: str) -> list[Change]:
    query = _select().where(changes.c.request_id == request_id).order_by(changes.c.id)
    return _changes(connection, query)


def _changes(connection: Connection, query: Select[Any], **values: Any) -> list[Change]:
    return [_change(row, row.server) for row in connection.execute(query, values)]


def _select() -> Select[Any]:
    joined = changes.join(servers, servers.c.id == changes.c.server_id)
    return select(changes, servers.c.name.label("server")).select_from(joined)


def _is_in(change_id: int, states: Iterable[ChangeState]) -> dict[str, Any]:
    return {"change_id": change_id, "expected": [state.value for state in states]}


def _row(draft: Draft, bases: Sequence[Json]) -> dict[str, Any]:
    return {
        "field": draft.field,
        "before": draft.before,
        "after": draft.after,
        "day": draft.day,
        "reason": draft.reason,
        "until": draft.until,
        "note": note_of(bases),
    }


def _change(row: Row[Any], server: str) -> Change:
    return Change(
        id=row.id,
        request_id=row.request_id,
        server=server,
        user=row.user,
        field=row.field,
        state=ChangeState(row.state),
        before=row.before,
        after=row.after,
        day=row.day,
        reason=row.reason,
        account=row.account,
        source=Source(row.source),
        created_at=row.created_at,
        message=row.message,
        gained_seconds=row.gained_seconds,
        settled_at=row.settled_at,
        note=row.note,
        answer=None if row.answer is None else Answer(row.answer),
        answered_by=row.answered_by,
        answered_at=row.answered_at,
        follows=row.follows,
        follows_as=None if row.follows_as is None else FollowsAs(row.follows_as),
        until=row.until,
    )


ONE = _select().where(changes.c.id == bindparam("change_id"))
OPEN = _select().where(changes.c.state.in_(OPEN_STATES)).order_by(changes.c.id)
OPEN_OF = OPEN.where(servers.c.name == bindparam("of_server"), is_live())
OPEN_FOR = OPEN.where(
    changes.c.server_id == bindparam("server_id"), changes.c.user.is_not_distinct_from(bindparam("for_user"))
).with_for_update(of=changes)
OPEN_OF_ALL = OPEN.where(changes.c.server_id.in_(bindparam("server_ids", expanding=True))).with_for_update(
    of=changes
)
_later = changes.alias()
_DID_NOT_TAKE_BACK = [
    state.value
    for state in (ChangeState.REFUSED, ChangeState.CANCELLED, ChangeState.SUPERSEDED, ChangeState.EXPIRED)
]
FOR_A_DAY = _select().where(
    changes.c.until.is_not(None),
    changes.c.state.in_([state.value for state in STANDING]),
    ~exists().where(
        _later.c.follows == changes.c.id,
        or_(
            (_later.c.follows_as == FollowsAs.UNDO.value) & _later.c.state.not_in(_DID_NOT_TAKE_BACK),
            (_later.c.follows_as == FollowsAs.BACK.value) & (_later.c.state != ChangeState.SUPERSEDED.value),
        ),
    ),
)
FOR_A_DAY_FOR = FOR_A_DAY.where(
    changes.c.server_id == bindparam("server_id"), changes.c.user.is_not_distinct_from(bindparam("for_user"))
).order_by(changes.c.id.desc())
FOR_A_DAY_OF = FOR_A_DAY.where(servers.c.name == bindparam("of_server"), is_live()).order_by(
    changes.c.id.desc()
)
FOR_A_DAY_OF_ALL = FOR_A_DAY.where(changes.c.server_id.in_(bindparam("server_ids", expanding=True))).order_by(
    changes.c.id.desc()
)
SERVER_OF = select(changes.c.server_id).where(changes.c.id == bindparam("change_id"))
ADD_ALL = insert(changes)
ADD = ADD_ALL.returning(changes)
SUPERSEDE = (
    update(changes)
    .where(changes.c.id.in_(bindparam("ids", expanding=True)), changes.c.state == ChangeState.QUEUED.value)
    .values(state=ChangeState.SUPERSEDED.value)
    .returning(changes)
)
MOVE = update(changes).where(
    changes.c.id == bindparam("change_id"), changes.c.state.in_(bindparam("expected", expanding=True))
)
STEP = MOVE.returning(
    changes,
    literal_column("(SELECT servers.name FROM servers WHERE servers.id = changes.server_id)").label("server"),
    literal_column(
        "EXISTS (SELECT 1 FROM changes AS held WHERE held.server_id = changes.server_id"
        " AND held.field = changes.field AND held.until IS NOT NULL AND held.id < changes.id)"
    ).label(
        "holds_for_a_day"
    ),  # in words of SQL: in RETURNING SQLAlchemy leaves the tables' names away for SQLite
)
"""What every press needs, built once: to build a statement costs as much as to run it."""
