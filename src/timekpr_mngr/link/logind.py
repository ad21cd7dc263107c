"""Who is logged in to the computer, as systemd's logind tells it on the bus."""

import asyncio

from timekpr_mngr.domain.snapshot import Session
from timekpr_mngr.errors import ServerFailure
from timekpr_mngr.link.bus import PROPERTIES, Bus, Interest
from timekpr_mngr.timekpr import interface as timekpr

SERVICE, PATH = "org.freedesktop.login1", "/org/freedesktop/login1"
TIMEOUT_SECONDS = 5.0  # it is asked besides; nothing hangs on it
SESSIONS_MAX = 1_000
KEPT_SECONDS = 5.0  # logind announces what changes, but not that a session is closing

SIGNALS = (
    Interest(SERVICE, f"{SERVICE}.Manager", "SessionNew", "so"),
    Interest(SERVICE, f"{SERVICE}.Manager", "SessionRemoved", "so"),
    Interest(SERVICE, PROPERTIES, "PropertiesChanged", "sa{sv}as", path_namespace=f"{PATH}/session"),
)
"""After each of them somebody's sessions may be others."""


class Logind:
    """Of one conversation. What was read is kept for a moment."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._kept: tuple[Session, ...] | None = None
        self._kept_until = 0.0
        self._changes = 0

    def changed(self) -> None:
        """It told of a change: what was read before is over."""
        self._changes += 1
        self._kept_until = 0.0

    async def known_sessions(self) -> tuple[Session, ...] | None:
        """Those that were read a moment ago where logind told of no change since, else read now."""
        if self._kept_until > asyncio.get_running_loop().time():
            return self._kept
        return await self.sessions()

    async def sessions(self) -> tuple[Session, ...] | None:
        """Everybody's sessions; None where logind cannot be asked."""
        changes = self._changes
        found = await self._listed()
        if changes == self._changes:
            self._kept = found
            self._kept_until = asyncio.get_running_loop().time() + KEPT_SECONDS
        return found

    async def _listed(self) -> tuple[Session, ...] | None:
        try:
            (listed,) = await self._bus.call(
                SERVICE,
                PATH,
                f"{SERVICE}.Manager",
                "ListSessions",
                answers=("a(susso)",),
                timeout=TIMEOUT_SECONDS,
            )
        except ServerFailure:
            self._bus.check_open()
            return None
        found = await asyncio.gather(
            *(self._session(row[0], row[1], row[2], row[4]) for row in listed[:SESSIONS_MAX])
        )
        return tuple(session for session in found if session is not None)

    async def _session(self, session_id: str, uid: int, user: str, path: str) -> Session | None:
        """One session; None for one that ended meanwhile, or is no person's (a greeter, a background service)."""
        try:
            (values,) = await self._bus.call(
                SERVICE,
                path,
                PROPERTIES,
                "GetAll",
                "s",
                (f"{SERVICE}.Session",),
                answers=("a{sv}",),
                timeout=TIMEOUT_SECONDS,
            )
        except ServerFailure:
            self._bus.check_open()
            return None
        plain = {name: value for name, (_, value) in values.items()}
        if not timekpr.is_user_name(user) or not str(plain.get("Class", "user")).startswith("user"):
            return None
        return Session(
            id=session_id,
            user=user,
            type=str(plain.get("Type", "unspecified")),
            state=str(plain.get("State", "active")),
            locked=plain.get("LockedHint") is True,
            idle=plain.get("IdleHint") is True,
            remote=plain.get("Remote") is True,
            uid=uid,
        )
