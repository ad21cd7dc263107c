"""Where a user stands right now, in the parent's words. Pure: no IO, no clock of its own."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from timekpr_mngr import texts
from timekpr_mngr.domain.server import ServerState
from timekpr_mngr.domain.time_left import Reason
from timekpr_mngr.domain.user import DAY_SECONDS, Day, LockoutType, UserConfig
from timekpr_mngr.services import words
from timekpr_mngr.services.views import UserView
from timekpr_mngr.texts import _, noop

CAPS = {
    Reason.WEEK_LIMIT: (noop("the week's limit comes first"), noop("the week's limit is used up")),
    Reason.MONTH_LIMIT: (noop("the month's limit comes first"), noop("the month's limit is used up")),
}
"""What is said of a cap while there is time left, and when there is none."""


@dataclass(frozen=True, slots=True)
class Today:
    """What is shown of a user. `dot` is the shape and colour beside the state.

    `is_away` says that nobody is signed in, where somebody could be.
    """

    state: str
    dot: str
    why: str
    left_seconds: int | None
    total_seconds: int
    running: bool
    stale: bool
    unlimited: bool
    is_away: bool


def today(view: UserView, zone: tzinfo, now: datetime) -> Today:
    """Everything that a card says of a user at `now`; `zone` is the reader's, for what happened to the link."""
    local = view.local_time
    day = view.config.day(local.isoweekday()) if view.config and local else None
    left = view.time_left.day_seconds if view.time_left else None
    stale = view.server_state is not ServerState.ONLINE
    running = bool(view.counted and not view.locked) and not stale and _is_spending(view)
    state, dot = _state(view, local, left, zone, now)
    return Today(
        state=state,
        dot=dot,
        why=_why(view, day, local),
        left_seconds=left,
        total_seconds=_total(view, day, left),
        running=running,
        stale=stale,
        unlimited=view.time_left is not None and view.time_left.reason == Reason.UNLIMITED,
        is_away=view.logged_in is False and dot == "off",
    )


def next_opening(config: UserConfig, local: datetime) -> datetime | None:
    """When hours open next after `local`, on a day that has a limit; None where no day does."""
    for ahead in range(8):
        day = config.day((local + timedelta(days=ahead)).isoweekday())
        if day.limit_seconds <= 0:
            continue
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=ahead)
        for span in day.hours:
            start = midnight + timedelta(minutes=span.start)
            if start > local:
                return start
    return None


def _is_spending(view: UserView) -> bool:
    return view.time_left is None or view.time_left.reason != Reason.UNACCOUNTED


def _state(
    view: UserView, local: datetime | None, left: int | None, zone: tzinfo, now: datetime
) -> tuple[str, str]:
    server = view.server
    if view.server_state is ServerState.HOST_KEY_UNKNOWN:
        return _("{server} waits for your trust").format(server=server), "soon"
    if view.server_state is ServerState.CONNECTING:
        return _("Connecting to {server}").format(server=server), "idle"
    if view.server_state is ServerState.OFFLINE:
        since = words.at(view.server_since, zone, now)
        return _("{server} not reachable since {since}").format(server=server, since=since), "off"
    if view.logged_in and view.locked:
        if (closed := _closed_until(view, local, left)) is not None:
            return f"{closed} · {server}", "over"
        return _("Screen locked on {server}").format(server=server), "idle"
    if view.logged_in and view.counted:
        free = view.time_left is not None and view.time_left.reason == Reason.UNACCOUNTED
        words_ = _("Playing on {server}, not counted now") if free else _("Playing on {server}")
        soon = left is not None and left <= 15 * 60 and not free
        return words_.format(server=server), "over" if left == 0 and not free else "soon" if soon else ""
    if view.logged_in:
        return _("Signed in on {server}, not counted").format(server=server), "idle"
    if (closed := _closed_until(view, local, left)) is not None:
        return f"{closed} · {server}", "over"
    return _("Away · {server}").format(server=server), "off"


