"""What was seen on a server that is not as it was known: kept whole, or not at all."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from timekpr_mngr.domain.change import GrantKind, Json
from timekpr_mngr.domain.drift import DriftState, Given
from timekpr_mngr.store import drift as drifts
from timekpr_mngr.store import history, sent_log
from timekpr_mngr.store.database import Database, reading, upsert, writing
from timekpr_mngr.store.schema import drift, given, servers
from timekpr_mngr.store.sent_log import SentCall
from timekpr_mngr.store.servers import is_live, server_id_named, server_id_of


@dataclass(frozen=True, slots=True)
class Foreign:
    """A difference that is not ours, as it was just seen (`domain.drift.Drift`)."""

    field: str
    before: Json
    after: Json
    day: date | None = None
    overwritten_by: int | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """One user, or (`user` None) the server's settings, at the moment of a reading.

    `values` are a new version to keep, None where it is the same as before; `change_ids` are the changes of ours that
    made it so. `ours` are the fields that those set. `foreign` is what somebody else did. `given` replaces what was
    noted of the time given on a day.
    """

    user: str | None
    seen_at: datetime
    values: Mapping[str, Json] | None = None
    change_ids: tuple[int, ...] = ()
    ours: tuple[str, ...] = ()
    foreign: tuple[Foreign, ...] = ()
    given: tuple[Given, ...] = ()


@dataclass(slots=True)
class Unsaved:
    """What was seen on a server and sent to it, in the order in which it happened, to be kept together with something
    else. Kept, `drift_of` are the users (None for the server itself) whose drift is another since.
    """

    seen: Sequence[Sighting] = ()
    sent: Sequence[SentCall] = ()
    drift_of: frozenset[str | None] = frozenset()

    def keep(self, connection: Connection, server_id: int) -> None:
        """Puts it into the store, within a transaction."""
        self.drift_of = _keep(connection, server_id, self.seen)
        sent_log.keep(connection, server_id, self.sent)


@dataclass(frozen=True, slots=True)
class Known:
    """What was last seen: values by user (None for the server itself), and the time given by user and kind."""

    values: Mapping[str | None, Mapping[str, Json]] = field(default_factory=dict)
    given: Mapping[tuple[str, GrantKind], Given] = field(default_factory=dict)


class Sightings:
    """Keeps sightings, and tells what was last seen."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @writing
    def add(self, connection: Connection, server: str, unsaved: Unsaved) -> None:
        """Keeps all of it. Raises UnknownServer."""
        unsaved.keep(connection, server_id_of(connection, server))

    @reading
    def known(self, connection: Connection, server: str) -> Known:
        """What was last seen; empty for a server that was never read."""
        server_id = server_id_named(server)
        noted = connection.execute(select(given).where(given.c.server_id == server_id)).all()
        return _known(history.latest(connection, server_id), noted)

    @reading
    def all_known(self, connection: Connection) -> dict[str, Known]:
        """The same of every server, by its name."""
        values: dict[int, list[Row[Any]]] = defaultdict(list)
        for row in history.latest(connection):
            values[row.server_id].append(row)
        noted: dict[int, list[Row[Any]]] = defaultdict(list)
        for row in connection.execute(select(given)):
            noted[row.server_id].append(row)
        names = connection.execute(select(servers.c.id, servers.c.name).where(is_live()))
        return {row.name: _known(values[row.id], noted[row.id]) for row in names}


def _known(values: Iterable[Row[Any]], noted: Iterable[Row[Any]]) -> Known:
    return Known(
        {row.user: row.field_values for row in values},
        {
            (row.user, GrantKind(row.kind)): Given(GrantKind(row.kind), row.day, row.moved_seconds)
            for row in noted
        },
    )


def _keep(connection: Connection, server_id: int, sightings: Sequence[Sighting]) -> frozenset[str | None]:
    """Gives the users (None for the server itself) whose drift is another now."""
    versions = [
        history.row(server_id, one.user, one.values, one.seen_at, one.change_ids)
        for one in sightings
        if one.values is not None
    ]
    if versions:
        connection.execute(history.ADD, versions)
    drift_of = set[str | None]()
    for sighting in sightings:
        if _replace_open(connection, server_id, sighting.user, sighting.ours) or sighting.foreign:
            drift_of.add(sighting.user)
        for foreign in sighting.foreign:
            _add(connection, server_id, sighting, foreign)
    upsert(connection, given, *_given(server_id, sightings))
    return frozenset(drift_of)


def _given(server_id: int, sightings: Sequence[Sighting]) -> Iterator[dict[str, Any]]:
    for sighting in sightings:
        for noted in sighting.given:
            row = {"server_id": server_id, "user": sighting.user, "kind": noted.kind.value}
            yield row | {"day": noted.day, "moved_seconds": noted.moved_seconds}


def _add(connection: Connection, server_id: int, sighting: Sighting, foreign: Foreign) -> None:
    """An earlier one of the same field asks no more: what counts now is asked, against what was known before."""
    known, state = foreign.before, DriftState.OPEN
    if foreign.day is None and foreign.overwritten_by is None:
        earlier = drifts.open_of(connection, server_id, sighting.user, foreign.field)
        if earlier is not None:
            known = earlier.known
            _replace_open(connection, server_id, sighting.user, [foreign.field])
        if known == foreign.after:
            state = DriftState.GONE
    row = {
        "server_id": server_id,
        "user": sighting.user,
        "field": foreign.field,
        "state": state.value,
        "known": known,
        "before": foreign.before,
        "after": foreign.after,
        "day": foreign.day,
        "overwritten": foreign.overwritten_by is not None,
        "seen_at": sighting.seen_at,
        "change_id": foreign.overwritten_by,
    }
    connection.execute(insert(drift), row)


def _replace_open(connection: Connection, server_id: int, user: str | None, fields: Sequence[str]) -> bool:
    """Whether any of it was open."""
    if not fields:
        return False
    whose = {"whose_server": server_id, "whose": user, "fields": fields}
    return connection.execute(REPLACE_OPEN, whose).rowcount > 0


REPLACE_OPEN = (
    update(drift)
    .where(
        drifts.is_open(bindparam("whose_server"), bindparam("whose")),
        drift.c.field.in_(bindparam("fields", expanding=True)),
    )
    .values(state=DriftState.REPLACED.value)
)
"""What every change that came about needs, built once."""
