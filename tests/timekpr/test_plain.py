"""The quick way through a file says just what configparser says, or nothing."""

import configparser
import io
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from timekpr_mngr.simulator.machine import Machine
from timekpr_mngr.timekpr.files import plain
from timekpr_mngr.timekpr.files.lines import normal

DATA = Path(__file__).parent / "data"
SIMULATED = Machine("pc", {"alice": "", "bob.b-é": ""}).files
WRITTEN = {
    **{str(path.relative_to(DATA)): path.read_text() for path in sorted(DATA.glob("*/*/*"))},
    **{path: SIMULATED[path] for path in SIMULATED},
}
SHORT = "[alice]\n# a\nLIMIT = 1;2\nHIDE = True\n\n[alice.PLAYTIME]\nLIMIT =\n##A## b\nACTIVITY_001 = doom.*[Doom]\n"

ODD_LINES = [
    "[alice]", "[a] b", "[a]]", "[a[b]", "[]", "[", "[ a ]", "[DEFAULT]", "[ab", "]", " [b]", "[c] ", "[%]", "[x]\r",
    "LIMIT = 3", "LIMIT=4", "limit = 5", "NEW", "NEW=", "K : 6", "K=a:b", "K:a=b", "A B = 7", "= 8", "9 = 9", "É = é",
    "K = #c", "K = 1 ; c", "K = a = b", "K = %", "K = %(LIMIT)s", "K = %%", "K\xa0=\xa0v", "K\x85= v", "K = 1\rL = 2",
    " more", "\tmore", "  K = 1", "\x85more", "# c = 1", " # c", "; c", "#", "", " ", "\t", "\x0b", "\0",
    "\ufeff[x]", "\ufeffK = 1", "\ufeff", "K = \u2028x", "K = 1\x1c", "K = 1\x0bL = 2",
]  # fmt: skip
LETTERS = " \t\r\n\x0b\x0c\x1c\x1e\x85\xa0\u2028\u2029\u200d\ufeff\0=:#;[]()%_aAé1"
WORDS = st.one_of(st.text(LETTERS, max_size=8), st.text(max_size=12))
NAMES = st.one_of(
    st.sampled_from(["LIMIT", "HIDE", "K", "L", "é", "k"]), st.text("aZ_9éµ", min_size=1, max_size=3)
)
LINES = st.one_of(
    st.sampled_from(ODD_LINES),
    WORDS,
    st.builds("{}{}{}".format, NAMES, st.sampled_from(["=", " = ", "\t=", "= ", ""]), WORDS),
    st.builds("#{}".format, WORDS),
    st.builds("[{}]".format, st.one_of(NAMES, WORDS)),
)
CHANGES = st.lists(
    st.tuples(st.sampled_from(["in", "over", "at", "again", "out"]), st.floats(0, 1), st.floats(0, 1), LINES),
    max_size=3,
)


def changed(text: str, changes: list[tuple[str, float, float, str]]) -> str:
    """A text with lines put in, written over, written into, repeated, taken out."""
    lines = text.split("\n")
    for how, line, elsewhere, piece in changes:
        place, other = int(line * (len(lines) - 1)), int(elsewhere * (len(lines) - 1))
        match how:
            case "in":
                lines.insert(place, piece)
            case "over":
                lines[place] = piece
            case "at":
                letter = int(elsewhere * len(lines[place]))
                lines[place] = lines[place][:letter] + piece + lines[place][letter:]
            case "again":
                lines.insert(other, lines[place])
            case _ if len(lines) > 1:
                del lines[place]
    return "\n".join(lines)


def by_configparser(text: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """As the daemon reads a file: opened as a text, with its settings of the parser, and every `%` made out."""
    parser = configparser.ConfigParser(allow_no_value=True)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_file(io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8"))
    assert not parser.defaults()
    return [
        (name, [(key, parser.get(name, key)) for key in parser.options(name)]) for name in parser.sections()
    ]


def in_order(found: plain.Sections) -> list[tuple[str, list[tuple[str, str]]]]:
    return [(name, list(values.items())) for name, values in found.items()]


@pytest.mark.parametrize("name", WRITTEN)
def test_what_timekpr_writes_is_plain(name: str) -> None:
    found = plain.sections(WRITTEN[name])

    assert found is not None
    assert in_order(found) == by_configparser(WRITTEN[name])


@settings(max_examples=500, deadline=None)
@given(
    st.one_of(
        st.builds(changed, st.sampled_from([SHORT, SHORT, *WRITTEN.values()]), CHANGES),
        st.lists(LINES, max_size=6).map(lambda lines: "\n".join(["[alice]", *lines])),
    )
)
@example("[a]\nK = 1\n\n\n more\n")
@example("[a]\nK = 1\n more = 2\n")
@example("[a]\nK:a=b\n")
@example("[a]\nK = 1\n[a]\nL = 2\n")
@example("[a]\nK = 1\nK = 2\n")
@example("[DEFAULT]\nK = 1\n[a]\n")
@example("[a]\r\nK = 1\r\n\r\n")
@example("[a]\nK = 1\rL = 2\n")
@example("[a]\nK = 1\x0bL = 2\n")
def test_whatever_else_stands_in_a_file_it_is_read_as_configparser_reads_it(text: str) -> None:
    found = plain.sections(normal(text))

    if found is not None:
        assert in_order(found) == by_configparser(text)


@pytest.mark.parametrize(
    "line",
    ["[alice]", "LIMIT = 2", "[DEFAULT]", " more", "\x85more", "K", "K : 1", "= 1", "A B = 1", "K = %"],
)
def test_a_line_that_timekpr_does_not_write_is_left_to_configparser(line: str) -> None:
    assert plain.sections("[alice]\nLIMIT = 1\n") is not None
    assert plain.sections(f"[alice]\nLIMIT = 1\n{line}\n") is None
