"""timekprd on a simulated computer: its memory, its polls, its lockout, and its bus interface.

Behaves as timekpr-next 0.5.4 does (timekpr.md; held against the real one by tests/contract), faults included: what
it swallows, this swallows.
"""

import configparser
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from timekpr_mngr.domain.mask import patterns, program_of
from timekpr_mngr.domain.snapshot import Session
from timekpr_mngr.domain.user import DAY_SECONDS
from timekpr_mngr.simulator import setters
from timekpr_mngr.simulator.counted import Activity, CountedUser, hour_items, turned
from timekpr_mngr.simulator.files import CONTROL, DIRECTORIES, SERVER, SERVER_CONF, USER_CONF, Files, Loaded
from timekpr_mngr.simulator.signals import BusSignal, time_left_signal, time_limits_signal
from timekpr_mngr.timekpr.interface import SERVER_ADMIN, USER_ADMIN, USER_LIMITS, Call, Reply

LOGIN_MANAGERS = frozenset({"gdm", "gdm3", "kdm", "lightdm", "mdm", "lxdm", "xdm", "sddm", "cdm"})
DESKTOP_TYPES = ("x11", "wayland", "mir")  # the daemon locks no other session, whatever its settings say
HARD = ("terminate", "shutdown")
SOFT = ("lock", "suspend", "suspendwake")
KILL_AGAIN_POLLS = 5
LOCK_AGAIN_POLLS = 1
SUSPEND_AGAIN_POLLS = 20
SECTION_SEARCH_LINES = 10
PYTHON_ERROR = "org.freedesktop.DBus.Python."  # and the name of an exception that nobody caught

BROKEN = (configparser.Error, ValueError, TypeError, LookupError, AttributeError, OSError)
"""What the daemon stumbles over: whatever comes of a file that it cannot make sense of."""


