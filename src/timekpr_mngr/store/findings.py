"""What was found on the servers, from when until when."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, insert, select, update

from timekpr_mngr.domain.finding import Finding, FindingCode, KeptFinding, Observed, Severity
from timekpr_mngr.domain.person import UserName
from timekpr_mngr.errors import UnknownServer
from timekpr_mngr.store import daemon_runs
from timekpr_mngr.store.database import Database, reading, writing
from timekpr_mngr.store.schema import findings, hidden_users, servers
from timekpr_mngr.store.servers import is_live, is_one_of, server_id_of

CLEARED_KEPT = 500  # of each server
CODES = [code.value for code in FindingCode]


class Findings:
    """Findings by server. One that stands is there once: a code, and the user whom it is about."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @reading
    def standing(self, connection: Connection) -> list[KeptFinding]:
        """All that stands, in the order in which it was raised, of users out of view too."""
        query = _select().where(is_live(), findings.c.cleared_at.is_(None)).order_by(findings.c.id)
        return [_kept(row) for row in connection.execute(query)]

    @reading
    def page(
        self,
        connection: Connection,
        *,
        stands: bool | None = None,
        server: str | None = None,
        severity: Severity | None = None,
        users: Collection[UserName] | None = None,
        before_id: int | None = None,
        limit: int = 50,
    ) -> list[KeptFinding]:
        """What fits everything given, newest first, of servers that are not removed. What is found of a user out of
        view is left out, unless it stops everybody. With `users`, what is found of them, and the errors of the servers
        that they are on."""
        query = _select().where(is_live(), _is_in_view()).order_by(findings.c.id.desc()).limit(limit)
        if stands is not None:
            cleared = findings.c.cleared_at.is_not(None)
            query = query.where(~cleared if stands else cleared)
        if server is not None:
            query = query.where(servers.c.name == server)
        if severity is not None:
            query = query.where(findings.c.severity == severity.value)
        if users is not None:
            of_servers = findings.c.user.is_(None) & (findings.c.severity == Severity.ERROR.value)
            theirs = servers.c.name.in_({user.server for user in users})
            query = query.where(is_one_of(findings, users) | (of_servers & theirs))
        if before_id is not None:
            query = query.where(findings.c.id < before_id)
        return [_kept(row) for row in connection.execute(query)]

    @writing
    def keep(
        self, connection: Connection, observed: Sequence[Observed], now: datetime
    ) -> dict[str, list[KeptFinding]]:
        """Keeps all of it, and gives by server what was raised or changed or cleared, as it is kept now.

        A server that was removed meanwhile is not among them.
        """
        kept = {}
        for one in observed:
            try:
                server_id = server_id_of(connection, one.server)
            except UnknownServer:
                continue
            if one.ended is not None:
                daemon_runs.note_end(connection, server_id, one.ended, now)
            if one.began is not None:
                daemon_runs.note_begin(connection, server_id, one.began, now)
            kept[one.server] = [
                *(_clear(connection, finding, now) for finding in one.cleared),
                *(_change(connection, finding) for finding in one.changed),
                *(_raise(connection, one.server, server_id, finding, now) for finding in one.raised),
            ]
            if one.raised:
                _forget(connection, server_id)
        return kept


def _raise(
    connection: Connection, server: str, server_id: int, finding: Finding, now: datetime
) -> KeptFinding:
    row = {"server_id": server_id, "raised_at": now} | _row(finding)
    number = connection.execute(insert(findings).returning(findings.c.id), row).scalar_one()
    return KeptFinding(number, server, finding, now)


def _change(connection: Connection, kept: KeptFinding) -> KeptFinding:
    connection.execute(update(findings).where(findings.c.id == kept.id).values(_row(kept.finding)))
    return kept


def _clear(connection: Connection, kept: KeptFinding, now: datetime) -> KeptFinding:
    connection.execute(update(findings).where(findings.c.id == kept.id).values(cleared_at=now))
    return KeptFinding(kept.id, kept.server, kept.finding, kept.raised_at, now)


def _forget(connection: Connection, server_id: int) -> None:
    """All but the newest of a server that are cleared: it could go on for ever making new ones."""
    cleared = (findings.c.server_id == server_id) & findings.c.cleared_at.is_not(None)
    newest = select(findings.c.id).where(cleared).order_by(findings.c.id.desc()).limit(CLEARED_KEPT)
    connection.execute(delete(findings).where(cleared, findings.c.id.not_in(newest)))


def _is_in_view() -> Any:
    hidden = select(hidden_users.c.user).where(
        hidden_users.c.server_id == findings.c.server_id, hidden_users.c.user == findings.c.user
    )
    return ~hidden.exists() | (findings.c.code == FindingCode.STOPS_EVERYBODY.value)


def _select() -> Select[Any]:
    joined = findings.join(servers, servers.c.id == findings.c.server_id)
    known = findings.c.code.in_(CODES)  # a later version may have left others
    return select(findings, servers.c.name.label("server")).select_from(joined).where(known)


def _row(finding: Finding) -> dict[str, Any]:
    return {
        "user": finding.user,
        "code": finding.code.value,
        "severity": finding.severity.value,
        "facts": dict(finding.facts),
    }


def _kept(row: Row[Any]) -> KeptFinding:
    finding = Finding(FindingCode(row.code), Severity(row.severity), row.user, row.facts)
    return KeptFinding(row.id, row.server, finding, row.raised_at, row.cleared_at)
