"""One service, or one who puts a backup back, over the same data: each would send the same changes."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from timekpr_mngr.errors import CannotStart

SERVICE_LOCK = ".timekpr-mngr.service.lock"
BACKUP_LOCK = ".timekpr-mngr.backup.lock"


@contextlib.contextmanager
def alone(data_dir: Path, refusal: str, name: str = SERVICE_LOCK) -> Iterator[None]:
    """Holds the lock; nobody waits for it. Raises CannotStart with `refusal` where somebody else does."""
    descriptor = os.open(data_dir / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise CannotStart(refusal) from None
    try:
        yield
    finally:
        os.close(descriptor)
