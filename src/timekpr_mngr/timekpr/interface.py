"""timekprd's D-Bus interface: every method and signal once, as typed calls (design: timekpr.md, 6).

The same in timekpr-next 0.5.4 to 0.5.8. Left out on purpose: `server.admin.logCachedProcesses`, which only writes
other people's processes into the log, and `user.sessionattributes`, which is between the daemon and its desktop client.

What a server answers is hostile until it is parsed: the parsers below raise Malformed or drop a value, never more.
They take bodies as jeepney gives them, a variant as a pair `("i", 7200)`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from timekpr_mngr.domain.hours import Hours, Span, joined, to_intervals
from timekpr_mngr.domain.snapshot import Live
from timekpr_mngr.domain.user import DAY_SECONDS, WEEKDAYS, Activity, Lockout
from timekpr_mngr.timekpr.malformed import Malformed

BUS_NAME = "com.timekpr.server"
OBJECT_PATH = "/com/timekpr/server"
USER_PATH_PREFIX = "/com/timekpr/server/user/"
USER_ADMIN = "com.timekpr.server.user.admin"
SERVER_ADMIN = "com.timekpr.server.admin"
USER_LIMITS = "com.timekpr.server.user.limits"
USER_NOTIFICATIONS = "com.timekpr.server.user.notifications"

SIGNALS: dict[tuple[str, str], str] = {
    (USER_LIMITS, "timeLeft"): "sa{si}",
    (USER_LIMITS, "timeLimits"): "sa{sa{sv}}",
    (USER_NOTIFICATIONS, "timeLeftNotification"): "siii",
    (USER_NOTIFICATIONS, "timeCriticalNotification"): "ssi",
    (USER_NOTIFICATIONS, "timeNoLimitNotification"): "s",
    (USER_NOTIFICATIONS, "timeLeftChangedNotification"): "s",
    (USER_NOTIFICATIONS, "timeConfigurationChangedNotification"): "s",
}
"""Every signal by interface and member, with its signature. The first argument is a priority (of
`timeCriticalNotification`: the lockout type); the user stands in the object path alone (`user_of`)."""

INT32_MAX = 2**31 - 1
USERS_MAX = 10_000
NAME_MAX = 256


@dataclass(frozen=True, slots=True)
class Call:
    """One method call to timekprd: `signature` is D-Bus's, `args` fit it."""

    interface: str
    member: str
    signature: str
    args: tuple[object, ...]

    @property
    def sets_limits(self) -> bool:
        """Whether timekprd writes a user's limits for it."""
        is_grant = self.member.endswith("Left")
        return self.interface == USER_ADMIN and self.member.startswith("set") and not is_grant

    def __str__(self) -> str:
        return f"{self.member}({', '.join(map(repr, self.args))})"


@dataclass(frozen=True, slots=True)
class Reply:
    """timekprd's answer: 0 is done; else `message` is its own text, in the server's language. Decide by the number."""

    code: int
    message: str
    data: object = None

    @property
    def ok(self) -> bool:
        """Whether timekprd says that it did it."""
        return self.code == 0


@dataclass(frozen=True, slots=True)
class DayInForce:
    """One allowed day as the daemon goes by it. `hours` are None where it told what cannot be read as spans."""

    limit_seconds: int
    hours: Hours | None


@dataclass(frozen=True, slots=True)
class LimitsInForce:
    """What the daemon goes by for a logged-in user (signal `timeLimits`): a part is None where it did not tell.

    `days` and `playtime_limits` hold the allowed days alone, by ISO number.
    """

    days: Mapping[int, DayInForce]
    week_limit_seconds: int | None
    month_limit_seconds: int | None
    playtime_enabled: bool | None
    playtime_override: bool | None
    playtime_unaccounted_intervals: bool | None
    playtime_limits: Mapping[int, int]
    playtime_activities: tuple[Activity, ...]


@dataclass(frozen=True, slots=True)
class LeftNotice:
    """Signal `timeLeftNotification`: what the child's desktop is told."""

    priority: str
    left_continuous_seconds: int
    left_day_seconds: int
    limit_seconds: int


@dataclass(frozen=True, slots=True)
class CriticalNotice:
    """Signal `timeCriticalNotification`: the last seconds run; `kind` is the lockout type."""

    kind: str
    seconds: int


