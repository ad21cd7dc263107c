"""What was used over the days, as it is told to people."""

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from tests.bench.history import seed
from tests.services.house import ADMIN, VIEWER, House, until
from timekpr_mngr.domain.change import GrantKind
from timekpr_mngr.domain.person import UserName
from timekpr_mngr.domain.usage_days import UsageDay, UsageSample
from timekpr_mngr.errors import Invalid, UnknownPerson, UnknownServer, UnknownUser
from timekpr_mngr.services.report_views import DayPart, Knowledge, UsageReport
from timekpr_mngr.services.usage_csv import COLUMNS, usage_csv
from timekpr_mngr.simulator.files import CONTROL
from timekpr_mngr.simulator.machine import Machine

HOUR = 3600
ALICE, BOB = UserName("kids-pc", "alice"), UserName("kids-pc", "bob")
WEDNESDAY = date(2026, 3, 4)  # the house's computer stands there
ONE_DAY = timedelta(days=1)
READ_AT = datetime(2026, 3, 4, 16, 0, tzinfo=UTC)


def record(day: date, used: int, **values: object) -> UsageDay:
    whole = UsageDay(day, used, 0, 0, 2 * HOUR, False, READ_AT, True)
    return replace(whole, **values)  # type: ignore[arg-type]


async def kept(home: House, *records: UsageDay, whose: UserName = ALICE) -> None:
    await home.store.usage.keep({(whose, one.day): one for one in records}, {})


@pytest_asyncio.fixture
async def home(home: House) -> House:
    """Its users were made when its clock stood where it stands."""
    for whose in (ALICE, BOB):
        home.machine.set_values(CONTROL, whose.user, LAST_CHECKED=home.machine.now().replace(microsecond=0))
    await home.read()
    return home


async def report(home: House, days: int = 7) -> UsageReport:
    return await home.services.reports.user(VIEWER, *ALICE, days)


def part(told: UsageReport, day: date) -> DayPart:
    [found] = [found for one in told.days if one.day == day for found in one.parts]
    return found


async def test_a_day_is_whole_or_partial_or_a_gap_and_today_is_so_far(home: House) -> None:
    monday, tuesday = WEDNESDAY - 2 * ONE_DAY, WEDNESDAY - ONE_DAY
    await kept(
        home, record(monday, 0), record(tuesday, HOUR, is_whole=False, limit_seconds=None, given_seconds=900)
    )
    told = await report(home, 4)
    assert [(day.day, day.knowledge, day.used_seconds) for day in told.days] == [
        (monday - ONE_DAY, Knowledge.GAP, None),
        (monday, Knowledge.WHOLE, 0),
        (tuesday, Knowledge.PARTIAL, HOUR),
        (WEDNESDAY, Knowledge.SO_FAR, 0),
    ]
    assert part(told, monday - ONE_DAY) == DayPart("kids-pc", "alice", Knowledge.GAP)
    found = part(told, tuesday)
    assert (found.limit_seconds, found.given_seconds, found.read_at) == (None, 900, READ_AT)
    assert (told.first, told.last) == (monday - ONE_DAY, WEDNESDAY)
    assert (told.known_days, told.whole_days, told.used_seconds) == (3, 1, HOUR)


async def test_what_is_used_now_is_in_the_report_at_once(home: House) -> None:
    home.machine.login("alice")
    home.machine.advance(60)
    await home.read()
    used = part(await report(home), WEDNESDAY).used_seconds
    assert used is not None
    assert 50 <= used <= 90


async def test_nothing_but_gaps_is_no_zero(home: House) -> None:
    told = await home.services.reports.users(VIEWER, [UserName("kids-pc", "nobody")], 30)
    assert (told.used_seconds, told.playtime_seconds, told.known_days) == (None, None, 0)
    assert {day.knowledge for day in told.days} == {Knowledge.GAP}
    assert told.week_over_week.this_week_seconds is None
    assert not told.week_over_week.is_sure


async def test_how_often_a_limit_was_reached(home: House) -> None:
    await kept(
        home, *(record(WEDNESDAY - ONE_DAY * number, HOUR, ran_out=number < 3) for number in (1, 2, 3))
    )
    told = await report(home)
    assert (told.limit_reached_days, told.known_days) == (2, 4)