class BusError(Exception):
    """timekprd answers with an error of D-Bus instead of a result; `name` is D-Bus's."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


class Computer(Protocol):
    """What the daemon has around it."""

    files: Files
    sessions: list[Session]

    def now(self) -> datetime:
        """The local time, without a zone."""
        ...

    def people(self) -> Mapping[str, str]:
        """Every login with its full name."""
        ...

    def programs(self, user: str) -> set[str]:
        """The programs that the user runs, by name."""
        ...

    def end_program(self, user: str, program: str) -> None:
        """Ends it."""
        ...

    def act(self, deed: str, session: str = "") -> None:
        """What the daemon asks of login1: TerminateSession, Lock, Suspend, PowerOff."""
        ...

    def signal(self, signal: BusSignal) -> None:
        """Sends a signal to whoever listens on the bus."""
        ...


@dataclass(slots=True)
class Restriction:
    """A user whose time is up. Delays count polls, the countdown seconds."""

    kind: str
    countdown: int
    active: bool
    screen_locked: bool
    delay: int = 0
    lock_delay: int = 0


class Daemon:
    """A running timekprd. Its maker calls `poll` every `poll_seconds` and `second` every second."""

    def __init__(self, computer: Computer) -> None:
        self._computer = computer
        self._files = computer.files
        self._make_missing_users()
        self._conf = self._server_conf()
        self._counted: dict[str, CountedUser] = {}
        self._restrictions: dict[str, Restriction] = {}
        self.errors: list[str] = []

    @property
    def poll_seconds(self) -> int:
        """How often it looks; 0 and less are what they are in the daemon: as often as can be, and never again."""
        return self._conf.whole("TIMEKPR_POLLTIME")

    def counts(self, user: str) -> bool:
        """Whether it has this user in memory."""
        return user in self._counted

    def call(self, call: Call) -> Reply:
        """Answers a method call. Raises BusError."""
        method = self._methods().get((call.interface, call.member))
        if method is None:
            raise BusError("org.freedesktop.DBus.Error.UnknownMethod", f"Method {call.member} is not known")
        try:
            inspect.signature(method).bind(*call.args)
        except TypeError as problem:
            raise BusError(PYTHON_ERROR + "TypeError", str(problem)) from None
        return method(*call.args)

    # Time

    def poll(self) -> None:
        """Looks at all logged-in users. A user that it stumbles over keeps it from those after that one."""
        try:
            self._come_and_go()
            for name in list(self._counted):
                self._serve(name)
        except BROKEN as problem:
            self.errors.append(f"{type(problem).__name__}: {problem}")

    def second(self) -> None:
        """Counts down for those whose time is up, and acts."""
        try:
            for name, restriction in list(self._restrictions.items()):
                self._restrict(name, restriction)
        except BROKEN as problem:
            self.errors.append(f"{type(problem).__name__}: {problem}")

    def _restrict(self, name: str, restriction: Restriction) -> None:
        if restriction.kind in HARD:
            self._end_sessions(name, restriction)
        elif restriction.kind == "lock":
            self._lock(name, restriction)
        elif restriction.kind in SOFT:
            self._suspend(name, restriction)
        restriction.countdown = max(restriction.countdown - 1, 0)

    def _come_and_go(self) -> None:
        now = self._computer.now().replace(microsecond=0)
        present = list(dict.fromkeys(session.user for session in self._computer.sessions))
        excluded = set(self._conf.words("TIMEKPR_USERS_EXCL")) - LOGIN_MANAGERS
        for name in present:
            if name in self._counted or name in excluded or name not in self._computer.people():
                continue
            user = self._counted[name] = CountedUser(name, self._files, now)
            user.load_limits()
            self._tell_limits(name)
            user.load_time(keep_unsaved=False)
        for name in [name for name in self._counted if name not in present]:
            if self._counted[name].save():
                self._tell_limits(name)
            del self._counted[name]
            self._restrictions.pop(name, None)

    def _serve(self, name: str) -> None:
        now = self._computer.now().replace(microsecond=0)
        user = self._counted[name]
        active, screen_locked = self._activity(name, user.conf.flag("TRACK_INACTIVE"))
        playing = self._playing(user)
        doing = Activity(active, bool(playing))
        playtime_on = self._conf.flag("TIMEKPR_PLAYTIME_ENABLED")
        if user.poll(now, doing, self._conf.whole("TIMEKPR_SAVE_TIME"), playtime_on):
            self._tell_limits(name)
        self._computer.signal(time_left_signal(user, playtime_on))
        self._mind_playtime(user, playing)
        self._mind_restriction(user, active, screen_locked)

    def _activity(self, name: str, track_inactive: bool) -> tuple[bool, bool]:
        """Whether the user is at a session that counts, and whether the screen is locked."""
        counted_types = self._conf.words("TIMEKPR_SESSION_TYPES_CTRL")
        excluded_types = self._conf.words("TIMEKPR_SESSION_TYPES_EXCL")
        active = locked = False
        for session in self._sessions(name):
            locked = session.locked
            if session.state == "active" and not session.idle and not session.locked:
                active |= session.type in counted_types and session.type not in excluded_types
            elif session.type in counted_types and session.state not in ("lingering", "closing"):
                active |= track_inactive
        return active, locked

    def _playing(self, user: CountedUser) -> list[str]:
        """The running programs that are PlayTime of the user's."""
        if not (self._conf.flag("TIMEKPR_PLAYTIME_ENABLED") and user.conf.flag("PLAYTIME_ENABLED")):
            return []
        masks = [mask for mask, _ in user.conf.activities]
        programs = self._computer.programs(user.name)
        return sorted(program for program in programs if any(_matches(mask, program) for mask in masks))

    def _mind_playtime(self, user: CountedUser, playing: list[str]) -> None:
        user.playtime_processes = len(playing)
        over = not user.conf.flag("PLAYTIME_LIMIT_OVERRIDE_ENABLED") and user.today.playtime_left <= 0
        forbidden = user.unaccounted_now and not user.conf.flag("PLAYTIME_UNACCOUNTED_INTERVALS_ENABLED")
        if over or forbidden:
            user.playtime_processes = 0
            for program in playing:
                self._computer.end_program(user.name, program)

    def _mind_restriction(self, user: CountedUser, active: bool, screen_locked: bool) -> None:
        brink = self._conf.whole("TIMEKPR_TERMINATION_TIME")
        free = user.unaccounted_now
        restriction = self._restrictions.get(user.name)
        if restriction is not None:
            away = not active and user.today.left > brink and restriction.kind in HARD
            if restriction.kind in HARD + SOFT and (away or free or user.left_in_a_row > brink):
                del self._restrictions[user.name]
            else:
                _wait_a_poll(restriction, active, screen_locked)
        out_of_time = user.left_in_a_row <= brink and not free and active
        if out_of_time and user.name not in self._restrictions:
            countdown = max(user.left_in_a_row, brink)
            kind = user.conf.text("LOCKOUT_TYPE")
            self._restrictions[user.name] = Restriction(kind, countdown, active, screen_locked)

    def _end_sessions(self, name: str, restriction: Restriction) -> None:
        if restriction.delay > 0:
            return
        self._warn(name, restriction)
        if restriction.countdown > 0:
            return
        restriction.delay = KILL_AGAIN_POLLS
        if self._counted[name].save():
            self._tell_limits(name)
        if restriction.kind == "shutdown":
            self._computer.act("PowerOff")
            return
        counted_types = self._conf.words("TIMEKPR_SESSION_TYPES_CTRL")
        excluded_types = self._conf.words("TIMEKPR_SESSION_TYPES_EXCL")
        for session in self._sessions(name):
            if session.type in counted_types and session.type not in excluded_types:
                self._computer.act("TerminateSession", session.id)

    def _lock(self, name: str, restriction: Restriction) -> None:
        if restriction.lock_delay > 0:
            return
        if not restriction.active or restriction.screen_locked:
            restriction.lock_delay = LOCK_AGAIN_POLLS
            return
        self._warn(name, restriction)
        if restriction.countdown <= 0:
            restriction.lock_delay = LOCK_AGAIN_POLLS
            self._lock_sessions(name)

    def _suspend(self, name: str, restriction: Restriction) -> None:
        if not restriction.active or restriction.screen_locked:
            restriction.lock_delay = restriction.lock_delay or LOCK_AGAIN_POLLS
            return
        if restriction.delay <= 0:
            self._warn(name, restriction)
        if restriction.countdown > 0:
            return
        if restriction.delay <= 0:
            restriction.lock_delay = LOCK_AGAIN_POLLS
            restriction.delay = SUSPEND_AGAIN_POLLS
            self._computer.act("Suspend")
        elif restriction.delay < SUSPEND_AGAIN_POLLS - LOCK_AGAIN_POLLS and restriction.lock_delay <= 0:
            restriction.lock_delay = LOCK_AGAIN_POLLS
            self._lock_sessions(name)

    def _lock_sessions(self, name: str) -> None:
        for session in self._sessions(name):
            if session.type in DESKTOP_TYPES:
                self._computer.act("Lock", session.id)

    def _warn(self, name: str, restriction: Restriction) -> None:
        if restriction.countdown <= self._conf.whole("TIMEKPR_FINAL_WARNING_TIME"):
            body = (restriction.kind, "critical", max(restriction.countdown, 0))
            self._computer.signal(BusSignal(name, "timeCriticalNotification", body))

    def _sessions(self, name: str) -> list[Session]:
        return [session for session in self._computer.sessions if session.user == name]

    def _tell_limits(self, name: str) -> None:
        self._computer.signal(time_limits_signal(self._counted[name]))

    # Calls that read

    def _user_list(self) -> Reply:
        self._make_missing_users()
        people = self._computer.people()
        listed: list[list[str]] = []
        for path in self._files:
            match = re.fullmatch(re.escape(USER_CONF.path("\0")).replace("\0", "(.*)"), path)
            if match is None or match[1] == "USER":
                continue
            head = self._files[path].splitlines()[:SECTION_SEARCH_LINES]
            if any(f"[{match[1]}]" in line for line in head):
                listed.append([match[1], people.get(match[1], "")])
        return Reply(0, "", listed)

    def _user_information(self, user: str, level: str) -> Reply:
        data: dict[str, tuple[str, object]] = {}
        try:
            if level in ("F", "S"):
                reply = self._saved_information(user, level, data)
                if not reply.ok:
                    return reply
            if level in ("F", "R") and user in self._counted:
                data |= self._actual_information(user)
        except BROKEN as problem:
            return self._stumbled(problem, setters.UNEXPECTED_USER, data)
        return Reply(0, "", data)

    def _saved_information(self, user: str, level: str, data: dict[str, tuple[str, object]]) -> Reply:
        now = self._computer.now().replace(microsecond=0)
        conf = USER_CONF.load(self._files, user, now)
        if conf is None:
            return Reply(-1, setters.no_conf(user), {})
        control = CONTROL.load(self._files, user, now)
        if control is None:
            return Reply(-1, setters.no_control(user), {})
        if level == "F":
            data |= _conf_information(conf)
        if user not in self._counted:
            self._roll_over(user, control, now)
        for key in ("TIME_SPENT_BALANCE", "TIME_SPENT_DAY", "TIME_SPENT_WEEK", "TIME_SPENT_MONTH"):
            data[key] = ("i", control.whole(key))
        data["TIME_LEFT_DAY"] = ("i", _saved_time_left(conf, control, now))
        data["PLAYTIME_LEFT_DAY"] = ("i", _saved_playtime_left(conf, control, now))
        data["PLAYTIME_SPENT_DAY"] = ("i", control.whole("PLAYTIME_SPENT_DAY"))
        return Reply(0, "", data)

    def _roll_over(self, user: str, control: Loaded, now: datetime) -> None:
        """What "F" and "S" do to a logged-out user's file of another day; the PlayTime in it stays."""
        new_day, new_week, new_month = turned(control.when("LAST_CHECKED"), now)
        if not new_day:
            return
        control.values |= {"TIME_SPENT_DAY": 0, "TIME_SPENT_BALANCE": 0, "LAST_CHECKED": now}
        control.values |= {"TIME_SPENT_WEEK": 0} if new_week else {}
        control.values |= {"TIME_SPENT_MONTH": 0} if new_month else {}
        CONTROL.save(self._files, user, control)

    def _actual_information(self, name: str) -> dict[str, tuple[str, object]]:
        user = self._counted[name]
        playtime_on = self._conf.flag("TIMEKPR_PLAYTIME_ENABLED")
        self._computer.signal(time_left_signal(user, playtime_on))
        playtime_counts = (
            playtime_on
            and user.conf.flag("PLAYTIME_ENABLED")
            and not user.conf.flag("PLAYTIME_LIMIT_OVERRIDE_ENABLED")
        )
        actual = {
            "ACTUAL_TIME_SPENT_SESSION": user.session_seconds,
            "ACTUAL_TIME_INACTIVE_SESSION": user.inactive_seconds,
            "ACTUAL_TIME_SPENT_BALANCE": user.today.balance,
            "ACTUAL_TIME_SPENT_DAY": user.spent_day,
            "ACTUAL_TIME_LEFT_DAY": user.today.left,
            "ACTUAL_TIME_LEFT_CONTINUOUS": user.left_in_a_row,
            "ACTUAL_PLAYTIME_LEFT_DAY": max(user.today.playtime_left, 0) if playtime_counts else 0,
            "ACTUAL_ACTIVE_PLAYTIME_ACTIVITY_COUNT": user.playtime_processes,
        }
        return {key: ("i", value) for key, value in actual.items()}

    def _server_configuration(self) -> Reply:
        """timekpr.conf. Raises BusError where one of its lists is empty: the daemon cannot say an empty list."""
        conf = self._server_conf()
        left_out = {"TIMEKPR_TRACK_INACTIVE"}
        data: dict[str, tuple[str, object]] = {}
        for key, value in conf.values.items():
            if key in left_out or key.endswith("_DIR"):
                continue
            if isinstance(value, bool):
                data[key] = ("b", value)
            elif isinstance(value, int):
                data[key] = ("i", value)
            elif not (words := conf.words(key)):
                raise BusError(PYTHON_ERROR + "ValueError", "Unable to guess signature from an empty list")
            else:
                data[key] = ("as", words)
        return Reply(0, "", data)

    def _request(self, name: str, signal_of: Callable[[CountedUser], BusSignal]) -> Reply:
        if name not in self._counted:
            return Reply(-1, setters.not_found(name))
        try:
            self._computer.signal(signal_of(self._counted[name]))
        except BROKEN as problem:
            raise BusError(PYTHON_ERROR + type(problem).__name__, str(problem)) from None
        return Reply(0, "")

    def _request_limits(self, name: str) -> Reply:
        return self._request(name, time_limits_signal)

    def _request_left(self, name: str) -> Reply:
        playtime_on = self._conf.flag("TIMEKPR_PLAYTIME_ENABLED")
        return self._request(name, lambda user: time_left_signal(user, playtime_on))

    # Calls that write

    def _change_conf(self, change: Callable[..., str | None], user: str, *args: object) -> Reply:
        """Read, change, save the file; then, for a user in memory, take it. The last may fail with the file saved."""
        try:
            now = self._computer.now().replace(microsecond=0)
            conf = USER_CONF.load(self._files, user, now)
            problem = setters.no_conf(user) if conf is None else change(conf, user, *args)
            if conf is not None and problem is None:
                USER_CONF.save(self._files, user, conf)
            if user in self._counted:
                self._counted[user].load_limits()
                self._tell_limits(user)
                self._notify(user, "timeConfigurationChangedNotification")
        except BROKEN as stumbled:
            return self._stumbled(stumbled, setters.UNEXPECTED_CONF)
        return Reply(0, "") if problem is None else Reply(-1, problem)

    def _change_control(self, kind: setters.Balance, user: str, operation: str, seconds: int) -> Reply:
        try:
            now = self._computer.now().replace(microsecond=0)
            problem = self._set_left(kind, user, operation, seconds, now)
            if user in self._counted:
                self._counted[user].load_time(keep_unsaved=operation != "=")
                self._notify(user, "timeLeftChangedNotification")
        except BROKEN as stumbled:
            return self._stumbled(stumbled, setters.UNEXPECTED_CONTROL)
        return Reply(0, "") if problem is None else Reply(-1, problem)

    def _set_left(
        self, kind: setters.Balance, user: str, operation: str, seconds: int, now: datetime
    ) -> str | None:
        conf = USER_CONF.load(self._files, user, now)
        if conf is None:
            return setters.no_conf(user)
        control = CONTROL.load(self._files, user, now)
        if control is None:
            return setters.no_control(user)
        problem = kind.change(conf, control, user, operation, seconds, now.isoweekday())
        if problem is None:
            CONTROL.save(self._files, user, control)
        return problem

    def _change_server(self, key: str, value: object) -> Reply:
        """In the file, and in memory even if that was refused."""
        stored = setters.stored_server_value(key, value)
        conf = self._server_conf()
        conf.values[key] = stored
        SERVER.save(self._files, "", conf, untouched=DIRECTORIES)
        self._conf.values[key] = stored
        return Reply(0, "")

    def _notify(self, user: str, member: str) -> None:
        self._computer.signal(BusSignal(user, member, ("important_info",)))

    def _stumbled(self, problem: Exception, message: str, data: object = None) -> Reply:
        self.errors.append(f"{type(problem).__name__}: {problem}")
        return Reply(-1, message, data)

    # Files

    def _server_conf(self) -> Loaded:
        conf = SERVER.load(self._files, "", self._computer.now(), create=True)
        assert conf is not None
        return conf

    def _make_missing_users(self) -> None:
        """A user without a conf gets one, and a USER.time of zeros, which may have been there with another text."""
        if SERVER_CONF not in self._files:
            SERVER.make(self._files, "", self._computer.now())
        now = self._computer.now().replace(microsecond=0)
        for user in self._computer.people():
            if USER_CONF.path(user) not in self._files:
                USER_CONF.make(self._files, user, now)
                CONTROL.make(self._files, user, now)

    def _methods(self) -> dict[tuple[str, str], Callable[..., Reply]]:
        def conf(change: Callable[..., str | None]) -> Callable[..., Reply]:
            arguments = list(inspect.signature(change).parameters)[2:]

            def method(user: str, *args: object) -> Reply:
                if len(args) != len(arguments):
                    raise BusError(
                        "org.freedesktop.DBus.Error.InvalidArgs", f"{len(arguments)} were expected"
                    )
                return self._change_conf(change, user, *args)

            return method

        def control(kind: setters.Balance) -> Callable[..., Reply]:
            return lambda user, operation, seconds: self._change_control(kind, user, operation, seconds)

        def server(key: str) -> Callable[..., Reply]:
            return lambda value: self._change_server(key, value)

        return {
            (USER_ADMIN, "getUserList"): self._user_list,
            (USER_ADMIN, "getUserInformation"): self._user_information,
            (USER_LIMITS, "requestTimeLimits"): self._request_limits,
            (USER_LIMITS, "requestTimeLeft"): self._request_left,
            (SERVER_ADMIN, "getTimekprConfiguration"): self._server_configuration,
            **{(USER_ADMIN, member): conf(change) for member, change in setters.CONF.items()},
            **{(USER_ADMIN, member): control(kind) for member, kind in setters.BALANCES.items()},
            **{(SERVER_ADMIN, member): server(key) for member, key in setters.SERVER.items()},
        }


