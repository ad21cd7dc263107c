"""What a grant really gave: a cap, a closed hour or an overdraft may swallow it."""

from dataclasses import dataclass, replace
from datetime import datetime

from timekpr_mngr.domain.change import GrantKind
from timekpr_mngr.domain.grant import Grant, Reading, moved_between
from timekpr_mngr.domain.server import ServerConfig
from timekpr_mngr.domain.snapshot import Snapshot, UserSnapshot
from timekpr_mngr.domain.time_left import Reason, time_left
from timekpr_mngr.domain.usage import Usage, rolled_over


@dataclass(frozen=True, slots=True)
class Gain:
    """Seconds gained (negative: taken), and why not more, where that is known."""

    seconds: int
    why: str | None


def gained(grant: Grant, before: Reading, after: Reading, user: UserSnapshot, snapshot: Snapshot) -> Gain:
    """Compares the time left with and without what moved between the two readings, at one and the same instant."""
    assert user.config is not None
    assert user.control is not None
    assert snapshot.server_time is not None
    now: datetime = snapshot.server_time.replace(tzinfo=None)
    server = snapshot.config or ServerConfig()
    usage = rolled_over(user.control, now)
    moved = moved_between(before, after)
    if grant.kind is GrantKind.PLAYTIME:
        playtime = user.config.playtime
        if snapshot.config is not None and not (server.playtime_enabled and playtime.enabled):
            return Gain(0, "PlayTime is switched off")
        if playtime.override:
            return Gain(0, "PlayTime's limits do not count while its override is on")
        limit = playtime.limits[now.isoweekday() - 1]
        had = max(limit - (usage.playtime_balance_seconds + moved), 0)
        return Gain(max(limit - usage.playtime_balance_seconds, 0) - had, None)
    left = time_left(user.config, server, usage, now)
    without: Usage = replace(usage, balance_seconds=usage.balance_seconds + moved)
    had_left = time_left(user.config, server, without, now)
    return Gain(left.day_seconds - had_left.day_seconds, _WHY.get(left.reason))


def gain_words(grant: Grant, result: Gain) -> str | None:
    """Why a grant gave less than was asked; None where it gave what it should."""
    if grant.operation != "+" or result.seconds >= grant.seconds:
        return None
    start = "arrived, but no time gained" if result.seconds == 0 else "arrived, but less time gained"
    return f"{start}: {result.why}." if result.why else f"{start}."


_WHY = {
    Reason.WEEK_LIMIT: "the week's limit is reached",
    Reason.MONTH_LIMIT: "the month's limit is reached",
    Reason.HOURS: "the allowed hours end first",
    Reason.CLOSED_NOW: "the allowed hours are over or not yet there",
    Reason.CLOSED_DAY: "the day is closed",
    Reason.DAY_LIMIT: "the day has no more hours",
}
