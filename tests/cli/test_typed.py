"""What a person types for a time, a day, hours."""

import pytest

from timekpr_mngr.cli import typed
from timekpr_mngr.errors import Invalid


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30m", 1800),
        ("1h30m", 5400),
        ("900s", 900),
        ("1h", 3600),
        ("1h1m1s", 3661),
        ("1H 30M", 5400),
        ("0m", 0),
    ],
)
def test_a_time_is_read(text: str, seconds: int) -> None:
    assert typed.seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "30", "m", "-30m", "30x", "1.5h", "30m1h", "½h", "h30m", "٣m"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        typed.seconds(text)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("sat", [6]),
        ("Saturday", [6]),
        ("6", [6]),
        ("mon,wed", [1, 3]),
        ("weekdays", [1, 2, 3, 4, 5]),
        ("weekend,fri", [5, 6, 7]),
        ("all", [1, 2, 3, 4, 5, 6, 7]),
    ],
)
def test_days_are_read(text: str, days: list[int]) -> None:
    assert typed.days(text) == days


@pytest.mark.parametrize("text", ["", "someday", "0", "8", "mon;tue", "mo"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        typed.days(text)


def test_hours_are_read() -> None:
    assert typed.spans("9-12:30, 14:00-20:30!") == [
        {"from": "09:00", "to": "12:30", "unaccounted": False},
        {"from": "14:00", "to": "20:30", "unaccounted": True},
    ]
    assert typed.spans("none") == []
    assert typed.spans("all") == [{"from": "00:00", "to": "24:00", "unaccounted": False}]


@pytest.mark.parametrize("text", ["9", "9:00", "9:00-", "nine-ten", "9:0-10:0"])
def test_what_are_no_hours_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        typed.spans(text)


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("days.6.limit_seconds", "3h", 10_800),
        ("days.6.limit_seconds", "10800", 10_800),
        ("days.6.hours", "9-12", [{"from": "09:00", "to": "12:00", "unaccounted": False}]),
        ("days.6.hours", "[]", []),
        ("track_inactive", "on", True),
        ("playtime.enabled", "false", False),
        ("lockout", "suspendwake:7-20", {"type": "suspendwake", "wake_from": 7, "wake_to": 20}),
        ("lockout", '{"type": "lock"}', {"type": "lock"}),
        ("excluded_users", '["gdm"]', ["gdm"]),
        ("log_level", "2", 2),
    ],
)
def test_a_value_is_read_as_its_field_wants_it(field: str, text: str, value: object) -> None:
    assert typed.value(field, text) == value


@pytest.mark.parametrize(
    ("field", "text"),
    [("days.6.limit_seconds", "soon"), ("days.6.hours", "9"), ("lockout", "suspendwake:²-3")],
)
def test_what_is_no_value_of_its_field_is_refused(field: str, text: str) -> None:
    with pytest.raises(Invalid):
        typed.value(field, text)


def test_whose_it_is() -> None:
    assert typed.whose("kids-pc/emma") == ("servers", "kids-pc", "users", "emma")
    assert typed.whose("kids-pc") == ("servers", "kids-pc")


@pytest.mark.parametrize("text", ["", "/", "/emma", "kids-pc/"])
def test_who_is_named_by_halves_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        typed.whose(text)
