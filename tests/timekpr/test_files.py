"""timekpr's files, read as the daemon reads them."""

import contextlib
import os
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from timekpr_mngr.domain.hours import WHOLE_DAY, HourInterval, Span, from_intervals
from timekpr_mngr.domain.server import ServerConfig
from timekpr_mngr.domain.usage import Control
from timekpr_mngr.domain.user import (
    DAY_SECONDS,
    MONTH_SECONDS,
    WEEK_SECONDS,
    Activity,
    Day,
    Lockout,
    PlayTime,
    UserConfig,
    WeekLayout,
    remembering,
)
from timekpr_mngr.timekpr.files import control, hour_items, is_complete, server_config, user_config
from timekpr_mngr.timekpr.files.ini import MAX_CHARACTERS
from timekpr_mngr.timekpr.malformed import Malformed

DATA = Path(__file__).parent / "data"
CASES = sorted(str(case.relative_to(DATA)) for case in DATA.glob("*/*"))
FRESH, FULL = "0.5.4/fresh", "0.5.4/full"
SAMPLES = {"user": "/var/lib/timekpr/config/timekpr.USER.conf", "control": "/var/lib/timekpr/work/USER.time"}


def text(case: str, name: str) -> str:
    return (DATA / case / name).read_text()


def changed(key: str, line: str | None) -> str:
    """A fresh user's file with the line of one key replaced, or without it."""
    lines = text(FRESH, "user.conf").splitlines()
    where = next(index for index, old in enumerate(lines) if old.startswith(f"{key} ="))
    return "\n".join([*lines[:where], *([] if line is None else [line]), *lines[where + 1 :]]) + "\n"


def parsed(key: str, value: str) -> user_config.UserFile:
    return user_config.parse(changed(key, f"{key} = {value}"), "alice")


def test_a_new_users_file_is_the_defaults() -> None:
    file = user_config.parse(text(FRESH, "user.conf"), "alice")
    assert file.config == UserConfig()
    assert file.week == WeekLayout()
    assert file.playtime_week == WeekLayout(limits=(0,) * 7)
    assert file.problems == ()


def test_a_file_with_every_key_set() -> None:
    afternoon = (Span(15 * 60, 20 * 60 + 30),)
    limits = (3600, 3600, 3600, 3600, 7200, 10_800, 0)
    hours = (
        *[afternoon] * 5,
        (Span(480, 540, True), Span(570, 720)),
        (Span(0, 120), Span(23 * 60, 23 * 60 + 15)),
    )
    file = user_config.parse(text(FULL, "user.conf"), "bob")
    assert file.problems == ()
    assert file.config == UserConfig(
        days=tuple(Day(limit, spans) for limit, spans in zip(limits, hours, strict=True)),
        week_limit_seconds=28_800,
        month_limit_seconds=100_000,
        track_inactive=True,
        hide_tray_icon=True,
        lockout=Lockout("suspendwake", 7, 20),
        playtime=PlayTime(
            enabled=True,
            override=True,
            unaccounted_intervals=False,
            limits=(0, 600, 600, 600, 1200, 3600, 3600),
            activities=(Activity("doom.*", "Doom"), Activity("quake")),
        ),
    )


def test_a_servers_file_with_every_key_set() -> None:
    file = server_config.parse(text(FULL, "server.conf"))
    assert file.problems == ()
    assert file.config == ServerConfig(
        poll_seconds=5,
        save_seconds=20,
        log_level=2,
        termination_seconds=20,
        final_warning_seconds=8,
        final_notification_seconds=90,
        track_inactive=True,
        session_types=("x11", "wayland"),
        excluded_session_types=("tty",),
        excluded_users=("gdm", "guest"),
        playtime_enabled=True,
        playtime_enhanced=True,
    )


def test_a_control_file() -> None:
    found = control.parse(text(FULL, "user.time"), "bob")
    assert found == Control(-900, 0, 0, 0, datetime.fromisoformat("2026-11-22 20:59:54"), 300, 0)


@pytest.mark.skipif(not os.path.exists(SAMPLES["user"]), reason="timekpr-next is not installed")
def test_the_packages_own_samples_can_be_read() -> None:
    file = user_config.parse(Path(SAMPLES["user"]).read_text(), "USER")
    assert file.problems == ()
    assert len(file.config.playtime.activities) == 3
    assert control.parse(Path(SAMPLES["control"]).read_text(), "USER").balance_seconds == 0


