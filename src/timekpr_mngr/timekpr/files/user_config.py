"""timekpr.USER.conf: what limits one user."""

import re
from dataclasses import dataclass

from timekpr_mngr import texts
from timekpr_mngr.domain.flaw import Flaw, FlawKind
from timekpr_mngr.domain.hours import Hours
from timekpr_mngr.domain.user import (
    DAY_SECONDS,
    MONTH_SECONDS,
    WEEK_SECONDS,
    WEEKDAYS,
    Activity,
    Day,
    Lockout,
    LockoutType,
    PlayTime,
    UserConfig,
    WeekLayout,
)
from timekpr_mngr.texts import _
from timekpr_mngr.timekpr.files import hour_items
from timekpr_mngr.timekpr.files.ini import INT32_MAX, Ini
from timekpr_mngr.timekpr.files.lines import normal

ALL_HOURS = ";".join(map(str, range(24)))
ALL_DAYS = ";".join(map(str, WEEKDAYS))
NO_LIMITS = ";".join([str(DAY_SECONDS)] * 7)
NO_PLAYTIME = ";".join(["0"] * 7)
MARKER = "##PLAYTIME_ACTIVITIES##"


@dataclass(frozen=True, slots=True)
class UserFile:
    """One user's file. `text` is the file as it came; `problems` are sentences for a person, none where all is well,
    and `flaws` those of them that keep limits from being enforced.

    `config` is what the daemon goes by, with its defaults in place of what it cannot read.
    """

    config: UserConfig
    week: WeekLayout
    playtime_week: WeekLayout
    problems: tuple[str, ...]
    text: str
    flaws: tuple[Flaw, ...] = ()


def parse(text: str, user: str) -> UserFile:
    """The file of `user`. Raises Malformed where the daemon throws the file away and goes by its copy, or no limits."""
    ini = Ini(text)
    section, playtime_section = user, f"{user}.PLAYTIME"
    hours, problems = zip(*(_hours(ini, section, weekday) for weekday in WEEKDAYS), strict=True)
    week = _layout(ini, section, "ALLOWED_WEEKDAYS", "LIMITS_PER_WEEKDAYS", NO_LIMITS)
    playtime_week = _layout(
        ini, playtime_section, "PLAYTIME_ALLOWED_WEEKDAYS", "PLAYTIME_LIMITS_PER_WEEKDAYS", NO_PLAYTIME
    )
    # nobody is limited while the daemon cannot read the limits
    limits = {day: DAY_SECONDS if "LIMITS_PER_WEEKDAYS" in ini.fatal else week.meant(day) for day in WEEKDAYS}
    days = tuple(
        Day(limit, hours[day - 1]) if day in week.days and (limit := limits[day]) is not None else Day(0, ())
        for day in WEEKDAYS
    )
    config = UserConfig(
        days=days,
        week_limit_seconds=ini.whole(section, "LIMIT_PER_WEEK", WEEK_SECONDS),
        month_limit_seconds=ini.whole(section, "LIMIT_PER_MONTH", MONTH_SECONDS),
        track_inactive=ini.boolean(section, "TRACK_INACTIVE", False),
        hide_tray_icon=ini.boolean(section, "HIDE_TRAY_ICON", False),
        lockout=_lockout(ini, section),
        playtime=PlayTime(
            enabled=ini.boolean(playtime_section, "PLAYTIME_ENABLED", False),
            override=ini.boolean(playtime_section, "PLAYTIME_LIMIT_OVERRIDE_ENABLED", False),
            unaccounted_intervals=ini.boolean(
                playtime_section, "PLAYTIME_UNACCOUNTED_INTERVALS_ENABLED", True
            ),
            limits=tuple(playtime_week.meant(day) or 0 for day in WEEKDAYS),
            activities=_activities(ini, playtime_section),
        ),
    )
    flaws = tuple(_flaws(ini, user, config))
    sentences = [
        *(_said(flaw, user) for flaw in flaws),
        *_marker_problems(config, text),
        *_week_problems(week, playtime_week),
        *(problem for problem in problems if problem),
    ]
    return UserFile(config, week, playtime_week, tuple(sentences), text, flaws)


def activity_of(value: str | None) -> Activity | None:
    """`MASK[DESCRIPTION]`, `MASK`, or the old `MASK("DESCRIPTION")`; None for what the daemon skips."""
    if value is None or len(value) < 2:
        return None
    old_form = value.find('("')
    end = value.find('")') if '")' in value else value.find("]")
    start = old_form if old_form >= 0 else value.find("[")
    skip = 1 if old_form < 0 else 2
    start = end if start < 0 else start
    mask = value[:start] if start > 0 else value
    description = "" if start < 0 else value[start + skip : end if end >= 0 else len(value)]
    return Activity(mask, description)


