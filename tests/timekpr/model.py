"""A user's file that obeys calls as timekprd does, on paper: for properties that need thousands of runs."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from timekpr_mngr.domain.snapshot import Live, UserSnapshot
from timekpr_mngr.domain.user import DAY_SECONDS
from timekpr_mngr.timekpr.files import user_config
from timekpr_mngr.timekpr.files.user_config import ALL_DAYS, ALL_HOURS, NO_LIMITS, NO_PLAYTIME
from timekpr_mngr.timekpr.interface import Call

USER = "alice"
LIST_KEYS = {
    "setAllowedDays": "ALLOWED_WEEKDAYS",
    "setTimeLimitForDays": "LIMITS_PER_WEEKDAYS",
    "setPlayTimeAllowedDays": "PLAYTIME_ALLOWED_WEEKDAYS",
    "setPlayTimeLimitsForDays": "PLAYTIME_LIMITS_PER_WEEKDAYS",
}
VALUE_KEYS = {
    "setTimeLimitForWeek": "LIMIT_PER_WEEK",
    "setTimeLimitForMonth": "LIMIT_PER_MONTH",
    "setTrackInactive": "TRACK_INACTIVE",
    "setHideTrayIcon": "HIDE_TRAY_ICON",
    "setPlayTimeEnabled": "PLAYTIME_ENABLED",
    "setPlayTimeLimitOverride": "PLAYTIME_LIMIT_OVERRIDE_ENABLED",
    "setPlayTimeUnaccountedIntervalsEnabled": "PLAYTIME_UNACCOUNTED_INTERVALS_ENABLED",
}


def fresh_values() -> dict[str, str]:
    """The defaults of a new user."""
    return {
        **{f"ALLOWED_HOURS_{day}": ALL_HOURS for day in range(1, 8)},
        "ALLOWED_WEEKDAYS": ALL_DAYS,
        "LIMITS_PER_WEEKDAYS": NO_LIMITS,
        "LIMIT_PER_WEEK": "604800",
        "LIMIT_PER_MONTH": "2678400",
        "TRACK_INACTIVE": "False",
        "HIDE_TRAY_ICON": "False",
        "LOCKOUT_TYPE": "terminate",
        "WAKEUP_HOUR_INTERVAL": "0;23",
        "PLAYTIME_ENABLED": "False",
        "PLAYTIME_LIMIT_OVERRIDE_ENABLED": "False",
        "PLAYTIME_UNACCOUNTED_INTERVALS_ENABLED": "True",
        "PLAYTIME_ALLOWED_WEEKDAYS": ALL_DAYS,
        "PLAYTIME_LIMITS_PER_WEEKDAYS": NO_PLAYTIME,
    }


@dataclass
class PaperFile:
    """timekpr.alice.conf."""

    values: dict[str, str] = field(default_factory=fresh_values)
    activities: list[tuple[str, str]] = field(default_factory=list)

    def copy(self) -> "PaperFile":
        return PaperFile(dict(self.values), list(self.activities))

    def text(self) -> str:
        lines = [f"[{USER}]"]
        lines += [f"{k} = {v}" for k, v in self.values.items() if not k.startswith("PLAYTIME")]
        lines.append(f"[{USER}.PLAYTIME]")
        lines += [f"{k} = {v}" for k, v in self.values.items() if k.startswith("PLAYTIME")]
        lines.append(user_config.MARKER)
        for number, (mask, description) in enumerate(self.activities, 1):
            lines.append(
                f"PLAYTIME_ACTIVITY_{number:03d} = {mask}" + (f"[{description}]" if description else "")
            )
        return "\n".join(lines) + "\n"

    def snapshot(self, live: Live | None = None) -> UserSnapshot:
        file = user_config.parse(self.text(), USER)
        return UserSnapshot(
            name=USER, config=file.config, week=file.week, playtime_week=file.playtime_week, live=live
        )

    def obey(self, calls: Iterable[Call]) -> "PaperFile":
        for call in calls:
            self._obey(call)
        return self

    def _obey(self, call: Call) -> None:
        args: tuple = call.args[1:]  # type: ignore[type-arg]
        if call.member in VALUE_KEYS:
            self.values[VALUE_KEYS[call.member]] = str(args[0])
        elif call.member in LIST_KEYS:
            clamped = [max(0, min(int(item), DAY_SECONDS)) for item in args[0]]
            self.values[LIST_KEYS[call.member]] = ";".join(map(str, clamped))
        elif call.member == "setAllowedHours":
            for day in range(1, 8) if args[0] == "ALL" else [args[0]]:
                self.values[f"ALLOWED_HOURS_{day}"] = _items(args[1])
        elif call.member == "setLockoutType":
            self.values["LOCKOUT_TYPE"] = args[0]
            self.values["WAKEUP_HOUR_INTERVAL"] = f"{args[1]};{args[2]}"
        elif call.member == "setPlayTimeActivities":
            self.activities = [(mask, description) for mask, description in args[0]]
        else:
            raise AssertionError(call.member)


def _items(intervals: dict[str, dict[str, int]]) -> str:
    items = []
    for hour, interval in sorted(intervals.items(), key=lambda item: int(item[0])):
        start, end = interval["STARTMIN"], interval["ENDMIN"]
        minutes = "" if (start, end) == (0, 60) else f"[{start}-{end}]"
        items.append(f"{'!' if interval['UACC'] else ''}{hour}{minutes}")
    return ";".join(items)
