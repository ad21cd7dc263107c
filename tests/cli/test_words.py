"""What a person types for a time, a day, hours."""

import pytest

from timekpr_mngr.cli import words
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
    assert words.seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "30", "m", "-30m", "30x", "1.5h", "30m1h", "½h", "h30m", "٣m"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        words.seconds(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(5400, "1 h 30 min"), (0, "0 min"), (59, "59 s"), (-900, "−15 min"), (86_400, "24 h")],
)
def test_a_time_is_said(seconds: int, text: str) -> None:
    assert words.duration(seconds) == text


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
    assert words.days(text) == days


@pytest.mark.parametrize("text", ["", "someday", "0", "8", "mon;tue", "mo"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        words.days(text)


def test_hours_are_read() -> None:
    assert words.spans("9-12:30, 14:00-20:30!") == [
        {"from": "09:00", "to": "12:30", "unaccounted": False},
        {"from": "14:00", "to": "20:30", "unaccounted": True},
    ]
    assert words.spans("none") == []
    assert words.spans("all") == [{"from": "00:00", "to": "24:00", "unaccounted": False}]


@pytest.mark.parametrize("text", ["9", "9:00", "9:00-", "nine-ten", "9:0-10:0"])
def test_what_are_no_hours_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        words.spans(text)
