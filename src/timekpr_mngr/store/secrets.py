"""Secrets at rest: private keys are encrypted in the database with a key that lies in a file beside it.

The file `secret.key` holds one key a line, the newest first: the first encrypts, all decrypt. It is made at the
first start and never overwritten but when a key is added in front, or the older ones are forgotten.
"""

import os
import uuid
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from timekpr_mngr.errors import CannotStart
from timekpr_mngr.store.failure import StoreFailure
from timekpr_mngr.store.folder import flush_folder
from timekpr_mngr.texts import _

FILE_NAME = "secret.key"
CHECK = "timekpr-mngr"
"""What is encrypted into the database at the first start, to know the right key again."""


class Secrets:
    """Encrypts and decrypts texts. Made with `open_secrets`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._keys = _read(path)

    def encrypt(self, text: str) -> str:
        """`text` under the newest key."""
        return self._keys.encrypt(text.encode()).decode("ascii")

    def decrypt(self, token: str) -> str:
        """The text again. Raises StoreFailure where no key of the file fits."""
        try:
            return self._keys.decrypt(token).decode()
        except InvalidToken:
            pass
        try:
            self._keys = _read(self._path)  # another process may have added a key
            return self._keys.decrypt(token).decode()
        except (InvalidToken, CannotStart):
            raise StoreFailure(
                _(
                    "A secret in the database cannot be decrypted with {path}: the file is not the one that it "
                    "was encrypted with. Nothing was changed; put the right file back and start again."
                ).format(path=self._path)
            ) from None

    def fits(self, token: str) -> bool:
        """Whether one of the keys made this."""
        try:
            self._keys.decrypt(token)
        except InvalidToken:
            return False
        return True

    def rotated(self, token: str) -> str:
        """The same secret under the newest key. Raises StoreFailure where no key fits."""
        return self.encrypt(self.decrypt(token))

    def add_key(self) -> None:
        """Puts a new key first. The older ones stay, for copies of the database that need them."""
        self._replace_with([Fernet.generate_key().decode("ascii"), *self._path.read_text("ascii").split()])

    def keep_newest(self) -> None:
        """Forgets all keys but the first: what is under another is lost."""
        self._replace_with(self._path.read_text("ascii").split()[:1])

    def _replace_with(self, keys: list[str]) -> None:
        _replace(self._path, keys)
        self._keys = _read(self._path)


def open_secrets(path: Path, check: str | None) -> Secrets:
    """The secrets of a database whose encrypted `CHECK` is `check`, or None for one that has no secrets yet.

    Makes the key file only in that last case. Raises CannotStart for a lost, broken or wrong one.
    """
    if not path.exists():
        if check is not None:
            raise CannotStart(
                _(
                    "{path} is missing, and without it the private keys in the database cannot be read. Nothing "
                    "was changed. Put the file back from a backup; if it is lost for good, move the database "
                    "away and set up anew."
                ).format(path=path)
            )
        _create(path)
    secrets = Secrets(path)
    if check is not None and not secrets.fits(check):
        raise CannotStart(
            _(
                "{path} is not the key that this database was encrypted with. Nothing was changed. Put the "
                "right file back from a backup."
            ).format(path=path)
        )
    return secrets


def _read(path: Path) -> MultiFernet:
    try:
        lines = path.read_text("ascii").split()
        status = path.stat()
        if status.st_mode & 0o077 and status.st_uid == os.geteuid():
            path.chmod(0o600)
        return MultiFernet([Fernet(line) for line in lines])
    except OSError as error:
        raise CannotStart(
            _("{path} cannot be read: {why}. Nothing was changed.").format(path=path, why=error.strerror)
        ) from None
    except ValueError:
        raise CannotStart(
            _(
                "{path} is broken: it should hold one key a line. Nothing was changed. Put it back from a "
                "backup."
            ).format(path=path)
        ) from None


def _create(path: Path) -> None:
    """Whole or not at all, and never over a file that is there."""
    fresh = _written(path, [Fernet.generate_key().decode("ascii")])
    try:
        os.link(fresh, path)
    finally:
        fresh.unlink()
    flush_folder(path.parent)


def _replace(path: Path, keys: list[str]) -> None:
    _written(path, keys).replace(path)
    flush_folder(path.parent)


def _written(path: Path, keys: list[str]) -> Path:
    fresh = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write("".join(key + "\n" for key in keys))
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        fresh.unlink()
        raise
    return fresh
