"""A data folder as the first start leaves it: made once, because migrating takes longer than most tests.

That a start in an empty folder comes to this is tested in tests/store, and with every service that a test starts.
"""

import atexit
import functools
import shutil
import tempfile
from pathlib import Path

from timekpr_mngr.store.opening import DATABASE_NAME, prepare
from timekpr_mngr.store.store import where


def started_once(folder: Path) -> Path:
    """The folder; where there is no database in it yet, with a new one and the key that belongs to it."""
    if not (folder / DATABASE_NAME).exists():
        shutil.copytree(_pattern(), folder, dirs_exist_ok=True)
    return folder


@functools.cache
def _pattern() -> Path:
    keeper = tempfile.TemporaryDirectory(prefix="timekpr-mngr-first-start-")
    atexit.register(keeper.cleanup)
    folder, url = where(Path(keeper.name) / "data", None)
    prepare(folder, url)
    return folder
