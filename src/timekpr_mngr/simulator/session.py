"""The port `link.session.ServerSession` over a machine in memory."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache

from timekpr_mngr.domain.bus_facts import BusFacts, DaemonRun
from timekpr_mngr.domain.flaw import Flaw, FlawKind
from timekpr_mngr.domain.health import Check
from timekpr_mngr.domain.snapshot import Live, Session, Snapshot, UserSnapshot
from timekpr_mngr.domain.usage import Control
from timekpr_mngr.errors import FailureCode, ServerFailure
from timekpr_mngr.link.session import DaemonChanged, LimitsChanged, LinkEvent, SessionsChanged, Ticked
from timekpr_mngr.simulator.daemon import BusError
from timekpr_mngr.simulator.files import CONTROL, SERVER_CONF, USER_CONF
from timekpr_mngr.simulator.line import Line
from timekpr_mngr.simulator.machine import Hung, Machine
from timekpr_mngr.simulator.signals import BusSignal
from timekpr_mngr.texts import _, counted, noop
from timekpr_mngr.timekpr.files import control, server_config, user_config
from timekpr_mngr.timekpr.interface import (
    Call,
    LimitsInForce,
    Reply,
    get_server_configuration,
    get_user_information,
    get_user_list,
    limits_of,
    live_of,
    request_time_limits,
    tick_of,
    user_list,
)
from timekpr_mngr.timekpr.malformed import Malformed

NO_FILE = noop("timekpr has no settings file for this user where we may read, so the settings are not known.")
EMPTY_FILE = noop(
    "timekpr's file of this user's settings is empty, as after a full disk: it goes on from its copy."
)
NO_CONTROL_FILE = noop("timekpr has no file with the time that this user has used.")
SAMPLE_USER = "USER"  # the package's example of a conf, never a user
_USER_FILES = tuple(
    re.compile(re.escape(kind.path("\0")).replace("\0", "(.+)")) for kind in (USER_CONF, CONTROL)
)


class SimulatedSession:
    """Made by `SimulatedConnector.open`. Ends when the line is cut."""

    def __init__(self, machine: Machine, line: Line) -> None:
        self._machine = machine
        self._line = line
        self._listeners: list[Callable[[LinkEvent], None]] = []
        self._full_names: dict[str, str] | None = None
        self._limits: dict[str, tuple[object, ...]] = {}
        self._asking: str | None = None
        self._closed = asyncio.Event()
        self._leave_machine = machine.listen(self._heard, self._sessions_changed, self._daemon_changed)
        self._leave_line = line.on_cut(self._end)

    @property
    def conversation(self) -> str:
        """Its name; no two are called the same."""
        return f":1.{id(self)}"

    async def has_ended(self, conversation: str) -> bool:
        """Nothing is on its way for long in memory; a daemon that hangs does not answer."""
        async with self._line.operation("has_ended", self._closed):
            self._call(get_server_configuration())
            return True

    @property
    def daemon_present(self) -> bool:
        """Whether timekprd is on the machine's bus at this moment."""
        return self._machine.daemon is not None

    async def begin(self) -> None:
        """What the link does once after connecting: asks for the users, which makes new ones known to timekprd."""
        async with self._line.operation("getUserList", self._closed):
            self._learn_users()

    async def read(self) -> Snapshot:
        """Everything, from the files as texts and from timekprd's memory."""
        async with self._line.operation("read", self._closed):
            server_time = self._machine.aware_now()
            text = self._machine.files.get(SERVER_CONF)
            conf = server_config.parse(text) if text else None
            names = self._names()
            return Snapshot(
                read_at=datetime.now(UTC),
                server_time=server_time,
                time_zone=self._machine.time_zone.key,
                config=conf.config if conf else None,
                config_text=text,
                users={name: self._user(name) for name in names},
                strangers=tuple(one for one in self._machine.sessions if one.user not in names),
                flaws=conf.flaws if conf else (),
            )

    async def read_user(self, user: str, *, just_read_will_do: bool = False) -> UserSnapshot | None:
        """One user alone, always afresh."""
        async with self._line.operation("read_user", self._closed):
            return self._user(user) if user in self._names() else None

    async def call(self, call: Call) -> Reply:
        """One method of timekprd."""
        async with self._line.operation(call.member, self._closed):
            return self._call(call)

    async def limits_in_force(self, user: str) -> LimitsInForce | None:
        """What the daemon signals when it is asked to."""
        async with self._line.operation("limits_in_force", self._closed):
            self._asking = user
            try:
                reply = self._call(request_time_limits(user))
            finally:
                self._asking = None
            return limits_of(self._limits[user]) if reply.ok else None

    async def facts(self) -> BusFacts:
        """What the machine's bus would tell."""
        async with self._line.operation("facts", self._closed):
            machine = self._machine
            run = DaemonRun(machine.name, f":1.{machine.starts}") if machine.daemon is not None else None
            state = "active" if run is not None else "inactive"
            return BusFacts(run, state, machine.starts_by_itself, frozenset(machine.administrators))

    async def health(self) -> list[Check]:
        """What can be right or wrong with a computer in memory."""
        async with self._line.operation("health", self._closed):
            runs = self.daemon_present
            return [
                Check("reachable", True, _("The server can be reached.")),
                Check("host key", True, _("It shows the host key that is trusted.")),
                Check("key", True, _("It lets our key in, and the key can do nothing but what is needed.")),
                Check("bus", True, _("Its system bus answers.")),
                Check("group", True, _("The account is in the group timekpr.")),
                Check("timekpr", True, _("timekpr answers."))
                if runs
                else Check("timekpr", False, _("timekpr does not run on the server."), _("Start it there.")),
                Check(
                    "time zone",
                    True,
                    _("Its time zone is {zone}.").format(zone=self._machine.time_zone.key),
                ),
                Check(
                    "users", True, counted("{n} user was found.", "{n} users were found.", len(self._names()))
                ),
            ]

    def listen(self, listener: Callable[[LinkEvent], None]) -> Callable[[], None]:
        """Calls `listener` for every event until the callable that is given back is called."""
        entry = _Entry(listener)
        self._listeners.append(entry.tell)

        def unlisten() -> None:
            if entry.tell in self._listeners:
                self._listeners.remove(entry.tell)

        return unlisten

    async def wait_closed(self) -> None:
        """Returns when the conversation has ended."""
        await self._closed.wait()

    async def close(self) -> None:
        """Ends the conversation."""
        self._end()

    def _end(self) -> None:
        if self._closed.is_set():
            return
        self._closed.set()
        self._listeners.clear()
        self._leave_machine()
        self._leave_line()

    def _learn_users(self) -> None:
        if self._full_names is None and self._machine.daemon is not None:
            self._full_names = dict(user_list(self._call(get_user_list()).data))

    def _call(self, call: Call) -> Reply:
        try:
            return self._machine.call(call)
        except Hung:
            raise ServerFailure(
                FailureCode.TIMEOUT,
                _("timekpr on {host} does not answer.").format(host=self._machine.name),
                _("Restart it there."),
            ) from None
        except BusError as problem:
            raise _bus_failure(problem, self._machine.name) from None

    # Reading

    def _names(self) -> list[str]:
        found = {
            match[1]
            for path in self._machine.files
            for kind in _USER_FILES
            if (match := kind.fullmatch(path))
        }
        return sorted((found - {SAMPLE_USER}) | set(self._full_names or {}))

    def _user(self, name: str) -> UserSnapshot:
        files = self._machine.files
        conf_text, control_text = files.get(USER_CONF.path(name)), files.get(CONTROL.path(name))
        previous_text = files.get(USER_CONF.path(name) + ".prev")
        gone_by = (
            previous_text if conf_text is not None and not conf_text.strip() and previous_text else conf_text
        )
        problems: list[str] = []
        flaws: list[Flaw] = []
        conf: user_config.UserFile | None = None
        used: Control | None = None
        try:
            conf = _parsed_conf(gone_by, name) if gone_by is not None else None
            if gone_by is not conf_text:
                problems.append(_(EMPTY_FILE))
                flaws.append(Flaw(FlawKind.EMPTY))
            problems += conf.problems if conf else [_(NO_FILE)]
            flaws += conf.flaws if conf else []
        except Malformed as problem:
            flaws.append(Flaw(FlawKind.BROKEN))
            problems.append(_("The settings cannot be read: {problem}").format(problem=problem))
        try:
            used = control.parse(control_text, name) if control_text is not None else None
            problems += [] if used else [_(NO_CONTROL_FILE)]
        except Malformed as problem:
            problems.append(_("The time used cannot be read: {problem}").format(problem=problem))
        sessions = tuple(session for session in self._machine.sessions if session.user == name)
        snapshot = UserSnapshot(
            name=name,
            full_name=(self._full_names or {}).get(name, ""),
            control=used,
            live=self._live(name) if sessions else None,
            sessions=sessions,
            config_text=conf_text,
            previous_text=previous_text,
            control_text=control_text,
            problem=" ".join(problems) or None,
            flaws=tuple(flaws),
        )
        if conf is None:
            return snapshot
        return replace(snapshot, config=conf.config, week=conf.week, playtime_week=conf.playtime_week)

    def _live(self, name: str) -> Live | None:
        if self._machine.daemon is None:
            return None
        reply = self._call(get_user_information(name, "R"))
        return live_of(reply.data, datetime.now(UTC)) if reply.ok else None

    # Listening

    def _heard(self, signal: BusSignal) -> None:
        if signal.member == "timeLeft":
            self._publish(Ticked(signal.user, tick_of(signal.body, datetime.now(UTC))))
        elif signal.member == "timeLimits":
            self._limits_told(signal)

    def _limits_told(self, signal: BusSignal) -> None:
        """It comes when limits changed, and to whoever asks: only what is new is an event."""
        before = self._limits.get(signal.user)
        self._limits[signal.user] = signal.body
        if signal.body != before and (before is not None or self._asking != signal.user):
            self._publish(LimitsChanged(signal.user))

    def _sessions_changed(self) -> None:
        sessions: tuple[Session, ...] = tuple(self._machine.sessions)
        self._publish(SessionsChanged(sessions))

    def _daemon_changed(self, present: bool) -> None:
        self._publish(DaemonChanged(present))
        if present:
            self._learn_users()

    def _publish(self, event: LinkEvent) -> None:
        if self._line.carries:
            for listener in list(self._listeners):
                listener(event)


@lru_cache(maxsize=1024)
def _parsed_conf(text: str, user: str) -> user_config.UserFile:
    return user_config.parse(text, user)


@dataclass(eq=False, slots=True)
class _Entry:
    """One listener, told apart from the same one listening twice."""

    listener: Callable[[LinkEvent], None]

    def tell(self, event: LinkEvent) -> None:
        self.listener(event)


def _bus_failure(problem: BusError, name: str) -> ServerFailure:
    if problem.name == "org.freedesktop.DBus.Error.ServiceUnknown":
        return ServerFailure(
            FailureCode.NO_DAEMON,
            _("timekpr does not run on {name}, so no limits are enforced there.").format(name=name),
            _("Start it there: systemctl enable --now timekpr"),
        )
    return ServerFailure(
        FailureCode.DAEMON_REFUSED,
        _("timekpr refused: {problem}").format(problem=problem),
        _("Look at /var/log/timekpr.log there."),
    )
