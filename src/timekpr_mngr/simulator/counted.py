"""One logged-in user in the daemon's memory: the limits in force, and the time that is counted.

The rules are timekpr.md, 0.8, 3 to 5 and 11. Names of the daemon's own numbers (LEFTD and so on) are those of its
signals. Days are ISO weekdays, 1 for Monday; all instants are the server's local time, without a zone.
"""

from dataclasses import dataclass, field
from datetime import datetime

from timekpr_mngr.domain.hours import HourInterval, from_intervals
from timekpr_mngr.domain.server import ServerConfig
from timekpr_mngr.domain.time_left import time_left
from timekpr_mngr.domain.usage import Usage
from timekpr_mngr.domain.user import DAY_SECONDS, WEEKDAYS, Day, PlayTime, UserConfig
from timekpr_mngr.simulator.files import CONTROL, USER_CONF, Files, Loaded

ASLEEP_SECONDS = 45  # a longer gap between two polls is taken for the computer's sleep and not counted


@dataclass(slots=True)
class Hour:
    """A clock hour of a weekday. A closed hour keeps the minutes and the mark that it had when it was last open."""

    open: bool = False
    start: int = 0
    end: int = 60
    unaccounted: bool = False
    spent: int = 0
    inactive: int = 0


@dataclass(slots=True)
class Weekday:
    """What is kept for one day of the week."""

    limit: int = 0
    balance: int = 0
    left: int = 0
    playtime_limit: int = 0
    playtime_balance: int = 0
    playtime_spent: int = 0
    playtime_left: int = 0
    hours: list[Hour] = field(default_factory=lambda: [Hour() for _ in range(24)])


@dataclass(frozen=True, slots=True)
class Activity:
    """What the user does at a poll: `active` at a session that counts, `playing` something that is PlayTime."""

    active: bool
    playing: bool


