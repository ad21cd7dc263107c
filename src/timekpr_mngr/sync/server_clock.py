"""What a server's own clock shows, by what was read of it: never the zone of the machine that we run on."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from timekpr_mngr.domain.snapshot import Snapshot


def zone_of(snapshot: Snapshot) -> tzinfo | None:
    """The server's zone, or at least its present offset; None where it is not known."""
    if snapshot.time_zone is not None:
        try:
            return ZoneInfo(snapshot.time_zone)
        except (OSError, ValueError):  # a name that this machine does not have
            pass
    return snapshot.server_time.tzinfo if snapshot.server_time is not None else None


def there(snapshot: Snapshot, instant: datetime) -> datetime | None:
    """An instant of our clock as the server's clock shows it, aware, in its zone; None where that is not known."""
    zone = zone_of(snapshot)
    if zone is None or snapshot.server_time is None:
        return None
    return (snapshot.server_time.astimezone(UTC) + (instant - snapshot.read_at)).astimezone(zone)