def get_user_list() -> Call:
    """Every user that timekpr has a file for. Makes the files of new users: ask once at connect (bus.md)."""
    return Call(USER_ADMIN, "getUserList", "", ())


def get_user_information(user: str, level: str) -> Call:
    """`level` "R" writes nothing and is {} for a logged-out user; "F" and "S" roll a stale day over (timekpr.md 0)."""
    return Call(USER_ADMIN, "getUserInformation", "ss", (user, level))


def set_allowed_days(user: str, days: Sequence[int]) -> Call:
    """The list of allowed days, in the order in which limits are paired with it."""
    return Call(USER_ADMIN, "setAllowedDays", "sas", (user, [str(day) for day in days]))


def set_allowed_hours(user: str, day: int | str, hours: Hours) -> Call:
    """The hours of one ISO weekday, or of every day with "ALL". No hours close the day. Raises Invalid."""
    intervals = {
        str(hour): {"STARTMIN": i.start, "ENDMIN": i.end, "UACC": int(i.unaccounted)}
        for hour, i in to_intervals(hours).items()
    }
    return Call(USER_ADMIN, "setAllowedHours", "ssa{sa{si}}", (user, str(day), intervals))


def set_time_limits_for_days(user: str, seconds: Sequence[int]) -> Call:
    """The limits beside the list of allowed days, by position."""
    return Call(USER_ADMIN, "setTimeLimitForDays", "sai", (user, list(seconds)))


def set_time_limit_for_week(user: str, seconds: int) -> Call:
    """The week's limit."""
    return Call(USER_ADMIN, "setTimeLimitForWeek", "si", (user, seconds))


def set_time_limit_for_month(user: str, seconds: int) -> Call:
    """The month's limit."""
    return Call(USER_ADMIN, "setTimeLimitForMonth", "si", (user, seconds))


def set_track_inactive(user: str, on: bool) -> Call:
    """Whether locked and switched-away sessions are counted."""
    return Call(USER_ADMIN, "setTrackInactive", "sb", (user, on))


def set_hide_tray_icon(user: str, on: bool) -> Call:
    """Whether the desktop shows neither icon nor notifications."""
    return Call(USER_ADMIN, "setHideTrayIcon", "sb", (user, on))


def set_lockout_type(user: str, lockout: Lockout) -> Call:
    """What happens when time is up. timekpr wants both wake hours with every type, and stores them (timekpr.md 11)."""
    args = (user, str(lockout.type), str(lockout.wake_from), str(lockout.wake_to))
    return Call(USER_ADMIN, "setLockoutType", "ssss", args)


def set_time_left(user: str, operation: str, seconds: int) -> Call:
    """Adds ("+"), takes ("-") or sets ("=") today's time."""
    return Call(USER_ADMIN, "setTimeLeft", "ssi", (user, operation, seconds))


def set_playtime_enabled(user: str, on: bool) -> Call:
    """The user's PlayTime switch; the server's own is needed besides."""
    return Call(USER_ADMIN, "setPlayTimeEnabled", "sb", (user, on))


def set_playtime_limit_override(user: str, on: bool) -> Call:
    """Whether ordinary time counts only while an activity runs."""
    return Call(USER_ADMIN, "setPlayTimeLimitOverride", "sb", (user, on))


def set_playtime_unaccounted_intervals(user: str, on: bool) -> Call:
    """Whether activities are allowed in hours that are not counted."""
    return Call(USER_ADMIN, "setPlayTimeUnaccountedIntervalsEnabled", "sb", (user, on))


def set_playtime_allowed_days(user: str, days: Sequence[int]) -> Call:
    """The list of days with PlayTime."""
    return Call(USER_ADMIN, "setPlayTimeAllowedDays", "sas", (user, [str(day) for day in days]))


def set_playtime_limits_for_days(user: str, seconds: Sequence[int]) -> Call:
    """PlayTime's limits beside the list of days with PlayTime, by position."""
    return Call(USER_ADMIN, "setPlayTimeLimitsForDays", "sai", (user, list(seconds)))


