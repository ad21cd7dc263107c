"""When a server that could not be reached is tried again, and how often one that is there is looked at."""

from timekpr_mngr.domain.cadence import read_every_seconds, retry_seconds


def test_where_something_waits_it_is_tried_every_two_seconds_however_long_it_is_away() -> None:
    assert {retry_seconds(failures, something_waits=True) for failures in range(1, 100)} == {2}


def test_else_it_is_tried_more_and_more_seldom_up_to_once_a_minute() -> None:
    assert [retry_seconds(failures, something_waits=False) for failures in range(1, 8)] == [
        2, 4, 8, 16, 32, 60, 60,
    ]  # fmt: skip


def test_very_many_that_are_away_are_tried_a_few_each_second() -> None:
    assert [retry_seconds(1, something_waits=False, away=away) for away in (1, 12, 60, 300, 5_000)] == [
        2, 2, 10, 50, 60,
    ]  # fmt: skip
    assert retry_seconds(5, something_waits=False, away=60) == 32
    assert retry_seconds(1, something_waits=True, away=5_000) == 2


def test_a_house_or_a_school_is_looked_at_within_a_minute() -> None:
    assert {read_every_seconds(servers) for servers in (0, 1, 100, 600)} == {50}


def test_of_more_computers_twelve_are_looked_at_each_second() -> None:
    assert [read_every_seconds(servers) for servers in (1_200, 6_000)] == [100, 500]
