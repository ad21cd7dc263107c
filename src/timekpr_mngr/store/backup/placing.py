"""What a backup holds takes the place of what is there, in one transaction; what was there is kept aside.

Killed at any moment, the database holds either all of the old or all of the new. What is kept aside is an SQLite file
in the data folder, whichever kind the database is; its secrets stay encrypted with the key file there.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, exists, insert, or_, select, update

from timekpr_mngr.domain.account import Actor
from timekpr_mngr.domain.change import ChangeState
from timekpr_mngr.errors import NotNow
from timekpr_mngr.store import schema
from timekpr_mngr.store.backup.copying import copy, make_one_file
from timekpr_mngr.store.backup.scratch import Scratch
from timekpr_mngr.store.backup.unusable import Unusable, in_words
from timekpr_mngr.store.database import sqlite_url
from timekpr_mngr.store.folder import flush_folder
from timekpr_mngr.store.migrate import revision_of, revisions, upgrade
from timekpr_mngr.store.opening import SECRETS_CHECK, make_file, prepare, sync_engine
from timekpr_mngr.store.secrets import Secrets
from timekpr_mngr.texts import _, noop

ASIDE = "before-restore"
KEPT = 3
STAMP = "%Y%m%dT%H%M%S.%fZ"
WORKPLACE = "restoring-"

_AS_IT_WAS = noop("Everything is as it was before.")


@dataclass(frozen=True, slots=True)
class Restoring:
    """Who puts something back, and what makes a key pair (private, public) for a comment."""

    actor: Actor
    make_key: Callable[[str], tuple[str, str]]


@contextmanager
def workplace(folder: Path) -> Iterator[Path]:
    """A folder in the data folder for what is being prepared; it goes again, also what a killed one left behind."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in folder.glob(f"{WORKPLACE}*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=WORKPLACE, dir=folder) as made:
        yield Path(made)


@dataclass(frozen=True, slots=True)
class Placed:
    """`aside` is the file in which is kept what was there. The servers in `new_keys` have to let in a new key."""

    aside: Path
    new_keys: tuple[str, ...]


def place(scratch: Scratch, folder: Path, url: URL, restoring: Restoring) -> Placed:
    """Puts a checked backup in the place of what is there.

    A private key that is not in the backup stays where it is known here, and is made anew where it is not. The caller
    sees to it that no service runs. Raises CannotStart, StoreFailure or OSError, and then nothing was put back.
    """
    with in_words(_(_AS_IT_WAS)):
        return _place(scratch, folder, url, restoring)


def _place(scratch: Scratch, folder: Path, url: URL, restoring: Restoring) -> Placed:
    now = datetime.now(UTC)
    secrets = prepare(folder, url)
    aside = _set_aside(folder, url)
    with _engine(url) as engine, engine.begin() as present:
        own = [dict(row) for row in present.execute(select(schema.meta)).mappings()]
        known = _known_keys(present)
    with scratch.engine.begin() as connection:
        connection.execute(insert(schema.meta), own)
        _encrypt(connection, scratch, secrets)
        new = _give_keys(connection, known, secrets, restoring.make_key)
        _doubt(connection, now)
        made_at = f"{scratch.contents.made_at:%Y-%m-%d %H:%M}Z"
        _audit(connection, restoring.actor, f"put back the backup of {made_at}", now)
    scratch.engine.dispose()
    copy(scratch.engine.url, url)
    return Placed(aside, new)


def undo(folder: Path, url: URL, restoring: Restoring) -> None:
    """Puts back what was there before the last time, and keeps what is there now in its stead.

    Raises NotNow where nothing is kept, Unusable, and as `place` does.
    """
    kept = kept_aside(folder)
    if not kept:
        raise NotNow(_("Nothing was put back here that could be undone."))
    with in_words(_(_AS_IT_WAS)):
        _undo(kept[-1], folder, url, restoring)


def kept_aside(folder: Path) -> list[Path]:
    """What was there before something else was put in its place: the newest is the last."""
    return sorted((folder / ASIDE).glob("*.db"))


def _undo(kept: Path, folder: Path, url: URL, restoring: Restoring) -> None:
    secrets = prepare(folder, url)
    with workplace(folder) as made:
        path = made / "scratch.db"
        make_file(path)
        copy(sqlite_url(str(kept)), sqlite_url(str(path)))
        own = sqlite_url(str(path))
        with _engine(own) as engine, engine.begin() as connection:
            _bring_up(connection, own, secrets)
            if _has_moved(url, _instant(kept)):
                _doubt(connection, datetime.now(UTC))
            _audit(connection, restoring.actor, "undid putting back a backup", datetime.now(UTC))
        _set_aside(folder, url)
        copy(own, url)
    kept.unlink(missing_ok=True)


