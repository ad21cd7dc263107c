"""Which changes of a field give more time, or take away what limits it."""

from collections.abc import Callable, Iterable

from timekpr_mngr.domain.change import Json
from timekpr_mngr.domain.hours import Hours, from_json
from timekpr_mngr.domain.server import ServerConfig
from timekpr_mngr.domain.user import LockoutType
from timekpr_mngr.errors import Invalid


def lifts(field: str, before: Json, after: Json) -> bool:
    """Whether `after` lets a user have more than `before`; of time given there is no `before`."""
    if field.startswith("grant."):
        return isinstance(after, dict) and _number(after.get("seconds")) > 0
    if field.endswith("limit_seconds"):
        return _number(after) > _number(before)
    if field.endswith(".hours"):
        return _opens(before, after)
    rule = _RULES.get(field)
    return rule is not None and rule(before, after)


def _opens(before: Json, after: Json) -> bool:
    """Whether a minute is open that was closed, or is not counted any more that was."""
    try:
        open_before, open_after = from_json(before), from_json(after)
    except Invalid:
        return False
    return bool(
        _minutes(open_after, free_only=False) - _minutes(open_before, free_only=False)
        or _minutes(open_after, free_only=True) - _minutes(open_before, free_only=True)
    )


def _minutes(hours: Hours, *, free_only: bool) -> set[int]:
    spans = (span for span in hours if span.unaccounted or not free_only)
    return {minute for span in spans for minute in range(span.start, span.end)}


def _went_off(before: Json, after: Json) -> bool:
    return before is True and after is False


def _went_on(before: Json, after: Json) -> bool:
    return before is False and after is True


def _lost(before: Json, after: Json) -> bool:
    return bool(_words(before) - _words(after))


def _got(before: Json, after: Json) -> bool:
    return bool(_words(after) - _words(before))


def _ends_no_session(before: Json, after: Json) -> bool:
    kinds = set(LockoutType)
    return isinstance(after, dict) and after.get("type") not in kinds


def _polls_less(before: Json, after: Json) -> bool:
    return not ServerConfig(poll_seconds=_number(after)).counts_between_polls


def _words(items: Json) -> set[str]:
    listed: Iterable[Json] = items if isinstance(items, list) else ()
    return {str(item.get("mask")) if isinstance(item, dict) else str(item) for item in listed}


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


_RULES: dict[str, Callable[[Json, Json], bool]] = {
    "track_inactive": _went_off,
    "lockout": _ends_no_session,
    "playtime.enabled": _went_off,
    "playtime.override": _went_on,
    "playtime.unaccounted_intervals": _went_on,
    "playtime.activities": _lost,
    "playtime_enabled": _went_off,
    "playtime_enhanced": _went_off,
    "session_types": _lost,
    "excluded_session_types": _got,
    "excluded_users": _got,
    "poll_seconds": _polls_less,
}
