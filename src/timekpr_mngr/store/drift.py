"""Drift: what changed on the servers without us, and what a person said to it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, func, select, true, update

from timekpr_mngr.domain.change import Answer, ChangeState
from timekpr_mngr.domain.drift import Drift, DriftState
from timekpr_mngr.domain.person import UserName
from timekpr_mngr.errors import NotNow, UnknownDrift
from timekpr_mngr.store.database import Database, reading, writing
from timekpr_mngr.store.schema import changes, drift, servers
from timekpr_mngr.store.search_word import SearchWord
from timekpr_mngr.store.servers import is_live, is_one_of, server_id_named
from timekpr_mngr.texts import _, noop

DRIFT_KEPT = 1_000  # of each user
SEARCHED = (drift.c.user, drift.c.answered_by, servers.c.name)
_CLOSED = {
    DriftState.ADOPTED: noop("{by} has kept it already."),
    DriftState.REVERTED: noop("{by} has changed it back already."),
    DriftState.REPLACED: noop("It was changed again since, so this asks no more."),
    DriftState.GONE: noop("It was set back on the computer, so this asks no more."),
}


class Drifts:
    """Drift by number; `store.sightings` adds to it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @reading
    def get(self, connection: Connection, drift_id: int) -> Drift:
        """One. Raises UnknownDrift."""
        return _one(connection, drift_id)

    @reading
    def of(
        self,
        connection: Connection,
        server: str,
        user: str | None,
        *,
        search: Sequence[SearchWord] = (),
        before_id: int | None = None,
        limit: int = 50,
    ) -> list[Drift]:
        """Drift of one user, or (None) of the settings of the server itself, in which all words of `search` occur,
        newest first.
        """
        query = _select().where(
            drift.c.server_id == server_id_named(server), drift.c.user.is_not_distinct_from(user)
        )
        if before_id is not None:
            query = query.where(drift.c.id < before_id)
        for word in search:
            query = query.where(_says(word))
        return [_drift(row) for row in connection.execute(query.order_by(drift.c.id.desc()).limit(limit))]

    @reading
    def list(
        self,
        connection: Connection,
        *,
        state: DriftState | Collection[DriftState] | None = None,
        server: str | None = None,
        user: str | None = None,
        users: Collection[UserName] | None = None,
        before_id: int | None = None,
        limit: int = 50,
    ) -> list[Drift]:
        """Drift that fits everything given, newest first, of servers that are not removed."""
        query = _select().where(is_live()).order_by(drift.c.id.desc()).limit(limit)
        if state is not None:
            states = [state] if isinstance(state, DriftState) else state
            query = query.where(drift.c.state.in_([one.value for one in states]))
        if server is not None:
            query = query.where(servers.c.name == server)
        if user is not None:
            query = query.where(drift.c.user == user)
        if users is not None:
            query = query.where(is_one_of(drift, users))
        if before_id is not None:
            query = query.where(drift.c.id < before_id)
        return [_drift(row) for row in connection.execute(query)]

    @reading
    def open(self, connection: Connection, users: Collection[UserName] | None = None) -> dict[str, int]:
        """How many ask, of these users (None: at all), by server; servers without any are not in it."""
        joined = drift.join(servers, servers.c.id == drift.c.server_id)
        query = select(servers.c.name, func.count()).select_from(joined).group_by(servers.c.name)
        if users is not None:
            query = query.where(is_one_of(drift, users))
        rows = connection.execute(query.where(drift.c.state == DriftState.OPEN.value, is_live()))
        return {row[0]: row[1] for row in rows}

    @writing
    def answer(
        self, connection: Connection, drift_id: int, to: DriftState, *, account: str, now: datetime
    ) -> Drift:
        """Notes what a person said to open drift, where nothing is to be sent for it; the same again changes nothing.
        Who adopts it keeps theirs also where changes of the same field ask.

        Raises UnknownDrift, NotNow where it asks no more.
        """
        noted = note_answer(connection, drift_id, to, account, now) is None
        if noted and to is DriftState.ADOPTED:
            _keep_theirs(connection, drift_id, account, now)
        return _one(connection, drift_id)

    @writing
    def prune(self, connection: Connection) -> None:
        """Forgets all but the newest of each user and server: a server could go on for ever making new ones."""
        order = func.row_number().over(
            partition_by=(drift.c.server_id, drift.c.user), order_by=drift.c.id.desc()
        )
        numbered = select(drift.c.id, order.label("number")).subquery()
        old = select(numbered.c.id).where(numbered.c.number > DRIFT_KEPT)
        connection.execute(delete(drift).where(drift.c.id.in_(old)))


