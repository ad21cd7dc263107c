"""What a PlayTime mask matches, and which masks nobody is to have."""

import re

import pytest

from timekpr_mngr.domain.mask import has_open_choice, patterns, program_of, repeats_repeats


def matches(mask: str, path: str) -> bool:
    return any(re.search(one, path) for one in patterns(mask))


@pytest.mark.parametrize(
    ("mask", "path", "is_found"),
    [
        ("steam", "/usr/bin/steam", True),
        ("steam", "/usr/bin/steamcmd", False),
        ("steam", "/usr/bin/Steam", False),
        ("steam.*", "/usr/bin/steamcmd", True),
        ("/opt/games/.*", "/opt/games/a/b", True),
        ("team", "/usr/bin/steam", False),
        ("steam", "/usr/bin/steam (deleted)", True),
        ("c++game(", "/usr/bin/c++game(", True),  # no pattern: letter by letter
        ("steam|quake", "/home/kid/steamy/other", True),  # the | splits all of timekpr's pattern
        ("(steam|quake)", "/home/kid/steamy/other", False),
        ("(steam|quake)", "/usr/bin/quake", True),
    ],
)
def test_a_mask_is_searched_as_the_daemon_searches_it(mask: str, path: str, is_found: bool) -> None:
    assert matches(mask, path) == is_found


def test_a_name_is_a_program_in_the_usual_folder_and_more_words_are_its_command() -> None:
    assert program_of(" steam ").path == "/usr/bin/steam"
    assert program_of("/opt/x").path == "/opt/x"
    jar = program_of("java -jar minecraft.jar")
    assert (jar.path, jar.command) == ("/usr/bin/java", "java -jar minecraft.jar ")
    assert len(program_of("x" * 2000).command) == 512


@pytest.mark.parametrize("mask", ["a|b", "(a)|b", r"\(a|b\)", "a|"])
def test_a_choice_outside_of_brackets_is_seen(mask: str) -> None:
    assert has_open_choice(mask)


@pytest.mark.parametrize("mask", ["(a|b)", "((a|b)c)", r"a\|b", "ab"])
def test_a_choice_in_brackets_is_none_that_is_open(mask: str) -> None:
    assert not has_open_choice(mask)


@pytest.mark.parametrize(
    "mask", ["(a+)+", "(a*)*b", "((ab)*c)+", "(a|aa)+", "(.*x)*", "(a+){10}", r"(\(+)*", "((a+))+"]
)
def test_what_repeats_a_repetition_is_found(mask: str) -> None:
    assert repeats_repeats(mask)


@pytest.mark.parametrize(
    "mask", ["steam.*", "(ab)+", "(a|b)", "(a|b)?", r"(a\+)+", ".*a.*", "(ab)*(cd)*", "a)+", "(a"]
)
def test_an_ordinary_mask_is_none_of_them(mask: str) -> None:
    assert not repeats_repeats(mask)
