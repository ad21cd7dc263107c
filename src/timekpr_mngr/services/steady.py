"""Ticks that say nothing new: time goes on, or stands still, just as it did at the tick before.

timekprd tells every three seconds of everybody who is logged in, and a page counts on by itself. With hundreds at play
and dozens of pages open, to look all of it up again at every tick would take whole processors.
"""

import zlib
from dataclasses import dataclass, fields, replace
from datetime import timedelta

from timekpr_mngr.domain.person import UserName
from timekpr_mngr.domain.snapshot import Live

TOLD_EVERY_SECONDS, SPREAD_SECONDS = 20, 10
"""So long nothing is told of a user whose ticks go on coming; longer for some, so that not all are told at once."""

JITTER_SECONDS = 4  # a tick is up to a poll older than it is told
FIGURES = tuple(
    name
    for name in (one.name for one in fields(Live))
    if name not in ("as_of", "session_seconds", "inactive_seconds")
)


@dataclass(frozen=True, slots=True)
class _Told:
    """What was told last, and which of the figures move since (None: not known yet)."""

    live: Live
    moving: frozenset[str] | None = None


class Steady:
    """Of all users, what was told of them last."""

    def __init__(self) -> None:
        self._told: dict[UserName, _Told] = {}

    def is_news(self, whose: UserName, live: Live | None) -> bool:
        """Whether a user's tick has to be told; if so it is what the next ones are held against."""
        told = self._told.get(whose)
        if live is None:
            return self._told.pop(whose, None) is not None
        moving = None if told is None else _moving(told.live, live, _told_every(whose))
        if told is None or moving is None or told.moving not in (None, moving):
            self._told[whose] = _Told(live)
            return True
        if told.moving is None:
            self._told[whose] = replace(told, moving=moving)
        return False


def _told_every(whose: UserName) -> timedelta:
    return timedelta(seconds=TOLD_EVERY_SECONDS + zlib.crc32(str(whose).encode()) % SPREAD_SECONDS)


def _moving(before: Live, now: Live, told_every: timedelta) -> frozenset[str] | None:
    """The figures that moved with the clock while the others stood still; None where one did neither, or it is time."""
    passed = now.as_of - before.as_of
    if not timedelta() <= passed < told_every:
        return None
    seconds, found = passed.total_seconds(), set()
    for name in FIGURES:
        was, is_ = getattr(before, name), getattr(now, name)
        if was is None or is_ is None:
            if was is not is_:
                return None
            continue
        moved = abs(is_ - was)
        if moved and abs(moved - seconds) > JITTER_SECONDS:
            return None
        if moved:
            found.add(name)
    return frozenset(found)
