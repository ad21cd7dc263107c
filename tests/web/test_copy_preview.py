"""What copying would change, in as few lines as say it."""

from timekpr_mngr.domain.change import Json
from timekpr_mngr.domain.field import USER_FIELDS
from timekpr_mngr.domain.user import WEEKDAYS
from timekpr_mngr.services import words
from timekpr_mngr.services.views import DifferenceView
from timekpr_mngr.web.ui.by_days import by_days
from timekpr_mngr.web.ui.parts.copy_what import PARTS, part_of


def difference(name: str, before: Json, after: Json) -> DifferenceView:
    return DifferenceView(
        name, words.field(name), before, after, words.value(name, before), words.value(name, after)
    )


def test_days_that_become_the_same_from_the_same_stand_in_one_line() -> None:
    items = [difference(f"days.{day}.limit_seconds", 3600 if day < 6 else 7200, 5400) for day in WEEKDAYS]
    items.append(difference("days.1.hours", [], [{"from": "07:00", "to": "08:00", "unaccounted": False}]))
    items += [difference(f"playtime.days.{day}.limit_seconds", 0, 3600) for day in WEEKDAYS]
    items.append(difference("week_limit_seconds", 604_800, 36_000))

    lines = [(line.what, line.before_words, line.after_words) for line in by_days(items)]

    assert lines == [
        ("Monday to Friday: limit", "1 h", "1 h 30 min"),
        ("Saturday and Sunday: limit", "2 h", "1 h 30 min"),
        ("Monday: hours", "closed all day", "07:00–08:00"),
        ("Every day: PlayTime limit", "0 min", "1 h"),
        ("Limit for a week", "no limit", "10 h"),
    ]


def test_days_with_others_between_them_are_named_one_by_one() -> None:
    items = [difference(f"playtime.days.{day}.limit_seconds", 0, 60) for day in (1, 3, 4)]

    assert [line.what for line in by_days(items)] == ["Monday, Wednesday and Thursday: PlayTime limit"]


def test_every_field_belongs_to_a_part_that_can_be_chosen() -> None:
    assert {part_of(name) for name in USER_FIELDS} == set(PARTS)
