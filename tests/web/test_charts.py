"""What the charts of the stats dashboard are made of."""

from datetime import UTC, date, datetime

import pytest

from timekpr_mngr.domain.person import UserName
from timekpr_mngr.services.report_views import (
    DayPart,
    DayUsage,
    HeatMap,
    Knowledge,
    UsageReport,
    WeekOverWeek,
)
from timekpr_mngr.web.ui.parts.chart_columns import LINES, scale
from timekpr_mngr.web.ui.parts.chart_days import by_computer, by_playtime
from timekpr_mngr.web.ui.parts.chart_heat import averages
from timekpr_mngr.web.ui.parts.chart_span import USUAL, span_in

HOUR = 3600
SUNDAY = date(2026, 3, 1)
READ_AT = datetime(2026, 3, 1, 18, 0, tzinfo=UTC)


def part(server: str, user: str, used: int | None, playtime: int | None = 0) -> DayPart:
    knowledge = Knowledge.GAP if used is None else Knowledge.WHOLE
    return DayPart(server, user, knowledge, used, playtime, 2 * HOUR, 0, read_at=READ_AT)


def report(*parts: DayPart) -> UsageReport:
    """One day of as many users."""
    day = DayUsage(SUNDAY, Knowledge.PARTIAL, HOUR, 0, limit_reached=False, parts=parts)
    nothing = ((0,) * 24,) * 7
    return UsageReport(
        users=tuple(UserName(one.server, one.user) for one in parts),
        first=SUNDAY,
        last=SUNDAY,
        used_seconds=HOUR,
        playtime_seconds=0,
        known_days=1,
        whole_days=0,
        limit_reached_days=0,
        days=(day,),
        weeks=(),
        week_over_week=WeekOverWeek(7, HOUR, None, is_sure=False),
        heat_map=HeatMap(SUNDAY, (0, 0, 0, 0, 0, 0, 1), nothing, nothing),
        grants=(),
    )


@pytest.mark.parametrize("most", [0, 1, 900, 3601, 2 * HOUR, 5 * HOUR, 24 * HOUR, 200 * HOUR, 4000 * HOUR])
def test_a_scale_reaches_over_everything_with_a_few_lines(most: int) -> None:
    step, top = scale(most)
    assert top >= max(most, 1)
    assert top - step < max(most, 1)
    assert top % step == 0
    assert top // step <= LINES


def test_a_slice_is_called_by_the_computer_and_by_the_login_where_two_are_on_one() -> None:
    names, _slices = by_computer(
        report(part("pc", "emma", 1), part("pc", "em", 1), part("laptop", "emma", 1))
    )
    assert names == ["pc/emma", "pc/em", "laptop"]


def test_what_is_not_known_of_one_computer_is_no_zero() -> None:
    known, unknown = part("pc", "emma", HOUR), part("laptop", "emma", None, None)
    _names, slices = by_computer(report(known, unknown))
    assert list(slices(known)) == [HOUR, None]
    assert list(slices(unknown)) == [None, None]
    _names, slices = by_playtime()
    assert list(slices(unknown)) == [None, None]


def test_playtime_is_never_more_than_all_time() -> None:
    _names, slices = by_playtime()
    assert list(slices(part("pc", "emma", HOUR, 1800))) == [1800, 1800]
    assert list(slices(part("pc", "emma", 600, 900))) == [0, 600]


def test_an_hour_is_told_on_average_over_the_weekdays_that_there_were() -> None:
    used = tuple((1200,) * 24 for _day in range(7))
    means = averages(HeatMap(SUNDAY, (2, 1, 0, 1, 1, 1, 1), used, used))
    assert [row[0] for row in means] == [600, 1200, 0, 1200, 1200, 1200, 1200]


@pytest.mark.parametrize(
    ("said", "days"), [("90", 90), ("365", 365), ("", USUAL), ("31", USUAL), ("x", USUAL)]
)
def test_an_address_asks_for_days_that_can_be_chosen(said: str, days: int) -> None:
    assert span_in(said) == days
