"""A file line by line, as the parser of the daemon reads it, and with other values in it."""

import configparser
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.strategies import configs
from timekpr_mngr.domain.field import server_values, user_values
from timekpr_mngr.domain.user import UserConfig
from timekpr_mngr.timekpr.files import server_config, user_config
from timekpr_mngr.timekpr.files.lines import LineKind, lines_of, normal
from timekpr_mngr.timekpr.files.written import server_text, user_text

DATA = Path(__file__).parent / "data"
FULL = (DATA / "0.5.4/full/user.conf").read_text()
SERVER = (DATA / "0.5.4/full/server.conf").read_text()

PIECES = st.sampled_from(
    [
        "[a]",
        "[b] x",
        "K = 1",
        "L=2",
        "M : 3",
        "N",
        " K = 4",
        "  more",
        "# c",
        "  ; c",
        "",
        "  ",
        "= 5",
        "O =",
        "\tx = 6",
    ]
)


@given(st.lists(PIECES, max_size=12))
def test_a_line_is_what_the_daemons_parser_makes_of_it(pieces: list[str]) -> None:
    text = "\n".join(pieces)
    parser = configparser.ConfigParser(allow_no_value=True, strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    try:
        parser.read_file(io.StringIO(text))
    except (configparser.Error, AttributeError):
        return
    read = {
        (section, key): value
        for section in parser.sections()
        for key, value in parser.items(section, raw=True)
    }

    ours = {line.place: line.value for line in lines_of(text) if line.kind is LineKind.KEY}

    assert ours == read


@given(st.text(alphabet="aK=[]#; \n\r\t:%", max_size=60))
def test_no_letter_of_a_text_is_lost(text: str) -> None:
    lines = lines_of(text)
    assert "\n".join(line.text for line in lines) == normal(text)
    assert [line.number for line in lines] == list(range(1, len(lines) + 1))


@settings(max_examples=30)
@given(configs)
def test_a_file_with_other_values_in_it_says_these(config: UserConfig) -> None:
    text = user_text(FULL, "bob", user_values(config))

    assert user_config.parse(text, "bob").config == config
    comments = [line.text for line in lines_of(FULL) if line.kind is LineKind.COMMENT]
    assert [line.text for line in lines_of(text) if line.kind is LineKind.COMMENT] == comments


@settings(max_examples=30)
@given(configs)
def test_the_same_values_change_no_line(config: UserConfig) -> None:
    once = user_text(FULL, "bob", user_values(config))
    assert user_text(once, "bob", user_values(config)) == once


@pytest.mark.parametrize(
    "layout",
    [
        "ALLOWED_WEEKDAYS = 6;1\nLIMITS_PER_WEEKDAYS = 100;200\nALLOWED_HOURS_3 = 5",
        "ALLOWED_WEEKDAYS =\nLIMITS_PER_WEEKDAYS =",
        "# nothing is here",
        "LIMITS_PER_WEEKDAYS = abc",
    ],
)
@settings(max_examples=15)
@given(config=configs)
def test_whatever_week_a_file_has_the_one_that_is_meant_comes_to_be_in_it(
    layout: str, config: UserConfig
) -> None:
    text = user_text(f"[bob]\n{layout}\n", "bob", user_values(config))

    assert user_config.parse(text, "bob").config == config


def test_only_the_line_that_differs_is_another() -> None:
    text = user_text(FULL, "bob", {"days.3.hours": [{"from": "09:00", "to": "10:30", "unaccounted": True}]})

    other = [line for line in text.splitlines() if line not in FULL.splitlines()]
    assert other == ["ALLOWED_HOURS_3 = !9;!10[0-30]"]
    assert len(text.splitlines()) == len(FULL.splitlines())


def test_a_servers_file_takes_its_values_too() -> None:
    values = server_values(server_config.parse(SERVER).config)
    wanted = values | {"poll_seconds": 7, "excluded_users": ["gdm", "oma"], "playtime_enabled": False}

    text = server_text(SERVER, wanted)

    assert server_values(server_config.parse(text).config) == wanted
    assert "TIMEKPR_USERS_EXCL = gdm;oma" in text.splitlines()
    assert server_text(SERVER, values) == SERVER
