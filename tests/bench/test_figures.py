"""What the benchmark makes of numbers."""

import math

from bench.figure import Figure, Section, quantile, table
from bench.watched import PREFIX, Between, Key, Moment

LAG = "event_loop_lag_seconds"


def _moment(**counts: float) -> Moment:
    """`le_0_01=5`: five of up to 10 ms."""
    figures: dict[Key, float] = {}
    for name, count in counts.items():
        le = name.removeprefix("le_").replace("_", ".").replace("inf", "+Inf")
        figures[f"{PREFIX}{LAG}_bucket", frozenset({("le", le), ("kind", "grant")})] = count
    return Moment(0.0, 0.0, 0.0, figures)


def test_a_quantile_of_a_histogram_counts_what_came_between_and_is_even_within_a_bucket() -> None:
    before = _moment(le_0_01=90, le_0_05=90, le_inf=90)
    between = Between(before, _moment(le_0_01=100, le_0_05=180, le_inf=190))
    assert math.isclose(between.quantile_ms(LAG, 0.10, kind="grant"), 10)
    assert math.isclose(between.quantile_ms(LAG, 0.50, kind="grant"), 30)
    assert math.isclose(between.quantile_ms(LAG, 0.90, kind="grant"), 50)


def test_beyond_the_last_bound_of_a_histogram_is_the_last_bound() -> None:
    between = Between(_moment(), _moment(le_0_01=1, le_inf=100))
    assert between.quantile_ms(LAG, 0.99, kind="grant") == 10


def test_a_histogram_in_which_nothing_happened_has_no_quantile_but_zero() -> None:
    same = _moment(le_0_01=7, le_inf=7)
    assert Between(same, same).quantile_ms(LAG, 0.5, kind="grant") == 0
    assert Between(_moment(), _moment()).quantile_ms(LAG, 0.5) == 0


def test_quantiles_are_values_that_were_measured() -> None:
    assert quantile([4, 1, 3, 2], 0.5) == 2
    assert quantile([4, 1, 3, 2], 0.95) == 4


def test_the_table_says_whether_targets_are_met_and_stands_in_columns() -> None:
    figures = [Figure("good", 1.5, "s", 2), Figure("bad", 2_500, "ms", 2), Figure("told", 0.25, "%")]
    rows = table([Section("All", figures)]).splitlines()
    assert [row.split("|")[4].strip() for row in rows[2:]] == ["", "yes", "NO", ""]
    assert [row.split("|")[2].strip() for row in rows[3:]] == ["1.5 s", "2,500 ms", "0.25 %"]
    assert len({len(row) for row in rows}) == 1