def set_playtime_activities(user: str, activities: Sequence[Activity]) -> Call:
    """All activities, in order."""
    pairs = [[activity.mask, activity.description] for activity in activities]
    return Call(USER_ADMIN, "setPlayTimeActivities", "saas", (user, pairs))


def set_playtime_left(user: str, operation: str, seconds: int) -> Call:
    """Adds ("+"), takes ("-") or sets ("=") today's PlayTime."""
    return Call(USER_ADMIN, "setPlayTimeLeft", "ssi", (user, operation, seconds))


def get_server_configuration() -> Call:
    """timekpr.conf as it is on disk, which need not be what is in force (timekpr.md 3)."""
    return Call(SERVER_ADMIN, "getTimekprConfiguration", "", ())


def set_server_log_level(level: int) -> Call:
    """1 normal, 2 debug, 3 everything."""
    return Call(SERVER_ADMIN, "setTimekprLogLevel", "i", (level,))


def set_server_poll_seconds(seconds: int) -> Call:
    """How often the daemon looks."""
    return Call(SERVER_ADMIN, "setTimekprPollTime", "i", (seconds,))


def set_server_save_seconds(seconds: int) -> Call:
    """How often the daemon saves."""
    return Call(SERVER_ADMIN, "setTimekprSaveTime", "i", (seconds,))


def set_server_track_inactive(on: bool) -> Call:
    """The default for new users."""
    return Call(SERVER_ADMIN, "setTimekprTrackInactive", "b", (on,))


def set_server_termination_seconds(seconds: int) -> Call:
    """The countdown before the lockout acts."""
    return Call(SERVER_ADMIN, "setTimekprTerminationTime", "i", (seconds,))


def set_server_final_warning_seconds(seconds: int) -> Call:
    """When the last warning begins to count down."""
    return Call(SERVER_ADMIN, "setTimekprFinalWarningTime", "i", (seconds,))


def set_server_final_notification_seconds(seconds: int) -> Call:
    """When the last notification is shown."""
    return Call(SERVER_ADMIN, "setTimekprFinalNotificationTime", "i", (seconds,))


def set_server_session_types(types: Sequence[str]) -> Call:
    """The types of sessions that are counted."""
    return Call(SERVER_ADMIN, "setTimekprSessionsCtrl", "as", (list(types),))


def set_server_excluded_session_types(types: Sequence[str]) -> Call:
    """The types of sessions that are not counted; these win."""
    return Call(SERVER_ADMIN, "setTimekprSessionsExcl", "as", (list(types),))


def set_server_excluded_users(users: Sequence[str]) -> Call:
    """The users that are not counted, from their next login on."""
    return Call(SERVER_ADMIN, "setTimekprUsersExcl", "as", (list(users),))


def set_server_playtime_enabled(on: bool) -> Call:
    """The server's PlayTime switch."""
    return Call(SERVER_ADMIN, "setTimekprPlayTimeEnabled", "b", (on,))


def set_server_playtime_enhanced(on: bool) -> Call:
    """Whether masks are matched against whole command lines."""
    return Call(SERVER_ADMIN, "setTimekprPlayTimeEnhancedActivityMonitorEnabled", "b", (on,))


def request_time_limits(user: str) -> Call:
    """Asks for a `timeLimits` signal; refused for a user that the daemon does not have in memory."""
    return Call(USER_LIMITS, "requestTimeLimits", "s", (user,))


def request_time_left(user: str) -> Call:
    """Asks for a `timeLeft` signal and, as a side effect, a notification on the child's desktop."""
    return Call(USER_LIMITS, "requestTimeLeft", "s", (user,))


def reply_of(body: object) -> Reply:
    """The body of any answer to a Call: `(code, text)` or `(code, text, data)`. Raises Malformed."""
    if not isinstance(body, tuple | list) or len(body) not in (2, 3):
        raise Malformed("timekprd's answer has not two or three parts.")
    code, message = body[0], body[1]
    if _int32(code) is None or not isinstance(message, str):
        raise Malformed("timekprd's answer does not begin with a number and a text.")
    return Reply(code, message, body[2] if len(body) == 3 else None)


