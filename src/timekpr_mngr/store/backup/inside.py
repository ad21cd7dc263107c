"""What is in a checked backup, for a person to decide by."""

from dataclasses import dataclass

from sqlalchemy import Connection, Table, func, select

from timekpr_mngr.domain.change import ChangeState
from timekpr_mngr.store import schema, snapshots
from timekpr_mngr.store.backup.contents import Contents
from timekpr_mngr.store.backup.scratch import Scratch


@dataclass(frozen=True, slots=True)
class Inside:
    """`servers` and `accounts` by name; `users` as last read on all servers; `waiting` of the `changes` still wait."""

    contents: Contents
    servers: tuple[str, ...]
    hosts: tuple[str, ...]
    users: int
    people: int
    accounts: tuple[str, ...]
    changes: int
    waiting: int


def inside(scratch: Scratch) -> Inside:
    """Looks."""
    changes, servers = schema.changes, schema.servers.c
    waits = changes.c.state.in_([state.value for state in ChangeState if state.is_open])
    live = select(servers.name, servers.host, servers.second_host).where(servers.removed_at.is_(None))
    with scratch.engine.begin() as connection:
        found = connection.execute(live.order_by(servers.name)).all()
        return Inside(
            contents=scratch.contents,
            servers=tuple(row.name for row in found),
            hosts=tuple(host for row in found for host in (row.host, row.second_host) if host is not None),
            users=_users(connection),
            people=_count(connection, schema.people),
            accounts=tuple(
                connection.scalars(select(schema.accounts.c.name).order_by(schema.accounts.c.name))
            ),
            changes=_count(connection, changes),
            waiting=connection.scalar(select(func.count()).select_from(changes).where(waits)) or 0,
        )


def _count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def _users(connection: Connection) -> int:
    total = 0
    for body in connection.scalars(select(schema.snapshots.c.body)):
        try:
            total += len(snapshots.load(body).users)
        except ValueError:  # stored by another version: as never read
            continue
    return total
