"""Lists in pages: how many a page has, and where the next one begins."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from timekpr_mngr.errors import Invalid
from timekpr_mngr.texts import _

PAGE_MAX = 200

T = TypeVar("T")


@dataclass(frozen=True)  # slots and Generic do not go together before Python 3.12
class Page(Generic[T]):
    """Some of a list; `next` is the cursor of those that follow, None where these were the last."""

    items: tuple[T, ...]
    next: str | None


def page_of(found: Sequence[T], limit: int, cursor_of: Callable[[T], object]) -> Page[T]:
    """The page of what was asked for with one more than `limit`: that one says whether others follow."""
    items = tuple(found[:limit])
    return Page(items, str(cursor_of(items[-1])) if len(found) > limit else None)


def by_id(item: Any) -> int:
    """The cursor of what has a number."""
    number: int = item.id
    return number


def checked_limit(limit: int, most: int = PAGE_MAX) -> int:
    """How many are asked for. Raises Invalid."""
    if not 1 <= limit <= most:
        raise Invalid("limit", _("A page has 1 to {most} entries.").format(most=most))
    return limit


def before_id(cursor: str | None) -> int | None:
    """The number after which a page begins; None for the first page. Raises Invalid."""
    if cursor is None:
        return None
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 18:
        raise Invalid("cursor", _("A cursor is what `next` of the page before said."))
    return int(cursor)
