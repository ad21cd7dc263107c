"""What was used on each day, from readings that come when they can."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timekpr_mngr.domain.usage_days import (
    FILL_DAYS,
    Reading,
    Standing,
    UsageDay,
    followed,
    resumed,
)

HOUR = 3600
SKEW = timedelta(hours=1)  # between our clock and the server's local time
THURSDAY, FRIDAY, SATURDAY, SUNDAY, MONDAY, TUESDAY = (date(2026, 11, day) for day in range(12, 18))


def reading(
    seen: str,
    used: int,
    *,
    of: date | None = None,
    before: int = 0,
    playtime: int = 0,
    given: int = 0,
    limit: int | None = 2 * HOUR,
    plays: bool = False,
    is_up: bool = False,
    ours: str | None = None,
) -> Reading:
    """The counters as they are read at a local time of the server; `of` is the day that they speak of."""
    local = datetime.fromisoformat(seen)
    our_time = local if ours is None else datetime.fromisoformat(ours)
    return Reading(
        read_at=our_time.replace(tzinfo=UTC) - SKEW,
        seen=local,
        day=of or local.date(),
        used_seconds=used,
        playtime_seconds=playtime,
        month_before_seconds=before,
        given_seconds=given,
        limit_seconds=limit,
        is_up=is_up,
        plays=plays,
    )


class Book:
    """What is kept, as the store keeps it where nothing is told twice."""

    def __init__(self, *readings: Reading) -> None:
        self.standing: Standing | None = None
        self.days: dict[date, UsageDay] = {}
        self.grown = 0
        for one in readings:
            self.read(one)

    def read(self, one: Reading) -> None:
        told = followed(self.standing, one)
        if told is None:
            return
        self.standing = told.standing
        self.grown += told.grown_seconds
        self.days |= {day.day: day for day in told.days}

    def used(self) -> dict[date, int]:
        return {day: record.used_seconds for day, record in sorted(self.days.items())}

    def whole(self) -> set[date]:
        return {day for day, record in self.days.items() if record.is_whole}


def test_a_day_that_goes_on_is_what_was_read_last() -> None:
    book = Book(reading("2026-11-13T10:00", 600), reading("2026-11-13T10:01", 660, given=900))
    assert book.used() == {FRIDAY: 660}
    assert book.whole() == set()
    record = book.days[FRIDAY]
    assert (record.limit_seconds, record.given_seconds, record.ran_out) == (2 * HOUR, 900, False)


def test_the_file_tells_the_rest_of_friday_on_monday_and_that_nobody_came_in_between() -> None:
    book = Book(reading("2026-11-13T14:00", HOUR), reading("2026-11-16T15:00", 5400, of=FRIDAY))
    assert book.used() == {FRIDAY: 5400, SATURDAY: 0, SUNDAY: 0, MONDAY: 0}
    assert book.whole() == {FRIDAY, SATURDAY, SUNDAY}
    assert book.days[SATURDAY].limit_seconds is None  # nobody read it on that day


def test_who_is_seen_for_the_first_time_on_monday_was_there_on_friday_last() -> None:
    book = Book(reading("2026-11-16T15:00", 5400, of=FRIDAY))
    assert book.used() == {FRIDAY: 5400, SATURDAY: 0, SUNDAY: 0, MONDAY: 0}
    assert book.whole() == {FRIDAY, SATURDAY, SUNDAY}


def test_where_somebody_logged_in_between_the_days_not_read_are_gaps_and_friday_is_partial() -> None:
    book = Book(
        reading("2026-11-13T14:00", HOUR, before=HOUR), reading("2026-11-16T15:00", 600, before=5 * HOUR)
    )
    assert book.used() == {FRIDAY: HOUR, MONDAY: 600}
    assert book.whole() == set()


def test_the_months_counter_tells_that_nothing_was_used_in_between() -> None:
    """The computer is on again, and in use, before it is read; it had lost the seconds it had not saved."""
    book = Book(
        reading("2026-11-13T14:00", HOUR, before=HOUR), reading("2026-11-16T15:00", 600, before=2 * HOUR - 25)
    )
    assert book.used() == {FRIDAY: HOUR, SATURDAY: 0, SUNDAY: 0, MONDAY: 600}
    assert book.whole() == {FRIDAY, SATURDAY, SUNDAY}


def test_the_months_counter_tells_the_rest_of_yesterday() -> None:
    book = Book(
        reading("2026-11-12T14:00", HOUR, before=HOUR), reading("2026-11-13T15:00", 600, before=3 * HOUR)
    )
    assert book.used() == {THURSDAY: 2 * HOUR, FRIDAY: 600}
    assert book.whole() == {THURSDAY}
    assert book.days[THURSDAY].ran_out  # with two hours it was over


def test_what_was_played_of_that_rest_is_not_known() -> None:
    book = Book(
        reading("2026-11-12T14:00", HOUR, before=HOUR, playtime=300, plays=True),
        reading("2026-11-13T15:00", 600, before=3 * HOUR, plays=True),
    )
    assert book.used() == {THURSDAY: 2 * HOUR, FRIDAY: 600}
    assert book.whole() == set()


def test_a_day_that_was_watched_to_its_end_is_whole_and_the_one_after_it_is_told_by_the_month() -> None:
    book = Book(
        reading("2026-11-12T23:59:30", HOUR, before=HOUR), reading("2026-11-14T15:00", 600, before=3 * HOUR)
    )
    assert book.used() == {THURSDAY: HOUR, FRIDAY: HOUR, SATURDAY: 600}
    assert book.whole() == {THURSDAY, FRIDAY}


@pytest.mark.parametrize("month", [60 * HOUR, 0])
def test_a_months_counter_that_makes_no_sense_tells_nothing(month: int) -> None:
    """More than a day has hours; or less than was there before."""
    one = Book(reading("2026-11-12T14:00", HOUR, before=HOUR), reading("2026-11-13T15:00", 600, before=month))
    assert (one.used(), one.whole()) == ({THURSDAY: HOUR, FRIDAY: 600}, set())


def test_midnight_at_the_computer_splits_what_is_used_into_its_days() -> None:
    book = Book(
        reading("2026-11-12T23:59:57", HOUR, before=HOUR),
        reading("2026-11-13T00:00:40", 40, before=2 * HOUR + 3),
    )
    assert book.used() == {THURSDAY: HOUR + 3, FRIDAY: 40}
    assert book.whole() == {THURSDAY}


def test_over_the_months_end_only_a_day_that_was_watched_is_whole() -> None:
    last, first = date(2026, 10, 31), date(2026, 11, 1)
    watched = Book(
        reading("2026-10-31T23:59", HOUR, before=9 * HOUR), reading("2026-11-01T00:00:30", 30, before=0)
    )
    assert (watched.used(), watched.whole()) == ({last: HOUR, first: 30}, {last})
    missed = Book(
        reading("2026-10-31T14:00", HOUR, before=9 * HOUR), reading("2026-11-01T10:00", 30, before=0)
    )
    assert (missed.used(), missed.whole()) == ({last: HOUR, first: 30}, set())


def test_the_new_months_counter_tells_of_the_new_months_days_alone() -> None:
    book = Book(reading("2026-10-30T14:00", HOUR, before=HOUR), reading("2026-11-03T10:00", 60, before=0))
    assert book.used() == {date(2026, 10, 30): HOUR} | {date(2026, 11, day): 0 for day in (1, 2)} | {
        date(2026, 11, 3): 60
    }
    assert book.whole() == {date(2026, 11, 1), date(2026, 11, 2)}
    other = Book(reading("2026-10-30T14:00", HOUR, before=HOUR), reading("2026-11-03T10:00", 60, before=HOUR))
    assert other.used() == {date(2026, 10, 30): HOUR, date(2026, 11, 3): 60}


def test_a_month_that_began_while_nobody_was_there_counts_from_nothing() -> None:
    last, first, second = date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 2)
    book = Book(
        reading("2026-10-31T20:00", HOUR, before=9 * HOUR),
        reading("2026-11-01T10:00", HOUR, of=last, before=9 * HOUR),
        reading("2026-11-02T10:00", 60, before=1800),
    )
    assert book.used() == {last: HOUR, first: 1800, second: 60}
    assert book.whole() == {last, first}


def test_a_file_that_did_not_move_makes_each_day_that_ends_a_known_zero() -> None:
    book = Book(
        reading("2026-11-13T20:00", HOUR),
        reading("2026-11-14T20:00", HOUR, of=FRIDAY),
        reading("2026-11-16T20:00", HOUR, of=FRIDAY),
    )
    assert book.used() == {FRIDAY: HOUR, SATURDAY: 0, SUNDAY: 0, MONDAY: 0}
    assert book.whole() == {FRIDAY, SATURDAY, SUNDAY}


def test_years_without_a_login_are_told_for_one() -> None:
    book = Book(reading("2026-11-13T20:00", HOUR, of=date(1970, 1, 1)))
    assert len(book.days) == FILL_DAYS + 2


@pytest.mark.parametrize("lost", [20, 3 * HOUR])
def test_a_counter_that_falls_takes_nothing_away_and_goes_on_from_there(lost: int) -> None:
    """timekprd was killed; or 0.5.4 met a clock that was set back by three hours while somebody played."""
    book = Book(
        reading("2026-11-13T15:00", HOUR),
        reading("2026-11-13T15:01", HOUR - lost, ours="2026-11-13T15:01"),
        reading("2026-11-13T15:02", HOUR - lost + 60, ours="2026-11-13T15:02"),
    )
    assert book.used() == {FRIDAY: HOUR + 60}
    assert book.grown == 60


def test_a_day_that_begins_below_zero_was_not_used() -> None:
    assert Book(reading("2026-11-13T15:00", -10_806)).used() == {FRIDAY: 0}


def test_a_counter_that_grows_by_more_than_time_has_passed_was_set_and_is_no_use_of_that_moment() -> None:
    book = Book(
        reading("2026-11-13T15:00", HOUR),
        reading("2026-11-13T15:01", 0),  # the file was lost
        reading("2026-11-13T15:02", HOUR + 30),  # and found again
    )
    assert book.used() == {FRIDAY: HOUR + 30}
    assert book.grown <= 30


def test_a_clock_set_back_over_midnight_begins_that_day_anew() -> None:
    book = Book(
        reading("2026-11-13T00:30", 1800),
        reading("2026-11-12T23:30", 1800, of=FRIDAY, ours="2026-11-13T00:31"),
        reading("2026-11-12T23:31", 60, ours="2026-11-13T00:32"),
    )
    assert book.used() == {THURSDAY: 60, FRIDAY: 1800}
    assert book.whole() == set()


def test_a_clock_set_forward_for_a_while_leaves_nothing_false_on_days_that_are_read_later() -> None:
    book = Book(
        reading("2026-11-13T15:00", HOUR),
        reading("2026-11-16T15:01", HOUR, of=FRIDAY, ours="2026-11-13T15:01"),
        reading("2026-11-13T15:02", HOUR, ours="2026-11-13T15:02"),
        reading("2026-11-14T15:00", 900, before=HOUR),
    )
    assert (book.days[FRIDAY].used_seconds, book.days[SATURDAY].used_seconds) == (HOUR, 900)
    assert book.days[SATURDAY].is_whole is False


def test_yesterdays_playtime_that_timekpr_shows_once_more_is_not_todays() -> None:
    """It leaves it there where it is asked for the time left on a stale day."""
    told_so_far = reading("2026-11-13T20:00", HOUR, playtime=2700, plays=True)
    between = reading("2026-11-14T10:00", HOUR, of=FRIDAY, playtime=2700, plays=True)
    left_over = reading("2026-11-14T10:01", 0, before=HOUR, playtime=2700, plays=True)
    for book in (Book(told_so_far, left_over), Book(told_so_far, between, left_over)):
        assert book.days[SATURDAY].playtime_seconds == 0
        book.read(reading("2026-11-14T10:02", 50, before=HOUR, playtime=2750, plays=True))
        assert book.days[SATURDAY].playtime_seconds == 50
        assert book.days[FRIDAY].playtime_seconds == 2700


def test_a_day_on_which_the_limit_was_reached_stays_one_when_time_is_given() -> None:
    book = Book(
        reading("2026-11-13T15:00", 2 * HOUR, is_up=True), reading("2026-11-13T15:01", 2 * HOUR, given=900)
    )
    assert book.days[FRIDAY].ran_out


def test_with_time_given_the_limit_is_reached_later() -> None:
    early = Book(reading("2026-11-13T15:00", 2 * HOUR + 60, given=900))
    late = Book(reading("2026-11-13T15:00", 2 * HOUR + 900, given=900))
    assert (early.days[FRIDAY].ran_out, late.days[FRIDAY].ran_out) == (False, True)


def test_what_was_used_while_nobody_looked_is_placed_at_no_hour() -> None:
    book = Book(reading("2026-11-13T15:00", 0), reading("2026-11-13T16:00", 1800))
    assert (book.used(), book.grown) == ({FRIDAY: 1800}, 0)


def resume(book: Book, last: Reading | None, *, kept: date | None = FRIDAY) -> Book:
    """This program is ended and begun again."""
    again = Book()
    again.days = dict(book.days)
    again.standing = resumed(book.days.get(kept) if kept else None, last)
    return again


def test_a_restart_doubles_nothing_though_the_last_reading_is_older_than_the_last_record() -> None:
    older, newer = reading("2026-11-13T15:00", 1000), reading("2026-11-13T15:00:50", 1050)
    again = resume(Book(older, newer), older)
    again.read(reading("2026-11-13T15:01:40", 1100))
    assert (again.used(), again.grown) == ({FRIDAY: 1100}, 50)


def test_after_a_restart_a_counter_that_had_fallen_goes_on_from_what_was_known() -> None:
    fallen = reading("2026-11-13T15:01", -2 * HOUR)
    again = resume(Book(reading("2026-11-13T15:00", HOUR), fallen), fallen)
    again.read(reading("2026-11-13T15:02", -2 * HOUR + 60))
    assert again.used() == {FRIDAY: HOUR + 60}


def test_after_a_restart_over_a_weekend_the_file_tells_the_same() -> None:
    last = reading("2026-11-13T14:00", HOUR)
    again = resume(Book(last), last)
    again.read(reading("2026-11-16T15:00", 5400, of=FRIDAY))
    assert again.used() == {FRIDAY: 5400, SATURDAY: 0, SUNDAY: 0, MONDAY: 0}
    assert again.whole() == {FRIDAY, SATURDAY, SUNDAY}


def test_without_a_reading_that_was_kept_the_record_is_gone_on_from_and_tells_nothing_of_other_days() -> None:
    again = resume(Book(reading("2026-11-13T14:00", HOUR)), None)
    again.read(reading("2026-11-14T15:00", 600, before=HOUR))
    assert (again.used(), again.whole()) == ({FRIDAY: HOUR, SATURDAY: 600}, set())
    same_day = resume(Book(reading("2026-11-13T14:00", HOUR)), None)
    same_day.read(reading("2026-11-13T18:00", 2 * HOUR))
    assert same_day.used() == {FRIDAY: 2 * HOUR}


def test_a_reading_that_is_newer_than_the_last_record_is_gone_on_from() -> None:
    friday, saturday = reading("2026-11-13T20:00", HOUR), reading("2026-11-14T10:00", 600, before=HOUR)
    again = resume(Book(friday), saturday)
    again.read(reading("2026-11-14T10:01", 660, before=HOUR))
    assert again.used() == {FRIDAY: HOUR, SATURDAY: 660}


def test_nothing_is_known_of_who_was_never_read() -> None:
    assert resumed(None, None) is None


steps = st.lists(
    st.tuples(
        st.integers(0, 3 * 86_400),  # seconds that pass
        st.integers(-2 * 86_400, 2 * 86_400) | st.just(0),  # by which the clock is moved
        st.integers(-20_000, 90_000),
        st.integers(-1, 4),  # days by which the counters are behind
        st.integers(-5, 700_000),
    ),
    max_size=12,
)


@given(steps)
def test_whatever_is_read_no_day_has_less_than_nothing_or_more_than_a_day(
    told: list[tuple[int, int, int, int, int]],
) -> None:
    book, ours, seen = (
        Book(),
        datetime(2026, 11, 13, 12, tzinfo=UTC),
        datetime.fromisoformat("2026-11-13T13:00"),
    )
    for passed, jump, used, behind, before in told:
        ours += timedelta(seconds=passed)
        seen += timedelta(seconds=passed + jump)
        day = seen.date() - timedelta(days=behind)
        book.read(Reading(ours, seen, day, used, used // 2, before, 0, HOUR, False, True))
    assert all(0 <= record.used_seconds <= 86_400 for record in book.days.values())
    assert all(0 <= record.playtime_seconds <= 86_400 for record in book.days.values())
    assert book.grown >= 0


@given(st.lists(st.tuples(st.integers(1, 400), st.booleans()), min_size=1, max_size=40))
def test_who_is_watched_without_a_break_is_known_to_the_second(told: list[tuple[int, bool]]) -> None:
    """Used or not, over midnights: every day but today is whole, and together they are what was used."""
    seen, used, month = datetime.fromisoformat("2026-11-13T23:00"), 0, 0
    book, total = Book(reading(seen.isoformat(), 0)), 0
    for passed, plays in told:
        seconds = passed if plays else 0
        seen += timedelta(seconds=passed)
        into_day = seen.hour * 3600 + seen.minute * 60 + seen.second
        if into_day < passed:
            month += used + max(seconds - into_day, 0)
            used = min(seconds, into_day)
        else:
            used += seconds
        total += seconds
        book.read(reading(seen.isoformat(), used, before=month))
    assert sum(book.used().values()) == total
    assert book.whole() == set(book.days) - {seen.date()}
