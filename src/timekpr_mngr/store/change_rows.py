"""Changes as rows of the database, and the statements that a press needs."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    bindparam,
    exists,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from timekpr_mngr.domain.account import Source
from timekpr_mngr.domain.change import Answer, Change, ChangeState, Draft, FollowsAs, Json
from timekpr_mngr.domain.queue import note_of
from timekpr_mngr.errors import UnknownChange
from timekpr_mngr.store.follows import STANDING
from timekpr_mngr.store.schema import changes, servers
from timekpr_mngr.store.servers import is_live
from timekpr_mngr.texts import _

OPEN_STATES = [state.value for state in ChangeState if state.is_open]


def one(connection: Connection, change_id: int) -> Change:
    """By its number. Raises UnknownChange."""
    there = found(connection, ONE, change_id=change_id)
    if not there:
        raise UnknownChange(_("There is no change {number}.").format(number=change_id))
    return there[0]


def of_request(connection: Connection, request_id: str) -> list[Change]:
    """What one request queued, in its order."""
    query = selected().where(changes.c.request_id == request_id).order_by(changes.c.id)
    return found(connection, query)


def found(connection: Connection, query: Select[Any], **values: Any) -> list[Change]:
    """What a query of `selected` finds, in its order."""
    return [change_of(row, row.server) for row in connection.execute(query, values)]


def selected() -> Select[Any]:
    """Changes, each with its server's present name."""
    joined = changes.join(servers, servers.c.id == changes.c.server_id)
    return select(changes, servers.c.name.label("server")).select_from(joined)


def is_in(change_id: int, states: Iterable[ChangeState]) -> dict[str, Any]:
    """The values of MOVE and STEP: which change, and in which states it is expected."""
    return {"change_id": change_id, "expected": [state.value for state in states]}


def row_of(draft: Draft, bases: Sequence[Json]) -> dict[str, Any]:
    """What a draft alone says of a change; `bases` are the values beside its own that it may be made against."""
    return {
        "field": draft.field,
        "before": draft.before,
        "after": draft.after,
        "day": draft.day,
        "reason": draft.reason,
        "until": draft.until,
        "note": note_of(bases),
    }


def add(connection: Connection, row: dict[str, Any], server: str) -> Change:
    """Puts a new one in; `server` is the server's name."""
    return change_of(connection.execute(ADD, row).one(), server)


def change_of(row: Row[Any], server: str) -> Change:
    """A row as a change; `server` is the server's name."""
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


ONE = selected().where(changes.c.id == bindparam("change_id"))
OPEN = selected().where(changes.c.state.in_(OPEN_STATES)).order_by(changes.c.id)
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
FOR_A_DAY = selected().where(
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