def user_list(data: object) -> list[tuple[str, str]]:
    """What `getUserList` answers: names with full names, names that no login can have left out. Raises Malformed."""
    if not isinstance(data, list):
        raise Malformed("timekprd's list of users is no list.")
    if len(data) > USERS_MAX:
        raise Malformed(f"timekprd lists more than {USERS_MAX} users.")
    users: dict[str, str] = {}
    for item in data:
        if not isinstance(item, tuple | list) or not item or not all(isinstance(text, str) for text in item):
            raise Malformed("timekprd's list of users holds something that is no name.")
        if is_user_name(item[0]):
            users.setdefault(item[0], _one_line(item[1]) if len(item) > 1 else "")
    return list(users.items())


def is_user_name(name: object) -> bool:
    """Whether this can be the name of a login, a file and a section all at once: `dom\\kid` can, `../root` cannot."""
    return (
        isinstance(name, str)
        and 0 < len(name) <= NAME_MAX
        and name.isprintable()
        and name == name.strip()
        and name not in (".", "..")
        and not set(name) & set("/:;[]%")
    )


def user_of(path: object, users: Iterable[str]) -> str | None:
    """Whose signal it is, by the path it came from. None where that cannot be told among `users`.

    timekprd makes the path from the name with its dots and hyphens left out, so that `ann.lee` and `annlee` share one.
    """
    found = [user for user in users if isinstance(path, str) and path == user_path(user)]
    return found[0] if len(found) == 1 else None


def user_path(user: str) -> str:
    """The object from which timekprd signals for this user."""
    return USER_PATH_PREFIX + user.replace(".", "").replace("-", "")


def live_of(data: object, as_of: datetime) -> Live | None:
    """What `getUserInformation(user, "R")` answers; None for a user that the daemon does not have in memory.

    Raises Malformed where it is no mapping; a value that is no number is dropped.
    """
    values = _mapping(data, "timekprd's answer about a user")
    if "ACTUAL_TIME_LEFT_DAY" not in values:
        return None
    return Live(
        as_of=as_of,
        left_day_seconds=_int32(values.get("ACTUAL_TIME_LEFT_DAY")),
        left_continuous_seconds=_int32(values.get("ACTUAL_TIME_LEFT_CONTINUOUS")),
        spent_day_seconds=_int32(values.get("ACTUAL_TIME_SPENT_DAY")),
        balance_seconds=_int32(values.get("ACTUAL_TIME_SPENT_BALANCE")),
        playtime_left_seconds=_int32(values.get("ACTUAL_PLAYTIME_LEFT_DAY")),
        session_seconds=_int32(values.get("ACTUAL_TIME_SPENT_SESSION")),
        inactive_seconds=_int32(values.get("ACTUAL_TIME_INACTIVE_SESSION")),
    )


def tick_of(body: object, as_of: datetime) -> Live:
    """The body of a `timeLeft` signal. Raises Malformed. `user_of` its path says whose it is.

    SPENT is the session's time, not the day's. PlayTime's part is there only where PlayTime is on; with the override,
    PTLPD is a figure that nothing acts on, and 0 as in the answer to "R".
    """
    values = _mapping(_argument(body, 1, "timeLeft"), "A timeLeft signal")
    left_day, left = _int32(values.get("LEFTD")), _int32(values.get("LEFT"))
    if left_day is None or left is None:
        raise Malformed("A timeLeft signal does not say what is left.")
    return Live(
        as_of=as_of,
        left_day_seconds=left_day,
        left_continuous_seconds=left,
        spent_week_seconds=_int32(values.get("SPENTW")),
        spent_month_seconds=_int32(values.get("SPENTM")),
        playtime_left_seconds=0 if values.get("PTTLO") == 1 else _int32(values.get("PTLPD")),
        session_seconds=_int32(values.get("SPENT")),
        inactive_seconds=_int32(values.get("SLEEP")),
    )


