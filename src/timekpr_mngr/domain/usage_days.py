"""How much was used on each day, from readings of timekpr's counters that come when they can.

The days are the server's own. A day has a record where something was read of it, and none where nothing was: that is a
gap, never a zero. A record is whole once nothing of its day can be missing:

- the counters were read after the day's end, and speak of it still: timekpr leaves them as they were at the last logout
  (design: timekpr.md, 4). Then nobody's time was counted since, and the days up to today are zeros that are known;
- or the day was watched to its last minutes;
- or the month's counter tells what was used between two readings, and there is a single day where it can have been.

The daemon's counters are the truth about what was used, but they fall: by what it had not saved when it was killed, by
hours where 0.5.4 met a clock that was set back, to nothing with a lost file. Nobody used less than nothing, so a fall
takes nothing away, and what is counted after it goes on from where it was.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from timekpr_mngr.domain.user import DAY_SECONDS

SAMPLE_SECONDS = 300
SLACK_SECONDS = 120  # what may lie between what the daemon has saved and what it has counted, or we have kept
NOTHING_SECONDS = 60  # a month's counter that moved by less than this tells that nothing was used
TO_THE_END = timedelta(minutes=2)  # a day that was read so late was watched to its end
FILL_DAYS = 366  # days without use that one reading tells of, at most

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class UsageDay:
    """What is known of one user's day. `read_at` is our own clock.

    `given_seconds` is time given less time taken. `limit_seconds` is the day's limit when it was last read on that day,
    and None where it was not. `ran_out` says that the limit of the day, the week or the month was reached. A day that
    is not whole was used for at least `used_seconds`, as far as is known.
    """

    day: date
    used_seconds: int
    playtime_seconds: int
    given_seconds: int
    limit_seconds: int | None
    ran_out: bool
    read_at: datetime
    is_whole: bool


@dataclass(frozen=True, slots=True)
class UsageSample:
    """What was used in the five minutes from `at` on: aware, by the server's own clock."""

    at: datetime
    used_seconds: int
    playtime_seconds: int


@dataclass(frozen=True, slots=True)
class Reading:
    """timekpr's counters of one user at an instant.

    `read_at` is that instant by our clock and `seen` by the server's, local and without a zone. `day` is the day of
    which the counters speak, `month_before_seconds` what was counted in its month before it. `limit_seconds` is the
    limit of the day of `seen`. `is_up` says that a limit is reached now, `plays` that PlayTime is counted, `is_tick`
    that a tick went on from what was read before.
    """

    read_at: datetime
    seen: datetime
    day: date
    used_seconds: int
    playtime_seconds: int
    month_before_seconds: int
    given_seconds: int
    limit_seconds: int | None
    is_up: bool
    plays: bool
    is_tick: bool = False


