"""`ALLOWED_HOURS_n`: a list of `[!]H[start-end]`, read as the daemon reads it (design: timekpr.md, 1)."""

from functools import lru_cache

from timekpr_mngr.domain.hours import HourInterval, Hours, from_intervals

_KEPT_MAX = 512  # characters: all 24 hours with minutes have 240
_HOURS = {str(hour): hour for hour in range(24)}
_SHORTEST, _LONGEST = 6, 9  # characters of an item with minutes, its ! not counted


def parse(value: str) -> tuple[Hours, tuple[str, ...]]:
    """The hours, and the items that the daemon drops without a word: those hours are closed.

    Of two items for one hour the last one wins. A fleet has seven such lists for each user, of which few differ: they
    are kept.
    """
    return _kept(value) if len(value) <= _KEPT_MAX else _parsed(value)


def _parsed(value: str) -> tuple[Hours, tuple[str, ...]]:
    intervals: dict[int, HourInterval] = {}
    dropped = []
    for item in value.split(";"):
        found = _item(item)
        if found is None:
            dropped.append(item)
        else:
            intervals[found[0]] = found[1]
    return from_intervals(intervals), tuple(item for item in dropped if item != "")


_kept = lru_cache(maxsize=4096)(_parsed)


def _item(item: str) -> tuple[int, HourInterval] | None:
    unaccounted = item.startswith("!")
    rest = item[1:] if unaccounted else item
    if 1 <= len(rest) <= 2:
        hour = _plain_hour(rest)
        return None if hour is None else (hour, HourInterval(unaccounted=unaccounted))
    if not _SHORTEST <= len(rest) <= _LONGEST:
        return None
    found = _with_minutes(rest)
    return None if found is None else (found[0], HourInterval(found[1], found[2], unaccounted))


def _plain_hour(text: str) -> int | None:
    """An hour without minutes is compared as text: `07`, ` 7` and `24` match no hour of the day."""
    return _HOURS.get(text)


def _with_minutes(text: str) -> tuple[int, int, int] | None:
    """An hour with minutes is read as a number: here `07[0-30]` is seven. The first `-` separates, else `:`."""
    opened, closed = text.find("["), text.find("]")
    separator = text.find("-") if "-" in text else text.find(":")
    if opened < 0 or not opened < separator < closed:
        return None
    try:
        hour, start, end = (
            int(text[:opened]),
            int(text[opened + 1 : separator]),
            int(text[separator + 1 : closed]),
        )
    except ValueError:
        return None
    return (hour, start, end) if 0 <= hour <= 23 and 0 <= start < end <= 60 else None
