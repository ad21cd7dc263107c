"""From wanted values to the fewest calls of timekprd, in an order that never opens a day for a moment.

Every setter pops up a message on the child's desktop, and each takes effect at once. So what differs alone is sent, and
what closes is sent before what opens.

A week is *plain* when the list of allowed days is 1 to 7 in order with seven limits: only then do a position in the
list and a weekday mean the same to all parts of the daemon (design: timekpr.md, 0.8 and 11). Before the days of any
other week are touched it is put in order: a closed day's hours are emptied, then it comes into the list with limit 0.
The two lists cannot be set at once, so there may be a state in between with smaller limits; there the limits meant are
kept behind the end of the list (`WeekLayout.remembered`), and going on from what is found leads to the same end.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from timekpr_mngr.domain.change import Json
from timekpr_mngr.domain.field import SERVER_FIELDS, user_values, with_user_values
from timekpr_mngr.domain.hours import Hours, from_intervals, to_intervals
from timekpr_mngr.domain.snapshot import UserSnapshot
from timekpr_mngr.domain.user import DAY_SECONDS, WEEKDAYS, UserConfig, WeekLayout, remembering
from timekpr_mngr.timekpr import interface
from timekpr_mngr.timekpr.interface import Call


def user_calls(user: str, now: UserSnapshot, wanted: Mapping[str, Json]) -> list[Call]:
    """The calls that bring `wanted` about, field by field as domain.field names them; [] where nothing differs.

    Stop at the first that is truly refused; going on from a new reading is always right. Raises Invalid for a value
    that breaks a rule, ValueError where the user's configuration was not read.
    """
    config = _config(now)
    present = user_values(config)
    differing = {name: value for name, value in wanted.items() if present[name] != value}
    target = with_user_values(config, differing)
    caps = _cap_calls(user, config, target)
    closing = [call for call, falls in caps if falls]
    opening = [call for call, falls in caps if not falls]
    days = _day_calls(user, now, target) if any(name.startswith("days.") for name in differing) else []
    return [
        *closing,
        *days,
        *opening,
        *_switch_calls(user, config, target),
        *_playtime_calls(user, now, target),
    ]


def week_calls(user: str, now: UserSnapshot) -> list[Call]:
    """Puts the week in order and changes nothing else: needed before a grant. [] where it is plain."""
    return [] if now.week.is_plain else _day_calls(user, now, _config(now))


def playtime_week_calls(user: str, now: UserSnapshot) -> list[Call]:
    """The same for the days with PlayTime."""
    return _playtime_limit_calls(user, now.playtime_week, _config(now), _config(now))


def finishing_calls(user: str, now: UserSnapshot) -> list[Call]:
    """Goes on with putting a week in order that was left half way; [] where there is none, or it was not read."""
    if now.config is None:
        return []
    days = week_calls(user, now) if now.week.remembered is not None else []
    return [*days, *(playtime_week_calls(user, now) if now.playtime_week.remembered is not None else [])]


def server_calls(wanted: Mapping[str, Json]) -> list[Call]:
    """One call for each of the server's settings. Raises Invalid for a value that breaks a rule."""
    return [_SERVER_SETTERS[name](SERVER_FIELDS[name].load(value, name)) for name, value in wanted.items()]


def passing_values(now: UserSnapshot, wanted: Mapping[str, Json]) -> dict[str, Json]:
    """Values that a field holds for a moment between two calls, by name: whoever finds one there may go on from it."""
    config = _config(now)
    target = with_user_values(config, wanted)
    passing = config
    for weekday in WEEKDAYS:
        hours = _counted_first(now, config.day(weekday).hours, target.day(weekday).hours)
        if hours is not None:
            days = list(passing.days)
            days[weekday - 1] = replace(config.day(weekday), hours=hours)
            passing = replace(passing, days=tuple(days))
    present, between = user_values(config), user_values(passing)
    return {name: between[name] for name in wanted if between[name] != present[name]}


@dataclass(frozen=True, slots=True)
class _Setters:
    days: Callable[[Sequence[int]], Call]
    limits: Callable[[Sequence[int]], Call]


