"""Values as people say them."""

from datetime import date

import pytest

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