async def test_this_week_is_compared_with_as_much_of_the_last(home: House) -> None:
    days = [WEDNESDAY - ONE_DAY * number for number in range(1, 15)]
    await kept(home, *(record(day, HOUR) for day in days))
    await kept(home, record(WEDNESDAY, 600, is_whole=False))
    weeks = (await report(home, 7)).week_over_week
    assert (weeks.until_weekday, weeks.this_week_seconds, weeks.last_week_seconds) == (
        3,
        2 * HOUR + 600,
        3 * HOUR,
    )
    assert weeks.is_sure
    told = await report(home, 14)
    assert [(week.monday, week.known_days, week.is_whole) for week in told.weeks] == [
        (date(2026, 2, 16), 4, False),
        (date(2026, 2, 23), 7, True),
        (date(2026, 3, 2), 3, False),
    ]
    assert [week.used_seconds for week in told.weeks] == [4 * HOUR, 7 * HOUR, 2 * HOUR + 600]


async def test_a_gap_in_either_week_makes_the_comparison_unsure(home: House) -> None:
    await kept(home, record(WEDNESDAY - ONE_DAY, HOUR))
    weeks = (await report(home)).week_over_week
    assert (weeks.this_week_seconds, weeks.last_week_seconds, weeks.is_sure) == (HOUR, None, False)


async def test_the_hours_of_the_day_are_the_servers_own(home: House) -> None:
    """Berlin is an hour ahead of UTC in March, and two in April."""
    winter = datetime(2026, 3, 2, 14, 55, tzinfo=UTC)  # a Monday
    samples = {(ALICE, at): UsageSample(at, 300, 100) for at in (winter, winter + timedelta(minutes=5))}
    await home.store.usage.keep({}, samples)
    told = (await report(home)).heat_map
    assert (told.used_seconds[0][15], told.used_seconds[0][16]) == (300, 300)
    assert told.playtime_seconds[0][15] == 100
    assert sum(map(sum, told.used_seconds)) == 600
    assert (told.first, told.days) == (WEDNESDAY - 6 * ONE_DAY, (1,) * 7)


async def test_the_hours_are_told_for_as_long_as_samples_are_kept(home: House) -> None:
    told = (await report(home, 365)).heat_map
    assert told.first == WEDNESDAY - 34 * ONE_DAY
    assert sum(told.days) == 35


async def test_time_given_and_taken_is_counted_whoever_did_it(home: House) -> None:
    for seconds in (900, 600, -300):
        accepted = await home.services.grants.give(ADMIN, *ALICE, seconds=seconds)
        await home.settled(*accepted.changes)
    told = await report(home)
    time, playtime = told.grants
    assert (time.kind, time.given, time.given_seconds) == (GrantKind.TIME, 2, 1500)
    assert (time.taken, time.taken_seconds, time.unknown, time.by_others) == (1, 300, 0, 0)
    assert (playtime.kind, playtime.given, playtime.taken) == (GrantKind.PLAYTIME, 0, 0)


async def test_a_person_is_told_over_all_computers_with_a_part_for_each(home: House) -> None:
    home.connector.add(Machine("den.home", ["alice"], time_zone="Europe/Berlin"))
    home.connector.machines["den.home"].set_clock("2026-03-04T16:00:00")
    await home.add_server("den", "den.home")
    den = UserName("den", "alice")
    person = await home.services.people.join(ADMIN, [ALICE, den], "Alice")
    yesterday = WEDNESDAY - ONE_DAY
    await kept(home, record(yesterday, HOUR, playtime_seconds=600), record(yesterday - ONE_DAY, HOUR))
    await kept(home, record(yesterday, 2 * HOUR, ran_out=True), whose=den)

    told = await home.services.reports.person(VIEWER, person.id, 3)

    assert told.users == (den, ALICE) or told.users == (ALICE, den)
    before, whole, _today = told.days
    assert (before.knowledge, before.used_seconds) == (Knowledge.PARTIAL, HOUR)  # of den nothing is known
    assert (whole.knowledge, whole.used_seconds, whole.playtime_seconds) == (Knowledge.WHOLE, 3 * HOUR, 600)
    assert whole.limit_reached
    assert {(one.server, one.used_seconds) for one in whole.parts} == {("kids-pc", HOUR), ("den", 2 * HOUR)}


