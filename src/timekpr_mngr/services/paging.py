"""Lists in pages: how many a page has, and where the next one begins."""

from timekpr_mngr.errors import Invalid

PAGE_MAX = 200


def checked_limit(limit: int, most: int = PAGE_MAX) -> int:
    """How many are asked for. Raises Invalid."""
    if not 1 <= limit <= most:
        raise Invalid("limit", f"A page has 1 to {most} entries.")
    return limit


def before_id(cursor: str | None) -> int | None:
    """The number after which a page begins; None for the first page. Raises Invalid."""
    if cursor is None:
        return None
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 18:
        raise Invalid("cursor", "A cursor is what `next` of the page before said.")
    return int(cursor)