class CountedUser:
    """Made when the daemon first sees the user; then `load_limits` and `load_time` read the files, and may write them.

    Where one of them raises, the daemon keeps the user half made, and its worker fails at this one in every poll: once
    the limits can be read again it still has no time used, until that is set (`=`) or the daemon is started anew.
    """

    def __init__(self, name: str, files: Files, now: datetime) -> None:
        self.name = name
        self.at = now
        self.left_in_a_row = 0
        self.playtime_processes = 0
        self.spent_day = self.spent_week = self.spent_month = 0
        self.days = {day: Weekday() for day in WEEKDAYS}
        self._files = files
        self._checked = self._saved_at = now
        self._conf_stamp = self._control_stamp = 0
        self._saved = Loaded({})
        self.conf = Loaded({})
        self._config = UserConfig()

    @property
    def today(self) -> Weekday:
        """The weekday of the last poll."""
        return self.days[self.at.isoweekday()]

    def load_limits(self) -> None:
        """Takes the limits from the user's conf."""
        conf = USER_CONF.load(self._files, self.name, self.at, create=True)
        assert conf is not None
        allowed = conf.words("ALLOWED_WEEKDAYS")
        limits = by_position(allowed, conf.wholes("LIMITS_PER_WEEKDAYS"))
        playtime_limits = by_position(
            conf.words("PLAYTIME_ALLOWED_WEEKDAYS"), conf.wholes("PLAYTIME_LIMITS_PER_WEEKDAYS")
        )
        for number, day in self.days.items():
            day.limit = limits.get(number, 0)
            day.playtime_limit = playtime_limits.get(number, 0)
            _open_hours(day, conf.text(f"ALLOWED_HOURS_{number}") if str(number) in allowed else "")
        self.conf = conf
        self._config = self._limits_in_force()
        self._conf_stamp = self._files.stamp(USER_CONF.path(self.name))

    def load_time(self, keep_unsaved: bool) -> None:
        """Takes the time used from USER.time; what was counted since the last save is added to it or dropped."""
        today, saved = self.today, self._saved
        unsaved = playtime_unsaved = 0
        if keep_unsaved:
            unsaved = max(today.balance - saved.whole("TIME_SPENT_BALANCE"), 0)
            playtime_unsaved = max(today.playtime_spent - saved.whole("PLAYTIME_SPENT_DAY"), 0)
        loaded = CONTROL.load(self._files, self.name, self.at, create=True)
        assert loaded is not None
        self._saved = loaded
        new_day, new_week, new_month = turned(loaded.when("LAST_CHECKED"), self.at)
        this_hour = today.hours[self.at.hour].spent

        def taken(key: str, anew: bool) -> int:
            return this_hour if anew else loaded.whole(key) + unsaved

        today.balance = taken("TIME_SPENT_BALANCE", new_day)
        self.spent_day = taken("TIME_SPENT_DAY", new_day)
        self.spent_week = taken("TIME_SPENT_WEEK", new_week)
        self.spent_month = taken("TIME_SPENT_MONTH", new_month)
        today.left = today.limit - today.balance
        today.playtime_balance = 0 if new_day else loaded.whole("PLAYTIME_SPENT_BALANCE")
        today.playtime_spent = 0 if new_day else loaded.whole("PLAYTIME_SPENT_DAY") + playtime_unsaved
        if not new_day and not self.conf.flag("PLAYTIME_LIMIT_OVERRIDE_ENABLED"):
            today.playtime_balance += playtime_unsaved
        self._control_stamp = self._files.stamp(CONTROL.path(self.name))

    def poll(self, now: datetime, doing: Activity, save_seconds: int, playtime_enabled: bool) -> bool:
        """Counts the time since the last poll; whether the conf was found changed on disk and read again."""
        new_day, new_week, new_month = turned(self._checked, now)
        passed = int((now - self._checked).total_seconds())
        self._checked = self.at = now
        active = doing.active
        playtime_on = playtime_enabled and self.conf.flag("PLAYTIME_ENABLED")
        override = self.conf.flag("PLAYTIME_LIMIT_OVERRIDE_ENABLED")
        playing = active and playtime_on and doing.playing
        if active and playtime_on and override:
            active = playing
        into_hour = now.minute * 60 + now.second
        if passed >= ASLEEP_SECONDS:
            passed = 0
        elif passed > into_hour:
            weekday = now.isoweekday()
            before = ((weekday - 2) % 7) + 1 if new_day else weekday
            self._count(before, 23 if now.hour == 0 else now.hour, passed - into_hour, active)
        passed = min(passed, into_hour)
        if new_day:
            self._begin_day(new_week, new_month)
        self._count(now.isoweekday(), now.hour, passed, active)
        if active and playing:
            self.today.playtime_balance += 0 if override else passed
            self.today.playtime_spent += passed
        reread = False
        if new_day or (now - self._saved_at).total_seconds() >= save_seconds:
            reread = self.save()
        self._reckon(playtime_enabled)
        return reread

    def save(self) -> bool:
        """Writes USER.time; whether the conf was found changed and read again. Raises FileNotFoundError."""
        conf_stamp = self._files.stamp(USER_CONF.path(self.name))
        control_stamp = self._files.stamp(CONTROL.path(self.name))
        reread = conf_stamp != self._conf_stamp
        if reread:
            self.load_limits()
        if control_stamp != self._control_stamp:
            self.load_time(keep_unsaved=True)
        self._saved_at = self.at
        today = self.today
        self._saved = Loaded(
            {
                "TIME_SPENT_BALANCE": today.balance,
                "TIME_SPENT_DAY": self.spent_day,
                "TIME_SPENT_WEEK": self.spent_week,
                "TIME_SPENT_MONTH": self.spent_month,
                "LAST_CHECKED": self.at,
                "PLAYTIME_SPENT_BALANCE": today.playtime_balance,
                "PLAYTIME_SPENT_DAY": today.playtime_spent,
            }
        )
        CONTROL.save(self._files, self.name, self._saved)
        self._control_stamp = self._files.stamp(CONTROL.path(self.name))
        return reread

    @property
    def unaccounted_now(self) -> bool:
        """Whether this minute is one that is not counted; the end minute still belongs to it."""
        hour = self.today.hours[self.at.hour]
        return hour.unaccounted and hour.start <= self.at.minute <= hour.end

    @property
    def unlimited_today(self) -> bool:
        """Whether neither the day's limit nor its hours limit anything."""
        open_seconds = sum((hour.end - hour.start) * 60 for hour in self.today.hours if hour.open)
        return self.today.limit >= DAY_SECONDS and open_seconds >= DAY_SECONDS

    @property
    def session_seconds(self) -> int:
        """Time counted since login, as far as yesterday, today and tomorrow's places still hold it."""
        return sum(hour.spent for day in self._three_days() for hour in day.hours)

    @property
    def inactive_seconds(self) -> int:
        """Time since login that was not counted."""
        return sum(hour.inactive for day in self._three_days() for hour in day.hours)

    def _three_days(self) -> list[Weekday]:
        weekday = self.at.isoweekday()
        return [self.days[(weekday + step - 1) % 7 + 1] for step in (-1, 0, 1)]

    def _count(self, weekday: int, hour: int, seconds: int, active: bool) -> None:
        place = self.days[weekday].hours[hour]
        if not active or place.unaccounted:
            place.inactive += seconds
            return
        place.spent += seconds
        self.days[weekday].balance += seconds
        self.spent_day += seconds
        self.spent_week += seconds
        self.spent_month += seconds

    def _begin_day(self, new_week: bool, new_month: bool) -> None:
        for day in self._three_days()[1:]:
            day.balance = day.playtime_balance = day.playtime_spent = 0
            for hour in day.hours:
                hour.spent = hour.inactive = 0
        self.spent_day = 0
        self.spent_week = 0 if new_week else self.spent_week
        self.spent_month = 0 if new_month else self.spent_month

    def _reckon(self, playtime_enabled: bool) -> None:
        today = self.today
        usage = Usage(
            self.spent_day,
            self.spent_week,
            self.spent_month,
            today.balance,
            today.playtime_spent,
            today.playtime_balance,
            as_of=self.at,
        )
        left = time_left(self._config, ServerConfig(playtime_enabled=playtime_enabled), usage, self.at)
        today.left = left.day_seconds
        self.left_in_a_row = left.continuous_seconds
        today.playtime_left = today.playtime_limit - today.playtime_balance

    def _limits_in_force(self) -> UserConfig:
        """The limits in force, as `time_left` takes them."""
        days = tuple(
            Day(
                day.limit,
                from_intervals(
                    {
                        number: HourInterval(hour.start, hour.end, hour.unaccounted)
                        for number, hour in enumerate(day.hours)
                        if hour.open
                    }
                ),
            )
            for day in self.days.values()
        )
        playtime = PlayTime(
            enabled=self.conf.flag("PLAYTIME_ENABLED"),
            override=self.conf.flag("PLAYTIME_LIMIT_OVERRIDE_ENABLED"),
            limits=tuple(day.playtime_limit for day in self.days.values()),
        )
        return UserConfig(
            days,
            self.conf.whole("LIMIT_PER_WEEK"),
            self.conf.whole("LIMIT_PER_MONTH"),
            playtime=playtime,
        )


