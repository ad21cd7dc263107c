"""What one server is like, as far as it was read and heard; and that it is kept, and everybody is told."""

import asyncio
import logging
import time
from dataclasses import replace
from typing import Any

from timekpr_mngr.domain.snapshot import Snapshot
from timekpr_mngr.link.session import (
    DaemonChanged,
    LimitsChanged,
    LinkEvent,
    ServerSession,
    SessionsChanged,
    Ticked,
)
from timekpr_mngr.meters import SILENT, Meters
from timekpr_mngr.store import Store, StoreFailure
from timekpr_mngr.sync.drift import Watch
from timekpr_mngr.sync.events import Events, FleetChanged, UserRead, UserTicked

log = logging.getLogger(__name__)

SAVE_LIVE_EVERY_SECONDS = 60.0


class Observer:
    """Of one server, over whichever session there is now. `snapshot` is None before it was ever read.

    Where what was heard asks for a reading, `attention` is set.
    """

    def __init__(
        self,
        name: str,
        snapshot: Snapshot | None,
        store: Store,
        events: Events,
        attention: asyncio.Event,
        meters: Meters = SILENT,
    ) -> None:
        self.snapshot = snapshot
        self._name = name
        self._store = store
        self._events = events
        self._attention = attention
        self._meters = meters
        self._session: ServerSession | None = None
        self._watch: Watch | None = None
        self._is_wanted = False
        self._limits_moved: set[str] = set()
        self._saved = snapshot
        self._saved_at = 0.0

    def begin(self, session: ServerSession, watch: Watch) -> None:
        """There is a link; `watch` is shown every reading."""
        self._session, self._watch = session, watch

    def end(self) -> None:
        """The link is lost."""
        self._session = self._watch = None

    def ask(self) -> None:
        """A reading is wanted, by whomever."""
        self._is_wanted = True
        self._attention.set()

    def take_up(self) -> None:
        """What was asked for until now is about to be read."""
        self._is_wanted = False

    @property
    def is_due(self) -> bool:
        """Whether somebody asked for a reading, or timekprd told of limits that were not read since."""
        return self._is_wanted or bool(self._limits_moved)

    async def read(self) -> Snapshot:
        """Everything afresh. Raises ServerFailure."""
        session, watch = self._linked()
        self._limits_moved.clear()
        before, began = self.snapshot, time.perf_counter()
        snapshot = await session.read()
        self._meters.was_read(time.perf_counter() - began)
        self.snapshot = snapshot
        watch.look(snapshot)
        for user in snapshot.users:
            self._events.publish(UserRead(self._name, user))
        self._tell_of_others(before, snapshot)
        return snapshot

    async def read_back(self, name: str) -> Snapshot:
        """One user afresh from the server's files; the rest, and the server's clock, as last read.

        Raises ServerFailure.
        """
        return await self._read_one(name, just_read_will_do=False)

    async def read_before(self, name: str) -> Snapshot:
        """The same before anything is sent, where what was just read for another user will do."""
        return await self._read_one(name, just_read_will_do=True)

    async def save(self) -> None:
        """Keeps what was read; what only ticked is kept once a minute. Not while something is being delivered."""
        if self.snapshot is None or self.snapshot is self._saved:
            return
        if (
            _texts(self._saved) == _texts(self.snapshot)
            and time.monotonic() < self._saved_at + SAVE_LIVE_EVERY_SECONDS
        ):
            return
        try:
            await self._store.snapshots.save(self._name, self.snapshot)
        except StoreFailure as problem:  # it is still in memory, and can be read again
            log.debug("server %s: what was read could not be kept. %s", self._name, problem)
            return
        self._saved, self._saved_at = self.snapshot, time.monotonic()

    def hear(self, event: LinkEvent) -> None:
        """What the server told by itself."""
        self._meters.heard(type(event).__name__)
        match event:
            case Ticked(user, live, asked):
                self._update_user(user, live=live)
                self._events.publish(UserTicked(self._name, user, asked))
            case SessionsChanged(sessions):
                self._sessions_changed(sessions)
            case LimitsChanged(user):
                self._limits_moved.add(user)
                self._attention.set()
            case DaemonChanged():
                self.ask()

    def _linked(self) -> tuple[ServerSession, Watch]:
        assert self._session is not None
        assert self._watch is not None
        return self._session, self._watch

    async def _read_one(self, name: str, *, just_read_will_do: bool) -> Snapshot:
        session, watch = self._linked()
        self._limits_moved.discard(name)  # timekprd tells of what we ourselves changed, too
        user = await session.read_user(name, just_read_will_do=just_read_will_do)
        before = self.snapshot
        assert before is not None
        users = {**before.users}
        if user is None:
            users.pop(name, None)
        else:
            users[name] = user
            watch.look_at(user)
        self.snapshot = snapshot = replace(before, users=users)
        self._events.publish(UserRead(self._name, name))
        self._tell_of_others(before, snapshot)
        return self.snapshot

    def _tell_of_others(self, before: Snapshot | None, now: Snapshot) -> None:
        """Where the users of the server are others, or are called otherwise, than they were."""
        if before is None or _called(before) != _called(now):
            self._events.publish(FleetChanged())

    def _sessions_changed(self, sessions: tuple[Any, ...]) -> None:
        if self.snapshot is None:
            return
        strangers = {session.user for session in self.snapshot.strangers}
        wanted = strangers != {
            session.user for session in sessions if session.user not in self.snapshot.users
        }
        for name, user in self.snapshot.users.items():
            mine = tuple(session for session in sessions if session.user == name)
            if mine == user.sessions:
                continue
            self._update_user(name, sessions=mine, live=user.live if mine else None)
            wanted = wanted or bool(mine) != bool(user.sessions)
            self._events.publish(UserRead(self._name, name))
        if wanted or self._is_wanted:
            self.ask()

    def _update_user(self, name: str, **values: Any) -> None:
        if self.snapshot is None or name not in self.snapshot.users:
            return
        users = {**self.snapshot.users, name: replace(self.snapshot.users[name], **values)}
        self.snapshot = replace(self.snapshot, users=users)


def _called(snapshot: Snapshot) -> dict[str, str]:
    return {name: user.full_name for name, user in snapshot.users.items()}


def _texts(snapshot: Snapshot | None) -> object:
    if snapshot is None:
        return None
    return (
        snapshot.config_text,
        snapshot.time_zone,
        {name: (user.config_text, user.control_text, user.sessions) for name, user in snapshot.users.items()},
    )
