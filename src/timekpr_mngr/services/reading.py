"""From what was read to what is true now: usage, time left, who is logged in.

A counted user whose server is online is as timekprd says it; everybody else is worked out from the files, at the
server's own local time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from timekpr_mngr.domain.server import ServerConfig, ServerState
from timekpr_mngr.domain.snapshot import Live, Snapshot, UserSnapshot
from timekpr_mngr.domain.time_left import TimeLeft, time_left
from timekpr_mngr.domain.usage import Control, Usage, rolled_over
from timekpr_mngr.services import clock
from timekpr_mngr.services.views import TimeLeftView, UsageView

FRESH_POLLS = 4  # a tick that is older than so many polls is no longer "live"
FRESH_SECONDS_AT_LEAST = 20

_time_left = lru_cache(maxsize=1024)(time_left)
"""Dozens of pages ask it of the same user within a second."""


@dataclass(frozen=True, slots=True)
class Presence:
    """Whether somebody is there; None while the server is not online, because nobody can know."""

    logged_in: bool | None
    counted: bool | None
    locked: bool | None


def presence(user: UserSnapshot, state: ServerState) -> Presence:
    """Who is there now."""
    if state is not ServerState.ONLINE:
        return Presence(None, None, None)
    sessions = [session for session in user.sessions if session.state != "closing"]
    locked = bool(sessions) and all(session.locked for session in sessions)
    return Presence(user.logged_in, user.counted, locked)


def usage_now(snapshot: Snapshot, user: UserSnapshot, now: datetime) -> UsageView | None:
    """What counts at our instant `now`; None where it was not read, or where the server's clock is not known."""
    usage = counted(snapshot, user, now)
    as_of = clock.in_our_utc(snapshot, usage.as_of) if usage is not None else None
    if usage is None or as_of is None:
        return None
    return UsageView(
        spent_day_seconds=usage.spent_day_seconds,
        spent_week_seconds=usage.spent_week_seconds,
        spent_month_seconds=usage.spent_month_seconds,
        balance_seconds=usage.balance_seconds,
        playtime_spent_day_seconds=usage.playtime_spent_day_seconds,
        playtime_balance_seconds=usage.playtime_balance_seconds,
        as_of=as_of,
    )


def time_left_now(
    snapshot: Snapshot, user: UserSnapshot, state: ServerState, now: datetime
) -> TimeLeftView | None:
    """What is left at our instant `now`; None where it cannot be known."""
    usage, local = counted(snapshot, user, now), clock.local_now(snapshot, now)
    if usage is None or local is None or user.config is None:
        return None
    server = snapshot.config or ServerConfig()
    computed = _time_left(user.config, server, usage, local.replace(microsecond=0))
    until = clock.in_server_utc(snapshot, computed.until) if computed.until is not None else None
    live = user.live
    if live is None or state is not ServerState.ONLINE or not _is_fresh(live, server, now):
        return _computed(computed, until)
    if live.left_day_seconds is None or live.left_continuous_seconds is None:
        return _computed(computed, until)
    return TimeLeftView(
        day_seconds=live.left_day_seconds,
        continuous_seconds=live.left_continuous_seconds,
        playtime_seconds=_live_playtime(live, computed),
        until=until,
        reason=computed.reason.value,
        source="live",
    )


def _computed(computed: TimeLeft, until: datetime | None) -> TimeLeftView:
    return TimeLeftView(
        day_seconds=computed.day_seconds,
        continuous_seconds=computed.continuous_seconds,
        playtime_seconds=computed.playtime_seconds,
        until=until,
        reason=computed.reason.value,
        source="computed",
    )


def _live_playtime(live: Live, computed: TimeLeft) -> int | None:
    """timekprd tells a number even where PlayTime is off; then there is none."""
    if computed.playtime_seconds is None or live.playtime_left_seconds is None:
        return computed.playtime_seconds
    return live.playtime_left_seconds


def _is_fresh(live: Live, server: ServerConfig, now: datetime) -> bool:
    most = max(FRESH_POLLS * server.poll_seconds, FRESH_SECONDS_AT_LEAST)
    return now - live.as_of <= timedelta(seconds=most)


def counted(snapshot: Snapshot, user: UserSnapshot, now: datetime) -> Usage | None:
    """What counts at our instant `now`, as the daemon reckons; None where it is not known."""
    local = clock.local_now(snapshot, now)
    if user.control is None or local is None:
        return None
    return rolled_over(_with_live(snapshot, user.control, user.live), local)


def _with_live(snapshot: Snapshot, control: Control, live: Live | None) -> Control:
    """The file's counters with what timekprd said later. Spent and balance tick together (design: bus.md)."""
    heard_at = clock.local_now(snapshot, live.as_of) if live is not None else None
    if live is None or heard_at is None:
        return control
    file = rolled_over(control, heard_at)
    spent = _spent_day(live, file, heard_at)
    if spent is None:
        return control
    balance = live.balance_seconds
    if balance is None:
        balance = file.balance_seconds + spent - file.spent_day_seconds
    return Control(
        balance_seconds=balance,
        spent_day_seconds=spent,
        spent_week_seconds=_first(live.spent_week_seconds, file.spent_week_seconds),
        spent_month_seconds=_first(live.spent_month_seconds, file.spent_month_seconds),
        last_checked=max(heard_at, control.last_checked),
        playtime_balance_seconds=file.playtime_balance_seconds,
        playtime_spent_day_seconds=file.playtime_spent_day_seconds,
    )


def _spent_day(live: Live, file: Usage, heard_at: datetime) -> int | None:
    """A tick tells the month's time and not the day's; both move together."""
    if live.spent_day_seconds is not None or live.spent_month_seconds is None:
        return live.spent_day_seconds
    since = max(live.spent_month_seconds - file.spent_month_seconds, 0)
    if file.as_of.date() != heard_at.date():  # some of it was before midnight
        since = min(since, heard_at.hour * 3600 + heard_at.minute * 60 + heard_at.second)
    return file.spent_day_seconds + since


def _first(*values: int | None) -> int:
    return next(value for value in values if value is not None)