def _wait_a_poll(restriction: Restriction, active: bool, screen_locked: bool) -> None:
    restriction.active, restriction.screen_locked = active, screen_locked
    restriction.lock_delay = max(restriction.lock_delay - 1, 0)
    bothers = active if restriction.kind in HARD else not screen_locked
    if bothers and restriction.kind in HARD + SOFT:
        restriction.delay = max(restriction.delay - 1, 0)


def _matches(mask: str, program: str) -> bool:
    path = program_of(program).path
    return any(re.search(pattern, path) for pattern in patterns(mask))


def _conf_information(conf: Loaded) -> dict[str, tuple[str, object]]:
    data: dict[str, tuple[str, object]] = {}
    for number in range(1, 8):
        items = hour_items(conf.text(f"ALLOWED_HOURS_{number}"))
        hours = {
            hour: {"STARTMIN": item.start, "ENDMIN": item.end, "UACC": int(item.unaccounted)}
            for hour, item in items.items()
        }
        data[f"ALLOWED_HOURS_{number}"] = ("a{sa{si}}" if hours else "a{sv}", hours)
    for prefix in ("", "PLAYTIME_"):
        data[f"{prefix}ALLOWED_WEEKDAYS"] = ("as", conf.words(f"{prefix}ALLOWED_WEEKDAYS"))
        data[f"{prefix}LIMITS_PER_WEEKDAYS"] = ("ai", conf.wholes(f"{prefix}LIMITS_PER_WEEKDAYS"))
    for key in ("TRACK_INACTIVE", "HIDE_TRAY_ICON", *_PLAYTIME_FLAGS):
        data[key] = ("b", conf.flag(key))
    for key in ("LIMIT_PER_WEEK", "LIMIT_PER_MONTH"):
        data[key] = ("i", conf.whole(key))
    data["LOCKOUT_TYPE"] = ("s", conf.text("LOCKOUT_TYPE"))
    if conf.text("LOCKOUT_TYPE") == "suspendwake":
        data["WAKEUP_HOUR_INTERVAL"] = ("s", ";".join(conf.words("WAKEUP_HOUR_INTERVAL")))
    data["PLAYTIME_ACTIVITIES"] = (
        "aas",
        [[mask, description or ""] for mask, description in conf.activities],
    )
    return data