def _hours(ini: Ini, section: str, weekday: int) -> tuple[Hours, str | None]:
    hours, dropped = hour_items.parse(ini.text(section, f"ALLOWED_HOURS_{weekday}", ALL_HOURS))
    if not dropped:
        return hours, None
    items = ", ".join(repr(item) for item in dropped[:5])
    return (
        hours,
        _("{day}: timekpr cannot read the hours {items} and keeps them closed.").format(
            day=texts.weekday(weekday), items=items
        ),
    )


def _layout(ini: Ini, section: str, days_key: str, limits_key: str, default: str) -> WeekLayout:
    """The two lists as they stand. A day that is none (0 here) still takes up its position."""
    names = {str(weekday): weekday for weekday in WEEKDAYS}
    days = tuple(names.get(item, 0) for item in ini.items(section, days_key, ALL_DAYS))
    try:
        limits = tuple(int(item) for item in ini.items(section, limits_key, default))
    except ValueError:
        limits = ()
        ini.fatal.append(limits_key)
    if any(abs(limit) > INT32_MAX for limit in limits):
        limits = ()
        ini.fatal.append(limits_key)
    return WeekLayout(days, limits)


def _lockout(ini: Ini, section: str) -> Lockout:
    kind = ini.text(section, "LOCKOUT_TYPE", LockoutType.TERMINATE.value)
    wake = ini.items(section, "WAKEUP_HOUR_INTERVAL", "0;23")
    try:
        wake_from, wake_to = int(wake[0]), int(wake[1])
    except (ValueError, IndexError):
        wake_from, wake_to = 0, 23
        if kind == LockoutType.SUSPENDWAKE:
            ini.fatal.append("WAKEUP_HOUR_INTERVAL")
    return Lockout(kind, wake_from, wake_to)


def _activities(ini: Ini, section: str) -> tuple[Activity, ...]:
    result = []
    for key, value in ini.raw_values(section, "PLAYTIME_ACTIVITY_"):
        if (activity := activity_of(value)) is not None:
            result.append(activity)
            if _is_too_large(activity.mask):
                ini.fatal.append(key)
    return tuple(result)


def _is_too_large(mask: str) -> bool:
    """Whether the daemon stumbles over the pattern; one that is merely wrong it takes as plain text."""
    try:
        re.compile(f"^{mask}$")
    except re.error:
        return False
    except (OverflowError, RecursionError):
        return True
    return False


def _flaws(ini: Ini, user: str, config: UserConfig) -> list[Flaw]:
    flaws = []
    if ini.fatal:
        flaws.append(Flaw(FlawKind.STOPS_ALL, tuple(dict.fromkeys(ini.fatal))))
    if config.lockout.type not in set(LockoutType):
        flaws.append(Flaw(FlawKind.LOCKOUT, (config.lockout.type,)))
    if not ini.has_section(user):
        flaws.append(Flaw(FlawKind.SECTION))
    elif ini.unreadable:
        flaws.append(Flaw(FlawKind.UNREADABLE, tuple(dict.fromkeys(ini.unreadable))))
    return flaws


def _said(flaw: Flaw, user: str) -> str:
    keys = ", ".join(flaw.keys)
    match flaw.kind:
        case FlawKind.STOPS_ALL:
            return _(
                "timekpr breaks off at the value of {keys}: while it stands, time is not enforced for this "
                "user, nor for others on this server."
            ).format(keys=keys)
        case FlawKind.LOCKOUT:
            return _("timekpr does not know the lockout type {type!r} and ends no session.").format(type=keys)
        case FlawKind.SECTION:
            return _(
                "The file has no section [{user}]: timekpr goes by its defaults, which are no limits at all."
            ).format(user=user)
        case _:
            return _(
                "timekpr cannot read {keys} and goes by its defaults there, which are no limits."
            ).format(keys=keys)


def _marker_problems(config: UserConfig, text: str) -> list[str]:
    if not config.playtime.activities or _has_marker(text):
        return []
    return [
        _("The line {marker} is missing: at its next save timekpr loses every PlayTime activity.").format(
            marker=MARKER
        )
    ]


def _week_problems(*weeks: WeekLayout) -> list[str]:
    if all(week.remembered is None for week in weeks):
        return []
    return [_("The week is being put in order; until that is finished timekpr goes by smaller limits.")]


def _has_marker(text: str) -> bool:
    return f"\n{MARKER}" in f"\n{normal(text)}"
