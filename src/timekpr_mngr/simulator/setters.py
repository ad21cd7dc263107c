"""What timekprd's setters make of what they are given: its checks, as weak as they are, its arithmetic, its words.

A setter changes what was loaded and gives None, or gives the daemon's own text and leaves it as it was.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from timekpr_mngr.domain.time_left import balance_after
from timekpr_mngr.domain.user import DAY_SECONDS, MONTH_SECONDS, WEEK_SECONDS
from timekpr_mngr.simulator.files import Loaded, Value

_LOG = "Please inspect Timekpr-nExT log files"
UNEXPECTED_USER = f"Unexpected ERROR getting user configuration. {_LOG}"
UNEXPECTED_CONF = f"Unexpected ERROR updating configuration. {_LOG}"
UNEXPECTED_CONTROL = f"Unexpected ERROR updating control. {_LOG}"

LOCKOUT_TYPES = ("lock", "suspend", "suspendwake", "terminate", "shutdown")


def not_found(user: str) -> str:
    """The answer about a user that is not in memory."""
    return f'User "{user}" is not found'


def no_conf(user: str) -> str:
    """The answer where there is no conf."""
    return f'User "{user}" configuration is not found'


def no_control(user: str) -> str:
    """The answer where there is no USER.time."""
    return f'User "{user}" control file is not found'


def _wrong(user: str, what: str, unset: bool = False) -> str:
    return f'User\'s "{user}" {what} not correct' + (" and cannot be set" if unset else "")


def set_allowed_days(conf: Loaded, user: str, days: Sequence[str]) -> str | None:
    """Days from 1 to 7; order and repetition are as they come, empty texts are passed over."""
    return _set_days(conf, user, "ALLOWED_WEEKDAYS", days, "day list is")


def set_playtime_allowed_days(conf: Loaded, user: str, days: Sequence[str]) -> str | None:
    """As the days."""
    return _set_days(conf, user, "PLAYTIME_ALLOWED_WEEKDAYS", days, "PlayTime day list is")


def _set_days(conf: Loaded, user: str, key: str, days: Sequence[str], what: str) -> str | None:
    given = [day for day in days if day]
    if any(len(day) != 1 or day not in "1234567" for day in given):
        return _wrong(user, what)
    conf.values[key] = ";".join(given)
    return None


def set_allowed_hours(
    conf: Loaded, user: str, day: str, hours: Mapping[str, Mapping[str, int]]
) -> str | None:
    """Hours 0 to 23 in order, others are left out; the minutes are not looked at."""
    if day != "ALL" and (len(day) != 1 or day not in "1234567"):
        return f'User\'s "{user}" day number must be between 1 and 7'
    try:
        given = {hour: (item["STARTMIN"], item["ENDMIN"], item["UACC"]) for hour, item in hours.items()}
    except KeyError:
        return _wrong(user, "allowed hours are", unset=True)
    items = []
    for hour in map(str, range(24)):
        if hour in given:
            start, end, unaccounted = given[hour]
            minutes = f"[{start}-{end}]" if start > 0 or end < 60 else ""
            items.append(("!" if unaccounted else "") + hour + minutes)
    for number in "1234567" if day == "ALL" else day:
        conf.values[f"ALLOWED_HOURS_{number}"] = ";".join(items)
    return None


def set_limits(conf: Loaded, user: str, seconds: Sequence[int]) -> str | None:
    """Any number of limits, each brought within a day."""
    conf.values["LIMITS_PER_WEEKDAYS"] = ";".join(str(_within(limit, DAY_SECONDS)) for limit in seconds)
    return None


def set_playtime_limits(conf: Loaded, user: str, seconds: Sequence[int]) -> str | None:
    """As the limits."""
    conf.values["PLAYTIME_LIMITS_PER_WEEKDAYS"] = ";".join(
        str(_within(limit, DAY_SECONDS)) for limit in seconds
    )
    return None


def set_week_limit(conf: Loaded, user: str, seconds: int) -> str | None:
    """Brought within a week."""
    conf.values["LIMIT_PER_WEEK"] = _within(seconds, WEEK_SECONDS)
    return None


def set_month_limit(conf: Loaded, user: str, seconds: int) -> str | None:
    """Brought within 31 days."""
    conf.values["LIMIT_PER_MONTH"] = _within(seconds, MONTH_SECONDS)
    return None


def set_lockout_type(conf: Loaded, user: str, kind: str, wake_from: str, wake_to: str) -> str | None:
    """One of five words; the hours are digits, and nothing more is asked of them."""
    if kind not in LOCKOUT_TYPES or not wake_from.isnumeric() or not wake_to.isnumeric():
        return _wrong(user, "restriction / lockout type is")
    conf.values |= {"LOCKOUT_TYPE": kind, "WAKEUP_HOUR_INTERVAL": f"{wake_from};{wake_to}"}
    return None


def set_playtime_activities(conf: Loaded, user: str, activities: Sequence[Sequence[str]]) -> str | None:
    """Whatever comes, a `%` and line breaks too."""
    if any(len(activity) < 2 for activity in activities):
        return _wrong(user, "PlayTime day limits list is")
    conf.activities = [(activity[0], activity[1] or None) for activity in activities]
    return None


def _flag(key: str) -> Callable[[Loaded, str, bool], str | None]:
    def change(conf: Loaded, user: str, on: bool) -> str | None:
        conf.values[key] = bool(on)
        return None

    return change


CONF: dict[str, Callable[..., str | None]] = {
    "setAllowedDays": set_allowed_days,
    "setAllowedHours": set_allowed_hours,
    "setTimeLimitForDays": set_limits,
    "setTimeLimitForWeek": set_week_limit,
    "setTimeLimitForMonth": set_month_limit,
    "setTrackInactive": _flag("TRACK_INACTIVE"),
    "setHideTrayIcon": _flag("HIDE_TRAY_ICON"),
    "setLockoutType": set_lockout_type,
    "setPlayTimeEnabled": _flag("PLAYTIME_ENABLED"),
    "setPlayTimeLimitOverride": _flag("PLAYTIME_LIMIT_OVERRIDE_ENABLED"),
    "setPlayTimeUnaccountedIntervalsEnabled": _flag("PLAYTIME_UNACCOUNTED_INTERVALS_ENABLED"),
    "setPlayTimeAllowedDays": set_playtime_allowed_days,
    "setPlayTimeLimitsForDays": set_playtime_limits,
    "setPlayTimeActivities": set_playtime_activities,
}
"""The setters of a user's conf by the member of the bus interface."""


