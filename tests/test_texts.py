"""The language in force: what it writes by itself, and where a catalogue stands in for the code's English."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from timekpr_mngr import texts
from timekpr_mngr.texts import _, counted

DAY = date(2026, 11, 3)  # a Tuesday
EVENING = datetime(2026, 11, 3, 17, 4, 9, tzinfo=UTC)

GERMAN = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "Sign in"
msgstr "Anmelden"

#, fuzzy
msgid "Sign out"
msgstr "Auszeichnen"

msgid "{n} change"
msgid_plural "{n} changes"
msgstr[0] "{n} Änderung"
msgstr[1] "{n} Änderungen"
"""


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    yield
    texts.use(texts.DEFAULT)


@pytest.fixture
def catalogues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a German catalogue, and none of another language."""
    monkeypatch.setattr(texts, "FOLDER", tmp_path)
    (tmp_path / "de.po").write_text(GERMAN, "utf-8")
    return tmp_path


def written() -> list[str]:
    return [
        texts.weekday(2),
        texts.weekday(2, short=True),
        texts.short_date(DAY),
        texts.short_date(DAY, year=True),
        texts.weekday_date(DAY),
        texts.weekday_date(DAY, year=True),
        texts.full_date(DAY),
        texts.clock(EVENING),
        texts.clock(time(7, 5)),
        texts.clock(EVENING, seconds=True),
        texts.listed(["a", "b", "c"]),
    ]


def test_english_has_british_dates_and_a_clock_of_24_hours() -> None:
    assert written() == [
        "Tuesday",
        "Tue",
        "3 Nov",
        "3 Nov 2026",
        "Tuesday 3 Nov",
        "Tuesday 3 Nov 2026",
        "Tuesday, 3 November",
        "17:04",
        "07:05",
        "17:04:09",
        "a, b and c",
    ]


def test_american_english_has_its_own_dates_and_clock_and_the_same_words() -> None:
    texts.use("en_US")

    assert [part.replace("\N{NARROW NO-BREAK SPACE}", " ") for part in written()] == [
        "Tuesday",
        "Tue",
        "Nov 3",
        "Nov 3, 2026",
        "Tuesday, Nov 3",
        "Tuesday, Nov 3, 2026",
        "Tuesday, November 3",
        "5:04 PM",
        "7:05 AM",
        "5:04:09 PM",
        "a, b, and c",
    ]
    assert _("Sign in") == "Sign in"
    assert texts.tag() == "en-US"


def test_a_catalogue_gives_the_words_and_its_language_the_dates(catalogues: Path) -> None:
    texts.use("de")

    assert _("Sign in") == "Anmelden"
    assert [counted("{n} change", "{n} changes", n) for n in (1, 2)] == ["1 Änderung", "2 Änderungen"]
    assert texts.full_date(DAY) == "Dienstag, 3. November"
    assert texts.listed(["a", "b", "c"]) == "a, b und c"


def test_what_a_catalogue_does_not_have_or_is_not_sure_of_stays_english(catalogues: Path) -> None:
    texts.use("de")

    assert _("Sign out") == "Sign out"
    assert _("Sign up") == "Sign up"
    assert _("") == ""


def test_a_country_without_a_catalogue_of_its_own_has_that_of_its_language(catalogues: Path) -> None:
    texts.use("de-AT")

    assert _("Sign in") == "Anmelden"
    assert texts.tag() == "de-AT"


def test_a_language_may_be_written_from_right_to_left(catalogues: Path) -> None:
    assert texts.direction() == "ltr"
    (catalogues / "ar.po").write_text(GERMAN, "utf-8")

    texts.use("ar")

    assert texts.direction() == "rtl"


@pytest.mark.parametrize("language", ["fr", "xx", "", "../de", "de_", "en_XA"])
def test_a_language_without_a_catalogue_is_refused_and_changes_nothing(
    catalogues: Path, language: str
) -> None:
    with pytest.raises(ValueError, match=r"a translation for: de, en, en_GB, en_US$"):
        texts.use(language)

    assert texts.tag() == "en"
    assert texts.weekday(1) == "Monday"
