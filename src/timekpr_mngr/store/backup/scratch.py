"""A backup, read into a database of its own and looked at row by row, before anything that is in use is touched."""

import json
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.fernet import Fernet
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    Engine,
    Float,
    Integer,
    String,
    TableClause,
    select,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.types import TypeEngine

from timekpr_mngr.domain.account import Power, Role, Source
from timekpr_mngr.domain.change import Answer, ChangeState, FollowsAs, Json
from timekpr_mngr.domain.drift import DriftState
from timekpr_mngr.domain.server import check_server_name
from timekpr_mngr.errors import Invalid
from timekpr_mngr.store import schema
from timekpr_mngr.store.backup.contents import Contents, contents_of
from timekpr_mngr.store.backup.dump import is_encrypted, tables_of
from timekpr_mngr.store.backup.lines import read
from timekpr_mngr.store.backup.unusable import Unusable
from timekpr_mngr.store.database import sqlite_url
from timekpr_mngr.store.failure import reason
from timekpr_mngr.store.migrate import revisions, upgrade
from timekpr_mngr.store.opening import make_file, sync_engine
from timekpr_mngr.texts import _

ROWS_AT_ONCE = 200
ROWS_A_LOOK = 100  # between two looks at how much room is left
ROOM_LEFT = 64 << 20  # bytes of the disk that stay free, whatever a backup unpacks to
INTEGER_MAX = 2**63 - 1

_WORDS: tuple[
    tuple[Column[Any], type[Role | Power | Source | ChangeState | Answer | FollowsAs | DriftState]], ...
] = (
    (schema.accounts.c.role, Role),
    (schema.account_people.c.role, Role),
    (schema.tokens.c.scope, Power),
    (schema.audit.c.source, Source),
    (schema.changes.c.source, Source),
    (schema.changes.c.state, ChangeState),
    (schema.changes.c.answer, Answer),
    (schema.changes.c.follows_as, FollowsAs),
    (schema.drift.c.state, DriftState),
)
"""Columns that hold one of a few words."""


class Scratch:
    """A file with everything that a backup holds, in the tables of this version. Made with `checked`.

    Its private keys, where it has any, are encrypted with a key that is only in memory.
    """

    def __init__(self, engine: Engine, contents: Contents, fernet: Fernet) -> None:
        self.engine = engine
        self.contents = contents
        self.fernet = fernet

    @property
    def file(self) -> Path:
        """The SQLite file."""
        return Path(str(self.engine.url.database))


def checked(file: BinaryIO, passphrase: str, folder: Path) -> Scratch:
    """Reads all of a backup into a new file in `folder`, and refuses it unless every chunk, row and reference is right.

    Raises Invalid for another passphrase, Unusable, OSError.
    """
    lines = read(file, passphrase)
    contents = contents_of(next(lines, None))
    if contents.revision not in revisions():
        raise Unusable(
            _(
                "This backup was made by a newer timekpr-mngr ({version}). Install that one, then put it back."
            ).format(version=contents.version)
        )
    path = folder / "scratch.db"
    make_file(path)
    scratch = Scratch(sync_engine(sqlite_url(str(path))), contents, Fernet(Fernet.generate_key()))
    try:
        _fill(scratch, lines)
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise Unusable(
            _("The backup cannot be unpacked. {reason} Nothing was changed.").format(reason=reason(error))
        ) from None
    return scratch


def _fill(scratch: Scratch, lines: Iterator[Json]) -> None:
    with scratch.engine.begin() as connection:
        upgrade(connection, scratch.contents.revision)
        _Loading(connection, scratch, lines).run()
        _check_references(connection)
    with scratch.engine.begin() as connection:
        upgrade(connection, schema.REVISION)
        _check_references(connection)
        _check_readable(connection)
        _check_words(connection)