@dataclass(frozen=True, slots=True)
class Counter:
    """One of timekpr's counters on one day: `raw` as it was read last, `seconds` as it was really used."""

    seconds: int
    raw: int

    @classmethod
    def begun(cls, raw: int) -> "Counter":
        """As it is first seen on a day."""
        return cls(max(0, min(raw, DAY_SECONDS)), raw)

    def moved(self, raw: int, most: int) -> "Counter":
        """Read again, when at most `most` seconds can have been used since. What grew by more was set, or found again:
        then it counts where it is more than was known."""
        grown = raw - self.raw
        if grown < 0:
            return Counter(self.seconds, raw)
        seconds = self.seconds + grown if grown <= most else max(self.seconds, raw)
        return Counter(min(seconds, DAY_SECONDS), raw)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one user after the last reading: `day` was the server's date then.

    `counts` says whether timekpr's counters speak of that day already, and `month_before_seconds` is None where it is
    not known. `playtime_left_over` is a day's PlayTime that timekpr may show once more on the next.
    """

    day: date
    used: Counter
    playtime: Counter
    month_before_seconds: int | None
    given_seconds: int
    limit_seconds: int | None
    ran_out: bool
    plays: bool
    read_at: datetime
    seen: datetime
    counts: bool
    playtime_left_over: int = 0

    def record(self, *, is_whole: bool = False, more_seconds: int = 0) -> UsageDay:
        """The day as it stands, with what was used of it besides."""
        used = min(self.used.seconds + max(more_seconds, 0), DAY_SECONDS)
        reached = self.limit_seconds is not None and 0 < used >= self.limit_seconds + self.given_seconds
        return UsageDay(
            self.day,
            used,
            self.playtime.seconds,
            self.given_seconds,
            self.limit_seconds,
            self.ran_out or reached,
            self.read_at,
            is_whole,
        )


@dataclass(frozen=True, slots=True)
class Followed:
    """What a reading told: the records that it makes or renews, and what was used since the reading before.

    `grown` and `playtime_grown` are 0 where that was so long ago that nobody can tell when it was used.
    """

    standing: Standing
    days: tuple[UsageDay, ...]
    grown_seconds: int = 0
    playtime_grown_seconds: int = 0


def followed(standing: Standing | None, reading: Reading) -> Followed | None:
    """Goes on with a reading that is later than `standing`. None where it cannot be used: it speaks of a day to come,
    as after a clock that was set back, until timekpr saves again; or it is a tick that tells of more time than passed,
    as where the clock was moved since the last reading.
    """
    today = reading.seen.date()
    if reading.day > today or (standing is not None and _is_stray(standing, reading)):
        return None
    if standing is not None and today < standing.day:
        standing = None  # the clock was set back over midnight, and timekpr begins that day anew
    before, days = standing, list[UsageDay]()
    if standing is None or reading.day > standing.day:
        if standing is not None:
            days += _settled(standing, reading)
        standing = _begun(reading, standing)
    elif reading.day == standing.day:
        standing = _gone_on(standing, reading) if standing.counts else _begun(reading, standing)
    now = replace(standing, read_at=reading.read_at, seen=reading.seen, plays=reading.plays)
    if now.day < today:
        days += _told_later(now, today)
        now = _new_day(now, today)
    if reading.limit_seconds not in (None, now.limit_seconds):
        now = replace(now, limit_seconds=reading.limit_seconds)
    days.append(now.record())
    grown, playtime_grown = _grown(before, now)
    return Followed(now, tuple(days), grown, playtime_grown)


def resumed(record: UsageDay | None, last: Reading | None) -> Standing | None:
    """Where to go on after this program was away: from the last record that was kept, and from the last reading.

    The two were not kept in the same moment, so small differences between them say nothing.
    """
    found = followed(None, last) if last is not None else None
    if record is None:
        return found.standing if found is not None else None
    if found is None or found.standing.day < record.day:
        return _of_record(record)
    standing = found.standing
    if standing.day > record.day:
        return standing
    return replace(
        standing,
        used=_resumed(record.used_seconds, standing.used.raw),
        playtime=_resumed(record.playtime_seconds, standing.playtime.raw),
        ran_out=record.ran_out,
        read_at=max(record.read_at, standing.read_at),
    )


def _is_stray(standing: Standing, reading: Reading) -> bool:
    grown = reading.used_seconds - standing.used.raw
    return reading.is_tick and reading.day == standing.day and grown > _most(standing, reading)


def _begun(reading: Reading, before: Standing | None) -> Standing:
    """The day of the reading, seen for the first time."""
    same_day = before is not None and before.day == reading.day
    left_over = before.playtime_left_over if same_day and before is not None else _raw_playtime(before)
    playtime = Counter.begun(reading.playtime_seconds)
    if left_over > reading.used_seconds and left_over == reading.playtime_seconds:
        playtime = replace(playtime, seconds=0)  # of the day before (design: timekpr.md, 0.4)
    return Standing(
        day=reading.day,
        used=Counter.begun(reading.used_seconds),
        playtime=playtime,
        month_before_seconds=reading.month_before_seconds,
        given_seconds=reading.given_seconds,
        limit_seconds=reading.limit_seconds if reading.day == reading.seen.date() else None,
        ran_out=reading.is_up,
        plays=reading.plays,
        read_at=reading.read_at,
        seen=reading.seen,
        counts=True,
    )


def _gone_on(standing: Standing, reading: Reading) -> Standing:
    """The same day, read again."""
    most = _most(standing, reading)
    return replace(
        standing,
        used=standing.used.moved(reading.used_seconds, most),
        playtime=standing.playtime.moved(reading.playtime_seconds, most),
        month_before_seconds=reading.month_before_seconds,
        given_seconds=reading.given_seconds,
        ran_out=standing.ran_out or reading.is_up,
    )


def _most(standing: Standing, reading: Reading) -> int:
    """Seconds that may have been used since. Both clocks tell, for one of them may have been moved."""
    passed = max(reading.read_at - standing.read_at, reading.seen - standing.seen)
    return int(passed.total_seconds()) + SLACK_SECONDS


def _settled(standing: Standing, reading: Reading) -> Iterator[UsageDay]:
    """What a reading that speaks of a later day tells of the day that stood, and of those between.

    The month's counter tells what was used since. Where that was nothing, all of these days are whole; where it must
    have been on a single day, it was on that.
    """
    ended = datetime.combine(standing.day + ONE_DAY, time())
    watched = standing.seen >= ended - TO_THE_END
    same_month = (standing.day.year, standing.day.month) == (reading.day.year, reading.day.month)
    first = standing.day + ONE_DAY if same_month else reading.day.replace(day=1)
    between = [first + ONE_DAY * number for number in range((reading.day - first).days)]
    rest = _used_between(standing, reading, same_month)
    is_open = same_month and not (watched and between)
    if rest is None or rest > DAY_SECONDS or (rest > NOTHING_SECONDS and len(between) + is_open != 1):
        yield standing.record(is_whole=watched)
        return
    plays_unseen = rest > NOTHING_SECONDS and (standing.plays or reading.plays)
    if is_open:
        yield standing.record(is_whole=watched or not plays_unseen, more_seconds=rest)
    else:
        yield standing.record(is_whole=watched)
    used = 0 if is_open or rest <= NOTHING_SECONDS else rest
    for day in between:
        yield UsageDay(day, used, 0, 0, None, False, reading.read_at, is_whole=not plays_unseen)


def _used_between(standing: Standing, reading: Reading, same_month: bool) -> int | None:
    """Seconds used after `standing` and before the day of `reading`, of its month only; None where it is not known."""
    if not same_month:
        return reading.month_before_seconds if reading.month_before_seconds >= 0 else None
    if standing.month_before_seconds is None:
        return None
    rest = reading.month_before_seconds - standing.month_before_seconds - standing.used.raw
    return max(rest, 0) if rest >= -NOTHING_SECONDS else None


def _told_later(standing: Standing, today: date) -> Iterator[UsageDay]:
    """The counters still speak of a day that has ended: it is whole, and nobody used anything since."""
    yield standing.record(is_whole=True)
    missed = min((today - standing.day).days - 1, FILL_DAYS)
    for number in range(missed, 0, -1):
        yield UsageDay(today - ONE_DAY * number, 0, 0, 0, None, False, standing.read_at, is_whole=True)


def _new_day(standing: Standing, today: date) -> Standing:
    """Today, of which the counters do not speak yet."""
    before = standing.month_before_seconds
    if (standing.day.year, standing.day.month) != (today.year, today.month):
        before = 0
    elif before is not None:
        before += standing.used.raw
    return replace(
        standing,
        day=today,
        used=Counter(0, 0),
        playtime=Counter(0, 0),
        month_before_seconds=before,
        given_seconds=0,
        limit_seconds=None,
        ran_out=False,
        counts=False,
        playtime_left_over=_raw_playtime(standing),
    )


def _raw_playtime(standing: Standing | None) -> int:
    if standing is None:
        return 0
    return standing.playtime.raw if standing.counts else standing.playtime_left_over


def _grown(before: Standing | None, now: Standing) -> tuple[int, int]:
    """What was used since, where it is known when."""
    if before is None or not now.counts:
        return 0, 0
    if now.read_at - before.read_at > timedelta(seconds=SAMPLE_SECONDS):
        return 0, 0
    if before.day != now.day:
        return now.used.seconds, now.playtime.seconds
    return now.used.seconds - before.used.seconds, now.playtime.seconds - before.playtime.seconds


def _resumed(kept: int, raw: int) -> Counter:
    return Counter(kept, kept) if abs(kept - raw) <= SLACK_SECONDS else Counter(kept, raw)


def _of_record(record: UsageDay) -> Standing:
    """Where no reading tells more."""
    return Standing(
        day=record.day,
        used=Counter(record.used_seconds, record.used_seconds),
        playtime=Counter(record.playtime_seconds, record.playtime_seconds),
        month_before_seconds=None,
        given_seconds=record.given_seconds,
        limit_seconds=record.limit_seconds,
        ran_out=record.ran_out,
        plays=False,
        read_at=record.read_at,
        seen=datetime.combine(record.day, time()),
        counts=True,
    )
