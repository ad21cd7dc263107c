"""What can be wrong with a backup, or go wrong with the database meanwhile."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from timekpr_mngr.errors import TimekprMngrError
from timekpr_mngr.store.failure import StoreFailure, reason


class Unusable(TimekprMngrError):
    """The file is no backup that can be put back. Found before anything was touched."""

    code = "unusable_backup"


@contextmanager
def in_words(consequence: str) -> Iterator[None]:
    """What the database says becomes a StoreFailure, with what became of the data."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise StoreFailure(f"{reason(error)} {consequence}") from error