@pytest.mark.parametrize("case", CASES)
def test_the_daemons_own_files_are_complete_to_their_last_line(case: str) -> None:
    for kind, name, last in (
        ("user", "user.conf", "PLAYTIME_LIMITS_PER_WEEKDAYS"),
        ("control", "user.time", "PLAYTIME_SPENT_DAY"),
        ("server", "server.conf", "TIMEKPR_PLAYTIME_ENHANCED_ACTIVITY_MONITOR_ENABLED"),
    ):
        whole = text(case, name)
        assert is_complete(kind, whole)
        assert not is_complete(kind, "")
        assert not is_complete(kind, whole[: whole.index(f"{last} =")])
        assert not is_complete(kind, whole[: whole.index(f"{last} =") + len(last) + 4])


@pytest.mark.parametrize(
    ("value", "intervals"),
    [
        ("7;8", {7: (0, 60), 8: (0, 60)}),
        ("07;8", {8: (0, 60)}),  # compared as text
        ("07[0-30]", {7: (0, 30)}),  # with minutes it is a number
        ("7 ; 8", {}),
        ("24;-1;ab", {}),
        ("7[15:45]", {7: (15, 45)}),  # undocumented
        ("7[00-30]", {7: (0, 30)}),
        ("7[30-30]", {}),
        ("7[45-15]", {}),
        ("7[0-61]", {}),
        ("7[0-60]", {7: (0, 60)}),
        ("7[0-5", {}),
        ("7[]", {}),
        ("7[-5-9]", {}),
        ("7[0-10];7[20-30]", {7: (20, 30)}),  # the last one wins
        ("7;;8;", {7: (0, 60), 8: (0, 60)}),
        ("!", {}),
        ("", {}),
    ],
)
def test_hours(value: str, intervals: dict[int, tuple[int, int]]) -> None:
    hours, _ = hour_items.parse(value)
    assert hours == from_intervals({hour: HourInterval(*minutes) for hour, minutes in intervals.items()})


def test_an_exclamation_mark_is_time_that_is_not_counted() -> None:
    assert hour_items.parse("!7;!8[0-30]")[0] == (Span(420, 510, unaccounted=True),)


def test_dropped_hours_are_told() -> None:
    assert "Saturday" in parsed("ALLOWED_HOURS_6", "07;08").problems[0]
    assert parsed("ALLOWED_HOURS_6", "07;08").config.day(6).hours == ()


@pytest.mark.parametrize(
    ("days", "limits", "expected"),
    [
        ("1;7", "3600;7200", (3600, None, None, None, None, None, 7200)),
        ("3;1", "1000;2000", (2000, None, 1000, None, None, None, None)),
        ("2;4;6", "1000;4000", (None, 1000, None, 4000, None, 0, None)),  # one limit is missing
        ("1;1;2", "1;2;3", (1, 3, None, None, None, None, None)),
        ("x;1", "5;6", (6, None, None, None, None, None, None)),  # what is no day takes up a position
        ("01;2", "5;6", (None, 6, None, None, None, None, None)),
        ("", "", (None,) * 7),
        (";1;2;", ";7;8;", (7, 8, None, None, None, None, None)),
    ],
)
def test_limits_go_with_days_by_position(days: str, limits: str, expected: tuple[int | None, ...]) -> None:
    whole = changed("ALLOWED_WEEKDAYS", f"ALLOWED_WEEKDAYS = {days}").replace(
        "\nLIMITS_PER_WEEKDAYS = 86400;86400;86400;86400;86400;86400;86400",
        f"\nLIMITS_PER_WEEKDAYS = {limits}",
    )
    file = user_config.parse(whole, "alice")
    assert tuple(file.week.limit(day) for day in range(1, 8)) == expected
    assert [day.limit_seconds for day in file.config.days] == [limit or 0 for limit in expected]
    assert [bool(day.hours) for day in file.config.days] == [limit is not None for limit in expected]
    assert not file.week.is_plain


def test_while_a_week_is_put_in_order_its_limits_are_those_that_are_kept() -> None:
    kept = (1, 2, 3, 4, 5, 6, 7)
    limits = remembering((0,) * 7, kept)
    file = parsed("LIMITS_PER_WEEKDAYS", ";".join(map(str, limits)))
    assert tuple(day.limit_seconds for day in file.config.days) == kept
    assert file.week.limit(7) == 0
    assert not file.week.is_plain
    assert len(file.problems) == 1


