"""The computer's clock and zone, and timekpr's service, as systemd tells them on the bus."""

import asyncio
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from timekpr_mngr.errors import ServerFailure
from timekpr_mngr.link.bus import PROPERTIES, Bus
from timekpr_mngr.link.health import Clock, Unit

TIMEDATE1, TIMEDATE1_PATH = "org.freedesktop.timedate1", "/org/freedesktop/timedate1"
SYSTEMD1, UNIT_INTERFACE = "org.freedesktop.systemd1", "org.freedesktop.systemd1.Unit"
UNIT_PATH = "/org/freedesktop/systemd1/unit/timekpr_2eservice"
TIMEOUT_SECONDS = 5.0  # it is asked besides; nothing hangs on it

STARTS_BY_ITSELF = {"enabled": True, "enabled-runtime": False, "disabled": False, "masked": False}
"""By systemd's UnitFileState; of the others it cannot be said."""


class Systemd:
    """Of one conversation. What cannot be read is None; where the conversation is over, ServerFailure is raised."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def clock(self) -> Clock:
        """The server's clock and zone, at the instant of the answer."""
        zone, micros = await asyncio.gather(
            self._property(TIMEDATE1, TIMEDATE1_PATH, TIMEDATE1, "Timezone"),
            self._property(TIMEDATE1, TIMEDATE1_PATH, TIMEDATE1, "TimeUSec"),
        )
        read_at = datetime.now(UTC)
        theirs = _instant(micros)
        skew = None if theirs is None else (theirs - read_at).total_seconds()
        info = _zone(zone)
        if info is None:
            return Clock(read_at, None, None, skew)
        return Clock(read_at, str(zone), None if theirs is None else theirs.astimezone(info), skew)

    async def unit(self) -> Unit | None:
        """timekpr.service; None where nothing is told of it."""
        state, since = await asyncio.gather(
            self._of_the_unit("ActiveState"), self._of_the_unit("ActiveEnterTimestamp")
        )
        if not isinstance(state, str):
            return None
        return Unit(state, _instant(since) if since else None)

    async def starts_by_itself(self) -> bool | None:
        """Whether timekpr.service is started with the computer; None where that is not told."""
        state = await self._of_the_unit("UnitFileState")
        return STARTS_BY_ITSELF.get(state) if isinstance(state, str) else None

    async def _of_the_unit(self, member: str) -> object:
        return await self._property(SYSTEMD1, UNIT_PATH, UNIT_INTERFACE, member)

    async def _property(self, name: str, path: str, interface: str, member: str) -> object:
        try:
            ((_type, value),) = await self._bus.call(
                name,
                path,
                PROPERTIES,
                "Get",
                "ss",
                (interface, member),
                answers=("v",),
                timeout=TIMEOUT_SECONDS,
            )
        except ServerFailure:
            self._bus.check_open()
            return None
        return value


def _instant(micros: object) -> datetime | None:
    """Microseconds since 1970, as systemd tells times; None for what is none."""
    if not isinstance(micros, int) or isinstance(micros, bool):
        return None
    try:
        return datetime.fromtimestamp(micros / 1_000_000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _zone(name: object) -> ZoneInfo | None:
    if not isinstance(name, str) or not name:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown here, or no name of a zone at all
        return None