def turned(before: datetime, now: datetime) -> tuple[bool, bool, bool]:
    """Whether day, week, month are others than before. In 0.5.4 a new month makes a new week, and the number of the
    week is compared without its year.
    """
    month = (before.year, before.month) != (now.year, now.month)
    week = month or before.isocalendar().week != now.isocalendar().week
    return week or before.date() != now.date(), week, month


def by_position(days: list[str], limits: list[int]) -> dict[int, int]:
    """The limit of each allowed weekday that has one: the first place of the day in the list, the same in the other."""
    found: dict[int, int] = {}
    for day, limit in zip(days, limits, strict=False):
        if day.isdigit():
            found.setdefault(int(day), limit)
    return found


def hour_items(text: str) -> dict[str, HourInterval]:
    """`7;8[0-30];!9` by clock hour. An item that does not parse is left out; a bare hour is taken as it stands, so
    that `07` is an hour that never comes.
    """
    found: dict[str, HourInterval] = {}
    for item in text.split(";"):
        bare = item.removeprefix("!")
        unaccounted = item != bare
        if 1 <= len(bare) <= 2:
            found[bare] = HourInterval(0, 60, unaccounted)
        elif 6 <= len(bare) <= 9 and (parsed := _with_minutes(bare)) is not None:
            found[str(parsed[0])] = HourInterval(parsed[1], parsed[2], unaccounted)
    return found


def _with_minutes(text: str) -> tuple[int, int, int] | None:
    """`8[0-30]` or `8[0:30]` in its parts; None where the daemon finds nothing in it."""
    separator = "-" if "-" in text else ":"
    hour, opening, rest = text.partition("[")
    minutes, closing, _ = rest.partition("]")
    start, middle, end = minutes.partition(separator)
    if not (opening and closing and middle):
        return None
    try:
        numbers = int(hour), int(start), int(end)
    except ValueError:
        return None
    possible = 0 <= numbers[0] <= 23 and 0 <= numbers[1] < numbers[2] <= 60
    return numbers if possible else None


def _open_hours(day: Weekday, text: str) -> None:
    items = hour_items(text)
    for number, hour in enumerate(day.hours):
        item = items.get(str(number))
        hour.open = item is not None
        if item is not None:
            hour.start, hour.end, hour.unaccounted = item.start, item.end, item.unaccounted
