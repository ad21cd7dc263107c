"""What a server's bus tells of timekprd itself, and of those who use the computer, beside what is read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class DaemonRun:
    """One life of timekprd. `bus` is the id of the server's system bus, another one with every boot; `owner` is
    timekprd's unique name on it, another one with every start. `began_at` is aware, None where systemd does not tell.
    """

    bus: str
    owner: str
    began_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A run as it is kept: when it was seen first, and when it was seen to be over, by our clock; None: it was not."""

    run: DaemonRun
    seen_at: datetime
    gone_at: datetime | None = None


def restarts(runs: Sequence[KeptRun]) -> list[datetime]:
    """When timekprd began anew while the computer was on, of runs in their order.

    Each was seen, or was found when the link was open again: then those in between are not known, and it counts as one.
    """
    return [_began(now) for before, now in pairwise(runs) if before.run.bus == now.run.bus]


def _began(kept: KeptRun) -> datetime:
    began_at = kept.run.began_at
    return kept.seen_at if began_at is None or began_at > kept.seen_at else began_at


@dataclass(frozen=True, slots=True)
class BusFacts:
    """`run` is None where timekprd is not on the bus. `unit_state` is that of timekpr.service, as systemd calls it, and
    `starts_by_itself` whether it begins with the computer; None is what is not told.

    `administrators` are the users of whom the computer says that they are; of others nothing is known. None before it
    was asked.
    """

    run: DaemonRun | None
    unit_state: str | None = None
    starts_by_itself: bool | None = None
    administrators: frozenset[str] | None = frozenset()
