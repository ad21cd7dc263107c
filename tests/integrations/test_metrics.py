"""The figures themselves; what is told of a running program is tried in tests/web/test_watching.py."""

import re
from pathlib import Path
from typing import get_args

from timekpr_mngr.integrations.metrics import HEARD, Metrics
from timekpr_mngr.link.session import LinkEvent

DOCUMENTED = Path(__file__).parents[2] / "docs" / "observability.md"


async def text() -> str:
    return (await Metrics().text()).decode()


async def test_every_figure_is_told_in_the_documentation_and_no_other() -> None:
    families = re.findall(r"^# TYPE timekpr_mngr_(\w+) (\w+)$", await text(), re.MULTILINE)
    figures = {name for name, _kind in families}
    section = DOCUMENTED.read_text("utf-8").partition("## Metrics")[2].partition("## The log")[0]
    rows = re.findall(r"^\| (`[^|]*`) \|", section, re.MULTILINE)
    told = {
        re.sub(r"\{.*", "", name) for row in rows for name in re.findall(r"`([a-z]\w+(?:\{[^`]*\})?)`", row)
    }

    assert figures == told


async def test_every_event_of_a_link_is_counted() -> None:
    metrics = Metrics()
    kinds = [kind.__name__ for kind in get_args(LinkEvent)]
    for kind in kinds:
        metrics.heard(kind)

    said = (await metrics.text()).decode()

    assert set(HEARD) == set(kinds)
    for word in HEARD.values():
        assert f'timekpr_mngr_signals_heard_total{{kind="{word}"}} 1.0' in said


async def test_the_99th_percentile_of_the_lag_leaves_the_worst_out() -> None:
    metrics = Metrics()
    for _ in range(1_000):
        metrics.lagged(0.002)
    for _ in range(9):
        metrics.lagged(3.0)

    assert "timekpr_mngr_event_loop_lag_p99_seconds 0.002" in (await metrics.text()).decode()


async def test_two_programs_in_one_process_have_figures_of_their_own() -> None:
    one, other = Metrics(), Metrics()
    one.refused("setTimeLeft")

    assert "setTimeLeft" in (await one.text()).decode()
    assert "setTimeLeft" not in (await other.text()).decode()
