"""Every trap that design/timekpr.md names is refused before anything is sent, in words that name the field."""

import pytest
from hypothesis import given, settings

from tests.domain import strategies
from timekpr_mngr.domain.field import (
    SERVER_FIELDS,
    USER_FIELDS,
    server_values,
    user_values,
    with_server_values,
    with_user_values,
)
from timekpr_mngr.domain.server import ServerConfig
from timekpr_mngr.domain.user import UserConfig
from timekpr_mngr.errors import Invalid


def span(start: object, end: object, unaccounted: object = False) -> dict[str, object]:
    return {"from": start, "to": end, "unaccounted": unaccounted}


def playing(mask: object, description: object = "") -> list[dict[str, object]]:
    return [{"mask": mask, "description": description}]


def lockout(kind: object = "lock", wake_from: object = 0, wake_to: object = 23) -> dict[str, object]:
    return {"type": kind, "wake_from": wake_from, "wake_to": wake_to}


USER_TRAPS = [  # field, value, where the error says it stands
    ("days.1.limit_seconds", -1, ""),  # clamped in silence
    ("days.1.limit_seconds", 86_401, ""),
    ("days.1.limit_seconds", "abc", ""),  # in the file: stops enforcement for all
    ("days.1.limit_seconds", 1.5, ""),
    ("days.1.limit_seconds", True, ""),
    ("days.1.limit_seconds", None, ""),
    ("days.1.limit_seconds", 2**31, ""),  # out of D-Bus's range
    ("week_limit_seconds", 604_801, ""),
    ("month_limit_seconds", 2_678_401, ""),
    ("days.6.hours", "7;8", ""),
    ("days.6.hours", [span("7:00", "08:00")], "[0].from"),
    ("days.6.hours", [span("07:00", "24:01")], "[0].to"),
    ("days.6.hours", [span("07:60", "08:00")], "[0].from"),
    ("days.6.hours", [span("٠٧:00", "08:00")], "[0].from"),
    ("days.6.hours", [span(" 07:00", "08:00")], "[0].from"),  # spaces close the hour
    ("days.6.hours", [span("07:00", None)], "[0].to"),
    ("days.6.hours", [span("08:00", "07:00")], "[0].to"),  # saved as junk
    ("days.6.hours", [span("08:00", "08:00")], "[0].to"),  # 10[30-30]
    ("days.6.hours", [span("07:00", "09:00"), span("08:00", "10:00")], "[1].from"),
    ("days.6.hours", [span("07:00", "07:10"), span("07:30", "07:40")], "[1].from"),  # two in one clock hour
    ("days.6.hours", [span("07:00", "07:30"), span("07:30", "08:00", True)], "[1].from"),
    ("days.6.hours", [span("07:00", "08:00", "no")], "[0].unaccounted"),
    ("days.6.hours", [{"from": "07:00", "to": "08:00", "x": 1}], "[0].x"),
    ("days.6.hours", [[]], "[0]"),
    ("track_inactive", "true", ""),
    ("hide_tray_icon", 1, ""),
    ("lockout", lockout("reboot"), ".type"),  # in the file: nothing is enforced
    ("lockout", lockout(["lock"]), ".type"),
    ("lockout", lockout(""), ".type"),
    ("lockout", lockout(wake_from=30), ".wake_from"),  # accepted by timekpr
    ("lockout", lockout(wake_to="5"), ".wake_to"),
    ("lockout", "lock", ""),
    ("playtime.days.2.limit_seconds", -1, ""),
    ("playtime.enabled", "yes", ""),
    ("playtime.activities", playing("100%"), "[0].mask"),  # stops enforcement for all
    ("playtime.activities", playing("doom", "100%"), "[0].description"),
    ("playtime.activities", playing("a[b]"), "[0].mask"),
    ("playtime.activities", playing("doom", "a]b"), "[0].description"),
    ("playtime.activities", playing("a;b"), "[0].mask"),
    ("playtime.activities", playing("x"), "[0].mask"),
    ("playtime.activities", playing(""), "[0].mask"),
    ("playtime.activities", playing("ab\nLIMIT_PER_WEEK = 604800"), "[0].mask"),  # lines can be injected
    ("playtime.activities", playing("ab", "a\rb"), "[0].description"),
    ("playtime.activities", playing("ab", "a\u2028b"), "[0].description"),
    ("playtime.activities", playing('doom("x")'), "[0].mask"),  # taken for the old form
    ("playtime.activities", playing("doom", 'the ("best")'), "[0].description"),
    ("playtime.activities", playing("(unclosed"), "[0].mask"),  # matches nothing
    ("playtime.activities", playing("(?i)doom|(?i)quake"), "[0].mask"),
    ("playtime.activities", playing("a{99999999999}"), "[0].mask"),  # stops enforcement for all
    ("playtime.activities", playing(" doom"), "[0].mask"),
    ("playtime.activities", playing("#doom"), "[0].mask"),
    ("playtime.activities", playing("d" * 500), "[0].mask"),
    ("playtime.activities", playing(7), "[0].mask"),
    ("playtime.activities", [{"mask": "doom", "x": 1}], "[0].x"),
    ("playtime.activities", "doom", ""),
]
SERVER_TRAPS = [
    ("poll_seconds", 0, ""),  # hundreds of polls a second
    ("poll_seconds", -1, ""),  # ends the worker
    ("poll_seconds", 31, ""),  # near what counts nobody
    ("save_seconds", 0, ""),
    ("log_level", 9, ""),
    ("termination_seconds", -1, ""),
    ("final_warning_seconds", -1, ""),
    ("final_notification_seconds", 10**9, ""),
    ("track_inactive", "True", ""),
    ("session_types", [], ""),  # limits nobody
    ("session_types", ["x11;tty"], "[0]"),
    ("session_types", ["x11", "x11"], "[1]"),
    ("excluded_session_types", "tty", ""),
    ("excluded_users", ["gdm", "a;b"], "[1]"),
    ("excluded_users", ["100%"], "[0]"),
    ("excluded_users", ["a\nb"], "[0]"),
    ("excluded_users", [1], "[0]"),
    ("playtime_enabled", 0, ""),
]


