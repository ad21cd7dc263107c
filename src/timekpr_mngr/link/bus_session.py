"""One server, spoken to over its bus and its files: the real end of the port `link.session` (design: bus.md)."""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from timekpr_mngr.domain.bus_facts import BusFacts, DaemonRun
from timekpr_mngr.domain.flaw import Flaw, FlawKind
from timekpr_mngr.domain.health import Check
from timekpr_mngr.domain.server import ServerConfig
from timekpr_mngr.domain.snapshot import Live, Session, Snapshot, UserSnapshot
from timekpr_mngr.errors import FailureCode, ServerFailure
from timekpr_mngr.link import failures, logind, ssh
from timekpr_mngr.link.administrators import Administrators
from timekpr_mngr.link.bus import DBUS, DBUS_PATH, Body, Bus, Interest, Signal
from timekpr_mngr.link.file_reader import FileReader
from timekpr_mngr.link.files import FileText, ServerFiles, UserFiles
from timekpr_mngr.link.health import Clock, Unit, health
from timekpr_mngr.link.rush import Rush
from timekpr_mngr.link.session import DaemonChanged, LimitsChanged, LinkEvent, SessionsChanged, Ticked
from timekpr_mngr.link.systemd import Systemd
from timekpr_mngr.meters import SILENT, Meters
from timekpr_mngr.texts import _, noop
from timekpr_mngr.timekpr import interface as timekpr
from timekpr_mngr.timekpr.files import control, server_config, user_config
from timekpr_mngr.timekpr.interface import Call, LimitsInForce, Reply
from timekpr_mngr.timekpr.malformed import Malformed

T = TypeVar("T")

log = logging.getLogger(__name__)

ANSWERS = ("is", "isaas", "isa{sv}")
"""What timekprd's methods answer: code, text, and what was asked for."""

LIMITS_TIMEOUT_SECONDS = 3.0  # the signal comes before the answer that promises it
SESSIONS_SETTLE_SECONDS = 0.08  # a login is five or six signals
CLOSE_TIMEOUT_SECONDS = 2.0

WORD_MAX = 64  # characters of the bus's own words: an id has 32
PERSON_UID_MIN = 1000  # below are the computer's own accounts, which timekpr leaves alone
NO_FILE = noop("timekpr has no settings file for this user where we may read, so the settings are not known.")
EMPTY_FILE = noop(
    "timekpr's file of this user's settings is empty, as after a full disk: it goes on from its copy."
)
NO_CONTROL_FILE = noop("timekpr has no file with the time that this user has used.")


