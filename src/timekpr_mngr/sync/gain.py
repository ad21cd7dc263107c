"""What a grant really gave: a cap, a closed hour or an overdraft may swallow it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from timekpr_mngr import texts
from timekpr_mngr.domain.change import GrantKind, Json
from timekpr_mngr.domain.field import with_user_values
from timekpr_mngr.domain.grant import Grant, Reading, moved_besides, moved_between
from timekpr_mngr.domain.server import ServerConfig
from timekpr_mngr.domain.snapshot import Snapshot, UserSnapshot
from timekpr_mngr.domain.time_left import time_left
from timekpr_mngr.domain.usage import Usage, rolled_over
from timekpr_mngr.domain.user import DAY_SECONDS, UserConfig
from timekpr_mngr.texts import _

UNBOUNDED = -10_000_000
"""Seconds used that leave every limit out of the reckoning."""
WHOLE_MINUTES_SECONDS = 60
"""timekpr's hours are whole minutes, and some of the first passed on the way."""


@dataclass(frozen=True, slots=True)
class Gain:
    """Seconds gained (negative: taken), what is left with them, and what keeps it from being more, where that is known.

    `besides_seconds` is what something else gave (negative: took) at the same moment. Up to `room_seconds` less is as
    much as was asked.
    """

    seconds: int
    left_seconds: int
    why: str | None
    besides_seconds: int = 0
    room_seconds: int = 0


def gained(
    grant: Grant,
    before: Reading,
    after: Reading,
    user: UserSnapshot,
    snapshot: Snapshot,
    stood: Mapping[str, Json],
) -> Gain:
    """Compares the time left with and without what the grant moved, at one and the same instant.

    `stood` are the values of fields before they were changed for the day for the sake of this grant: what that opened
    is part of what it gave.
    """
    assert user.config is not None
    assert user.control is not None
    assert snapshot.server_time is not None
    now: datetime = snapshot.server_time.replace(tzinfo=None)
    server = snapshot.config or ServerConfig()
    usage = rolled_over(user.control, now)
    besides = moved_besides(grant, before, after)
    moved = moved_between(before, after) - besides
    if grant.kind is GrantKind.PLAYTIME:
        playtime = user.config.playtime
        if snapshot.config is not None and not (server.playtime_enabled and playtime.enabled):
            return Gain(0, 0, _("PlayTime is switched off"), besides)
        if playtime.override:
            return Gain(0, 0, _("PlayTime's limits do not count while its override is on"), besides)
        limit = playtime.limits[now.isoweekday() - 1]
        left = max(limit - usage.playtime_balance_seconds, 0)
        had = max(limit - usage.playtime_balance_seconds - moved, 0)
        return Gain(left - had, left, _clamp(grant, before), besides)
    without = replace(usage, balance_seconds=usage.balance_seconds + moved)
    left = time_left(user.config, server, usage, now).day_seconds
    had = time_left(with_user_values(user.config, stood), server, without, now).day_seconds
    cap = _cap(user.config, without if grant.operation == "-" else usage, now)
    room = WHOLE_MINUTES_SECONDS if stood else 0
    return Gain(left - had, left, cap or _clamp(grant, before), besides, room)


def gain_words(grant: Grant, before: Reading, after: Reading, result: Gain) -> str | None:
    """What a grant did otherwise than it was asked, and why; None where it did just that."""
    said = (_less(grant, after, result), _overdraft(grant, before), _besides(result))
    return " ".join(words for words in said if words) or None


def taken_back_words(asked: Grant, sent: Grant) -> str | None:
    """What is said where not all that was to be taken back was still unused."""
    if sent.seconds == 0:
        return _("All of it was used already: nothing was taken back.")
    if sent.seconds < asked.seconds:
        return _("Only {time} were not used yet; those were taken back.").format(
            time=texts.exactly(sent.seconds)
        )
    return None


def _less(grant: Grant, after: Reading, result: Gain) -> str | None:
    because = f": {result.why}." if result.why else "."
    if grant.operation == "+" and result.seconds + result.room_seconds < grant.seconds:
        gained_none = result.seconds <= 0
        said = (
            _("arrived, but no time gained{why}") if gained_none else _("arrived, but less time gained{why}")
        )
        return said.format(why=because)
    if grant.operation == "=" and result.left_seconds < after.unused_seconds:
        if not result.left_seconds:
            return _("arrived, but nothing is left{why}").format(why=because)
        time = texts.exactly(result.left_seconds)
        return _("arrived, but only {time} are left{why}").format(time=time, why=because)
    if grant.operation == "-" and -result.seconds < grant.seconds and not grant.unused_only:
        return _less_taken(result, because)
    return None


def _less_taken(result: Gain, because: str) -> str:
    if result.left_seconds or (result.seconds == 0 and result.why):
        said = (
            _("arrived, but less time was taken{why}")
            if result.seconds
            else _("arrived, but no time was taken{why}")
        )
        return said.format(why=because)
    if result.seconds:
        return _("Only {time} were left; those were taken.").format(time=texts.exactly(-result.seconds))
    return _("Nothing was left to be taken.")


def _overdraft(grant: Grant, before: Reading) -> str | None:
    over = before.balance_seconds - before.limit_seconds
    if grant.operation != "+" or over <= 0:
        return None
    return _("The time used was over the limit by {time}; timekpr lets that pass.").format(
        time=texts.exactly(over)
    )


def _besides(result: Gain) -> str | None:
    if result.besides_seconds == 0:
        return None
    said = (
        _("At the same moment something else gave {time}.")
        if result.besides_seconds > 0
        else _("At the same moment something else took {time}.")
    )
    return said.format(time=texts.exactly(abs(result.besides_seconds)))


def _cap(config: UserConfig, usage: Usage, now: datetime) -> str | None:
    """What ends the day's time before its limit does; None where nothing does."""
    day = config.day(now.isoweekday())
    free = replace(
        usage, balance_seconds=UNBOUNDED, spent_week_seconds=UNBOUNDED, spent_month_seconds=UNBOUNDED
    )
    by_hours = time_left(config, ServerConfig(), free, now).day_seconds
    caps = (
        (config.week_limit_seconds - usage.spent_week_seconds, _("the week's limit is reached")),
        (config.month_limit_seconds - usage.spent_month_seconds, _("the month's limit is reached")),
        (by_hours, _hours_words(config, by_hours, now)),
    )
    least, words = min(caps, key=lambda cap: cap[0])
    return words if least < day.limit_seconds - usage.balance_seconds else None


def _hours_words(config: UserConfig, by_hours: int, now: datetime) -> str:
    hours = config.day(now.isoweekday()).hours
    if not hours:
        return _("the day is closed")
    if by_hours == 0:
        return _("today's allowed hours are over")
    return _("the day ends first") if hours[-1].end == DAY_SECONDS // 60 else _("the allowed hours end first")


def _clamp(grant: Grant, before: Reading) -> str | None:
    """timekpr keeps the balance within a day either way."""
    start = min(before.balance_seconds, before.limit_seconds)
    if grant.operation == "+" and start - grant.seconds < -DAY_SECONDS:
        return _("timekpr gives no more than 24 h above the limit")
    return None
