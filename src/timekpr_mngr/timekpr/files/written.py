"""A file of timekpr with other values in it, to be shown: what it would say if they were there.

Nothing of this is ever sent (design: bus.md, "Writing"); a value that was typed into such a text becomes a field.
Values are written as the daemon writes them, and every line that is not concerned stays as it is.
"""

from collections.abc import Iterable, Mapping, Sequence

from timekpr_mngr.domain.change import Json
from timekpr_mngr.domain.field import SERVER_FIELDS, server_values, user_values, with_user_values
from timekpr_mngr.domain.hours import Hours, to_intervals
from timekpr_mngr.domain.user import WEEKDAYS, Activity, UserConfig
from timekpr_mngr.timekpr.files import server_config, user_config
from timekpr_mngr.timekpr.files.lines import Line, LineKind, lines_of, normal

Place = tuple[str, str]
"""A section and a key in it."""

SERVER_KEYS: dict[str, Place] = {
    "poll_seconds": ("GENERAL", "TIMEKPR_POLLTIME"),
    "save_seconds": ("GENERAL", "TIMEKPR_SAVE_TIME"),
    "log_level": ("GENERAL", "TIMEKPR_LOGLEVEL"),
    "termination_seconds": ("GENERAL", "TIMEKPR_TERMINATION_TIME"),
    "final_warning_seconds": ("GENERAL", "TIMEKPR_FINAL_WARNING_TIME"),
    "final_notification_seconds": ("GENERAL", "TIMEKPR_FINAL_NOTIFICATION_TIME"),
    "track_inactive": ("GENERAL", "TIMEKPR_TRACK_INACTIVE"),
    "session_types": ("SESSION", "TIMEKPR_SESSION_TYPES_CTRL"),
    "excluded_session_types": ("SESSION", "TIMEKPR_SESSION_TYPES_EXCL"),
    "excluded_users": ("SESSION", "TIMEKPR_USERS_EXCL"),
    "playtime_enabled": ("PLAYTIME", "TIMEKPR_PLAYTIME_ENABLED"),
    "playtime_enhanced": ("PLAYTIME", "TIMEKPR_PLAYTIME_ENHANCED_ACTIVITY_MONITOR_ENABLED"),
}
"""Where each of a server's fields stands."""

USER_KEYS: dict[str, str] = {
    "week_limit_seconds": "LIMIT_PER_WEEK",
    "month_limit_seconds": "LIMIT_PER_MONTH",
    "track_inactive": "TRACK_INACTIVE",
    "hide_tray_icon": "HIDE_TRAY_ICON",
    "playtime.enabled": "PLAYTIME_ENABLED",
    "playtime.override": "PLAYTIME_LIMIT_OVERRIDE_ENABLED",
    "playtime.unaccounted_intervals": "PLAYTIME_UNACCOUNTED_INTERVALS_ENABLED",
}
"""The keys that hold one of a user's fields, and nothing else."""

ACTIVITY = "PLAYTIME_ACTIVITY_"


def user_text(text: str, user: str, values: Mapping[str, Json]) -> str:
    """The file of `user` with these fields in it. Raises Malformed, and Invalid for a value that breaks a rule."""
    file = user_config.parse(text, user)
    present = user_values(file.config)
    differing = {name: value for name, value in values.items() if present[name] != value}
    if not differing:
        return normal(text)
    wanted = with_user_values(file.config, differing)
    places = {(_section(user, name), key): name for name, key in USER_KEYS.items() if name in differing}
    items = {place: _word(differing[name]) for place, name in places.items()}
    items |= _week(user, file, wanted, differing)
    items |= _playtime_week(user, wanted, differing)
    if "lockout" in differing:
        items[user, "LOCKOUT_TYPE"] = wanted.lockout.type
        items[user, "WAKEUP_HOUR_INTERVAL"] = f"{wanted.lockout.wake_from};{wanted.lockout.wake_to}"
    lines = _replaced(lines_of(text), items)
    if "playtime.activities" in differing:
        lines = _with_activities(lines, f"{user}.PLAYTIME", wanted.playtime.activities)
    return "\n".join(lines)


