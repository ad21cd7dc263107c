"""What timekprd says is hostile until it is parsed."""

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from timekpr_mngr.domain.hours import HourInterval, Span, from_intervals
from timekpr_mngr.domain.user import Activity, Lockout
from timekpr_mngr.timekpr import interface
from timekpr_mngr.timekpr.interface import Call, CriticalNotice, LeftNotice, Reply
from timekpr_mngr.timekpr.malformed import Malformed

NOW = datetime(2026, 11, 17, 12, tzinfo=UTC)
LEFT: dict[str, Any] = {
    "LEFTD": 30, "LEFT": 20, "SPENT": 5, "SPENTW": 6, "SPENTM": 7, "SLEEP": 8, "TRACKI": 0, "HIDEI": 0, "TNL": 0,
}  # fmt: skip
LIMITS: dict[str, Any] = {  # as jeepney gives it: a variant is a pair
    "2": {
        "LIMITD": ("i", 3600),
        "INTERVALS": (
            "aav",
            [[("i", 36_000), ("i", 39_600), ("b", False)], [("i", 39_600), ("i", 41_400), ("b", True)]],
        ),
    },
    "LIMITW": {"LIMITW": ("i", 40_000)},
    "LIMITM": {"LIMITM": ("i", 50_000)},
    "PTLMT": {"PTLMT": ("aav", [[("s", "2"), ("i", 600)], [("s", "9"), ("i", 600)]])},
    "PTLST": {"PTLST": ("aas", [["doom", "Doom"]])},
    "PTTLE": {"PTTLE": ("i", 1)},
    "PTTLO": {"PTTLO": ("i", 0)},
    "PTAUH": {"PTAUH": ("i", 1)},
}


@pytest.mark.parametrize(
    ("call", "member", "signature", "args"),
    [
        (interface.get_user_list(), "getUserList", "", ()),
        (interface.set_allowed_days("a", [1, 7]), "setAllowedDays", "sas", ("a", ["1", "7"])),
        (interface.set_time_limits_for_days("a", (1, 2)), "setTimeLimitForDays", "sai", ("a", [1, 2])),
        (
            interface.set_lockout_type("a", Lockout("lock", 1, 2)),
            "setLockoutType",
            "ssss",
            ("a", "lock", "1", "2"),
        ),
        (
            interface.set_allowed_hours("a", "ALL", from_intervals({7: HourInterval(30, 60, True)})),
            "setAllowedHours",
            "ssa{sa{si}}",
            ("a", "ALL", {"7": {"STARTMIN": 30, "ENDMIN": 60, "UACC": 1}}),
        ),
        (interface.set_allowed_hours("a", 3, ()), "setAllowedHours", "ssa{sa{si}}", ("a", "3", {})),
        (
            interface.set_playtime_activities("a", [Activity("x.", "X"), Activity("yy")]),
            "setPlayTimeActivities",
            "saas",
            ("a", [["x.", "X"], ["yy", ""]]),
        ),
    ],
)
def test_calls(call: Call, member: str, signature: str, args: tuple[object, ...]) -> None:
    assert call == Call(interface.USER_ADMIN, member, signature, args)


def test_replies() -> None:
    assert interface.reply_of((0, "")) == Reply(0, "")
    assert interface.reply_of((-1, "no", {})) == Reply(-1, "no", {})
    assert not interface.reply_of((-1, "no", {})).ok


@pytest.mark.parametrize(
    "body", [None, (), (0,), ("0", ""), (True, ""), (0, b""), (0, "", 1, 2), 0, "ab", (2**40, "")]
)
def test_what_is_no_reply(body: object) -> None:
    with pytest.raises(Malformed):
        interface.reply_of(body)


def test_users_with_names_that_no_login_has_are_left_out() -> None:
    listed = [
        ["alice", "Alice\n Example"],
        ["../root", ""],
        ["a\nb", ""],
        ["", ""],
        ["dom\\kid", ""],
        ["alice", "again"],
    ]
    assert interface.user_list(listed) == [("alice", "Alice Example"), ("dom\\kid", "")]