_PLAYTIME_FLAGS = (
    "PLAYTIME_ENABLED",
    "PLAYTIME_LIMIT_OVERRIDE_ENABLED",
    "PLAYTIME_UNACCOUNTED_INTERVALS_ENABLED",
)


def _saved_time_left(conf: Loaded, control: Loaded, now: datetime) -> int:
    """TIME_LEFT_DAY: knows no week, no month, and forgets that a day is closed as long as it has hours."""
    weekday = now.isoweekday()
    open_seconds = 0
    for hour, item in hour_items(conf.text(f"ALLOWED_HOURS_{weekday}")).items():
        if not hour.isdigit() or str(int(hour)) != hour or int(hour) < now.hour:
            continue
        if int(hour) > now.hour:
            open_seconds += (item.end - item.start) * 60
        else:
            minutes = max(item.end, now.minute) - max(item.start, now.minute)
            open_seconds += max(minutes * 60 - now.second, 0)
    return _saved_left(conf, "", weekday, control.whole("TIME_SPENT_BALANCE"), open_seconds)


def _saved_playtime_left(conf: Loaded, control: Loaded, now: datetime) -> int:
    balance = control.whole("PLAYTIME_SPENT_BALANCE")
    return _saved_left(conf, "PLAYTIME_", now.isoweekday(), balance, DAY_SECONDS)


def _saved_left(conf: Loaded, prefix: str, weekday: int, balance: int, most: int) -> int:
    days: Sequence[str] = conf.words(f"{prefix}ALLOWED_WEEKDAYS")
    paired = dict(reversed(list(zip(days, conf.wholes(f"{prefix}LIMITS_PER_WEEKDAYS"), strict=False))))
    return max(min(most, paired.get(str(weekday), 0) - balance, DAY_SECONDS), 0)