@pytest.mark.parametrize(
    ("key", "value", "field", "default"),
    [
        ("LIMIT_PER_WEEK", "abc", "week_limit_seconds", WEEK_SECONDS),
        ("LIMIT_PER_MONTH", "", "month_limit_seconds", MONTH_SECONDS),
        ("TRACK_INACTIVE", "perhaps", "track_inactive", False),
        ("HIDE_TRAY_ICON", "2", "hide_tray_icon", False),
    ],
)
def test_what_cannot_be_read_is_the_default_and_told(
    key: str, value: str, field: str, default: object
) -> None:
    for file in (parsed(key, value), user_config.parse(changed(key, None), "alice")):
        assert getattr(file.config, field) == default
        assert key in file.problems[0]


def test_a_lost_key_of_hours_opens_the_day_and_is_told() -> None:
    file = user_config.parse(changed("ALLOWED_HOURS_6", None), "alice")
    assert file.config.day(6).hours == WHOLE_DAY
    assert "ALLOWED_HOURS_6" in file.problems[0]


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("LIMITS_PER_WEEKDAYS", "LIMITS_PER_WEEKDAYS = abc;1"),
        ("LIMITS_PER_WEEKDAYS", "LIMITS_PER_WEEKDAYS = 1; ;2"),
        ("LIMITS_PER_WEEKDAYS", "LIMITS_PER_WEEKDAYS = 99999999999"),
        ("PLAYTIME_LIMITS_PER_WEEKDAYS", "PLAYTIME_LIMITS_PER_WEEKDAYS = x"),
        ("PLAYTIME_LIMITS_PER_WEEKDAYS", "PLAYTIME_LIMITS_PER_WEEKDAYS = 0\nPLAYTIME_ACTIVITY_001 = 100%"),
        (
            "PLAYTIME_LIMITS_PER_WEEKDAYS",
            "PLAYTIME_LIMITS_PER_WEEKDAYS = 0\nPLAYTIME_ACTIVITY_001 = a{99999999999}",
        ),
        ("ALLOWED_HOURS_3", "ALLOWED_HOURS_3"),
        ("ALLOWED_WEEKDAYS", "ALLOWED_WEEKDAYS"),
        ("LIMIT_PER_WEEK", "LIMIT_PER_WEEK = 99999999999"),
    ],
)
def test_a_value_that_stops_all_enforcement_is_told(key: str, line: str) -> None:
    file = user_config.parse(changed(key, line), "alice")
    assert "not enforced" in file.problems[0]


def test_limits_that_nobody_can_read_limit_nobody() -> None:
    file = parsed("LIMITS_PER_WEEKDAYS", "abc;1")
    assert {day.limit_seconds for day in file.config.days} == {DAY_SECONDS}


def test_an_unknown_lockout_is_kept_and_told() -> None:
    file = parsed("LOCKOUT_TYPE", "Lock")
    assert file.config.lockout.type == "Lock"
    assert "ends no session" in file.problems[0]


def test_wake_hours_matter_only_where_the_computer_is_to_wake() -> None:
    assert parsed("WAKEUP_HOUR_INTERVAL", "x").problems == ()
    both = changed("WAKEUP_HOUR_INTERVAL", "WAKEUP_HOUR_INTERVAL = x").replace("= terminate", "= suspendwake")
    assert "WAKEUP_HOUR_INTERVAL" in user_config.parse(both, "alice").problems[0]


def test_somebody_elses_section_means_no_limits() -> None:
    file = user_config.parse(text(FULL, "user.conf"), "alice")
    assert file.config == UserConfig()
    assert "no section [alice]" in file.problems[0]


@pytest.mark.parametrize(
    ("value", "mask", "description"),
    [
        ("doom[Doom]", "doom", "Doom"),
        ("doom", "doom", ""),
        ("doom[]", "doom", ""),
        ('doom("Old form")', "doom", "Old form"),
        ("doom[Cut", "doom", "Cut"),
        ("a[b](c)", "a", "b"),
        ("x.*y [ z ]", "x.*y ", " z "),
    ],
)
def test_activities(value: str, mask: str, description: str) -> None:
    assert user_config.activity_of(value) == Activity(mask, description)


@pytest.mark.parametrize("value", ["x", "", None])
def test_activities_of_one_character_are_skipped(value: str | None) -> None:
    assert user_config.activity_of(value) is None


def test_activities_are_in_the_order_of_their_lines_wherever_they_stand() -> None:
    line = "PLAYTIME_ACTIVITY_002 = zz\nPLAYTIME_ENABLED = False"
    whole = changed("PLAYTIME_ENABLED", line) + "PLAYTIME_ACTIVITY_001 = aa\n"
    file = user_config.parse(whole, "alice")
    assert file.config.playtime.activities == (Activity("zz"), Activity("aa"))
    assert file.problems == ()


