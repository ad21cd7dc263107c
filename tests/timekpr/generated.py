"""Configurations out of a seed: the same ones each time, and every kind of them."""

import random

from timekpr_mngr.domain.hours import WHOLE_DAY, HourInterval, Hours, from_intervals
from timekpr_mngr.domain.user import DAY_SECONDS, MONTH_SECONDS, WEEK_SECONDS, Day, PlayTime, UserConfig


def config(chance: random.Random) -> UserConfig:
    """Any configuration, with unlimited, closed, limited and capped ones among them."""
    return UserConfig(
        days=tuple(Day(day_limit(chance), hours(chance)) for _ in range(7)),
        week_limit_seconds=chance.choice([WEEK_SECONDS, WEEK_SECONDS, 40_000, 20_000, 5_000, 0]),
        month_limit_seconds=chance.choice([MONTH_SECONDS, MONTH_SECONDS, 60_000, 30_000]),
        track_inactive=chance.random() < 0.5,
        playtime=PlayTime(
            enabled=chance.random() < 0.7,
            override=chance.random() < 0.2,
            unaccounted_intervals=chance.random() < 0.5,
            limits=tuple(chance.choice([0, 600, 3600, DAY_SECONDS]) for _ in range(7)),
        ),
    )


def day_limit(chance: random.Random) -> int:
    """A day's limit."""
    return chance.choice([0, 30, 3600, 7200, 20_000, DAY_SECONDS, DAY_SECONDS, chance.randrange(DAY_SECONDS)])


def hours(chance: random.Random) -> Hours:
    """A day's hours: open, closed, or hour by hour with minutes and marks."""
    kind = chance.random()
    if kind < 0.3:
        return WHOLE_DAY
    if kind < 0.4:
        return ()
    often = chance.choice([0.3, 0.7, 0.95])
    intervals = {}
    for hour in range(24):
        if chance.random() < often:
            start, end = (0, 60) if chance.random() < 0.7 else sorted(chance.sample(range(61), 2))
            intervals[hour] = HourInterval(start, end, chance.random() < 0.15)
    return from_intervals(intervals)
