"""The server's own time, worked out from what was read: never the zone of the machine that we run on."""

from datetime import UTC, date, datetime

from timekpr_mngr.domain.snapshot import Snapshot
from timekpr_mngr.errors import NeverRead
from timekpr_mngr.sync.server_clock import there, zone_of
from timekpr_mngr.texts import _


def local_now(snapshot: Snapshot, now: datetime) -> datetime | None:
    """The server's local time at our instant `now`, without a zone; None where its clock is not known."""
    local = there(snapshot, now)
    return local.replace(tzinfo=None) if local is not None else None


def today(snapshot: Snapshot, server: str, now: datetime) -> date:
    """The server's own date. Raises NeverRead where its clock is not known."""
    local = local_now(snapshot, now)
    if local is None:
        raise NeverRead(
            _(
                "The clock of {server} could not be read yet, so it is not known which day it is there. "
                "Nothing was changed."
            ).format(server=server)
        )
    return local.date()


def in_server_utc(snapshot: Snapshot, local: datetime) -> datetime | None:
    """A local time of the server as UTC by its own clock: shown in its zone again it reads the same."""
    zone = zone_of(snapshot)
    return local.replace(tzinfo=zone).astimezone(UTC) if zone is not None else None


def in_our_utc(snapshot: Snapshot, local: datetime) -> datetime | None:
    """A local time of the server as an instant by our clock, so that its age can be told."""
    theirs = in_server_utc(snapshot, local)
    if theirs is None or snapshot.server_time is None:
        return None
    return theirs - (snapshot.server_time.astimezone(UTC) - snapshot.read_at)
