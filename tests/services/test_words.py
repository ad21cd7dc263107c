"""Values as people say them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from gettext import NullTranslations

import pytest

from timekpr_mngr import texts
from timekpr_mngr.domain.hours import Span
from timekpr_mngr.errors import Invalid
from timekpr_mngr.services import words

TODAY = date(2026, 11, 22)  # a Sunday


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2026, 11, 22), "Today"),
        (date(2026, 11, 21), "Yesterday"),
        (date(2026, 11, 16), "Monday"),
        (date(2026, 11, 15), "Sunday 15 Nov"),  # not to be taken for today
        (date(2025, 11, 22), "Saturday 22 Nov 2025"),
        (date(2026, 11, 23), "Monday 23 Nov"),  # a server whose day has begun already
    ],
)
def test_a_day_is_said_as_short_as_it_can_be_understood(day: date, said: str) -> None:
    assert words.calendar_day(day, TODAY) == said


GERMAN = {"{n} h": "{n} Std.", "{n} min": "{n} Min.", "{n} s": "{n} Sek.", "no limit": "Ohne Grenze"}


class German(NullTranslations):
    """A few words of another language."""

    def gettext(self, message: str) -> str:
        return GERMAN.get(message, message)


@pytest.fixture
def english_again() -> Iterator[None]:
    yield
    texts.use(texts.DEFAULT)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 min"), (45, "45 s"), (60, "1 min"), (3600, "1 h"), (5400, "1 h 30 min"), (-900, "−15 min")],
)
def test_a_duration_is_said_in_hours_and_minutes(seconds: int, said: str) -> None:
    assert words.duration(seconds) == said


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [
        ("1 h 30", 5400),
        ("1h30m", 5400),
        ("1:30", 5400),
        ("90", 5400),
        ("1,5 hours", 5400),
        ("1 hr 2 mins 3 secs", 3723),
        ("2 days", 172_800),
    ],
)
def test_a_duration_is_understood_as_people_type_it(typed: str, seconds: int) -> None:
    assert words.seconds_in(typed) == seconds


@pytest.mark.parametrize("typed", ["", "often", "1 x", "h", "1 h h", "90.", "1 hm", "no limit", "3 mo"])
def test_what_is_no_duration_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        words.seconds_in(typed)


@pytest.mark.usefixtures("english_again")
def test_what_is_shown_in_another_language_can_be_typed_in_it_and_in_english() -> None:
    texts.use("en", German())

    assert words.exactly(3723) == "1 Std. 2 Min. 3 Sek."
    for seconds in (0, 45, 900, 3723, 86_399):
        assert words.seconds_in(words.exactly(seconds)) == seconds
    assert words.seconds_in("1 h 30 min") == 5400
    assert words.seconds_in("ohne Grenze", whole=86_400) == 86_400


@pytest.mark.usefixtures("english_again")
def test_allowed_hours_are_said_as_the_clock_of_the_language_shows_them() -> None:
    spans = (Span(7 * 60, 8 * 60, unaccounted=True), Span(20 * 60 + 30, 24 * 60))
    assert words.hours(spans) == "07:00–08:00 (not counted) and 20:30–24:00"

    texts.use("en_US")

    said = words.hours(spans).replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert said == "7:00 AM–8:00 AM (not counted) and 8:30 PM–midnight"


@pytest.mark.parametrize(
    ("when", "said"),
    [
        (datetime(2026, 11, 22, 17, 4, tzinfo=UTC), "17:04"),
        (datetime(2026, 11, 21, 17, 4, tzinfo=UTC), "yesterday 17:04"),
        (datetime(2026, 11, 23, 7, 4, tzinfo=UTC), "tomorrow 07:04"),
        (datetime(2026, 11, 20, 17, 4, tzinfo=UTC), "Fri 17:04"),
        (datetime(2026, 11, 3, 17, 4, tzinfo=UTC), "3 Nov 17:04"),
        (datetime(2025, 11, 3, 17, 4, tzinfo=UTC), "3 Nov 2025"),
    ],
)
def test_a_moment_is_said_as_short_as_it_can_be_understood(when: datetime, said: str) -> None:
    assert words.at(when, UTC, datetime(2026, 11, 22, 20, 0, tzinfo=UTC)) == said
    assert words.moment(when, UTC).endswith(f"{when:%Y %H:%M}")
