"""What the demo's family used before somebody looks: 120 days, and 35 of them by the hour."""

import random
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from timekpr_mngr.domain.account import Actor
from timekpr_mngr.domain.person import UserName
from timekpr_mngr.domain.usage_days import SAMPLE_SECONDS, UsageDay, UsageSample
from timekpr_mngr.domain.user import UserConfig
from timekpr_mngr.services import Services
from timekpr_mngr.services.views import UsageView, UserView
from timekpr_mngr.store import Store

DAYS = 120
SAMPLED_DAYS = 35
PATIENCE_SECONDS = 10
ONE_DAY = timedelta(days=1)
JUST_NOW = timedelta(minutes=15)  # what is used since then is counted as it happens

UNREAD = {"kids-pc": {17, 18, 61}, "living-room": {75}, "laptop": {5, 6, *range(22, 28), 90, 91}}
"""How many days ago a computer could not be read at all."""

READ_IN_PART = {"kids-pc": {9, 44}, "living-room": {33}, "laptop": {12, 40, 70}}
"""How many days ago a computer was read for the last time before its day was over."""

AT_SCHOOL_UNTIL, UP_AT = 14 * 60, 9 * 60  # minutes of the day
SITTINGS = 2


async def tell(services: Services, store: Store, actor: Actor, now: datetime) -> None:
    """Puts it into the store. The computers were added before; one that cannot be read has no past."""
    for server in await services.fleet.servers(actor):
        read = server if server.users else await services.fleet.sync(actor, server.name, PATIENCE_SECONDS)
        for user in read.users:
            view = await services.limits.user(actor, server.name, user)
            await store.usage.keep(*past(view, now))


def past(
    view: UserView, now: datetime
) -> tuple[dict[tuple[UserName, date], UsageDay], dict[tuple[UserName, datetime], UsageSample]]:
    """The days and samples of one user up to `now`. They add up to what timekpr counted this week and month."""
    whose = UserName(view.server, view.name)
    if view.config is None or view.usage is None or view.today is None or view.time_zone is None:
        return {}, {}
    chance = random.Random(str(whose))  # noqa: S311 -- children, no secrets
    zone, today = ZoneInfo(view.time_zone), view.today
    days: dict[tuple[UserName, date], UsageDay] = {}
    samples: dict[tuple[UserName, datetime], UsageSample] = {}
    for day, used in _used(view.config, view.usage, today, chance).items():
        age = (today - day).days
        if age in UNREAD.get(view.server, ()):
            continue
        record = _record(view.config, day, used, zone, chance)
        if age in READ_IN_PART.get(view.server, ()):
            record = _in_part(record)
        days[whose, day] = record
        if age < SAMPLED_DAYS:
            samples |= {(whose, one.at): one for one in _samples(view.config, record, zone, now, chance)}
    of_today = UsageDay(
        today, view.usage.spent_day_seconds, view.usage.playtime_spent_day_seconds, 0, None, False, now, False
    )
    samples |= {(whose, one.at): one for one in _samples(view.config, of_today, zone, now, chance)}
    return days, samples


def _used(config: UserConfig, usage: UsageView, today: date, chance: random.Random) -> dict[date, int]:
    """Seconds on each day before today, oldest first."""
    days = [today - ONE_DAY * age for age in range(DAYS - 1, 0, -1)]
    limits = {day: config.day(day.isoweekday()).limit_seconds for day in days}
    used = {day: _appetite(limits[day], chance) for day in days}
    monday = today - ONE_DAY * today.weekday()
    this_month = [day for day in days if (day.year, day.month) == (today.year, today.month)]
    week = [day for day in this_month if day >= monday]
    before = [day for day in this_month if day < monday]
    used |= _fitted(week, used, limits, usage.spent_week_seconds - usage.spent_day_seconds)
    return used | _fitted(before, used, limits, usage.spent_month_seconds - usage.spent_week_seconds)


def _appetite(limit: int, chance: random.Random) -> int:
    """A fifth of the days goes to the limit, and on some nobody wants to."""
    mood = chance.random()
    if mood < 0.2:
        return limit
    return 0 if mood > 0.92 else int(limit * chance.uniform(0.25, 0.95))


def _fitted(
    days: Iterable[date], used: Mapping[date, int], limits: Mapping[date, int], total: int
) -> dict[date, int]:
    """The same days with another sum, and none above its limit."""
    wanted = {day: used[day] for day in days}
    whole = sum(wanted.values()) or 1
    fitted = {day: min(limits[day], seconds * total // whole) for day, seconds in wanted.items()}
    for day, seconds in fitted.items():
        fitted[day] = seconds + max(min(total - sum(fitted.values()), limits[day] - seconds), 0)
    return fitted


def _record(config: UserConfig, day: date, used: int, zone: ZoneInfo, chance: random.Random) -> UsageDay:
    limit = config.day(day.isoweekday()).limit_seconds
    most = config.playtime.limits[day.weekday()] if config.playtime.enabled else 0
    return UsageDay(
        day=day,
        used_seconds=used,
        playtime_seconds=min(most, int(used * chance.uniform(0.2, 0.7))),
        given_seconds=0,
        limit_seconds=limit,
        ran_out=0 < limit <= used,
        read_at=datetime.combine(day + ONE_DAY, time(), zone).astimezone(UTC),
        is_whole=True,
    )


def _in_part(record: UsageDay) -> UsageDay:
    """The computer went off in the afternoon and was read again only days later."""
    used = record.used_seconds * 3 // 5
    return UsageDay(
        day=record.day,
        used_seconds=used,
        playtime_seconds=min(record.playtime_seconds, used),
        given_seconds=0,
        limit_seconds=record.limit_seconds,
        ran_out=False,
        read_at=record.read_at - timedelta(hours=6, minutes=30),
        is_whole=False,
    )


def _samples(
    config: UserConfig, record: UsageDay, zone: ZoneInfo, now: datetime, chance: random.Random
) -> Iterable[UsageSample]:
    """The day's use in some sittings within its hours, up to a while ago."""
    earliest = AT_SCHOOL_UNTIL if record.day.weekday() < 5 else UP_AT
    midnight = datetime.combine(record.day, time(), zone)
    minutes = [
        minute
        for span in config.day(record.day.isoweekday()).hours
        for minute in range(span.start, span.end, SAMPLE_SECONDS // 60)
        if minute >= earliest and midnight + timedelta(minutes=minute) < now - JUST_NOW
    ]
    if not minutes or not record.used_seconds:
        return
    middles = [chance.choice(minutes) for _sitting in range(SITTINGS)]
    minutes.sort(key=lambda minute: min(abs(minute - middle) for middle in middles))
    left, share = record.used_seconds, record.playtime_seconds / record.used_seconds
    for minute in minutes[: -(-record.used_seconds // SAMPLE_SECONDS)]:
        used = min(left, SAMPLE_SECONDS)
        left -= used
        at = (midnight + timedelta(minutes=minute)).astimezone(UTC)
        yield UsageSample(at, used, int(used * share))