def limits_of(body: object) -> LimitsInForce:
    """The body of a `timeLimits` signal. Raises Malformed. `user_of` its path says whose it is."""
    parts = _mapping(_argument(body, 1, "timeLimits"), "A timeLimits signal")

    def number(key: str) -> int | None:
        part = parts.get(key)
        return _int32(part.get(key)) if isinstance(part, Mapping) else None

    def flag(key: str) -> bool | None:
        value = number(key)
        return None if value is None else value != 0

    days = {day: _day_in_force(parts[str(day)]) for day in WEEKDAYS if str(day) in parts}
    if not days and number("LIMITW") is None:
        raise Malformed("A timeLimits signal holds no limit.")
    return LimitsInForce(
        days=days,
        week_limit_seconds=number("LIMITW"),
        month_limit_seconds=number("LIMITM"),
        playtime_enabled=flag("PTTLE"),
        playtime_override=flag("PTTLO"),
        playtime_unaccounted_intervals=flag("PTAUH"),
        playtime_limits=_playtime_limits(parts),
        playtime_activities=_playtime_activities(parts),
    )


def left_notice_of(body: object) -> LeftNotice:
    """The body of a `timeLeftNotification` signal. Raises Malformed."""
    match body:
        case [str(priority), *numbers] if len(numbers) == 3:
            left, left_day, limit = (_int32(value) for value in numbers)
            if left is not None and left_day is not None and limit is not None:
                return LeftNotice(priority, left, left_day, limit)
    raise Malformed("A timeLeftNotification signal is not a priority and three numbers.")


def critical_notice_of(body: object) -> CriticalNotice:
    """The body of a `timeCriticalNotification` signal. Raises Malformed."""
    match body:
        case [str(kind), str(), seconds] if (number := _int32(seconds)) is not None:
            return CriticalNotice(kind, number)
    raise Malformed("A timeCriticalNotification signal is not two words and a number.")


def _day_in_force(part: object) -> DayInForce:
    values = _mapping(part, "A day of a timeLimits signal")
    limit = _int32(values.get("LIMITD"))
    if limit is None:
        raise Malformed("A day of a timeLimits signal has no limit.")
    return DayInForce(limit, _spans_in_force(values.get("INTERVALS")))


def _spans_in_force(intervals: object) -> Hours | None:
    """Intervals of seconds as spans; None where they are no spans."""
    if not isinstance(intervals, list):
        return None
    spans = []
    for interval in intervals:
        match _plain(interval):
            case [start, end, bool() as unaccounted]:
                first, last = _int32(start), _int32(end)
            case _:
                return None
        if first is None or last is None or not 0 <= first < last <= DAY_SECONDS:
            return None
        spans.append(Span(first // 60, last // 60, unaccounted))
    return joined(spans)


def _playtime_limits(parts: Mapping[str, object]) -> dict[int, int]:
    """Here a weekday is a text, unlike everywhere else in the signal."""
    numbers = {str(day): day for day in WEEKDAYS}
    limits = {}
    for day, seconds in _pairs(parts, "PTLMT"):
        limit = _int32(seconds)
        if isinstance(day, str) and day in numbers and limit is not None:
            limits[numbers[day]] = limit
    return limits


def _playtime_activities(parts: Mapping[str, object]) -> tuple[Activity, ...]:
    pairs = _pairs(parts, "PTLST")
    return tuple(Activity(m, d) for m, d in pairs if isinstance(m, str) and isinstance(d, str))


def _pairs(parts: Mapping[str, object], key: str) -> list[tuple[object, object]]:
    part = parts.get(key)
    items = part.get(key) if isinstance(part, Mapping) else None
    if not isinstance(items, list):
        return []
    pairs = [_plain(item) for item in items]
    return [(pair[0], pair[1]) for pair in pairs if isinstance(pair, list) and len(pair) == 2]


def _argument(body: object, position: int, signal: str) -> object:
    if not isinstance(body, tuple | list) or len(body) <= position:
        raise Malformed(f"A {signal} signal has too few arguments.")
    return body[position]


def _mapping(value: object, what: str) -> dict[str, object]:
    plain = _plain(value)
    if not isinstance(plain, dict) or not all(isinstance(key, str) for key in plain):
        raise Malformed(f"{what} is not a list of named values.")
    return plain


def _plain(value: object) -> object:
    """The same value with every variant, a pair of signature and value, replaced by what it holds."""
    while isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str):
        value = value[1]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value


def _int32(value: object) -> int | None:
    """A number that D-Bus's `i` can hold, else None."""
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > INT32_MAX:
        return None
    return value


def _one_line(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())[:NAME_MAX]
