"""The port `link.session.ServerSession` over a machine in memory."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from timekpr_mngr.domain.snapshot import Live, Session, Snapshot, UserSnapshot
from timekpr_mngr.errors import FailureCode, ServerFailure
from timekpr_mngr.link.session import DaemonChanged, LimitsChanged, LinkEvent, SessionsChanged, Ticked
from timekpr_mngr.simulator.daemon import BusError
from timekpr_mngr.simulator.files import CONTROL, SERVER_CONF, USER_CONF
from timekpr_mngr.simulator.line import Line
from timekpr_mngr.simulator.machine import Hung, Machine
from timekpr_mngr.simulator.signals import BusSignal
from timekpr_mngr.timekpr.files import control, server_config, user_config
from timekpr_mngr.timekpr.interface import (
    Call,
    LimitsInForce,
    Reply,
    get_user_information,
    get_user_list,
    limits_of,
    live_of,
    request_time_limits,
    tick_of,
    user_list,
)
from timekpr_mngr.timekpr.malformed import Malformed

SAMPLE_USER = "USER"  # the package's example of a conf, never a user
_CONF_PATH = re.compile(re.escape(USER_CONF.path("\0")).replace("\0", "(.+)"))


class SimulatedSession:
    """Made by `SimulatedConnector.open`. Ends when the line is cut."""

    def __init__(self, machine: Machine, line: Line) -> None:
        self._machine = machine
        self._line = line
        self._listeners: list[Callable[[LinkEvent], None]] = []
        self._full_names: dict[str, str] = {}
        self._closed = asyncio.Event()
        self._leave_machine = machine.listen(self._heard, self._sessions_changed, self._daemon_changed)
        self._leave_line = line.on_cut(self._end)

    async def begin(self) -> None:
        """What the link does once after connecting: asks for the users, which makes new ones known to timekprd."""
        await self._learn_users()

    async def read(self) -> Snapshot:
        """Everything, from the files as texts and from timekprd's memory."""
        async with self._line.operation("read", self._closed):
            if set(self._names()) - set(self._full_names) and self._machine.daemon is not None:
                self._full_names = dict(user_list(self._call(get_user_list()).data))
            server_time = self._machine.aware_now()
            text = self._machine.files.get(SERVER_CONF)
            return Snapshot(
                read_at=datetime.now(UTC),
                server_time=server_time,
                time_zone=self._machine.time_zone.key,
                config=server_config.parse(text).config if text else None,
                config_text=text,
                users={name: self._user(name) for name in self._names()},
            )

    async def read_user(self, user: str) -> UserSnapshot | None:
        """One user alone."""
        async with self._line.operation("read_user", self._closed):
            return self._user(user) if user in self._names() else None

    async def call(self, call: Call) -> Reply:
        """One method of timekprd."""
        async with self._line.operation(call.member, self._closed):
            return self._call(call)

    async def limits_in_force(self, user: str) -> LimitsInForce | None:
        """What the daemon signals when it is asked to."""
        heard: list[BusSignal] = []
        async with self._line.operation("limits_in_force", self._closed):
            unlisten = self._machine.listen(heard.append, lambda: None, lambda present: None)
            try:
                reply = self._call(request_time_limits(user))
            finally:
                unlisten()
            if not reply.ok:
                return None
            return next(limits_of(signal.body) for signal in heard if signal.member == "timeLimits")

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
        self._leave_machine()
        self._leave_line()

    async def _learn_users(self) -> None:
        reply = await self.call(get_user_list())
        self._full_names = dict(user_list(reply.data))

    def _call(self, call: Call) -> Reply:
        try:
            return self._machine.call(call)
        except Hung:
            raise ServerFailure(
                FailureCode.TIMEOUT, f"timekpr on {self._machine.name} does not answer.", "Restart it there."
            ) from None
        except BusError as problem:
            raise _bus_failure(problem, self._machine.name) from None

    # Reading

    def _names(self) -> list[str]:
        found = [match[1] for path in self._machine.files if (match := _CONF_PATH.fullmatch(path))]
        return [name for name in found if name != SAMPLE_USER]

    def _user(self, name: str) -> UserSnapshot:
        files = self._machine.files
        conf_text, control_text = files.get(USER_CONF.path(name)), files.get(CONTROL.path(name))
        conf = user_config.parse(conf_text, name) if conf_text else None
        problems = list(conf.problems) if conf else ["timekpr's file for this user cannot be read."]
        used = None
        try:
            used = control.parse(control_text, name) if control_text else None
        except Malformed as problem:
            problems.append(str(problem))
        return UserSnapshot(
            name=name,
            full_name=self._full_names.get(name, ""),
            config=conf.config if conf else None,
            **({"week": conf.week, "playtime_week": conf.playtime_week} if conf else {}),
            control=used,
            live=self._live(name),
            sessions=tuple(session for session in self._machine.sessions if session.user == name),
            config_text=conf_text,
            previous_text=files.get(USER_CONF.path(name) + ".prev"),
            control_text=control_text,
            problem=" ".join(problems) or None,
        )

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
            self._publish(LimitsChanged(signal.user))

    def _sessions_changed(self) -> None:
        sessions: tuple[Session, ...] = tuple(self._machine.sessions)
        self._publish(SessionsChanged(sessions))

    def _daemon_changed(self, present: bool) -> None:
        self._publish(DaemonChanged(present))

    def _publish(self, event: LinkEvent) -> None:
        if self._line.carries:
            for listener in list(self._listeners):
                listener(event)


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
            f"timekpr does not run on {name}, so no limits are enforced there.",
            "Start it there: systemctl enable --now timekpr",
        )
    return ServerFailure(
        FailureCode.DAEMON_REFUSED, f"timekpr refused: {problem}", "Look at /var/log/timekpr.log there."
    )
