"""What timekprd signals about a logged-in user, in the shape in which it comes from the bus.

A variant is a pair of its signature and its value, as jeepney gives it.
"""

from dataclasses import dataclass

from timekpr_mngr.domain.user import WEEKDAYS
from timekpr_mngr.simulator.counted import CountedUser, Hour, by_position

HOUR_SECONDS = 3600
UNSPOKEN = "low"  # a priority, which only the desktop's icon goes by


@dataclass(frozen=True, slots=True)
class BusSignal:
    """A signal of timekprd's about `user`, whose object it comes from."""

    user: str
    member: str
    body: tuple[object, ...]


def time_left_signal(user: CountedUser, playtime_enabled: bool) -> BusSignal:
    """`timeLeft`, sent at every poll."""
    values = {
        "LEFTD": user.today.left,
        "LEFT": user.left_in_a_row,
        "SPENT": user.session_seconds,
        "SPENTW": user.spent_week,
        "SPENTM": user.spent_month,
        "SLEEP": user.inactive_seconds,
        "TRACKI": int(user.conf.flag("TRACK_INACTIVE")),
        "HIDEI": int(user.conf.flag("HIDE_TRAY_ICON")),
        "TNL": int(user.unlimited_today),
    }
    if playtime_enabled and user.conf.flag("PLAYTIME_ENABLED"):
        values |= {
            "PTTLO": int(user.conf.flag("PLAYTIME_LIMIT_OVERRIDE_ENABLED")),
            "PTAUH": int(user.conf.flag("PLAYTIME_UNACCOUNTED_INTERVALS_ENABLED")),
            "PTSPD": user.today.playtime_spent,
            "PTLPD": max(user.today.playtime_left, 0),
            "PTLSTC": user.playtime_processes,
        }
    priority = "unaccounted" if user.unaccounted_now else UNSPOKEN
    return BusSignal(user.name, "timeLeft", (priority, values))


def time_limits_signal(user: CountedUser) -> BusSignal:
    """`timeLimits`, sent when limits were loaded or asked for. Raises TypeError where the daemon does: see
    `intervals`.
    """
    conf = user.conf
    allowed = conf.words("ALLOWED_WEEKDAYS")
    parts: dict[str, object] = {}
    for number in WEEKDAYS:
        if str(number) in allowed:
            day = user.days[number]
            spans = [
                [("i", start), ("i", end), ("b", unaccounted)]
                for start, end, unaccounted in intervals(day.hours)
            ]
            parts[str(number)] = {"LIMITD": ("i", day.limit), "INTERVALS": ("aav", spans)}
    playtime = by_position(
        conf.words("PLAYTIME_ALLOWED_WEEKDAYS"), conf.wholes("PLAYTIME_LIMITS_PER_WEEKDAYS")
    )
    pairs = [[("s", str(number)), ("i", playtime[number])] for number in WEEKDAYS if number in playtime]
    activities = [[("s", mask), ("s", description or "")] for mask, description in conf.activities]
    parts |= {
        "LIMITW": {"LIMITW": ("i", conf.whole("LIMIT_PER_WEEK"))},
        "LIMITM": {"LIMITM": ("i", conf.whole("LIMIT_PER_MONTH"))},
        "PTLMT": {"PTLMT": ("aav", pairs)},
        "PTLST": {"PTLST": ("aav", activities)},
        "PTTLE": {"PTTLE": ("i", int(conf.flag("PLAYTIME_ENABLED")))},
        "PTTLO": {"PTTLO": ("i", int(conf.flag("PLAYTIME_LIMIT_OVERRIDE_ENABLED")))},
        "PTAUH": {"PTAUH": ("i", int(conf.flag("PLAYTIME_UNACCOUNTED_INTERVALS_ENABLED")))},
    }
    return BusSignal(user.name, "timeLimits", (UNSPOKEN, parts))


def intervals(hours: list[Hour]) -> list[tuple[int, int, bool]]:
    """A day's open time as seconds from midnight and whether it is not counted.

    The daemon's own way of joining hours falls over a closed hour that was once open to less than its end: it then
    ends an interval that never began (TypeError), after the limits were saved and taken.
    """
    found: list[tuple[int, int, bool]] = []
    start: int | None = None
    end = 0
    mark: bool | None = None

    def finish() -> None:
        nonlocal start, mark
        if start is None:
            raise TypeError(
                "int() argument must be a string, a bytes-like object or a real number, not 'NoneType'"
            )
        found.append((start, end, bool(mark)))
        start = mark = None

    for number, hour in enumerate(hours):
        if start is not None and (hour.start != 0 or (hour.open and hour.unaccounted != mark)):
            finish()
        if hour.open:
            mark = hour.unaccounted
            start = number * HOUR_SECONDS + hour.start * 60 if start is None else start
            end = number * HOUR_SECONDS + hour.end * 60
        if (not hour.open and start is not None) or hour.end != 60:
            finish()
    if start is not None:
        finish()
    return found
