"""What goes wrong with the database while the program runs."""

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from timekpr_mngr.errors import TimekprMngrError
from timekpr_mngr.texts import _, noop

_WORDS = {
    "SQLITE_FULL": noop("The disk that holds the database is full. Make room on it, then try again."),
    "SQLITE_IOERR": noop(
        "The disk that holds the database does not work as it should (an input/output error)."
    ),
    "SQLITE_READONLY": noop("The database cannot be written: the file, its folder or the disk is read-only."),
    "SQLITE_CORRUPT": noop("The database is damaged. Stop the program and put back a copy of it."),
    "SQLITE_NOTADB": noop("The database file is not an SQLite database."),
    "SQLITE_BUSY": noop(
        "Another program holds the database and does not let go of it. Try again in a moment."
    ),
    "SQLITE_LOCKED": noop(
        "Another program holds the database and does not let go of it. Try again in a moment."
    ),
    "SQLITE_CANTOPEN": noop("The database file cannot be opened: look at the permissions of its folder."),
    "SQLITE_PERM": noop("The database file cannot be opened: look at the permissions of its folder."),
}
"""By the beginning of SQLite's own name for the error."""


class StoreFailure(TimekprMngrError):
    """The database did not do what was asked; what was asked was not kept, and everything before it was."""

    code = "store_failure"


def reason(error: BaseException) -> str:
    """The cause of a database error in a sentence."""
    cause = getattr(error, "orig", None) or error
    name = str(getattr(cause, "sqlite_errorname", ""))
    for beginning, words in _WORDS.items():
        if name.startswith(beginning):
            return _(words)
    if isinstance(error, PoolTimeout):
        return _("The database is busier than it can be. Try again in a moment.")
    return _("The database says: {cause}.").format(cause=cause)


def in_words(error: SQLAlchemyError) -> StoreFailure:
    """The error as it may be shown to a person."""
    return StoreFailure(_("{reason} Nothing of this request was saved.").format(reason=reason(error)))


def is_failure(error: BaseException) -> bool:
    """Whether the database is in trouble; a constraint that holds, or a mistake in our SQL, is something else."""
    if isinstance(error, PoolTimeout):
        return True
    return isinstance(error, DBAPIError) and type(error).__name__ in ("OperationalError", "DatabaseError")
