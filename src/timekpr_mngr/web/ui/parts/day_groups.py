"""Things that happened, under the days on which they did."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, tzinfo
from itertools import groupby
from typing import TypeVar

from nicegui.element import Element

from timekpr_mngr.services import words
from timekpr_mngr.web.ui.parts.text import element, text

T = TypeVar("T")


def by_day(items: Iterable[tuple[datetime, T]], zone: tzinfo) -> list[tuple[date, list[T]]]:
    """In the order in which they come; the days are those of `zone`."""
    groups = groupby(items, key=lambda item: item[0].astimezone(zone).date())
    return [(day, [item for _when, item in group]) for day, group in groups]


@contextmanager
def day_card(day: date, today: date) -> Iterator[Element]:
    """A card with the day above it; inside is its list."""
    with element("section", "stack tight"):
        text("h2", words.calendar_day(day, today), "dayline")
        with element("div", "card"), element("ul") as listing:
            yield listing