async def test_a_day_that_has_not_begun_on_a_computer_has_no_part_of_it(home: House) -> None:
    home.connector.add(Machine("far.home", ["alice"], time_zone="Pacific/Auckland"))
    home.connector.machines["far.home"].set_clock("2026-03-05T04:00:00")
    await home.add_server("far", "far.home")
    told = await home.services.reports.users(VIEWER, [ALICE, UserName("far", "alice")], 2)
    assert [(day.day, [one.server for one in day.parts]) for day in told.days] == [
        (WEDNESDAY, ["kids-pc", "far"]),
        (WEDNESDAY + ONE_DAY, ["far"]),
    ]


@pytest.mark.parametrize("days", [0, -1, 367])
async def test_a_report_has_a_year_at_most(home: House, days: int) -> None:
    with pytest.raises(Invalid) as refusal:
        await report(home, days)
    assert refusal.value.field == "days"


async def test_of_who_is_not_there_nothing_is_told(home: House) -> None:
    with pytest.raises(UnknownServer):
        await home.services.reports.user(VIEWER, "attic", "alice")
    with pytest.raises(UnknownUser):
        await home.services.reports.user(VIEWER, "kids-pc", "nobody")
    with pytest.raises(UnknownPerson):
        await home.services.reports.person(VIEWER, "p77")
    assert (await home.services.reports.users(VIEWER, [])).known_days == 0


async def test_who_is_gone_from_the_computer_still_has_a_past(home: House) -> None:
    gone = UserName("kids-pc", "carol")
    await kept(home, record(WEDNESDAY - ONE_DAY, HOUR), whose=gone)
    assert (await home.services.reports.user(VIEWER, *gone)).used_seconds == HOUR


async def test_a_table_has_a_line_for_each_day_and_nothing_where_nothing_is_known(home: House) -> None:
    yesterday = WEDNESDAY - ONE_DAY
    await kept(home, record(yesterday, HOUR, given_seconds=-300, limit_seconds=None, ran_out=True))
    head, *lines = csv.reader(io.StringIO(usage_csv(await report(home, 3))))
    assert tuple(head) == COLUMNS
    assert lines[0] == ["2026-03-02", "kids-pc", "alice", "gap", *[""] * 6]
    assert lines[1] == [
        "2026-03-03", "kids-pc", "alice", "whole", "3600", "0", "", "-300", "yes", "2026-03-04T16:00:00Z",
    ]  # fmt: skip
    assert lines[2][:5] == ["2026-03-04", "kids-pc", "alice", "so-far", "0"]


async def test_a_login_that_is_a_formula_is_none_in_a_table(home: House) -> None:
    evil = UserName("kids-pc", '=cmd|"/C calc"!A0')
    await kept(home, record(WEDNESDAY - ONE_DAY, HOUR), whose=evil)
    table = usage_csv(await home.services.reports.user(VIEWER, *evil, 2))
    assert [line[2][:2] for line in csv.reader(io.StringIO(table))][1:] == ["'=", "'="]


async def test_a_seeded_year_is_told_whole(home: House, tmp_path: Path) -> None:
    await seed(home.store, [ALICE, BOB], WEDNESDAY)
    told = await home.services.reports.users(VIEWER, [ALICE, BOB], 365)
    assert len(told.days) == 365
    assert sum(day.used_seconds or 0 for day in told.days) == told.used_seconds
    assert sum(week.used_seconds or 0 for week in told.weeks) == told.used_seconds
    assert {day.knowledge for day in told.days} >= {Knowledge.WHOLE, Knowledge.PARTIAL, Knowledge.SO_FAR}
    assert sum(map(sum, told.heat_map.used_seconds)) > 0


async def test_a_server_that_was_renamed_keeps_its_days(home: House) -> None:
    await kept(home, record(WEDNESDAY - ONE_DAY, HOUR))
    await home.services.fleet.edit(ADMIN, "kids-pc", new_name="den")
    await until(lambda: home.engine.snapshot("den") is not None)
    assert (await home.services.reports.user(VIEWER, "den", "alice")).used_seconds == HOUR