def _config(now: UserSnapshot) -> UserConfig:
    if now.config is None:
        raise ValueError(f"the configuration of {now.name} was not read")
    return now.config


def _day_calls(user: str, now: UserSnapshot, target: UserConfig) -> list[Call]:
    """Days, limits and hours. A day whose limit rises gets its hours before, any other after its limit."""
    config = _config(now)
    early: dict[int, Hours] = {}
    late: dict[int, Hours] = {}
    counted_first: list[Call] = []
    for weekday in WEEKDAYS:
        old, new = config.day(weekday), target.day(weekday)
        if weekday not in now.week.days:
            early[weekday] = new.hours  # what its hours in the file are is not known: nothing opens by them
        elif old.hours != new.hours:
            (early if new.limit_seconds > old.limit_seconds else late)[weekday] = new.hours
            if (hours := _counted_first(now, old.hours, new.hours)) is not None:
                counted_first.append(interface.set_allowed_hours(user, weekday, hours))
    setters = _Setters(
        lambda days: interface.set_allowed_days(user, days),
        lambda limits: interface.set_time_limits_for_days(user, limits),
    )
    old_limits = tuple(day.limit_seconds for day in config.days)
    new_limits = tuple(day.limit_seconds for day in target.days)
    return [
        *counted_first,
        *_hours_calls(user, target, early, late),
        *_limit_calls(setters, now.week, old_limits, new_limits),
        *_hours_calls(user, target, late, early),
    ]


def _hours_calls(
    user: str, target: UserConfig, hours: Mapping[int, Hours], others: Mapping[int, Hours]
) -> list[Call]:
    """A call a day; one for all seven where they become the same at one time."""
    all_equal = len({day.hours for day in target.days}) == 1
    if len(hours) > 1 and not others and all_equal:
        return [interface.set_allowed_hours(user, "ALL", target.days[0].hours)]
    return [interface.set_allowed_hours(user, weekday, spans) for weekday, spans in hours.items()]


def _counted_first(now: UserSnapshot, old: Hours, new: Hours) -> Hours | None:
    """The old hours with those that go away marked as counted; None where that is not needed.

    The daemon keeps in memory that a clock hour is not counted when that hour is closed, and enforces nothing in it
    until the user has logged out (seen in the rig). So it is told first that the hour counts.
    """
    if now.live is None:
        return None
    before, after = to_intervals(old), to_intervals(new)
    gone = {hour for hour, interval in before.items() if interval.unaccounted and hour not in after}
    if not gone:
        return None
    return from_intervals(
        {hour: replace(i, unaccounted=i.unaccounted and hour not in gone) for hour, i in before.items()}
    )


def _limit_calls(
    setters: _Setters, layout: WeekLayout, old: tuple[int, ...], new: tuple[int, ...]
) -> list[Call]:
    """Lists that are plain at the end, and at no step a limit above the larger of a day's old and new one.

    `old` and `new` are the limits meant for Monday to Sunday.
    """
    new = tuple(_within_a_day(limit) for limit in new)
    if layout.days == WEEKDAYS:
        return [] if layout.limits == new else [setters.limits(new)]
    days = setters.days(WEEKDAYS)
    if _is_between(WeekLayout(layout.days, new), old, new):
        return [*([] if layout.limits == new else [setters.limits(new)]), days]
    if _is_between(WeekLayout(WEEKDAYS, layout.limits), old, new):
        return [days, setters.limits(new)]
    smaller = _smaller_limits(layout, old, new)
    return [*([] if layout.limits == smaller else [setters.limits(smaller)]), days, setters.limits(new)]


def _is_between(layout: WeekLayout, old: tuple[int, ...], new: tuple[int, ...]) -> bool:
    """Whether every day has its old limit or its new one. A day that is not allowed counts as 0."""
    return all((layout.limit(day) or 0) in (old[day - 1], new[day - 1]) for day in WEEKDAYS)