class BusSession:
    """One server, spoken to over its bus (see `link.session.ServerSession`)."""

    def __init__(
        self,
        connection: ssh.SshConnection,
        bus: Bus,
        key_is_restricted: bool,
        meters: Meters = SILENT,
        rush: Rush | None = None,
    ) -> None:
        self.key_is_restricted = key_is_restricted
        self._connection = connection
        self._bus = bus
        self._meters = meters
        self._listeners: list[Callable[[LinkEvent], None]] = []
        self._full_names: dict[str, str] | None = None
        self._users: frozenset[str] = frozenset()
        self._files = FileReader(connection, self._directories, key_is_restricted)
        self._parsed: dict[tuple[object, str], tuple[str, Any]] = {}
        self._live_asked: Counter[str] = Counter()  # users of whom an answer is awaited now
        self._limits: dict[str, int] = {}  # a hash of what was told last: only whether it moved is asked
        self._limits_asked: dict[str, list[asyncio.Future[Body]]] = {}
        self._logind = logind.Logind(bus)
        self._systemd = Systemd(bus)
        self._settling: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._bus_id: str | None = None
        self._rush = rush or Rush()
        self._administrators = Administrators(bus, can_wait=self._rush.is_on)

    async def begin(self, account: str) -> None:
        """Subscribes, and learns the list of users. Raises ServerFailure."""
        bus = self._bus
        await asyncio.gather(
            bus.watch(timekpr.BUS_NAME, self._daemon_moved),
            bus.watch(logind.SERVICE),
            bus.subscribe(
                (_limits_signal("timeLeft"), self._ticked),
                (_limits_signal("timeLimits"), self._limits_told),
                *((interest, self._sessions_moved) for interest in logind.SIGNALS),
            ),
        )
        try:
            await self._list_users()
        except ServerFailure as failure:
            if failure.failure == FailureCode.NOT_IN_GROUP:
                raise failures.not_in_group(account) from None
            raise

    @property
    def conversation(self) -> str:
        """Our own unique name on the server's bus."""
        return self._bus.unique_name or ""

    async def has_ended(self, conversation: str) -> bool:
        """Whether the owner of that unique name has left the bus, and timekprd has answered once since.

        The bus takes all that somebody sent before it takes note that they left, and timekprd answers in order.
        """
        if conversation == self.conversation or await self._bus.owner_of(conversation) is not None:
            return False
        await self.call(timekpr.get_server_configuration())
        return True

    @property
    def daemon_present(self) -> bool:
        """Whether timekprd is on the server's bus at this moment."""
        return self._bus.owners.get(timekpr.BUS_NAME) is not None

    async def read(self) -> Snapshot:
        """Everything, and nothing is written on the server. Links that are still to be made go first."""
        async with self._rush.after():
            files, clock, (sessions, live) = await asyncio.gather(
                self._files.read(), self._systemd.clock(), self._presence()
            )
        listed = self._full_names or {}
        self._parsed = {
            key: kept for key, kept in self._parsed.items() if key[1] in files.users or not key[1]
        }
        names = [name for name, found in files.users.items() if found.config or found.control]
        self._users = frozenset([*names, *listed])
        if sessions is None:  # no logind: anybody may be logged in
            live = await self._live(self._users)
        known = {*names, *listed}
        return Snapshot(
            read_at=clock.read_at,
            server_time=clock.server_time,
            time_zone=clock.time_zone,
            config=await self._server_config(files.server),
            config_text=files.server.shown if files.server else None,
            users={name: self._user(name, files, sessions or (), live) for name in sorted(known)},
            strangers=tuple(
                session
                for session in sessions or ()
                if session.user not in known and (session.uid or 0) >= PERSON_UID_MIN
            ),
            flaws=self._server_flaws(files.server),
        )

    async def read_user(self, user: str, *, just_read_will_do: bool = False) -> UserSnapshot | None:
        """One user alone; None where the server has no such user."""
        files, (sessions, live) = await asyncio.gather(
            self._files.read(just_read_will_do=just_read_will_do), self._presence_of(user)
        )
        if user not in files.users and user not in (self._full_names or {}):
            return None
        return self._user(user, files, sessions or (), live)

    async def call(self, call: Call) -> Reply:
        """One method of timekprd. Raises ServerFailure."""
        self._files.called()
        try:
            return await self._asked(call)
        finally:  # it may still have had its effect
            self._files.called()

    async def _asked(self, call: Call) -> Reply:
        if not self.daemon_present:
            self._bus.check_open()
            raise failures.no_daemon()
        body = await self._bus.call(
            timekpr.BUS_NAME,
            timekpr.OBJECT_PATH,
            call.interface,
            call.member,
            call.signature,
            call.args,
            answers=ANSWERS,
        )
        reply = _understood(timekpr.reply_of, body)
        if not reply.ok:
            self._meters.refused(call.member)
        return reply

    async def limits_in_force(self, user: str) -> LimitsInForce | None:
        """What the daemon goes by now for a logged-in user; None for one that it does not have in memory."""
        path = timekpr.user_path(user)
        told: asyncio.Future[Body] = asyncio.get_running_loop().create_future()
        self._limits_asked.setdefault(path, []).append(told)
        try:
            reply = await self.call(timekpr.request_time_limits(user))
            if not reply.ok:
                return None
            async with asyncio.timeout(LIMITS_TIMEOUT_SECONDS):
                body = await told
        except TimeoutError:
            raise failures.no_answer(_("Asking for the limits in force"), LIMITS_TIMEOUT_SECONDS) from None
        finally:
            self._limits_asked[path].remove(told)
        return _understood(timekpr.limits_of, body)

    async def clock(self) -> Clock:
        """The server's clock and zone. Raises ServerFailure where the conversation is over."""
        return await self._systemd.clock()

    async def facts(self) -> BusFacts:
        """What the bus tells of timekprd itself, and of those who use the computer. Raises ServerFailure where the
        conversation is over."""
        unit, starts_by_itself, bus_id = await asyncio.gather(
            self._systemd.unit(), self._systemd.starts_by_itself(), self._id_of_the_bus()
        )
        owner = self._bus.owners.get(timekpr.BUS_NAME)
        began_at = unit.since if unit is not None and unit.state == "active" else None
        if self._administrators.are_due:
            self._do(self._administrators.ask(sorted(self._users)))
        return BusFacts(
            run=None if owner is None else DaemonRun(bus_id, owner[:WORD_MAX], began_at),
            unit_state=None if unit is None else unit.state[:WORD_MAX],
            starts_by_itself=starts_by_itself,
            administrators=self._administrators.known,
        )

    async def unit(self) -> Unit | None:
        """timekpr.service, None where systemd1 tells nothing. Raises ServerFailure where the conversation is over."""
        return await self._systemd.unit()

    async def health(self) -> list[Check]:
        """Everything that has to be right, one check after the other."""
        return await health(self)

    def listen(self, listener: Callable[[LinkEvent], None]) -> Callable[[], None]:
        """Calls `listener` for every event until the callable that is given back is called."""
        self._listeners.append(listener)

        def stop() -> None:
            with contextlib.suppress(ValueError):
                self._listeners.remove(listener)

        return stop

    async def wait_closed(self) -> None:
        """Returns when the conversation has ended, from whichever side."""
        await self._bus.closed.wait()

    async def close(self) -> None:
        """Ends the conversation. May be called twice."""
        self._listeners.clear()
        if self._settling is not None:
            self._settling.cancel()
        for task in list(self._tasks):
            task.cancel()
        self._bus.end(failures.closed_here())
        self._connection.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_TIMEOUT_SECONDS):
                await self._connection.wait_closed()

    async def _list_users(self) -> None:
        """Once a session: it makes files for new users, and can zero a USER.time whose conf was deleted (bus.md)."""
        if self._full_names is not None or not self.daemon_present:
            return
        try:
            reply = await self.call(timekpr.get_user_list())
        except ServerFailure as failure:
            if failure.failure == FailureCode.NO_DAEMON:  # it went in this very moment
                return
            raise
        self._full_names = dict(_understood(timekpr.user_list, reply.data)) if reply.ok else {}
        self._users |= self._full_names.keys()

    def _directories(self, server: FileText | None) -> tuple[str, str]:
        found = self._parse(server_config.parse, "", server)
        config = found.config if isinstance(found, server_config.ServerFile) else ServerConfig()
        return config.config_directory, config.work_directory

    async def _presence(self) -> tuple[tuple[Session, ...] | None, dict[str, Live]]:
        sessions = await self._logind.sessions()
        return sessions, await self._live({session.user for session in sessions or ()})

    async def _presence_of(self, user: str) -> tuple[tuple[Session, ...] | None, dict[str, Live]]:
        """The same, as far as it is about one user. Of who has no session nothing is in the daemon's memory."""
        sessions = await self._logind.known_sessions()
        may_be_there = sessions is None or any(session.user == user for session in sessions)
        return sessions, await self._live([user] if may_be_there else [])

    async def _live(self, users: Iterable[str]) -> dict[str, Live]:
        """What the daemon has in memory. "R" alone writes nothing on the server (timekpr.md, 0.4)."""
        names = list(users)
        found = await asyncio.gather(*(self._live_of(name) for name in names))
        return {name: live for name, live in zip(names, found, strict=True) if live is not None}

    async def _live_of(self, user: str) -> Live | None:
        if not self.daemon_present:
            return None
        self._live_asked[user] += 1
        try:
            reply = await self._asked(timekpr.get_user_information(user, "R"))  # which writes nothing
            return timekpr.live_of(reply.data, datetime.now(UTC)) if reply.ok else None
        except Malformed:
            return None
        except (
            ServerFailure
        ) as failure:  # one user whom the daemon cannot tell about does not hide the others
            if failure.failure in (FailureCode.DAEMON_REFUSED, FailureCode.NO_DAEMON):
                return None
            raise
        finally:
            self._live_asked[user] -= 1

    async def _id_of_the_bus(self) -> str:
        """It lives as long as the bus does, which is as long as the computer runs."""
        if self._bus_id is None:
            (told,) = await self._bus.call(DBUS, DBUS_PATH, DBUS, "GetId", answers=("s",))
            self._bus_id = told[:WORD_MAX]
        return self._bus_id

    async def _server_config(self, found: FileText | None) -> ServerConfig | None:
        """timekpr.conf; where it cannot be read, what the daemon tells of it."""
        parsed = self._parse(server_config.parse, "", found)
        if isinstance(parsed, server_config.ServerFile):
            return parsed.config
        if not self.daemon_present:
            return None
        try:
            reply = await self.call(timekpr.get_server_configuration())
        except ServerFailure as failure:  # it stumbles over an empty list; the users can be read all the same
            if failure.failure == FailureCode.DAEMON_REFUSED:
                return None
            raise
        return _config_told(reply.data) if reply.ok else None

    def _server_flaws(self, found: FileText | None) -> tuple[Flaw, ...]:
        parsed = self._parse(server_config.parse, "", found)
        if parsed is None:
            return ()
        return (Flaw(FlawKind.BROKEN),) if isinstance(parsed, Malformed) else parsed.flaws

    def _user(
        self, name: str, files: ServerFiles, sessions: tuple[Session, ...], live: Mapping[str, Live]
    ) -> UserSnapshot:
        found = files.users.get(name, UserFiles())
        problems: list[str] = []
        flaws: list[Flaw] = []
        settings = self._parse(user_config.parse, name, found.config_gone_by)
        usage = self._parse(control.parse, name, found.control)
        if settings is None:
            problems.append(_(NO_FILE))
        elif isinstance(settings, Malformed):
            problems.append(_("The settings cannot be read: {settings}").format(settings=settings))
            flaws.append(Flaw(FlawKind.BROKEN))
        else:
            if found.config_gone_by is not found.config:
                problems.append(_(EMPTY_FILE))
                flaws.append(Flaw(FlawKind.EMPTY))
            problems.extend(settings.problems)
            flaws.extend(settings.flaws)
        if usage is None:
            problems.append(_(NO_CONTROL_FILE))
        elif isinstance(usage, Malformed):
            problems.append(_("The time used cannot be read: {usage}").format(usage=usage))
        snapshot = UserSnapshot(
            name=name,
            full_name=(self._full_names or {}).get(name, ""),
            control=None if isinstance(usage, Malformed) else usage,
            live=live.get(name),
            sessions=tuple(session for session in sessions if session.user == name),
            config_text=_shown(found.config),
            previous_text=_shown(found.previous),
            control_text=_shown(found.control),
            problem=" ".join(problems) or None,
            flaws=tuple(flaws),
        )
        if settings is None or isinstance(settings, Malformed):
            return snapshot
        return replace(
            snapshot, config=settings.config, week=settings.week, playtime_week=settings.playtime_week
        )

    def _parse(self, parse: Callable[..., Any], user: str, found: FileText | None) -> Any:
        """What `parse` makes of a file, or the Malformed that it raises; None for no file. The last is kept."""
        if found is None:
            return None
        kept = self._parsed.get((parse, user))
        if kept is not None and kept[0] == found.text:
            return kept[1]
        try:
            result = parse(found.text, user) if user else parse(found.text)
        except Malformed as problem:
            result = problem
        self._parsed[parse, user] = (found.text, result)
        return result

    def _ticked(self, signal: Signal) -> None:
        user = timekpr.user_of(signal.path, self._users)
        if user is None:
            return
        with contextlib.suppress(Malformed):
            live = timekpr.tick_of(signal.body, datetime.now(UTC))
            self._tell(Ticked(user, live, asked=self._live_asked[user] > 0))

    def _limits_told(self, signal: Signal) -> None:
        """timekprd sends it when limits changed, and to whoever asks: only what is new is an event."""
        asked = self._limits_asked.get(signal.path, ())
        for told in asked:
            if not told.done():
                told.set_result(signal.body)
        user = timekpr.user_of(signal.path, self._users)
        if user is None:
            return
        before, now = self._limits.get(user), hash(repr(signal.body))
        self._limits[user] = now
        if now != before and (before is not None or not asked):
            self._tell(LimitsChanged(user))

    def _daemon_moved(self, owner: str | None) -> None:
        self._tell(DaemonChanged(owner is not None))
        if owner is not None and self._full_names is None:
            self._do(self._list_users())

    def _sessions_moved(self, _signal: Signal) -> None:
        self._logind.changed()
        if self._settling is None and self._listeners:
            loop = asyncio.get_running_loop()
            self._settling = loop.call_later(SESSIONS_SETTLE_SECONDS, self._read_sessions)

    def _read_sessions(self) -> None:
        self._settling = None
        self._do(self._tell_sessions())

    async def _tell_sessions(self) -> None:
        sessions = await self._logind.sessions()
        if sessions is not None:
            self._tell(SessionsChanged(sessions))

    def _do(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (problem := task.exception()) is not None:
            log.debug("after a signal from %s: %s", self._connection.host, problem)

    def _tell(self, event: LinkEvent) -> None:
        for listener in list(self._listeners):
            try:
                listener(event)
            except Exception:
                log.exception("a listener of %s failed", self._connection.host)


def _limits_signal(member: str) -> Interest:
    return Interest(
        timekpr.BUS_NAME, timekpr.USER_LIMITS, member, timekpr.SIGNALS[timekpr.USER_LIMITS, member]
    )


def _understood(parse: Callable[[object], T], body: object) -> T:
    try:
        return parse(body)
    except Malformed as problem:
        raise failures.malformed(str(problem).rstrip(".")) from None


TOLD: Mapping[str, tuple[str, type]] = {
    "log_level": ("TIMEKPR_LOGLEVEL", int),
    "poll_seconds": ("TIMEKPR_POLLTIME", int),
    "save_seconds": ("TIMEKPR_SAVE_TIME", int),
    "termination_seconds": ("TIMEKPR_TERMINATION_TIME", int),
    "final_warning_seconds": ("TIMEKPR_FINAL_WARNING_TIME", int),
    "final_notification_seconds": ("TIMEKPR_FINAL_NOTIFICATION_TIME", int),
    "session_types": ("TIMEKPR_SESSION_TYPES_CTRL", tuple),
    "excluded_session_types": ("TIMEKPR_SESSION_TYPES_EXCL", tuple),
    "excluded_users": ("TIMEKPR_USERS_EXCL", tuple),
    "playtime_enabled": ("TIMEKPR_PLAYTIME_ENABLED", bool),
    "playtime_enhanced": ("TIMEKPR_PLAYTIME_ENHANCED_ACTIVITY_MONITOR_ENABLED", bool),
}
"""Field, and its name and kind in the answer of `getTimekprConfiguration`, which leaves TRACK_INACTIVE out."""


def _config_told(data: object) -> ServerConfig | None:
    """The server's settings as timekprd tells them; None where one of them is missing or of another kind."""
    if not isinstance(data, dict):
        return None
    values: dict[str, Any] = {}
    for name, (key, kind) in TOLD.items():
        _type, value = data.get(key, ("", None))
        value = tuple(map(str, value)) if isinstance(value, list) else value
        if type(value) is not kind:
            return None
        values[name] = value
    return ServerConfig(**values)


def _shown(found: FileText | None) -> str | None:
    return None if found is None else found.shown
