"""Values for properties: what timekpr can hold, and what people can mean."""

from hypothesis import strategies as st

from timekpr_mngr.domain.hours import HourInterval, Hours, from_intervals
from timekpr_mngr.domain.user import (
    DAY_SECONDS,
    MONTH_SECONDS,
    WEEK_SECONDS,
    Activity,
    Day,
    Lockout,
    LockoutType,
    PlayTime,
    UserConfig,
)


def _interval(minutes: list[int], unaccounted: bool) -> HourInterval:
    return HourInterval(min(minutes), max(minutes), unaccounted)


intervals = st.builds(
    _interval,
    st.one_of(st.just([0, 60]), st.lists(st.integers(0, 60), min_size=2, max_size=2, unique=True)),
    st.booleans(),
)
hours: st.SearchStrategy[Hours] = st.dictionaries(st.integers(0, 23), intervals, max_size=24).map(
    from_intervals
)
day_limits = st.one_of(st.sampled_from([0, 0, 3600, 7200, DAY_SECONDS]), st.integers(0, DAY_SECONDS))
days = st.builds(Day, day_limits, st.one_of(st.just(()), hours))
masks = (
    st.text("abcXYZ0189_.*+ -", min_size=2, max_size=12)
    .map(str.strip)
    .filter(
        lambda mask: (
            len(mask) >= 2
            and mask[0] not in "*+"
            and "**" not in mask
            and "+*" not in mask
            and "++" not in mask
            and "*+" not in mask
        )
    )
)
activities = st.builds(Activity, masks, st.text("abc déü;'\"", max_size=10).map(str.strip))
lockouts = st.builds(
    Lockout, st.sampled_from([str(kind) for kind in LockoutType]), st.integers(0, 23), st.integers(0, 23)
)
playtimes = st.builds(
    PlayTime,
    enabled=st.booleans(),
    override=st.booleans(),
    unaccounted_intervals=st.booleans(),
    limits=st.lists(day_limits, min_size=7, max_size=7).map(tuple),
    activities=st.lists(activities, max_size=3).map(tuple),
)
configs = st.builds(
    UserConfig,
    days=st.lists(days, min_size=7, max_size=7).map(tuple),
    week_limit_seconds=st.integers(0, WEEK_SECONDS),
    month_limit_seconds=st.integers(0, MONTH_SECONDS),
    track_inactive=st.booleans(),
    hide_tray_icon=st.booleans(),
    lockout=lockouts,
    playtime=playtimes,
)
