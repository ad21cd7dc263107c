"""The computer of a run: a pretend machine of the rig, put back to a known start before each run."""

import configparser
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from tests.faults.disk import TheirDisk
from tests.faults.scenario import KID, Start
from tests.rig import TimekprHost
from timekpr_mngr.domain.change import Json
from timekpr_mngr.domain.field import server_values, user_values
from timekpr_mngr.domain.hours import from_json
from timekpr_mngr.domain.user import Lockout
from timekpr_mngr.timekpr import interface
from timekpr_mngr.timekpr.files import server_config, user_config
from timekpr_mngr.timekpr.interface import Call

OTHER = "bob"
USERS = (KID, OTHER)
SERVER_CONFIG = "/etc/timekpr/timekpr.conf"
CONFIG, WORK = "/var/lib/timekpr/config", "/var/lib/timekpr/work"
LOG = "/var/log/timekpr.log"
DROPPED = re.compile(r"some values in user (config|control) file")
SETTINGS = {"TIMEKPR_POLLTIME": 1, "TIMEKPR_SAVE_TIME": 1, "TIMEKPR_PLAYTIME_ENABLED": True}
PATIENCE_SECONDS = 60.0
SAVE_SECONDS = 5.0
LOOK_EVERY_SECONDS = 0.03


@dataclass(frozen=True, slots=True)
class Seen:
    """What the computer's own files say of the child. `fields` by name as `domain.field` has them."""

    fields: dict[str, Json]
    server_fields: dict[str, Json]
    days: tuple[int, ...]
    limits: tuple[int, ...]
    day: date
    spent_seconds: int
    balance_seconds: int
    playtime_balance_seconds: int
    other: tuple[str, str]