def _set_aside(folder: Path, url: URL) -> Path:
    aside = folder / ASIDE
    aside.mkdir(mode=0o700, exist_ok=True)
    for left in aside.glob("*.part*"):
        left.unlink()
    path = aside / f"{datetime.now(UTC).strftime(STAMP)}.db"
    part = path.with_suffix(".part")
    make_file(part)
    copy(url, sqlite_url(str(part)))
    make_one_file(part)
    part.replace(path)
    flush_folder(aside)
    for old in kept_aside(folder)[:-KEPT]:
        old.unlink()
    return path


def _instant(kept: Path) -> datetime:
    return datetime.strptime(kept.stem, STAMP).replace(tzinfo=UTC)


def _bring_up(connection: Connection, url: URL, secrets: Secrets) -> None:
    """What was kept aside becomes this version's."""
    if revision_of(connection, url) not in revisions():
        raise Unusable(_("What was kept was made by a newer timekpr-mngr. Install that one, then undo."))
    upgrade(connection, schema.REVISION)
    check = connection.scalar(select(schema.meta.c.value).where(schema.meta.c.name == SECRETS_CHECK))
    if check is None or not secrets.fits(check):
        raise Unusable(
            _(
                "What was kept was encrypted with another key file than the one that is here. Nothing was changed."
            )
        )


def _has_moved(url: URL, since: datetime) -> bool:
    """Whether any change was made or settled since: then the computers are not as what was kept knows them."""
    changes = schema.changes.c
    moved = exists().where(or_(changes.created_at > since, changes.settled_at > since))
    with _engine(url) as engine, engine.begin() as connection:
        return bool(connection.scalar(select(moved)))


def _encrypt(connection: Connection, scratch: Scratch, secrets: Secrets) -> None:
    """From the key that was only in memory to the one of the key file."""
    for column in schema.ENCRYPTED:
        if column.table is schema.meta:
            continue
        [key] = column.table.primary_key
        for name, token in connection.execute(select(key, column).where(column.is_not(None))).all():
            again = {column: secrets.encrypt(scratch.fernet.decrypt(token).decode())}
            connection.execute(update(column.table).where(key == name).values(again))


def _known_keys(present: Connection) -> dict[str, str]:
    """The encrypted private keys that are here, by their public ones."""
    servers = schema.servers.c
    known = select(servers.public_key, servers.private_key).where(servers.private_key.is_not(None))
    return {row.public_key: row.private_key for row in present.execute(known)}


def _give_keys(
    connection: Connection,
    known: dict[str, str],
    secrets: Secrets,
    make_key: Callable[[str], tuple[str, str]],
) -> tuple[str, ...]:
    """Every server has a private key afterwards; those by name that have a new one, which they must let in first."""
    servers, new = schema.servers.c, []
    without = select(servers.id, servers.name, servers.public_key).where(
        servers.private_key.is_(None), servers.removed_at.is_(None)
    )
    for server_id, name, public in connection.execute(without.order_by(servers.name)).all():
        token = known.get(public)
        if token is None:
            new.append(name)
            private, new_public = make_key(f"timekpr-mngr@{name}")
            values = {"private_key": secrets.encrypt(private), "public_key": new_public}
        else:
            values = {"private_key": token}
        connection.execute(update(schema.servers).where(servers.id == server_id).values(values))
    return tuple(new)


def _doubt(connection: Connection, now: datetime) -> None:
    """A grant that was waiting may have been given since: given again it would count twice, so a person decides.

    What sets a field is only sent where it still differs from what was wanted, and asks where somebody else set it.
    """
    changes = schema.changes.c
    waiting = changes.state.in_([state.value for state in ChangeState if state.is_open])
    values = {
        "state": ChangeState.UNCERTAIN.value,
        "settled_at": now,
        "message": _(
            "This was still waiting when the backup was made that has been put back; whether it was given since is "
            "not known."
        ),
    }
    connection.execute(
        update(schema.changes).where(waiting, changes.field.startswith("grant.")).values(values)
    )


def _audit(connection: Connection, actor: Actor, what: str, now: datetime) -> None:
    row = {
        "at": now,
        "account": actor.account.name,
        "source": actor.source.value,
        "what": what,
        "subject": "backup",
    }
    connection.execute(insert(schema.audit).values(row))


@contextmanager
def _engine(url: URL) -> Iterator[Engine]:
    engine = sync_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()