def _smaller_limits(layout: WeekLayout, old: tuple[int, ...], new: tuple[int, ...]) -> tuple[int, ...]:
    """Limits that are too large for nobody, whether paired with the present list of days or with 1 to 7."""
    result = []
    for position in range(max(len(layout.days), len(WEEKDAYS))):
        bounds = [new[position]] if position < len(WEEKDAYS) else []
        day = layout.days[position] if position < len(layout.days) else 0
        if day and layout.days.index(day) == position:
            bounds.append(max(old[day - 1], new[day - 1]))
        result.append(min(bounds, default=0))
    meant = tuple(_within_a_day(limit) for limit in old)
    return remembering(tuple(_within_a_day(limit) for limit in result), meant)


def _within_a_day(limit: int) -> int:
    """What the daemon makes of a limit that it is sent."""
    return max(0, min(limit, DAY_SECONDS))


def _cap_calls(user: str, old: UserConfig, new: UserConfig) -> list[tuple[Call, bool]]:
    """The week's and the month's limit where they differ, and whether it falls."""
    calls = []
    if new.week_limit_seconds != old.week_limit_seconds:
        call = interface.set_time_limit_for_week(user, new.week_limit_seconds)
        calls.append((call, new.week_limit_seconds < old.week_limit_seconds))
    if new.month_limit_seconds != old.month_limit_seconds:
        call = interface.set_time_limit_for_month(user, new.month_limit_seconds)
        calls.append((call, new.month_limit_seconds < old.month_limit_seconds))
    return calls


def _switch_calls(user: str, old: UserConfig, new: UserConfig) -> list[Call]:
    calls = []
    if new.track_inactive != old.track_inactive:
        calls.append(interface.set_track_inactive(user, new.track_inactive))
    if new.hide_tray_icon != old.hide_tray_icon:
        calls.append(interface.set_hide_tray_icon(user, new.hide_tray_icon))
    if new.lockout != old.lockout:
        calls.append(interface.set_lockout_type(user, new.lockout))
    return calls


def _playtime_calls(user: str, now: UserSnapshot, target: UserConfig) -> list[Call]:
    """PlayTime is switched on last and off first: between, no game is ended by limits that are yet to come."""
    old, new = _config(now).playtime, target.playtime
    calls = []
    if old.override != new.override:
        calls.append(interface.set_playtime_limit_override(user, new.override))
    if old.unaccounted_intervals != new.unaccounted_intervals:
        calls.append(interface.set_playtime_unaccounted_intervals(user, new.unaccounted_intervals))
    if old.limits != new.limits:
        calls.extend(_playtime_limit_calls(user, now.playtime_week, _config(now), target))
    if old.activities != new.activities:
        calls.append(interface.set_playtime_activities(user, new.activities))
    if old.enabled == new.enabled:
        return calls
    switch = interface.set_playtime_enabled(user, new.enabled)
    return [*calls, switch] if new.enabled else [switch, *calls]


def _playtime_limit_calls(user: str, layout: WeekLayout, old: UserConfig, new: UserConfig) -> list[Call]:
    if layout.is_plain and old.playtime.limits == new.playtime.limits:
        return []
    setters = _Setters(
        lambda days: interface.set_playtime_allowed_days(user, days),
        lambda limits: interface.set_playtime_limits_for_days(user, limits),
    )
    return _limit_calls(setters, layout, old.playtime.limits, new.playtime.limits)


_SERVER_SETTERS: dict[str, Callable[..., Call]] = {
    "poll_seconds": interface.set_server_poll_seconds,
    "save_seconds": interface.set_server_save_seconds,
    "log_level": interface.set_server_log_level,
    "termination_seconds": interface.set_server_termination_seconds,
    "final_warning_seconds": interface.set_server_final_warning_seconds,
    "final_notification_seconds": interface.set_server_final_notification_seconds,
    "track_inactive": interface.set_server_track_inactive,
    "session_types": interface.set_server_session_types,
    "excluded_session_types": interface.set_server_excluded_session_types,
    "excluded_users": interface.set_server_excluded_users,
    "playtime_enabled": interface.set_server_playtime_enabled,
    "playtime_enhanced": interface.set_server_playtime_enhanced,
}