class _Loading:
    """From the lines of a backup into the tables of the revision that it was made with."""

    def __init__(self, connection: Connection, scratch: Scratch, lines: Iterator[Json]) -> None:
        self._connection = connection
        self._scratch = scratch
        self._lines = lines
        self._tables = {one.name: one for one in tables_of(connection)}
        self._driver: Any = connection.connection.driver_connection

    def run(self) -> None:
        rows = self._scratch.contents.rows
        if rows.keys() != self._tables.keys():
            names = ", ".join(sorted(str(name)[:40] for name in rows.keys() ^ self._tables.keys()))
            raise Unusable(
                _("The backup does not hold the tables that its version has: {names}.").format(names=names)
            )
        for name in sorted(rows):
            self._table(self._tables[name], rows[name])
        if next(self._lines, None) != {"end": sum(rows.values())} or next(self._lines, None) is not None:
            raise _not_as_said()

    def _table(self, one: TableClause, count: int) -> None:
        names = list(one.c.keys())
        if next(self._lines, None) != {"table": one.name, "columns": names}:
            raise Unusable(
                _("The table {table} is not in this backup as its version has it.").format(table=one.name)
            )
        quote = self._connection.dialect.identifier_preparer.quote
        columns = ", ".join(map(quote, names))
        insert = f"INSERT INTO {quote(one.name)} ({columns}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608 -- quoted, and of our own tables
        try:
            self._driver.executemany(insert, self._rows(one, count))
        except (sqlite3.IntegrityError, UnicodeEncodeError):
            raise _wrong_row(one.name) from None

    def _rows(self, one: TableClause, count: int) -> Iterator[list[Any]]:
        """One at a time: however long a line is, only one of them is in memory."""
        stored = [self._stored(one, column) for column in one.c]
        for number in range(count):
            if number % ROWS_A_LOOK == 0 and shutil.disk_usage(self._scratch.file.parent).free < ROOM_LEFT:
                raise Unusable(
                    _("There is too little room on the disk to unpack this backup. Nothing was changed.")
                )
            line = next(self._lines, None)
            if not isinstance(line, list) or len(line) != len(stored):
                raise _wrong_row(one.name)
            try:
                yield [
                    None if value is None else store(value) for store, value in zip(stored, line, strict=True)
                ]
            except (TypeError, ValueError, OverflowError, RecursionError):
                raise _wrong_row(one.name) from None

    def _stored(self, one: TableClause, column: Any) -> Callable[[Json], Any]:
        """What SQLite is given for a value of that column."""
        if is_encrypted(one.name, column.name):
            return self._encrypted
        return next(stored for kind, stored in STORED.items() if isinstance(column.type, kind))

    def _encrypted(self, value: Json) -> str:
        if not self._scratch.contents.has_keys:
            raise _not_as_said()
        return self._scratch.fernet.encrypt(_text(value).encode()).decode("ascii")


def _integer(value: Json) -> int:
    if type(value) is not int or not -INTEGER_MAX <= value <= INTEGER_MAX:
        raise TypeError
    return value


def _float(value: Json) -> float:
    if type(value) not in (int, float):
        raise TypeError
    return float(value)  # type: ignore[arg-type]


def _truth(value: Json) -> int:
    if not isinstance(value, bool):
        raise TypeError
    return int(value)


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise TypeError
    value.encode()
    return value


def _day(value: Json) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        raise TypeError
    return date.fromisoformat(value).isoformat()


def _json(value: Json) -> str:
    return json.dumps(value)


STORED: dict[type[TypeEngine[Any]], Callable[[Json], Any]] = {
    Boolean: _truth,
    Integer: _integer,
    Float: _float,
    Date: _day,
    JSON: _json,
    String: _text,
}
"""By the kind of a column: what SQLite is given for a value of the backup, which must be of that kind."""


def _check_references(connection: Connection) -> None:
    if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchone():
        raise Unusable(
            _("A row of {table} in this backup refers to one that is not in it.").format(table=broken[0])
        )


def _check_readable(connection: Connection) -> None:
    """Every value can be read as this version reads it: an instant, say, that no calendar has cannot."""
    for one in schema.metadata.sorted_tables:
        rows = connection.execution_options(yield_per=ROWS_AT_ONCE).execute(select(one))
        try:
            for _row in rows:
                pass
        except (TypeError, ValueError, OverflowError):
            raise _wrong_row(one.name) from None
    for name in connection.scalars(select(schema.servers.c.name)):
        try:
            check_server_name(name)
        except Invalid:
            raise _wrong_row("servers") from None


def _check_words(connection: Connection) -> None:
    for column, words in _WORDS:
        found = connection.scalars(select(column).where(column.is_not(None)).distinct())
        if not {*found} <= {*words}:
            raise _wrong_row(column.table.name)


def _wrong_row(table: str) -> Unusable:
    return Unusable(
        _("A row of {table} in this backup is not as timekpr-mngr writes it.").format(table=table)
    )


def _not_as_said() -> Unusable:
    return Unusable(_("This backup does not hold what it says at its beginning."))
