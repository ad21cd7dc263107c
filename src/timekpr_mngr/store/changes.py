"""Changes: what somebody wants, and what became of it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    func,
    select,
    update,
)

from timekpr_mngr.domain.account import Source
from timekpr_mngr.domain.change import (
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
from timekpr_mngr.errors import NotNow
from timekpr_mngr.store import allowance, change_answers, queueing
from timekpr_mngr.store import change_rows as rows
from timekpr_mngr.store import drift as drifts
from timekpr_mngr.store.change_query import ASKS, ChangeQuery
from timekpr_mngr.store.database import Database, reading, writing
from timekpr_mngr.store.follows import STANDING, Follows
from timekpr_mngr.store.queueing import Drafting, Noting, Order, Queued, Request
from timekpr_mngr.store.schema import changes, servers
from timekpr_mngr.store.servers import is_live, is_one_of, server_id_of
from timekpr_mngr.store.sightings import Unsaved
from timekpr_mngr.texts import _


class Unset(Enum):
    """Says that a value, which may itself be None, is to stay as it is."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET
ANY = ChangeQuery()
TAKES_BACK = [FollowsAs.UNDO.value, FollowsAs.BACK.value]


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
        return queueing.queue(
            connection,
            server,
            user,
            drafts,
            Request(request_id, account, source, now),
            idempotency=idempotency,
            follows=follows,
            drift=drift,
            most_seconds=most_seconds,
            noting=noting,
        )

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
        return queueing.queue_all(connection, orders, Request(request_id, account, source, now), noting)

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
        return rows.one(connection, change_id)

    @reading
    def open(self, connection: Connection, server: str) -> list[Change]:
        """What is queued or being sent, in the order in which it was asked."""
        return rows.found(connection, rows.OPEN_OF, of_server=server)

    @reading
    def work(self, connection: Connection, server: str) -> Work:
        """What there is to do for a server."""
        waiting = rows.found(connection, rows.OPEN_OF, of_server=server)
        return Work(waiting, rows.found(connection, rows.FOR_A_DAY_OF, of_server=server))

    @reading
    def pending(self, connection: Connection, users: Collection[UserName] | None = None) -> dict[str, int]:
        """How many changes are open, of these users (None: at all), by server; servers without any are not in it."""
        return _counted(connection, changes.c.state.in_(rows.OPEN_STATES), users)

    @reading
    def servers_with_work(self, connection: Connection) -> set[str]:
        """The servers for which something is open, or is to be taken back when its day is over."""
        names = (
            query.with_only_columns(servers.c.name).order_by(None) for query in (rows.OPEN, rows.FOR_A_DAY)
        )
        return {name for query in names for name in connection.scalars(query)}

    @reading
    def by_request(self, connection: Connection, request_id: str) -> list[Change]:
        """What one request queued, in its order; empty for an unknown request."""
        return rows.of_request(connection, request_id)

    @reading
    def some(self, connection: Connection, ids: Collection[int]) -> dict[int, Change]:
        """Changes by number; those that are not there are left out."""
        found = rows.found(connection, rows.selected().where(changes.c.id.in_(ids)).order_by(changes.c.id))
        return {change.id: change for change in found}

    @reading
    def taken_back(self, connection: Connection, ids: Collection[int]) -> dict[int, Change]:
        """What undid changes, or is about to, by the number of what it takes back."""
        query = rows.selected().where(changes.c.follows.in_(ids), changes.c.follows_as.in_(TAKES_BACK))
        undone = [
            change for change in rows.found(connection, query) if change.state in STANDING or change.asks
        ]
        return {change.follows: change for change in undone if change.follows is not None}

    @reading
    def for_a_day(self, connection: Connection, server: str) -> list[Change]:
        """What holds, or is to hold, for a day only and was not taken back, newest first.

        What takes it back is tried once: where that was refused, or cancelled by a person, it is not tried again.
        """
        return rows.found(connection, rows.FOR_A_DAY_OF, of_server=server)

    @reading
    def taken_back_later(self, connection: Connection, ids: Collection[int]) -> set[int]:
        """Which of these changes are still to be taken back by themselves."""
        return {change.id for change in rows.found(connection, rows.FOR_A_DAY.where(changes.c.id.in_(ids)))}

    @writing
    def keep(
        self, connection: Connection, change_id: int, *, message: str | None, now: datetime
    ) -> list[Change]:
        """Makes lasting what was to hold for a day; what waits to take it back is cancelled.

        Gives what moved, the change first. Raises UnknownChange, NotNow where there is nothing to keep any more.
        """
        change = rows.one(connection, change_id)
        if change.until is None:
            raise NotNow(_("This change holds on anyway. Nothing was changed."))
        if change.state not in STANDING:
            raise NotNow(_("This change did not come about: there is nothing to keep. Nothing was changed."))
        query = rows.selected().where(changes.c.follows == change_id, changes.c.follows_as.in_(TAKES_BACK))
        cancelled = []
        for back in rows.found(connection, query):
            values = {"state": ChangeState.CANCELLED.value, "settled_at": now}
            if connection.execute(rows.MOVE, values | rows.is_in(back.id, {ChangeState.QUEUED})).rowcount:
                cancelled.append(back.id)
            elif back.state in STANDING or back.asks:
                raise NotNow(
                    _("It is being taken back by change {number}, or was. Nothing was changed.").format(
                        number=back.id
                    )
                )
        said = " ".join(words for words in (change.message, message) if words) or None
        connection.execute(update(changes).where(changes.c.id == change_id).values(until=None, message=said))
        return [rows.one(connection, one) for one in (change_id, *cancelled)]

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
        unsaved: Unsaved | None = None,
    ) -> Change | None:
        """Moves a change on if it is in one of the `expected` states; None where somebody else was first.

        `unsaved` is what was seen on its server and sent to it meanwhile: kept in the same transaction.

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
        moved = connection.execute(rows.STEP, values | rows.is_in(change_id, legal)).first()
        if unsaved is not None and (unsaved.seen or unsaved.sent):
            server_id = (
                moved.server_id if moved else connection.scalar(rows.SERVER_OF, {"change_id": change_id})
            )
            if server_id is not None:
                unsaved.keep(connection, server_id)
        if moved is None:
            rows.one(connection, change_id)
            return None
        change = rows.change_of(moved, moved.server)
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
        noted = change_answers.note(connection, change_id, answer, account, now)
        change = rows.one(connection, change_id)
        if noted and answer is Answer.THEIRS:
            server_id = connection.scalar(rows.SERVER_OF, {"change_id": change_id})
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
        done = connection.execute(rows.MOVE, {"note": note} | rows.is_in(change_id, {ChangeState.SENDING}))
        return done.rowcount == 1

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
        found = query.narrowed(rows.selected()).order_by(changes.c.id.desc()).limit(limit)
        if before_id is not None:
            found = found.where(changes.c.id < before_id)
        return rows.found(connection, found)

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


def _hold_no_more(connection: Connection, change: Change) -> None:
    """What somebody set for good now is not to be taken back for the sake of an earlier change of the same value."""
    if change.is_grant or change.until is not None or _takes_back_for_a_day(connection, change):
        return
    for held in rows.found(connection, rows.FOR_A_DAY_OF, of_server=change.server):
        same_field = (held.user, held.field) == (change.user, change.field)
        if same_field and held.id < change.id and held.after == change.after:
            connection.execute(update(changes).where(changes.c.id == held.id).values(until=None))


def _takes_back_for_a_day(connection: Connection, change: Change) -> bool:
    """Whether it only gives way to what stood before it on the same day: so that still holds for that day alone."""
    if change.follows is None or change.follows_as is None or change.follows_as.value not in TAKES_BACK:
        return False
    return rows.one(connection, change.follows).until is not None
