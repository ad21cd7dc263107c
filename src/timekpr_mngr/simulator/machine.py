"""A computer that only exists in memory: its clock, its files, who is logged in, and timekprd."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from timekpr_mngr.domain.snapshot import Session
from timekpr_mngr.simulator.daemon import BusError, Daemon
from timekpr_mngr.simulator.files import CONTROL, SERVER, SERVER_CONF, USER_CONF, Files, Kind, Value
from timekpr_mngr.simulator.signals import BusSignal
from timekpr_mngr.timekpr.interface import Call, Reply

TICK_SECONDS = 1.0
CATCH_UP_SECONDS = 60
"""After a longer pause than this (the demo's own computer slept) the missing time is not gone through second by
second: for the simulated computer it was sleep."""


class Hung(Exception):
    """timekprd holds its name on the bus and answers nothing."""


People = Iterable[str] | Mapping[str, str]
DaemonListener = Callable[[bool], None]


class Machine:
    """A computer with timekprd running. Nothing moves by itself: `advance` lets time pass, `run` lets real time pass.

    `administrators` are those of them of whom AccountsService says so, `starts` is how often timekprd began.

    `people` are logins, with full names where it is a mapping. `now` gives the instant from which the clock starts
    out, aware; the clock shows it in `time_zone`. `timekpr` are values of timekpr.conf other than the package's.
    """

    def __init__(
        self,
        name: str,
        people: People = ("alice", "bob"),
        *,
        time_zone: str = "UTC",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        timekpr: Mapping[str, Value] | None = None,
    ) -> None:
        self.name = name
        self.files = Files()
        self.sessions: list[Session] = []
        self.deeds: list[tuple[str, str]] = []
        self.administrators: set[str] = set()
        self.starts_by_itself = True
        self.starts = 1
        self.time_zone = ZoneInfo(time_zone)
        self._people = dict(people) if isinstance(people, Mapping) else dict.fromkeys(people, "")
        self._programs: dict[str, set[str]] = {}
        self._now = now
        self._offset = timedelta()
        self._uptime_seconds = 0
        self._signal_listeners: list[Callable[[BusSignal], None]] = []
        self._session_listeners: list[Callable[[], None]] = []
        self._daemon_listeners: list[DaemonListener] = []
        self._install(timekpr or {})
        self.daemon: Daemon | None = Daemon(self)
        self._hangs = False
        self._unanswered: list[Call] = []

    # The clock

    def aware_now(self) -> datetime:
        """What the clock shows, with the time zone."""
        return (self._now() + self._offset).astimezone(self.time_zone)

    def now(self) -> datetime:
        """What the clock shows, without a zone."""
        return self.aware_now().replace(tzinfo=None)

    def set_clock(self, when: datetime | str) -> None:
        """Moves the clock without time passing: local time, or an instant with a zone."""
        when = datetime.fromisoformat(when) if isinstance(when, str) else when
        when = when.replace(tzinfo=self.time_zone) if when.tzinfo is None else when
        self._offset = when - self._now()

    def advance(self, seconds: int) -> None:
        """Lets time pass: the clock goes on, the daemon polls, counts and acts on the way."""
        for _ in range(seconds):
            self._offset += timedelta(seconds=1)
            self.second()

    def second(self) -> None:
        """What happens in a second, without the clock being moved."""
        self._uptime_seconds += 1
        if self.daemon is None or self._hangs:
            return
        self.daemon.second()
        poll_seconds = self.daemon.poll_seconds
        if poll_seconds >= 0 and self._uptime_seconds % max(poll_seconds, 1) == 0:
            self.daemon.poll()

    async def run(self) -> None:
        """Lets real time pass until cancelled."""
        loop = asyncio.get_running_loop()
        lived = loop.time()
        while True:
            await asyncio.sleep(TICK_SECONDS)
            behind = int(loop.time() - lived)
            for _ in range(min(behind, CATCH_UP_SECONDS)):
                self.second()
            lived += behind

    # People at the computer

    def people(self) -> Mapping[str, str]:
        """Every login with its full name."""
        return self._people

    def add_person(self, user: str, full_name: str = "") -> None:
        """A new login; timekprd learns of it when it is asked for its users, or when the user logs in."""
        self._people[user] = full_name

    def login(self, user: str, kind: str = "x11", session: str | None = None) -> str:
        """Logs a user in, by default at the desktop. Gives the session's id."""
        made = Session(session or f"c_{user}", user, kind)
        self.sessions = [other for other in self.sessions if other.id != made.id] + [made]
        self._tell_sessions()
        return made.id

    def logout(self, user: str) -> None:
        """Ends all sessions of a user."""
        self.sessions = [session for session in self.sessions if session.user != user]
        self._programs.pop(user, None)
        self._tell_sessions()

    def session(
        self, user: str, *, locked: bool | None = None, idle: bool | None = None, state: str | None = None
    ) -> None:
        """Changes a user's sessions; None leaves a thing as it is."""
        self.sessions = [
            replace(
                session,
                locked=session.locked if locked is None else locked,
                idle=session.idle if idle is None else idle,
                state=session.state if state is None else state,
            )
            if session.user == user
            else session
            for session in self.sessions
        ]
        self._tell_sessions()

    def start_program(self, user: str, program: str) -> None:
        """The user runs a program, which may be PlayTime."""
        self._programs.setdefault(user, set()).add(program)

    def end_program(self, user: str, program: str) -> None:
        """It runs no more."""
        self._programs.get(user, set()).discard(program)

    def programs(self, user: str) -> set[str]:
        """What the user runs."""
        return set(self._programs.get(user, ()))

    def act(self, deed: str, session: str = "") -> None:
        """What the daemon asks of login1; it is noted in `deeds`. Suspend and PowerOff are noted and no more."""
        self.deeds.append((deed, session))
        if deed == "TerminateSession":
            for user in [other.user for other in self.sessions if other.id == session]:
                self._programs.pop(user, None)
            self.sessions = [other for other in self.sessions if other.id != session]
            self._tell_sessions()
        elif deed == "Lock":
            self.sessions = [
                replace(other, locked=True) if other.id == session else other for other in self.sessions
            ]
            self._tell_sessions()

    # timekprd

    def stop_daemon(self) -> None:
        """What it counted since its last save is lost."""
        self.daemon = None
        self._hangs = False
        self._unanswered.clear()
        self._tell_daemon(False)

    def start_daemon(self) -> None:
        """Starts it anew if it does not run."""
        if self.daemon is None:
            self.daemon = Daemon(self)
            self.starts += 1
            self._tell_daemon(True)

    def hang_daemon(self) -> None:
        """It stops where it is, answers nothing and counts nothing."""
        self._hangs = self.daemon is not None

    def resume_daemon(self) -> None:
        """It goes on, and does first what it was asked while it hung, though nobody waits for it any more."""
        self._hangs = False
        waiting, self._unanswered = self._unanswered, []
        for call in waiting:
            with contextlib.suppress(BusError):
                self.call(call)

    def call(self, call: Call) -> Reply:
        """A method call over the bus. Raises BusError, ServiceUnknown where no daemon runs, and Hung."""
        if self.daemon is None:
            raise BusError("org.freedesktop.DBus.Error.ServiceUnknown", "timekprd does not run")
        if self._hangs:
            self._unanswered.append(call)
            raise Hung
        return self.daemon.call(call)

    def set_values(self, kind: Kind, user: str = "", /, **values: Value) -> None:
        """Writes values into a file as an editor would, the daemon unasked."""
        loaded = kind.load(self.files, user, self.now(), create=True)
        assert loaded is not None
        loaded.values |= values
        previous = self.files.get(kind.path(user) + ".prev")
        kind.save(self.files, user, loaded)
        if previous is None:
            del self.files[kind.path(user) + ".prev"]
        else:
            self.files[kind.path(user) + ".prev"] = previous

    def conf(self, user: str) -> str:
        """The text of a user's conf."""
        return self.files[USER_CONF.path(user)]

    def control(self, user: str) -> str:
        """The text of USER.time."""
        return self.files[CONTROL.path(user)]

    def server_conf(self) -> str:
        """The text of timekpr.conf."""
        return self.files[SERVER_CONF]

    # The bus

    def signal(self, signal: BusSignal) -> None:
        """timekprd's signals, handed to whoever listens."""
        for listener in list(self._signal_listeners):
            listener(signal)

    def listen(
        self, signals: Callable[[BusSignal], None], sessions: Callable[[], None], daemon: DaemonListener
    ) -> Callable[[], None]:
        """Tells of signals, of other sessions, and of timekprd's coming and going, until the gift is called."""
        self._signal_listeners.append(signals)
        self._session_listeners.append(sessions)
        self._daemon_listeners.append(daemon)

        def unlisten() -> None:
            self._signal_listeners.remove(signals)
            self._session_listeners.remove(sessions)
            self._daemon_listeners.remove(daemon)

        return unlisten

    def _tell_sessions(self) -> None:
        for listener in list(self._session_listeners):
            listener()

    def _tell_daemon(self, present: bool) -> None:
        for listener in list(self._daemon_listeners):
            listener(present)

    def _install(self, values: Mapping[str, Value]) -> None:
        SERVER.make(self.files, "", self.now())
        self.set_values(SERVER, **values)
