"""The calls that bring about what is wanted."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain import strategies
from tests.timekpr.model import USER, PaperFile, fresh_values
from timekpr_mngr.domain.change import Json
from timekpr_mngr.domain.field import user_values, with_user_values
from timekpr_mngr.domain.hours import HourInterval, Span, from_intervals, to_json
from timekpr_mngr.domain.snapshot import Live
from timekpr_mngr.domain.user import WEEKDAYS, UserConfig
from timekpr_mngr.errors import Invalid
from timekpr_mngr.timekpr import write
from timekpr_mngr.timekpr.files.user_config import ALL_HOURS

LIVE = Live(as_of=datetime(2026, 11, 17, tzinfo=UTC), left_day_seconds=0)
EVENING = (Span(15 * 60, 20 * 60 + 30),)

weekdays = st.one_of(
    st.lists(st.integers(1, 7), max_size=9),
    st.permutations(list(WEEKDAYS)),
    st.lists(st.integers(1, 7), unique=True).map(sorted),
    st.just(list(WEEKDAYS)),
)
hour_items = st.sampled_from([ALL_HOURS, "", "15;16;17;18", "!15;16[0-30];17", "7[30-60];8", "!9[10-20]"])


@st.composite
def paper_files(draw: st.DrawFn) -> PaperFile:
    values = fresh_values()
    for prefix in ("", "PLAYTIME_"):
        days = draw(weekdays)
        limits = draw(st.lists(strategies.day_limits, min_size=max(len(days) - 1, 0), max_size=len(days) + 1))
        values[f"{prefix}ALLOWED_WEEKDAYS"] = ";".join(map(str, days))
        values[f"{prefix}LIMITS_PER_WEEKDAYS"] = ";".join(map(str, limits))
    for day in WEEKDAYS:
        values[f"ALLOWED_HOURS_{day}"] = draw(hour_items)
    return PaperFile(values)


@st.composite
def wishes(draw: st.DrawFn) -> dict[str, Json]:
    values = user_values(draw(strategies.configs))
    names = draw(st.lists(st.sampled_from(sorted(values)), unique=True, max_size=12))
    return {name: values[name] for name in names}


def open_seconds(file: PaperFile, weekday: int) -> int:
    """The most that the daemon gives on a day, by what stands in the file; 0 for a closed day."""
    snapshot = file.snapshot()
    assert snapshot.config is not None
    return (snapshot.week.limit(weekday) or 0) if snapshot.config.day(weekday).hours else 0


def config(file: PaperFile) -> UserConfig:
    found = file.snapshot().config
    assert found is not None
    return found


@given(paper_files(), wishes(), st.sampled_from([None, LIVE]))
@settings(max_examples=40, deadline=None)
def test_the_end_is_what_was_wanted_from_wherever_it_began(
    file: PaperFile, wish: dict[str, Json], live: Live | None
) -> None:
    target = with_user_values(config(file), wish)
    file.obey(write.user_calls(USER, file.snapshot(live), wish))
    assert config(file) == target
    assert write.user_calls(USER, file.snapshot(live), wish) == []


@given(paper_files(), wishes(), st.sampled_from([None, LIVE]))
@settings(max_examples=40, deadline=None)
def test_no_step_opens_a_day(file: PaperFile, wish: dict[str, Json], live: Live | None) -> None:
    before = file.copy()
    calls = write.user_calls(USER, file.snapshot(live), wish)
    after = file.copy().obey(calls)
    for call in calls:
        file.obey([call])
        for weekday in WEEKDAYS:
            most = max(before_limit(before, weekday), before_limit(after, weekday))
            assert (file.snapshot().week.limit(weekday) or 0) <= most
            if not open_seconds(before, weekday) and not open_seconds(after, weekday):
                assert not open_seconds(file, weekday)
            assert playtime_limit(file, weekday) <= max(
                playtime_limit(before, weekday), playtime_limit(after, weekday)
            )


@given(paper_files(), wishes(), st.sampled_from([None, LIVE]))
@settings(max_examples=40, deadline=None)
def test_cut_off_anywhere_it_goes_on_to_the_same_end(
    file: PaperFile, wish: dict[str, Json], live: Live | None
) -> None:
    """As delivery does it: a field is sent again where it has its old value, or one that it holds in between."""
    before, target = user_values(config(file)), with_user_values(config(file), wish)
    passing = write.passing_values(file.snapshot(live), wish)
    for call in write.user_calls(USER, file.snapshot(live), wish):
        file.obey([call])
        found = user_values(config(file))
        for name, value in found.items():
            known = [before[name], wish.get(name), passing.get(name)] if name in wish else [before[name]]
            assert value in known, name
        cut = file.copy()
        cut.obey(write.user_calls(USER, cut.snapshot(live), wish))
        assert config(cut) == target


@given(paper_files())
@settings(max_examples=40, deadline=None)
def test_a_week_put_in_order_means_the_same(file: PaperFile) -> None:
    before = config(file)
    file.obey(write.week_calls(USER, file.snapshot()))
    file.obey(write.playtime_week_calls(USER, file.snapshot()))
    assert config(file) == before
    assert file.snapshot().week.is_plain
    assert file.snapshot().playtime_week.is_plain
    assert write.week_calls(USER, file.snapshot()) == write.playtime_week_calls(USER, file.snapshot()) == []


def before_limit(file: PaperFile, weekday: int) -> int:
    return file.snapshot().week.limit(weekday) or 0


def playtime_limit(file: PaperFile, weekday: int) -> int:
    return file.snapshot().playtime_week.limit(weekday) or 0


def members(file: PaperFile, wish: dict[str, Json], live: Live | None = None) -> list[str]:
    return [call.member for call in write.user_calls(USER, file.snapshot(live), wish)]


def test_all_changed_limits_are_one_call() -> None:
    assert members(PaperFile(), {"days.1.limit_seconds": 60, "days.7.limit_seconds": 90}) == [
        "setTimeLimitForDays"
    ]


def test_only_what_differs_is_sent() -> None:
    assert members(PaperFile(), {"week_limit_seconds": 604_800, "track_inactive": False}) == []


def test_hours_are_a_call_a_day() -> None:
    hours: Json = to_json(EVENING)  # type: ignore[assignment]
    assert members(PaperFile(), {"days.1.hours": hours, "days.2.hours": hours}) == ["setAllowedHours"] * 2


def test_hours_that_become_the_same_on_all_days_are_one_call() -> None:
    hours: Json = to_json(EVENING)  # type: ignore[assignment]
    calls = write.user_calls(USER, PaperFile().snapshot(), {f"days.{day}.hours": hours for day in WEEKDAYS})
    assert [call.args[1] for call in calls] == ["ALL"]


def test_a_closed_days_hours_are_emptied_before_it_comes_into_the_list() -> None:
    file = PaperFile(
        fresh_values() | {"ALLOWED_WEEKDAYS": "1;2;3;4;5;6", "LIMITS_PER_WEEKDAYS": ";".join(["60"] * 6)}
    )
    calls = write.week_calls(USER, file.snapshot())
    assert [call.member for call in calls] == ["setAllowedHours", "setTimeLimitForDays", "setAllowedDays"]
    assert calls[0].args == (USER, "7", {})


def test_an_uncounted_hour_is_counted_before_it_is_closed_for_somebody_logged_in() -> None:
    file = PaperFile(fresh_values() | {"ALLOWED_HOURS_2": "!10;11"})
    wish: dict[str, Json] = {"days.2.hours": to_json(from_intervals({11: HourInterval()}))}  # type: ignore[dict-item]
    assert members(file, wish) == ["setAllowedHours"]
    calls = write.user_calls(USER, file.snapshot(LIVE), wish)
    assert [call.args[2] for call in calls] == [
        {hour: {"STARTMIN": 0, "ENDMIN": 60, "UACC": 0} for hour in ("10", "11")},
        {"11": {"STARTMIN": 0, "ENDMIN": 60, "UACC": 0}},
    ]


def test_playtime_is_switched_on_last_and_off_first() -> None:
    limits: dict[str, Json] = {"playtime.days.1.limit_seconds": 600}
    assert members(PaperFile(), {"playtime.enabled": True, **limits})[-1] == "setPlayTimeEnabled"
    on = PaperFile(fresh_values() | {"PLAYTIME_ENABLED": "True"})
    assert members(on, {"playtime.enabled": False, **limits})[0] == "setPlayTimeEnabled"


def test_a_lower_week_comes_before_more_hours() -> None:
    file = PaperFile(fresh_values() | {"LIMITS_PER_WEEKDAYS": ";".join(["60"] * 7)})
    wish: dict[str, Json] = {"days.1.limit_seconds": 3600, "week_limit_seconds": 7200}
    assert members(file, wish) == ["setTimeLimitForWeek", "setTimeLimitForDays"]


def test_a_servers_settings_are_a_call_each() -> None:
    calls = write.server_calls({"poll_seconds": 5, "excluded_users": ["gdm"], "playtime_enabled": True})
    assert [(call.member, call.args) for call in calls] == [
        ("setTimekprPollTime", (5,)),
        ("setTimekprUsersExcl", (["gdm"],)),
        ("setTimekprPlayTimeEnabled", (True,)),
    ]


def test_nothing_that_breaks_a_rule_becomes_a_call() -> None:
    with pytest.raises(Invalid):
        write.server_calls({"poll_seconds": -1})
    with pytest.raises(Invalid):
        write.user_calls(USER, PaperFile().snapshot(), {"week_limit_seconds": -1})