@pytest.mark.parametrize(
    "data", [None, "alice", [1], [["alice", 1]], [[]], [["a", "b"]] * (interface.USERS_MAX + 1)]
)
def test_what_is_no_list_of_users(data: object) -> None:
    with pytest.raises(Malformed):
        interface.user_list(data)


def test_a_logged_out_user_has_nothing_live() -> None:
    assert interface.live_of({}, NOW) is None


def test_what_is_live() -> None:
    live = interface.live_of(
        {
            "ACTUAL_TIME_LEFT_DAY": ("i", 60),
            "ACTUAL_TIME_SPENT_BALANCE": ("i", -5),
            "ACTUAL_TIME_SPENT_DAY": ("s", "x"),
        },
        NOW,
    )
    assert live is not None
    assert (live.left_day_seconds, live.balance_seconds, live.spent_day_seconds) == (60, -5, None)


def test_a_tick() -> None:
    live = interface.tick_of(("low", LEFT), NOW)
    assert (live.left_day_seconds, live.left_continuous_seconds) == (30, 20)
    assert (live.session_seconds, live.spent_week_seconds, live.spent_month_seconds) == (5, 6, 7)
    assert (live.spent_day_seconds, live.playtime_left_seconds) == (None, None)


@pytest.mark.parametrize(("override", "left"), [(0, 900), (1, 0)])
def test_playtime_in_a_tick(override: int, left: int) -> None:
    live = interface.tick_of(("low", {**LEFT, "PTTLO": override, "PTLPD": 900}), NOW)
    assert live.playtime_left_seconds == left


def test_limits_in_force() -> None:
    limits = interface.limits_of(("low", LIMITS))
    assert dict(limits.days) == {2: interface.DayInForce(3600, (Span(600, 660), Span(660, 690, True)))}
    assert (limits.week_limit_seconds, limits.month_limit_seconds) == (40_000, 50_000)
    assert (limits.playtime_enabled, limits.playtime_override) == (True, False)
    assert limits.playtime_limits == {2: 600}
    assert limits.playtime_activities == (Activity("doom", "Doom"),)


def test_notices() -> None:
    assert interface.left_notice_of(("low", 1, 2, 3)) == LeftNotice("low", 1, 2, 3)
    assert interface.critical_notice_of(("terminate", "critical", 8)) == CriticalNotice("terminate", 8)


def test_whose_signal_it_is_stands_in_the_path() -> None:
    users = ["alice", "ann.lee", "jo-ann"]
    prefix = interface.USER_PATH_PREFIX
    assert interface.user_of(f"{prefix}annlee", users) == "ann.lee"
    assert interface.user_of(f"{prefix}joann", users) == "jo-ann"
    assert interface.user_of(f"{prefix}annlee", [*users, "annlee"]) is None
    assert interface.user_of(f"{prefix}eve", users) is None
    assert interface.user_of(None, users) is None


values = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.binary(max_size=3), st.floats()
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(st.sampled_from("isbv"), inner),
        st.dictionaries(
            st.sampled_from(
                ["1", "7", "LIMITD", "INTERVALS", "LIMITW", "PTLMT", "PTLST", "LEFTD", "LEFT", "x"]
            ),
            inner,
        ),
        st.tuples(inner, inner, inner),
    ),
    max_leaves=20,
)
PARSERS: list[Callable[[Any], object]] = [
    interface.reply_of,
    interface.user_list,
    lambda value: interface.live_of(value, NOW),
    lambda value: interface.tick_of(("low", value), NOW),
    lambda value: interface.limits_of(["low", value]),
    interface.left_notice_of,
    interface.critical_notice_of,
    lambda value: interface.user_of(value, ["alice"]),
]


@given(values)
@settings(max_examples=300, deadline=None)
def test_nothing_that_a_server_sends_breaks_a_parser(value: object) -> None:
    for parser in PARSERS:
        with contextlib.suppress(Malformed):
            parser(value)
