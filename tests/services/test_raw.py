"""A file that is edited as a text: what it says as fields, and what is said of its lines."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timekpr_mngr.domain.change import Json
from timekpr_mngr.services import raw
from timekpr_mngr.services.raw import RawReading
from timekpr_mngr.timekpr.files.ini import MAX_CHARACTERS

DATA = Path(__file__).parents[1] / "timekpr/data/0.5.4/full"
USER = (DATA / "user.conf").read_text()
SERVER = (DATA / "server.conf").read_text()
HOURS = "15;16;17;18;19;20[0-30]"


def edited(old: str, new: str, base: str = USER) -> RawReading:
    """The reading after one thing was replaced, the first time it stands there."""
    assert old in base
    text = base.replace(old, new, 1)
    return raw.read_server(base, text) if base == SERVER else raw.read_user(base, text, "bob")


def differing(reading: RawReading, base: str = USER) -> dict[str, Json]:
    """The fields that the text says otherwise than the file."""
    assert reading.values is not None, reading.notes
    untouched = raw.read_server(base, base) if base == SERVER else raw.read_user(base, base, "bob")
    assert untouched.values is not None
    return {name: value for name, value in reading.values.items() if value != untouched.values[name]}


@pytest.mark.parametrize("base", [USER, SERVER])
def test_a_text_that_nobody_touched_says_nothing_new(base: str) -> None:
    reading = raw.read_server(base, base) if base == SERVER else raw.read_user(base, base, "bob")
    assert reading.notes == ()
    assert differing(reading, base) == {}


def test_only_what_differs_is_a_field() -> None:
    assert differing(edited("LIMIT_PER_WEEK = 28800", "LIMIT_PER_WEEK=14400")) == {
        "week_limit_seconds": 14400
    }
    assert differing(edited(f"ALLOWED_HOURS_2 = {HOURS}", "ALLOWED_HOURS_2 = !7;8[0-30]")) == {
        "days.2.hours": [
            {"from": "07:00", "to": "08:00", "unaccounted": True},
            {"from": "08:00", "to": "08:30", "unaccounted": False},
        ]
    }
    assert differing(edited("doom.*[Doom]", "doom2[Doom: two]")) == {
        "playtime.activities": [
            {"mask": "doom2", "description": "Doom: two"},
            {"mask": "quake", "description": ""},
        ]
    }
    assert differing(edited("PLAYTIME_ACTIVITY_002 = quake\n", "")) == {
        "playtime.activities": [{"mask": "doom.*", "description": "Doom"}]
    }
    assert differing(edited("TIMEKPR_POLLTIME = 5", "TIMEKPR_POLLTIME = 6", SERVER), SERVER) == {
        "poll_seconds": 6
    }
    assert differing(edited("= gdm;guest", "= gdm", SERVER), SERVER) == {"excluded_users": ["gdm"]}


def test_a_day_that_is_taken_out_of_the_list_with_its_limit_is_closed() -> None:
    text = USER.replace("= 1;2;3;4;5;6;7", "= 1;2;3;4;5;6", 1).replace(";10800;0\n", ";10800\n", 1)
    reading = raw.read_user(USER, text, "bob")
    assert differing(reading) == {"days.7.hours": []}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("= 15;16;", "= 15;;x;", "“x”: An hour is written like 15"),
        ("= 15;16;", "= 15;07;", "“07”: An hour is written without a zero before it."),
        ("= 15;16;", "= 15; 16;", "“ 16”: There is a space in it"),
        ("= 15;16;", "= 15;24;", "“24”: The hours of a day are 0 to 23."),
        ("= 15;16;", "= 15;16[30-10];", "“16[30-10]”: Its minutes begin before they end"),
        ("= 15;16;", "= 15;15[0-10];", "Hour 15 stands here twice"),
        ("= 15;16;", "= 15;%16;", "A % stops timekpr"),
        ("LIMIT_PER_WEEK = 28800", "LIMIT_PER_WEEK = 8 h", "a whole number"),
        ("LIMIT_PER_WEEK = 28800", "LIMIT_PER_WEEK = 604801", "between 0 and 604800"),
        ("LIMIT_PER_WEEK = 28800", "LIMIT_PER_WEEK", "A value is missing"),
        ("TRACK_INACTIVE = True", "TRACK_INACTIVE = maybe", "either True or False"),
        ("LOCKOUT_TYPE = suspendwake", "LOCKOUT_TYPE = explode", "one of lock, suspend"),
        ("WAKEUP_HOUR_INTERVAL = 7;20", "WAKEUP_HOUR_INTERVAL = 7", "two hours"),
        ("WAKEUP_HOUR_INTERVAL = 7;20", "WAKEUP_HOUR_INTERVAL = 7;30", "between 0 and 23"),
        ("ALLOWED_WEEKDAYS = 1;2", "ALLOWED_WEEKDAYS = 8;2", "“8” is no day"),
        ("ALLOWED_WEEKDAYS = 1;2", "ALLOWED_WEEKDAYS = 2;2", "Day 2 stands here twice"),
        ("= 3600;3600", "= 3600;3600;1", "ALLOWED_WEEKDAYS has 7 days, and here are 8 limits"),
        ("= 3600;3600", "= 3600;90000", "“90000”: A day's limit in seconds is between 0 and 86400."),
        ("doom.*[Doom]", "d[Doom]", "at least two characters"),
        ("doom.*[Doom]", "do%om[Doom]", "A % stops timekpr"),
        ("doom.*[Doom]", "doom(.*[Doom]", "a pattern that timekpr cannot use"),
        ("doom.*[Doom]", "doom.*[Doom] x", "after the ]"),
        ("LIMIT_PER_MONTH = 100000", "LIMIT_PER_WEEK = 1", "stands in line"),
        ("LIMIT_PER_MONTH = 100000", "= 1", "cannot read this line"),
        ("LIMIT_PER_MONTH = 100000", "LIMIT_PER_MONTH\n  5", "goes on after a key that has no value"),
        ("LIMIT_PER_MONTH = 100000", "LIMIT_PER_MONTH =\n  5", "take the space away"),
        ("[bob]\n", "[bob]\n[bob]\n", "[bob] stands in line"),
    ],
)
def test_an_error_stands_at_its_line_in_words_and_nothing_is_sent(old: str, new: str, said: str) -> None:
    reading = edited(old, new)
    assert reading.values is None
    (error,) = reading.errors
    assert said in error.message
    start = USER.index(old)
    lines = range(USER.count("\n", 0, start) + 1, USER.count("\n", 0, start) + new.count("\n") + 2)
    assert error.line in lines


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("TIMEKPR_POLLTIME = 5", "TIMEKPR_POLLTIME = 0", "between 1 and 30"),
        ("= x11;wayland", "= ", "At least one type of session"),
        ("= gdm;guest", "= gdm;gdm", "in the list twice"),
        ("TIMEKPR_LOGFILE_DIR = /var/log", "TIMEKPR_LOGFILE_DIR = /tmp", "no way to set its directories"),
    ],
)
def test_the_servers_own_file_is_checked_the_same_way(old: str, new: str, said: str) -> None:
    reading = edited(old, new, SERVER)
    assert [said in note.message for note in reading.errors] == [True]


def test_a_key_that_is_missing_is_an_error_because_timekpr_would_limit_nothing() -> None:
    reading = edited("LIMIT_PER_WEEK = 28800\n", "")
    assert [note.message for note in reading.errors] == [
        "Missing here: LIMIT_PER_WEEK. Without it timekpr goes by its default; put it back."
    ]
    renamed = edited("LIMIT_PER_WEEK =", "LIMIT_PER_WEK =")
    assert renamed.values is None
    assert "Is LIMIT_PER_WEEK meant?" in " ".join(note.message for note in renamed.notes)
    (gone,) = edited("[bob.PLAYTIME]", "[playtime]").errors
    assert gone.message == "The section [bob.PLAYTIME] is missing: put it back, with what stood in it."


def test_what_timekpr_does_not_know_is_kept_and_said_not_to_be_sent() -> None:
    reading = edited("[bob]\n", "# for the holidays\n[bob]\nMY_NOTE = 100 % mine\nTIMEKPR_POLLTIME\n")
    assert differing(reading) == {}
    assert [note.message for note in reading.notes] == [
        "A comment is not sent: the file keeps those that it has.",
        "timekpr does not know this key, and it is not sent.",
        "timekpr does not know this key, and it is not sent.",
    ]
    elsewhere = edited("[bob]\n", "[bob]\nPLAYTIME_ENABLED = False\n")
    assert "belongs in [bob.PLAYTIME]" in elsewhere.notes[0].message
    section = edited("[bob]\n", "[holidays]\nx = 1\n[bob]\n")
    assert [note.message for note in section.notes] == [
        "timekpr does not know this section; nothing of it is sent."
    ]


def test_what_timekpr_could_not_read_before_is_told_of_and_is_in_nobodys_way() -> None:
    base = USER.replace(HOURS, f"{HOURS};07;x", 1).replace("quake", "q", 1)
    text = base.replace("LIMIT_PER_WEEK = 28800", "LIMIT_PER_WEEK = 3600")
    reading = raw.read_user(base, text, "bob")
    assert reading.values is not None
    assert reading.values["week_limit_seconds"] == 3600
    assert [note.message.partition(".")[0] for note in reading.notes] == ["As it was, and not sent"] * 2
    worse = raw.read_user(base, base.replace(";07;x", ";07;x;y"), "bob")
    assert worse.values is None


def test_hours_of_a_day_that_is_not_in_the_list_are_said_to_mean_nothing() -> None:
    base = USER.replace("= 1;2;3;4;5;6;7", "= 1;2;3;4;5;6", 1).replace(";10800;0\n", ";10800\n", 1)
    text = base.replace("ALLOWED_HOURS_7 = 0;1", "ALLOWED_HOURS_7 = 0;2")
    text = text.replace("= 1;2;3;4;5;6\n", "= 6;1;2;3;4;5\n", 1)
    reading = raw.read_user(base, text, "bob")
    assert [note.message for note in reading.notes] == [
        "Sunday is not among ALLOWED_WEEKDAYS: its hours mean nothing and are not sent."
    ]


def test_a_text_without_end_is_not_even_looked_at() -> None:
    (note,) = raw.read_user(USER, "x" * (MAX_CHARACTERS + 1), "bob").errors
    assert note.line == 1


@given(
    st.lists(
        st.sampled_from([*USER.splitlines(), "x", "[bob]", "LIMIT_PER_WEEK = 9", "  y", "\ud800", "= %", ""]),
        max_size=30,
    )
)
def test_whatever_is_typed_is_answered(lines: list[str]) -> None:
    reading = raw.read_user(USER, "\n".join(lines), "bob")
    assert (reading.values is None) == bool(reading.errors)
    assert all(1 <= note.line <= max(len(lines), 1) for note in reading.notes)