def test_activities_without_the_marker_will_be_lost_and_that_is_told() -> None:
    whole = (
        "\n".join(line for line in text(FULL, "user.conf").splitlines() if not line.startswith("##")) + "\n"
    )
    file = user_config.parse(whole, "bob")
    assert file.config.playtime.activities
    assert "loses every PlayTime activity" in file.problems[0]


def test_line_ends_comments_and_unknown_keys_are_kept() -> None:
    whole = text(FULL, "user.conf").replace("\n", "\r\n") + "# mine\r\nMY_KEY = 1\r\n"
    file = user_config.parse(whole, "bob")
    assert file.text == whole
    assert file.config == user_config.parse(text(FULL, "user.conf"), "bob").config


@pytest.mark.parametrize(
    "whole",
    [
        "",
        "  \n",
        "no section\n",
        "[alice]\n[alice]\n",
        "[alice]\nLIMIT_PER_WEEK = 1\nLIMIT_PER_WEEK = 2\n",
        "\ufeff[alice]\n",
        "[alice]\nX = \udcff\n",
        "[alice]\n" + "#" * MAX_CHARACTERS,
    ],
)
def test_a_file_that_the_daemon_throws_away_is_malformed(whole: str) -> None:
    for parse in (user_config.parse, control.parse, lambda text, user: server_config.parse(text)):
        with pytest.raises(Malformed):
            parse(whole, "alice")


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("TIMEKPR_POLLTIME = -1", "worker"),
        ("TIMEKPR_POLLTIME = 0", "busy"),
        ("TIMEKPR_POLLTIME = x", "POLLTIME"),
    ],
)
def test_a_poll_time_that_stops_the_daemon_is_told(line: str, word: str) -> None:
    whole = text(FRESH, "server.conf").replace("TIMEKPR_POLLTIME = 3", line)
    assert word in server_config.parse(whole).problems[0]


def test_a_server_that_counts_no_sessions_is_told() -> None:
    whole = text(FRESH, "server.conf").replace("= x11;wayland;mir", "= tty")
    assert "limits nobody" in server_config.parse(whole).problems[0]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("TIME_SPENT_BALANCE = -900", "TIME_SPENT_BALANCE = x", 0),
        ("TIME_SPENT_BALANCE = -900", "", 0),
        ("TIME_SPENT_BALANCE = -900", "TIME_SPENT_BALANCE = -999999", -DAY_SECONDS),
    ],
)
def test_figures_are_clamped_or_zero(old: str, new: str, expected: int) -> None:
    assert control.parse(text(FULL, "user.time").replace(old, new), "bob").balance_seconds == expected


@pytest.mark.parametrize(
    "value", ["LAST_CHECKED = yesterday", "LAST_CHECKED", "LAST_CHECKED = 2026-02-30 00:00:00"]
)
def test_without_its_time_a_control_file_says_nothing(value: str) -> None:
    lines = [
        value if line.startswith("LAST_CHECKED") else line for line in text(FULL, "user.time").splitlines()
    ]
    with pytest.raises(Malformed, match="LAST_CHECKED"):
        control.parse("\n".join(lines), "bob")


KEYS = [
    line.split(" =")[0] for line in text(FULL, "user.conf").splitlines() if " =" in line and line[0] != "#"
]
junk = st.lists(
    st.one_of(
        st.sampled_from(
            ["[alice]", "[alice.PLAYTIME]", "[DEFAULT]", "  x", "##PLAYTIME_ACTIVITIES##", "LAST_CHECKED"]
        ),
        st.builds(
            "{}{}{}".format,
            st.sampled_from(KEYS),
            st.sampled_from(["=", " = ", ":", "", " =%("]),
            st.text(max_size=20),
        ),
        st.text(max_size=30),
    ),
    max_size=12,
).map("\n".join)


@given(
    st.one_of(
        junk,
        junk.map(lambda text: "[alice]\n" + text),
        st.binary().map(lambda b: b.decode(errors="surrogateescape")),
    )
)
@example("[alice]\nLIMIT_PER_WEEK\n  1\n")
@settings(max_examples=300, deadline=None)
def test_no_text_breaks_a_parser(whole: str) -> None:
    for parse in (user_config.parse, control.parse, lambda text, user: server_config.parse(text)):
        with contextlib.suppress(Malformed):
            parse(whole, "alice")