class Computer:
    """One machine with the real timekprd, which nothing was done to yet. Everything here blocks."""

    def __init__(self, host: TimekprHost) -> None:
        self.host = host
        self.disk = TheirDisk(host)
        self._plain_conf = host.conf(KID)
        self._plain_control = host.control(KID)
        self._was_logged_in = False
        self._log_begins = 0

    # -- a known start ------------------------------------------------------------------------------------------------

    def begin(self, start: Start) -> None:
        """Puts the clock, the child's files and sessions as `start` says."""
        self.mend()
        if self._was_logged_in:  # what timekprd has in memory would be saved over the new files
            self.host.logout(KID)
            self._until(self._nobody_is_in, "logind has no session any more")
            self.host.kill("timekprd")
        self.host.clock(start.clock)
        for path, text in (
            (f"{CONFIG}/timekpr.{KID}.conf", self._conf(start)),
            (f"{WORK}/{KID}.time", self._control(start)),
        ):
            self.host.path(f"{path}.prev").unlink(missing_ok=True)
            self.host.path(path).write_text(text)
        self._log_begins = len(self.host.file(LOG))
        if self._was_logged_in:
            self.host.start("timekprd")
        self._was_logged_in = False
        if start.login != "none":
            self.login()
        if start.login == "settled":
            before = self._modified()
            self._until(lambda: self._modified() > before, "timekprd's first save of the child's time")

    def mend(self) -> None:
        """All services run again, and there is room on the disk."""
        self.disk.make_room()
        running = self.host.services()
        for service in ("sshd", "timekprd"):
            if service not in running:
                self.host.start(service)

    def _conf(self, start: Start) -> str:
        def joined(values: tuple[int, ...]) -> str:
            return ";".join(map(str, values))

        return with_values(
            self._plain_conf,
            ALLOWED_WEEKDAYS=joined(start.days),
            LIMITS_PER_WEEKDAYS=joined(start.limits),
            PLAYTIME_LIMITS_PER_WEEKDAYS=joined(start.playtime_limits),
        )

    def _control(self, start: Start) -> str:
        checked = datetime.fromisoformat(start.clock) - timedelta(days=1 if start.is_stale else 0, seconds=60)
        return with_values(
            self._plain_control,
            TIME_SPENT_BALANCE=start.balance_seconds,
            TIME_SPENT_DAY=start.spent_seconds,
            TIME_SPENT_WEEK=start.spent_seconds,
            TIME_SPENT_MONTH=start.spent_seconds,
            LAST_CHECKED=f"{checked:%Y-%m-%d %H:%M:%S}",
            PLAYTIME_SPENT_BALANCE=start.playtime_balance_seconds,
            PLAYTIME_SPENT_DAY=abs(start.playtime_balance_seconds),
        )

    # -- what happens to it -------------------------------------------------------------------------------------------

    def login(self) -> None:
        """The child sits down at the computer."""
        self._was_logged_in = True
        self.host.login(KID)

    def pause(self) -> None:
        """timekprd hangs, if it runs."""
        if "timekprd" in self.host.services():
            self.host.pause("timekprd")

    def resume(self) -> None:
        """It goes on, if it was not ended meanwhile."""
        if "timekprd" in self.host.services():
            self.host.resume("timekprd")

    def set_as_a_stranger(self, field: str, value: Any) -> bool:
        """A setting, by timekpr's own window so to speak. Whether timekpr took it."""
        return all(self.call(call)[0] == 0 for call in self._calls(field, value))

    def grant_as_a_stranger(self, operation: str, seconds: int) -> bool:
        """Time given or taken by timekpr's own window. Whether timekpr took it."""
        return bool(self.call(interface.set_time_left(KID, operation, seconds))[0] == 0)

    def call(self, call: Call) -> list[Any]:
        """A call by a second client on the computer's bus: timekpr's answer, [code, text, …]."""
        words = list(busctl_words(call))
        done = self.host.run(
            "busctl", "--no-pager", "--json=short", "--timeout=10", "call", "--", interface.BUS_NAME,
            interface.OBJECT_PATH, call.interface, call.member, *words,
        )  # fmt: skip
        if done.returncode != 0:
            return [-1, done.stderr]
        answer: list[Any] = json.loads(done.stdout)["data"]
        return answer

    def _calls(self, field: str, value: Any) -> list[Call]:
        seen = self._settings()
        config = seen.config
        if field.startswith("days.") and field.endswith("limit_seconds"):
            limits = [config.days[day - 1].limit_seconds for day in seen.week.days]
            limits[seen.week.days.index(int(field.split(".")[1]))] = value
            return [interface.set_time_limits_for_days(KID, limits)]
        if field.startswith("playtime.days."):
            played = list(config.playtime.limits)
            played[int(field.split(".")[2]) - 1] = value
            return [interface.set_playtime_limits_for_days(KID, played)]
        if field.endswith(".hours"):
            return [interface.set_allowed_hours(KID, int(field.split(".")[1]), from_json(value))]
        simple = {
            "week_limit_seconds": interface.set_time_limit_for_week,
            "month_limit_seconds": interface.set_time_limit_for_month,
            "track_inactive": interface.set_track_inactive,
            "hide_tray_icon": interface.set_hide_tray_icon,
            "playtime.enabled": interface.set_playtime_enabled,
        }
        if field == "lockout":
            return [interface.set_lockout_type(KID, Lockout(**value))]
        return [simple[field](KID, value)]

    # -- what it says -------------------------------------------------------------------------------------------------

    def look(self) -> Seen:
        """The files as they are now."""
        settings, control = (
            self._settings(),
            values_of(self._whole(f"{WORK}/{KID}.time", "PLAYTIME_SPENT_DAY")),
        )
        server = server_config.parse(self._whole(SERVER_CONFIG, "TIMEKPR_PLAYTIME_ENHANCED")).config
        return Seen(
            fields=user_values(settings.config),
            server_fields=server_values(server),
            days=settings.week.days,
            limits=settings.week.limits,
            day=datetime.fromisoformat(control["LAST_CHECKED"]).date(),
            spent_seconds=int(control["TIME_SPENT_DAY"]),
            balance_seconds=int(control["TIME_SPENT_BALANCE"]),
            playtime_balance_seconds=int(control["PLAYTIME_SPENT_BALANCE"]),
            other=(self.host.conf(OTHER), self.host.control(OTHER)),
        )

    def dropped(self) -> frozenset[str]:
        """Which of the child's files timekprd itself lost since the start, by its own log: `config`, `control`."""
        said = self.host.file(LOG)[self._log_begins :]
        return frozenset(DROPPED.findall(said))

    def _settings(self) -> user_config.UserFile:
        return user_config.parse(self._whole(f"{CONFIG}/timekpr.{KID}.conf", "##PLAYTIME_ACTIVITIES##"), KID)

    def _whole(self, path: str, last: str) -> str:
        """A file, read again where it was caught in the daemon's save, which empties it first.

        Where a full disk left it empty, timekprd goes on from the `.prev` beside it, unless it saves it anew.
        """
        for one in (path, f"{path}.prev"):
            end = time.monotonic() + SAVE_SECONDS
            while last not in (text := self.host.file(one)) and time.monotonic() < end:
                time.sleep(0.01)
            if text:
                return text
        raise AssertionError(f"{path} is empty, and so is its copy")

    def _modified(self) -> int:
        return self.host.path(f"{WORK}/{KID}.time").stat().st_mtime_ns

    def _nobody_is_in(self) -> bool:
        manager = "org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager"
        return self.host.run("busctl", "call", *manager, "ListSessions").stdout.strip() == "a(susso) 0"

    def _until(self, test: Any, what: str) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while not test():
            assert time.monotonic() < end, f"not in time: {what}"
            time.sleep(LOOK_EVERY_SECONDS)


def computers(count: int, make: Callable[..., TimekprHost]) -> list[Computer]:
    """So many new machines as runs want them, made by `make` (TimekprHost or a fixture that does it)."""
    hosts = [make(f"pc{number}", users=USERS, fake_clock=True, timekpr=SETTINGS) for number in range(count)]
    return [Computer(host) for host in hosts]


def with_values(text: str, **values: object) -> str:
    """A file of timekpr's with other values for some keys."""
    lines = text.splitlines(keepends=True)
    for key, value in values.items():
        found = [index for index, line in enumerate(lines) if line.startswith(f"{key} =")]
        assert found, key
        lines[found[0]] = f"{key} = {value}\n"
    return "".join(lines)


def values_of(text: str) -> dict[str, str]:
    """Every key of a file of timekpr's, whatever its section."""
    parser = configparser.ConfigParser(allow_no_value=True, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(text)
    return {key: value or "" for section in parser.sections() for key, value in parser.items(section)}


def busctl_words(call: Call) -> Iterator[str]:
    """The arguments as busctl takes them."""
    if not call.signature:
        return
    yield call.signature
    for value in call.args:
        yield from _words(value)


def _words(value: object) -> Iterator[str]:
    if isinstance(value, bool):
        yield str(value).lower()
    elif isinstance(value, str | int):
        yield str(value)
    elif isinstance(value, dict):
        yield str(len(value))
        for key, item in value.items():
            yield str(key)
            yield from _words(item)
    elif isinstance(value, list | tuple):
        yield str(len(value))
        for item in value:
            yield from _words(item)