def note_answer(
    connection: Connection, drift_id: int, to: DriftState, account: str, now: datetime
) -> Drift | None:
    """The same within a transaction: None where it was noted now, and as it is where it was noted before."""
    values = {"state": to.value, "answered_by": account, "answered_at": now}
    waiting = (drift.c.id == drift_id) & (drift.c.state == DriftState.OPEN.value)
    if connection.execute(update(drift).where(waiting).values(values)).rowcount == 1:
        return None
    found = _one(connection, drift_id)
    if found.state is not to:
        raise NotNow(
            _("{why} Nothing was changed.").format(why=_(_CLOSED[found.state]).format(by=found.answered_by))
        )
    return found


def _keep_theirs(connection: Connection, drift_id: int, account: str, now: datetime) -> None:
    """Answers the conflicts of the field that this drift is of."""
    of_the_field = select(drift.c.id).where(
        drift.c.id == drift_id,
        drift.c.server_id == changes.c.server_id,
        drift.c.user.is_not_distinct_from(changes.c.user),
        drift.c.field == changes.c.field,
    )
    conflicts = (changes.c.state == ChangeState.CONFLICT.value) & changes.c.answer.is_(None)
    values = {"answer": Answer.THEIRS.value, "answered_by": account, "answered_at": now}
    connection.execute(update(changes).where(conflicts, of_the_field.exists()).values(values))


def note_change(connection: Connection, drift_id: int, change_id: int) -> None:
    """Which change was made for it, within a transaction."""
    connection.execute(update(drift).where(drift.c.id == drift_id).values(change_id=change_id))


def adopt_open(
    connection: Connection, server_id: int, user: str | None, name: str, account: str, now: datetime
) -> None:
    """Adopts the drift of a field that asks, if there is any, within a transaction."""
    values = {"state": DriftState.ADOPTED.value, "answered_by": account, "answered_at": now}
    connection.execute(update(drift).where(is_open(server_id, user), drift.c.field == name).values(values))


def is_open(server_id: Any, user: Any) -> Any:
    """Whether drift is that of this user (or of the server's settings), and asks."""
    return (
        (drift.c.server_id == server_id)
        & drift.c.user.is_not_distinct_from(user)
        & (drift.c.state == DriftState.OPEN.value)
        & ~drift.c.overwritten
        & drift.c.day.is_(None)
    )


def open_of(connection: Connection, server_id: int, user: str | None, name: str) -> Drift | None:
    """The drift of this field that asks, within a transaction."""
    row = connection.execute(_select().where(is_open(server_id, user), drift.c.field == name)).first()
    return None if row is None else _drift(row)


def _says(word: SearchWord) -> ColumnElement[bool]:
    return true() if word.is_somebody else word.is_in(SEARCHED, drift.c.field)


def _one(connection: Connection, drift_id: int) -> Drift:
    row = connection.execute(_select().where(drift.c.id == drift_id)).first()
    if row is None:
        raise UnknownDrift(_("There is no drift {number}.").format(number=drift_id))
    return _drift(row)


def _select() -> Select[Any]:
    joined = drift.join(servers, servers.c.id == drift.c.server_id)
    return select(drift, servers.c.name.label("server")).select_from(joined)


def _drift(row: Row[Any]) -> Drift:
    return Drift(
        id=row.id,
        server=row.server,
        user=row.user,
        field=row.field,
        state=DriftState(row.state),
        known=row.known,
        before=row.before,
        after=row.after,
        day=row.day,
        overwritten=row.overwritten,
        seen_at=row.seen_at,
        answered_by=row.answered_by,
        answered_at=row.answered_at,
        change_id=row.change_id,
    )
