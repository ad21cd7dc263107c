"""When timekprd began on each server, and when it was seen to leave the bus; `store.findings` adds to it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from timekpr_mngr.domain.bus_facts import DaemonRun, KeptRun
from timekpr_mngr.store.database import Database, reading
from timekpr_mngr.store.schema import daemon_runs, servers
from timekpr_mngr.store.servers import is_live

RUNS_KEPT = 100  # of each server; a daemon that falls over every half minute comes to it within the hour


class DaemonRuns:
    """The runs of timekprd by server."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @reading
    def list(self, connection: Connection, server: str | None = None) -> dict[str, list[KeptRun]]:
        """The runs in their order, of one server or of all; a server without any is not in it."""
        joined = daemon_runs.join(servers, servers.c.id == daemon_runs.c.server_id)
        query = select(daemon_runs, servers.c.name.label("server")).select_from(joined).where(is_live())
        if server is not None:
            query = query.where(servers.c.name == server)
        found: dict[str, list[KeptRun]] = {}
        for row in connection.execute(query.order_by(daemon_runs.c.id)):
            found.setdefault(row.server, []).append(_kept(row))
        return found


def note_begin(connection: Connection, server_id: int, run: DaemonRun, now: datetime) -> None:
    """It runs, within a transaction: noted once, however often."""
    of_server = daemon_runs.c.server_id == server_id
    again = update(daemon_runs).where(of_server, _is(run)).values(gone_at=None)
    if connection.execute(again).rowcount:
        return
    row = {"server_id": server_id, "bus": run.bus, "owner": run.owner, "began_at": run.began_at}
    connection.execute(insert(daemon_runs), row | {"seen_at": now})
    newest = select(daemon_runs.c.id).where(of_server).order_by(daemon_runs.c.id.desc()).limit(RUNS_KEPT)
    connection.execute(delete(daemon_runs).where(of_server, daemon_runs.c.id.not_in(newest)))


def note_end(connection: Connection, server_id: int, run: DaemonRun, now: datetime) -> None:
    """It left the bus, within a transaction."""
    runs = (daemon_runs.c.server_id == server_id) & _is(run) & daemon_runs.c.gone_at.is_(None)
    connection.execute(update(daemon_runs).where(runs).values(gone_at=now))


def _is(run: DaemonRun) -> Any:
    return (daemon_runs.c.bus == run.bus) & (daemon_runs.c.owner == run.owner)


def _kept(row: Row[Any]) -> KeptRun:
    return KeptRun(DaemonRun(row.bus, row.owner, row.began_at), row.seen_at, row.gone_at)
