"""Backups: made while the service runs, looked at, put back, and putting back undone.

All of it is plain blocking code on a data folder: for the command line as it is, for the service in a thread.
"""

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import timekpr_mngr
from timekpr_mngr.domain.account import Actor
from timekpr_mngr.domain.host import check_host
from timekpr_mngr.errors import Exists, Invalid, NotNow
from timekpr_mngr.services.permission import must_administer
from timekpr_mngr.store import backup
from timekpr_mngr.store.alone import BACKUP_LOCK, alone
from timekpr_mngr.store.backup import Contents, Inside, Origin, Placed, Restoring, Scratch, Unusable
from timekpr_mngr.store.folder import flush_folder
from timekpr_mngr.store.secrets import FILE_NAME, Secrets
from timekpr_mngr.store.store import where
from timekpr_mngr.texts import _

SUFFIX = ".age"
STAMP = "%Y%m%dT%H%M%SZ"
NAME_BEGINS, WITH_KEYS = "timekpr-mngr-", "-with-keys"
PASSPHRASE_MIN = 12  # whoever gets hold of the file may try as often as they like
PASSPHRASE_FILE_MAX = 4096  # bytes


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that is there now."""

    file: Path
    contents: Contents


@dataclass(frozen=True, slots=True)
class Pending:
    """A backup that was checked whole, and can be put back while the context lasts that gave it."""

    inside: Inside
    put_back: Callable[[], Placed]


class Backups:
    """What can be done with the data of a folder, whether a service runs on it or not."""

    def __init__(
        self, data_dir: Path, database_url: str | None = None, now: Callable[[], datetime] | None = None
    ) -> None:
        self._folder, self._url = where(data_dir, database_url)
        self._now = now or (lambda: datetime.now(UTC))

    def make(self, actor: Actor, to: Path, passphrase: str, *, with_keys: bool = False) -> Made:
        """A new backup in the folder `to`, or as the file `to` if that ends in `.age`; whole, or not there at all.

        Raises Forbidden, Invalid, Exists, NotNow where it cannot be written or another is being made, CannotStart
        where there is no data, StoreFailure.
        """
        must_administer(actor)
        checked_passphrase(passphrase)
        made_at = self._now().replace(microsecond=0)
        file = _file(to, made_at, with_keys)
        with self._one_at_a_time(), _in_words(file):
            secrets = Secrets(self._folder / FILE_NAME) if with_keys else None
            origin = Origin(timekpr_mngr.__version__, made_at, secrets)
            with _appearing(file) as part:
                contents = backup.dump(self._url, part, passphrase, origin)
        return Made(file, contents)

    def look(self, file: Path, passphrase: str) -> Inside:
        """Checks all of a backup and says what is in it; nothing is touched. Raises Invalid or Unusable."""
        with tempfile.TemporaryDirectory() as folder, _checked(file, passphrase, Path(folder)) as scratch:
            return _looked_at(scratch)

    @contextmanager
    def restoring(self, actor: Actor, file: Path, passphrase: str) -> Iterator[Pending]:
        """The same, with all that is needed to put it back. No service can run while the context lasts.

        Raises Forbidden, Invalid, Unusable, and CannotStart where a service runs; putting back raises CannotStart or
        StoreFailure where the present data cannot be kept aside, and has then changed nothing.
        """
        must_administer(actor)
        with (
            self._no_service(),
            backup.workplace(self._folder) as folder,
            _checked(file, passphrase, folder) as scratch,
        ):
            yield Pending(_looked_at(scratch), lambda: self._put_back(actor, scratch))

    def undo(self, actor: Actor) -> None:
        """Puts back what was there before the last restore. Raises Forbidden, NotNow, CannotStart, StoreFailure."""
        must_administer(actor)
        with self._no_service(), _no_room():
            backup.undo(self._folder, self._url, _restoring(actor))

    def can_undo(self) -> datetime | None:
        """When what would be put back was kept aside; None where there is nothing."""
        kept = backup.kept_aside(self._folder)
        return datetime.fromtimestamp(kept[-1].stat().st_mtime, UTC) if kept else None

    def _put_back(self, actor: Actor, scratch: Scratch) -> Placed:
        with _no_room():
            return backup.place(scratch, self._folder, self._url, _restoring(actor))

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        if not self._folder.is_dir():
            yield  # what follows says that there is nothing
            return
        with alone(
            self._folder,
            _("Another backup is just being made. Try again when it is there. Nothing was changed."),
            BACKUP_LOCK,
        ):
            yield

    @contextmanager
    def _no_service(self) -> Iterator[None]:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        refusal = _(
            "timekpr-mngr is running on the data in {folder}. End it first, then try again. Nothing was changed."
        ).format(folder=self._folder)
        with alone(self._folder, refusal):
            yield


def checked_passphrase(passphrase: str) -> str:
    """One that is long enough for a new backup. Raises Invalid."""
    if len(passphrase) < PASSPHRASE_MIN:
        raise Invalid(
            "passphrase",
            _(
                "A passphrase has {n} characters at least: some words that do not belong together are best."
            ).format(n=PASSPHRASE_MIN),
        )
    try:
        passphrase.encode()
    except UnicodeEncodeError:
        raise Invalid("passphrase", _("The passphrase holds characters that cannot be stored.")) from None
    return passphrase


def passphrase_in(file: Path) -> str:
    """The first line of a file. Raises Invalid."""
    try:
        with file.open("rb") as opened:
            line = opened.readline(PASSPHRASE_FILE_MAX).decode().rstrip("\r\n")
    except OSError as error:
        raise Invalid(
            "passphrase",
            _("The file of the passphrase, {file}, cannot be read: {why}.").format(
                file=file, why=error.strerror
            ),
        ) from None
    except UnicodeDecodeError:
        raise Invalid(
            "passphrase", _("The file of the passphrase, {file}, is no text in UTF-8.").format(file=file)
        ) from None
    if not line:
        raise Invalid(
            "passphrase",
            _("The first line of {file} is empty; it should be the passphrase.").format(file=file),
        )
    return line


def instant_in(name: str) -> datetime | None:
    """When the backup of this name was made; None for another file, which is none of ours."""
    stem = name.removeprefix(NAME_BEGINS).removesuffix(SUFFIX).removesuffix(WITH_KEYS)
    try:
        instant = datetime.strptime(stem, STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
    return instant if name in (_name(instant, with_keys=False), _name(instant, with_keys=True)) else None


def _name(made_at: datetime, *, with_keys: bool) -> str:
    return f"{NAME_BEGINS}{made_at.strftime(STAMP)}{WITH_KEYS if with_keys else ''}{SUFFIX}"


def _file(to: Path, made_at: datetime, with_keys: bool) -> Path:
    to = Path(os.path.abspath(to))
    is_file = to.suffix == SUFFIX and not to.is_dir()
    file = to if is_file else to / _name(made_at, with_keys=with_keys)
    if not file.parent.is_dir():
        raise NotNow(
            _("There is no folder {folder}: make it, or mount what it is on. No backup was made.").format(
                folder=file.parent
            )
        )
    if file.exists():
        raise Exists(_("{file} is there already. No backup was made.").format(file=file))
    return file


@contextmanager
def _appearing(file: Path) -> Iterator[BinaryIO]:
    """A file that is there under its name once all of it is on disk. What killed ones left behind goes."""
    for left in file.parent.glob(f".{NAME_BEGINS}*.part"):
        _sweep(left)
    part = file.with_name(f".{NAME_BEGINS}{file.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            fcntl.flock(opened, fcntl.LOCK_EX)
            yield opened
            opened.flush()
            os.fsync(opened.fileno())
            part.replace(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    flush_folder(file.parent)


def _sweep(left: Path) -> None:
    """Whoever still writes a file holds its lock."""
    try:
        with left.open("rb") as opened:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            left.unlink()
    except OSError:
        return


@contextmanager
def _in_words(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NotNow(
            _(
                "The backup cannot be written to {folder}: {why}. No backup was made; those before it are there."
            ).format(folder=file.parent, why=error.strerror or error)
        ) from None


@contextmanager
def _no_room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NotNow(
            _("The data folder cannot be written: {why}. Everything is as it was before.").format(
                why=error.strerror or error
            )
        ) from None


@contextmanager
def _checked(file: Path, passphrase: str, folder: Path) -> Iterator[Scratch]:
    try:
        with file.open("rb") as opened:
            scratch = backup.checked(opened, passphrase, folder)
    except OSError as error:
        raise Unusable(
            _("{file} cannot be read: {why}. Nothing was changed.").format(
                file=file, why=error.strerror or error
            )
        ) from None
    with ExitStack() as stack:
        stack.callback(scratch.engine.dispose)
        yield scratch


def _looked_at(scratch: Scratch) -> Inside:
    found = backup.inside(scratch)
    for host in found.hosts:
        try:
            check_host(host)
        except Invalid:
            raise Unusable(
                _("A row of {table} in this backup is not as timekpr-mngr writes it.").format(table="servers")
            ) from None
    return found


def _restoring(actor: Actor) -> Restoring:
    from timekpr_mngr.link.ssh_keys import make_key

    return Restoring(actor, make_key)
