"""What a backup says of itself, in its first line."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from timekpr_mngr.domain.change import Json
from timekpr_mngr.store.backup.unusable import Unusable
from timekpr_mngr.texts import _

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Contents:
    """`version` is that of the program that made it, `revision` that of its tables, `rows` how many by table.

    `made_at` is aware, and all that is in it is as it was at that instant. With `has_keys` the private keys are in it.
    """

    made_at: datetime
    version: str
    revision: str
    has_keys: bool
    rows: dict[str, int]


def first_line(contents: Contents) -> Json:
    """As JSON."""
    return {
        "timekpr-mngr backup": FORMAT,
        "made_at": contents.made_at.astimezone(UTC).isoformat(),
        "version": contents.version,
        "revision": contents.revision,
        "has_keys": contents.has_keys,
        "rows": dict(contents.rows),
    }


def contents_of(line: Json) -> Contents:
    """The reverse. Raises Unusable."""
    found: dict[str, Any] = line if isinstance(line, dict) else {}
    number = found.pop("timekpr-mngr backup", None)
    if type(number) is not int:
        raise _nonsense()
    if number > FORMAT:
        raise Unusable(_("This backup was made by a newer timekpr-mngr. Install that one, then put it back."))
    try:
        made_at = datetime.fromisoformat(found.pop("made_at")).astimezone(UTC)
        contents = Contents(made_at, **found)
    except (TypeError, KeyError, ValueError, OverflowError):
        raise _nonsense() from None
    if number != FORMAT or not _is_sound(found):
        raise _nonsense()
    return contents


def _is_sound(found: dict[str, Any]) -> bool:
    rows, words = found["rows"], (found["version"], found["revision"])
    return (
        all(isinstance(word, str) and word.isprintable() for word in words)
        and isinstance(found["has_keys"], bool)
        and isinstance(rows, dict)
        and all(type(count) is int and count >= 0 for count in rows.values())
    )


def _nonsense() -> Unusable:
    return Unusable(_("The beginning of this backup does not say what is in it, as timekpr-mngr writes it."))