@dataclass(frozen=True, slots=True)
class Balance:
    """One of the two kinds of time that can be given or taken today."""

    key: str
    limits: str
    operation_what: str
    limit_what: str

    def change(
        self, conf: Loaded, control: Loaded, user: str, operation: str, seconds: int, weekday: int
    ) -> str | None:
        """Moves the balance by the limit in the place of the weekday, whichever days are allowed."""
        if operation not in ("+", "-", "="):
            return f'User\'s "{user}" {self.operation_what} can be one of these: - + ='
        try:
            limit = conf.wholes(self.limits)[weekday - 1]
        except (IndexError, ValueError):
            return _wrong(user, self.limit_what, unset=True)
        control.values[self.key] = balance_after(control.whole(self.key), limit, operation, seconds)
        return None


BALANCES = {
    "setTimeLeft": Balance("TIME_SPENT_BALANCE", "LIMITS_PER_WEEKDAYS", "time operation", "time limit is"),
    "setPlayTimeLeft": Balance(
        "PLAYTIME_SPENT_BALANCE",
        "PLAYTIME_LIMITS_PER_WEEKDAYS",
        "PlayTime operation",
        "PlayTime time limit is",
    ),
}
"""The setters of a user's balances by the member of the bus interface."""

SERVER = {
    "setTimekprLogLevel": "TIMEKPR_LOGLEVEL",
    "setTimekprPollTime": "TIMEKPR_POLLTIME",
    "setTimekprSaveTime": "TIMEKPR_SAVE_TIME",
    "setTimekprTrackInactive": "TIMEKPR_TRACK_INACTIVE",
    "setTimekprTerminationTime": "TIMEKPR_TERMINATION_TIME",
    "setTimekprFinalWarningTime": "TIMEKPR_FINAL_WARNING_TIME",
    "setTimekprFinalNotificationTime": "TIMEKPR_FINAL_NOTIFICATION_TIME",
    "setTimekprSessionsCtrl": "TIMEKPR_SESSION_TYPES_CTRL",
    "setTimekprSessionsExcl": "TIMEKPR_SESSION_TYPES_EXCL",
    "setTimekprUsersExcl": "TIMEKPR_USERS_EXCL",
    "setTimekprPlayTimeEnabled": "TIMEKPR_PLAYTIME_ENABLED",
    "setTimekprPlayTimeEnhancedActivityMonitorEnabled": "TIMEKPR_PLAYTIME_ENHANCED_ACTIVITY_MONITOR_ENABLED",
}
"""The server's setters by the member of the bus interface."""


def stored_server_value(key: str, value: object) -> Value:
    """As the daemon writes it: lists joined, its own default for new users as 1 or 0."""
    if isinstance(value, list | tuple):
        return ";".join(map(str, value))
    if key == "TIMEKPR_TRACK_INACTIVE":
        return int(bool(value))
    assert isinstance(value, str | int)
    return value


def _within(seconds: int, most: int) -> int:
    return max(min(seconds, most), 0)