def server_text(text: str, values: Mapping[str, Json]) -> str:
    """The server's file with these fields in it. Raises Malformed, and Invalid for a value that breaks a rule."""
    present = server_values(server_config.parse(text).config)
    differing = {name: value for name, value in values.items() if present[name] != value}
    for name, value in differing.items():
        SERVER_FIELDS[name].load(value, name)
    items = {SERVER_KEYS[name]: _word(value) for name, value in differing.items()}
    return "\n".join(_replaced(lines_of(text), items)) if items else normal(text)


def _section(user: str, name: str) -> str:
    return f"{user}.PLAYTIME" if name.startswith("playtime.") else user


def _week(
    user: str, file: user_config.UserFile, wanted: UserConfig, differing: Iterable[str]
) -> dict[Place, str]:
    """Hours, and seven days with their limits where a limit differs or a day comes into the list."""
    names = [name for name in differing if name.startswith("days.")]
    if not names:
        return {}
    items = {
        (user, f"ALLOWED_HOURS_{weekday}"): _hours(wanted.day(weekday).hours)
        for weekday in WEEKDAYS
        if f"days.{weekday}.hours" in names or weekday not in file.week.days
    }
    if not file.week.is_plain or any(name.endswith("limit_seconds") for name in names):
        items |= _days(user, "", [day.limit_seconds for day in wanted.days])
    return items


def _playtime_week(user: str, wanted: UserConfig, differing: Iterable[str]) -> dict[Place, str]:
    if not any(name.startswith("playtime.days.") for name in differing):
        return {}
    return _days(f"{user}.PLAYTIME", "PLAYTIME_", wanted.playtime.limits)


def _days(section: str, prefix: str, limits: Iterable[int]) -> dict[Place, str]:
    return {
        (section, f"{prefix}ALLOWED_WEEKDAYS"): ";".join(map(str, WEEKDAYS)),
        (section, f"{prefix}LIMITS_PER_WEEKDAYS"): ";".join(map(str, limits)),
    }


def _hours(hours: Hours) -> str:
    items = []
    for hour, interval in sorted(to_intervals(hours).items()):
        minutes = "" if (interval.start, interval.end) == (0, 60) else f"[{interval.start}-{interval.end}]"
        items.append(f"{'!' if interval.unaccounted else ''}{hour}{minutes}")
    return ";".join(items)


def _word(value: Json) -> str:
    return ";".join(map(str, value)) if isinstance(value, list) else str(value)


def _replaced(lines: Sequence[Line], items: Mapping[Place, str]) -> list[str]:
    """The texts with these values in them; a key that was not there comes to the end of its section."""
    missing = dict(items)
    result: list[str] = []
    for line in lines:
        if line.kind is LineKind.MORE and line.place in items:
            continue
        if line.kind is LineKind.KEY and line.place in items:
            missing.pop(line.place, None)
            result.append(_key_line(line.key, items[line.place]))
        else:
            result.append(line.text)
    for (section, key), value in missing.items():
        result = _added(result, section, [_key_line(key, value)])
    return result


def _with_activities(texts: Sequence[str], section: str, activities: Sequence[Activity]) -> list[str]:
    """All of them below the marker's line, where the daemon keeps them; without one, at the end of the section."""
    kept: list[str] = []
    marker = None
    for line in lines_of("\n".join(texts)):
        if line.section == section and ACTIVITY in line.key:
            continue
        kept.append(line.text)
        if line.section == section and line.text.startswith(user_config.MARKER):
            marker = len(kept)
    items = [
        _key_line(
            f"{ACTIVITY}{number:03d}",
            activity.mask + (f"[{activity.description}]" if activity.description else ""),
        )
        for number, activity in enumerate(activities, 1)
    ]
    return _added(kept, section, items) if marker is None else [*kept[:marker], *items, *kept[marker:]]


def _key_line(key: str, value: str) -> str:
    return f"{key} = {value}".rstrip()


def _added(texts: Sequence[str], section: str, items: Sequence[str]) -> list[str]:
    """`items` after the last line of the section that is not blank; in a section of their own where there is none."""
    lines = lines_of("\n".join(texts))
    last = max(
        (line.number for line in lines if line.section == section and line.kind is not LineKind.BLANK),
        default=None,
    )
    if last is None:
        return [*texts, f"[{section}]", *items, ""]
    return [*texts[:last], *items, *texts[last:]]