def _closed_until(view: UserView, local: datetime | None, left: int | None) -> str | None:
    """`Locked out until 15:00`, where nobody could sign in now."""
    if local is None or view.config is None or view.time_left is None:
        return None
    closed_now = view.time_left.reason in (Reason.CLOSED_NOW, Reason.CLOSED_DAY)
    if not closed_now and left != 0:
        return None
    opening = next_opening(view.config, local if closed_now and left != 0 else _limits_end(view, local))
    if opening is None:
        return _("Locked out")
    time, days = texts.clock(opening), (opening.date() - local.date()).days
    if days == 0:
        when = time
    elif days == 1:
        when = _("tomorrow {time}").format(time=time)
    else:
        name = (
            words.day(opening.isoweekday()) if days < 7 else words.calendar_day(opening.date(), local.date())
        )
        when = f"{name} {time}"
    return _("Locked out until {when}").format(when=when)


def _limits_end(view: UserView, local: datetime) -> datetime:
    """The last moment on which a limit that is reached today still holds: of the day, the week or the month."""
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    first_days = [midnight + timedelta(days=1)]
    if view.config is not None and view.usage is not None:
        if view.usage.spent_week_seconds >= view.config.week_limit_seconds:
            first_days.append(midnight + timedelta(days=8 - local.isoweekday()))
        if view.usage.spent_month_seconds >= view.config.month_limit_seconds:
            first_days.append((midnight.replace(day=1) + timedelta(days=32)).replace(day=1))
    return max(first_days) - timedelta(seconds=1)


def _why(view: UserView, day: Day | None, local: datetime | None) -> str:
    if view.problem and view.config is None:
        return view.problem
    if day is None or view.config is None:
        return _("Nothing was read from {server} yet").format(server=view.server)
    parts = [_limit_words(day)]
    if view.usage is not None and view.usage.spent_day_seconds:
        parts.append(_("used {time}").format(time=words.duration(view.usage.spent_day_seconds // 60 * 60)))
    reason, left = (view.time_left.reason, view.time_left.day_seconds) if view.time_left else (None, None)
    if reason in CAPS:
        parts.append(_(CAPS[Reason(reason)][left == 0]))
    elif day.limit_seconds and (end := _hours_end(day, local)):
        parts.append(_("hours end at {time}").format(time=end))
    text = words.BETWEEN_FACTS.join(part for part in parts if part)
    lines = [text]
    if view.config.playtime.enabled and view.time_left and view.time_left.playtime_seconds is not None:
        playtime = words.duration(view.time_left.playtime_seconds // 60 * 60)
        lines.append(_("PlayTime: {time} left").format(time=playtime))
    return "\n".join(lines)


def _limit_words(day: Day) -> str:
    if not day.hours:
        return _("closed today")
    if day.limit_seconds == 0:
        return _("no time today")
    if day.limit_seconds >= DAY_SECONDS:
        return _("no limit today")
    return _("{time} today").format(time=words.duration(day.limit_seconds))


def _hours_end(day: Day, local: datetime | None) -> str | None:
    """When the last hours of today end, unless that is midnight."""
    if local is None or not day.hours or day.hours[-1].end >= 1440:
        return None
    end = day.hours[-1].end
    return words.clock(end) if end > local.hour * 60 + local.minute else None


def _total(view: UserView, day: Day | None, left: int | None) -> int:
    if view.time_left is not None and view.time_left.reason == Reason.UNLIMITED:
        return left or 1
    spent = view.usage.spent_day_seconds if view.usage else 0
    limit = day.limit_seconds if day and day.limit_seconds < DAY_SECONDS else 0
    return max((left or 0) + spent, min(limit, DAY_SECONDS), 1)


def after_lockout(kind: str) -> str:
    """What will happen when time is up, as the end of a sentence."""
    return {
        LockoutType.LOCK: _("then the screen locks"),
        LockoutType.SUSPEND: _("then the computer sleeps"),
        LockoutType.SUSPENDWAKE: _("then the computer sleeps"),
        LockoutType.SHUTDOWN: _("then the computer is switched off"),
    }.get(
        LockoutType(kind) if kind in set(LockoutType) else LockoutType.TERMINATE, _("then the session ends")
    )
