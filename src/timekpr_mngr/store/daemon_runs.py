"""When timekprd began on each server, and when it was seen to leave the bus; `store.findings` adds to it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

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
    which = {"of_server": server_id, "of_bus": run.bus, "of_owner": run.owner}
    if connection.execute(RUNS_ON, which).rowcount:
        return
    row = {"server_id": server_id, "bus": run.bus, "owner": run.owner, "began_at": run.began_at}
    connection.execute(ADD, row | {"seen_at": now})
    connection.execute(FORGET, {"of_server": server_id})


def note_end(connection: Connection, server_id: int, run: DaemonRun, now: datetime) -> None:
    """It left the bus, within a transaction."""
    which = {"of_server": server_id, "of_bus": run.bus, "of_owner": run.owner}
    connection.execute(LEFT, which | {"at": now})


def _kept(row: Row[Any]) -> KeptRun:
    return KeptRun(DaemonRun(row.bus, row.owner, row.began_at), row.seen_at, row.gone_at)


_OF_SERVER = daemon_runs.c.server_id == bindparam("of_server")
_IS_IT = (
    _OF_SERVER & (daemon_runs.c.bus == bindparam("of_bus")) & (daemon_runs.c.owner == bindparam("of_owner"))
)
_NEWEST = select(daemon_runs.c.id).where(_OF_SERVER).order_by(daemon_runs.c.id.desc()).limit(RUNS_KEPT)
ADD = insert(daemon_runs)
RUNS_ON = update(daemon_runs).where(_IS_IT).values(gone_at=None)
LEFT = update(daemon_runs).where(_IS_IT, daemon_runs.c.gone_at.is_(None)).values(gone_at=bindparam("at"))
FORGET = delete(daemon_runs).where(_OF_SERVER, daemon_runs.c.id.not_in(_NEWEST))
"""What a start with very many servers needs for each of them, built once."""
