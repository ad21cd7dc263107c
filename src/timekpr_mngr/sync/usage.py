"""What is used, from everything that is read and heard of the servers: followed in memory, kept once a minute.

A tick costs a comparison: of those that come every three seconds the last is followed, every quarter of a minute and
before anything else is. What it changed is written together for all servers, and a day that only went on without being
used is written now and then, so that it can be said until when it was seen.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from timekpr_mngr.domain.person import UserName
from timekpr_mngr.domain.snapshot import Live, Snapshot, UserSnapshot
from timekpr_mngr.domain.usage import Control
from timekpr_mngr.domain.usage_days import (
    SAMPLE_SECONDS,
    Followed,
    Reading,
    Standing,
    UsageDay,
    UsageSample,
    followed,
    resumed,
)
from timekpr_mngr.domain.user import UserConfig
from timekpr_mngr.store import Store, StoreFailure
from timekpr_mngr.sync.events import Event, UserRead, UserTicked
from timekpr_mngr.sync.server_clock import there

log = logging.getLogger(__name__)

K = TypeVar("K")
T = TypeVar("T")

KEEP_EVERY_SECONDS = 60.0
FOLLOW_EVERY = timedelta(
    seconds=15
)  # of ticks: far less than a sample's five minutes, or than a day's last two
SEEN_AGAIN = timedelta(minutes=10)  # a day on which nothing happens is kept again after so long
OUR_CLOCK_WENT_BACK = timedelta(minutes=2)  # what is older than the last reading by less came late


class UsageBook:
    """All users of all servers. `snapshot` gives what is known of a server, None where there is no such one."""

    def __init__(self, store: Store, snapshot: Callable[[str], Snapshot | None]) -> None:
        self._store = store
        self._snapshot = snapshot
        self._standing: dict[UserName, Standing] = {}
        self._ticked: dict[UserName, tuple[Snapshot, UserSnapshot]] = {}
        self._written: dict[UserName, UsageDay] = {}
        self._samples: dict[UserName, UsageSample] = {}
        self._unsaved_days: dict[tuple[UserName, date], UsageDay] = {}
        self._unsaved_samples: dict[tuple[UserName, datetime], UsageSample] = {}

    async def begin(self, snapshots: Mapping[str, Snapshot]) -> None:
        """Goes on from what is kept, and what was last read of each server. Raises StoreFailure."""
        days = await self._store.usage.latest_days()
        self._samples = await self._store.usage.latest_samples()
        for server, snapshot in snapshots.items():
            for user in snapshot.users.values():
                whose = UserName(server, user.name)
                with contextlib.suppress(OverflowError):
                    self._resume(whose, days.pop(whose, None), reading_of(snapshot, user))
        for whose, day in days.items():
            self._resume(whose, day, None)

    def heard(self, event: Event) -> None:
        """Listens to the events of the engine."""
        if not isinstance(event, UserRead | UserTicked):
            return
        snapshot = self._snapshot(event.server)
        user = snapshot.users.get(event.user) if snapshot is not None else None
        if snapshot is None or user is None:
            return
        whose = UserName(event.server, event.user)
        if isinstance(event, UserTicked) and self._can_wait(whose, user):
            self._ticked[whose] = (snapshot, user)
            return
        if (ticked := self._ticked.pop(whose, None)) is not None:
            self._follow(whose, *ticked)
        self._follow(whose, snapshot, user)

    async def keep(self) -> None:
        """Puts what changed into the store. What cannot be kept now stays for the next time."""
        while self._ticked:
            whose, ticked = self._ticked.popitem()
            self._follow(whose, *ticked)
        days, samples = dict(self._unsaved_days), dict(self._unsaved_samples)
        if not days and not samples:
            return
        try:
            await self._store.usage.keep(days, samples)
        except StoreFailure as problem:
            log.warning("what was used could not be kept. %s", problem)
            return
        _drop(self._unsaved_days, days)
        _drop(self._unsaved_samples, samples)

    async def keep_every_minute(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(KEEP_EVERY_SECONDS)
            await self.keep()

    def renamed(self, server: str, new_name: str) -> None:
        """A server is called otherwise from now on."""
        _rename(self._standing, server, new_name)
        _rename(self._ticked, server, new_name)
        _rename(self._written, server, new_name)
        _rename(self._samples, server, new_name)
        self._unsaved_days = {
            (_called(whose, server, new_name), day): record
            for (whose, day), record in self._unsaved_days.items()
        }
        self._unsaved_samples = {
            (_called(whose, server, new_name), at): sample
            for (whose, at), sample in self._unsaved_samples.items()
        }

    def forgot(self, server: str) -> None:
        """A server was removed; one that gets its name later is another."""
        gone = [whose for whose in self._standing if whose.server == server]
        for whose in gone:
            for of_users in (self._standing, self._ticked, self._written, self._samples):
                of_users.pop(whose, None)
        _drop(self._unsaved_days, {key: one for key, one in self._unsaved_days.items() if key[0] in gone})
        _drop(
            self._unsaved_samples, {key: one for key, one in self._unsaved_samples.items() if key[0] in gone}
        )

    def _resume(self, whose: UserName, day: UsageDay | None, last: Reading | None) -> None:
        standing = resumed(day, last)
        if standing is not None:
            self._standing[whose] = standing

    def _can_wait(self, whose: UserName, user: UserSnapshot) -> bool:
        """Whether a tick is so soon after what was followed that the next may stand for it."""
        before = self._standing.get(whose)
        if before is None or user.live is None:
            return False
        return timedelta() <= user.live.as_of - before.read_at < FOLLOW_EVERY

    def _follow(self, whose: UserName, snapshot: Snapshot, user: UserSnapshot) -> None:
        with contextlib.suppress(OverflowError):  # a clock that stands at the end of all dates
            reading = reading_of(snapshot, user)
            if reading is not None:
                self._take(whose, snapshot, reading)

    def _take(self, whose: UserName, snapshot: Snapshot, reading: Reading) -> None:
        before = self._standing.get(whose)
        if before is not None and timedelta() <= before.read_at - reading.read_at < OUR_CLOCK_WENT_BACK:
            return
        told, at = followed(before, reading), there(snapshot, reading.read_at)
        if told is not None and at is not None:
            self._standing[whose] = told.standing
            self._note(whose, told, at)

    def _note(self, whose: UserName, told: Followed, at: datetime) -> None:
        *earlier, today = told.days
        for day in earlier:
            self._unsaved_days[whose, day.day] = day
        if _says_more(self._written.get(whose), today):
            self._written[whose] = self._unsaved_days[whose, today.day] = today
        if told.grown_seconds > 0 or told.playtime_grown_seconds > 0:
            self._add_sample(whose, at, told)

    def _add_sample(self, whose: UserName, at: datetime, told: Followed) -> None:
        begins = datetime.fromtimestamp(at.timestamp() // SAMPLE_SECONDS * SAMPLE_SECONDS, UTC)
        last = self._samples.get(whose)
        if last is None or last.at != begins:
            last = UsageSample(begins, 0, 0)
        sample = UsageSample(
            begins,
            min(last.used_seconds + told.grown_seconds, SAMPLE_SECONDS),
            min(last.playtime_seconds + told.playtime_grown_seconds, SAMPLE_SECONDS),
        )
        self._samples[whose] = self._unsaved_samples[whose, begins] = sample


def reading_of(snapshot: Snapshot, user: UserSnapshot) -> Reading | None:
    """What is known of a user's counters; None where their file or the server's clock could not be read.

    The file tells of the day of its last save. While the user is counted, what the daemon said since goes on from
    there, but only within that day: what it says right after midnight may still be of the day before.
    """
    control, config = user.control, user.config
    here, local = snapshot.read_at, there(snapshot, snapshot.read_at)
    if control is None or local is None:
        return None
    since, is_tick = 0, False
    counted = _counted_since(control, user.live)
    if user.live is not None and counted is not None:
        heard = there(snapshot, user.live.as_of)
        if heard is not None and heard.date() == control.last_checked.date():
            here, local, since = user.live.as_of, heard, counted
            is_tick = user.live.spent_day_seconds is None
    seen = local.replace(tzinfo=None)
    limit = config.day(seen.isoweekday()).limit_seconds if config is not None else None
    return Reading(
        read_at=here,
        seen=seen,
        day=control.last_checked.date(),
        used_seconds=control.spent_day_seconds + since,
        playtime_seconds=control.playtime_spent_day_seconds,
        month_before_seconds=control.spent_month_seconds - control.spent_day_seconds,
        given_seconds=control.spent_day_seconds - control.balance_seconds,
        limit_seconds=limit,
        is_up=_is_up(control, config, since, seen),
        plays=_plays(snapshot, config),
        is_tick=is_tick,
    )


def _counted_since(control: Control, live: Live | None) -> int | None:
    """Seconds that the daemon has counted since it saved: below zero where 0.5.4 met a clock that was set back.

    An answer tells the day's time, and a tick the month's.
    """
    if live is None:
        return None
    if live.spent_day_seconds is not None:
        return live.spent_day_seconds - control.spent_day_seconds
    if live.spent_month_seconds is not None:
        return live.spent_month_seconds - control.spent_month_seconds
    return None


def _is_up(control: Control, config: UserConfig | None, since: int, seen: datetime) -> bool:
    """Whether the limit of the day, the week or the month is reached, on a day on which time was used."""
    if config is None or control.is_stale(seen.date()) or control.spent_day_seconds + since <= 0:
        return False
    left = min(
        config.day(seen.isoweekday()).limit_seconds - control.balance_seconds,
        config.week_limit_seconds - control.spent_week_seconds,
        config.month_limit_seconds - control.spent_month_seconds,
    )
    return left <= since


def _plays(snapshot: Snapshot, config: UserConfig | None) -> bool:
    """Whether PlayTime is counted."""
    on_server = snapshot.config is not None and snapshot.config.playtime_enabled
    return on_server and config is not None and config.playtime.enabled


def _says_more(written: UsageDay | None, today: UsageDay) -> bool:
    """Whether a record says something that the one which was written before it does not."""
    if written is None or written.used_seconds != today.used_seconds:
        return True
    if replace(written, read_at=today.read_at) != today:
        return True
    return not timedelta() <= today.read_at - written.read_at < SEEN_AGAIN


def _drop(unsaved: dict[K, T], saved: Mapping[K, T]) -> None:
    """What was put in place of something while that was being saved stays."""
    for key, one in saved.items():
        if unsaved.get(key) is one:
            del unsaved[key]


def _rename(of_users: dict[UserName, T], server: str, new_name: str) -> None:
    for whose in [whose for whose in of_users if whose.server == server]:
        of_users[_called(whose, server, new_name)] = of_users.pop(whose)


def _called(whose: UserName, server: str, new_name: str) -> UserName:
    return UserName(new_name, whose.user) if whose.server == server else whose