@pytest.mark.parametrize(("name", "value", "inside"), USER_TRAPS)
def test_a_trap_of_a_users_settings_is_refused_where_it_stands(name: str, value: object, inside: str) -> None:
    with pytest.raises(Invalid) as caught:
        with_user_values(UserConfig(), {name: value})  # type: ignore[dict-item]
    assert caught.value.field == name + inside
    assert str(caught.value)


@pytest.mark.parametrize(("name", "value", "inside"), SERVER_TRAPS)
def test_a_trap_of_a_servers_settings_is_refused_where_it_stands(
    name: str, value: object, inside: str
) -> None:
    with pytest.raises(Invalid) as caught:
        with_server_values(ServerConfig(), {name: value})  # type: ignore[dict-item]
    assert caught.value.field == name + inside


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("days.1.limit_seconds", 0),
        ("days.1.hours", []),
        ("days.1.hours", [span("00:00", "24:00")]),
        ("days.1.hours", [span("07:15", "12:30"), span("13:00", "13:30", True)]),
        ("lockout", lockout("kill")),  # 0.5.8
        ("playtime.activities", playing("doom|quake.*", "Old; games")),
        ("playtime.activities", playing("steam", "Spiele für ältere")),
    ],
)
def test_what_timekpr_can_do_is_taken(name: str, value: object) -> None:
    config = with_user_values(UserConfig(), {name: value})  # type: ignore[dict-item]
    assert USER_FIELDS[name].dump(config) == value


def test_every_default_of_timekprs_passes_the_rules() -> None:
    assert with_user_values(UserConfig(), user_values(UserConfig())) == UserConfig()
    assert with_server_values(ServerConfig(), server_values(ServerConfig())) == ServerConfig()
    assert set(server_values(ServerConfig())) == set(SERVER_FIELDS)


@given(strategies.configs)
@settings(max_examples=50, deadline=None)
def test_a_configuration_is_the_sum_of_its_fields(config: UserConfig) -> None:
    assert with_user_values(UserConfig(), user_values(config)) == config
