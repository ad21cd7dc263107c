"""A third of the computers cannot be reached: what the others notice of it."""

from collections.abc import Mapping
from dataclasses import replace

from bench import scale
from bench.figure import Figure, Section
from bench.large import pressing
from bench.scale import Budget
from timekpr_mngr.link.rush import HANDSHAKES_AT_ONCE

MOVED_MOST_PERCENT = 10.0
KINDS = ("refused", "silent", "dying")


def measured(budget: Budget, presses: int, seconds: float) -> Section:
    """The same figures with 700 computers, and with those and 300 more that are bad."""
    each = budget.servers // 10
    well = budget.servers - each * len(KINDS)
    at_play = budget.at_play * well // budget.servers
    alone, _ = _figures(replace(budget, servers=well, at_play=at_play), {}, presses, seconds)
    beside, handshakes = _figures(
        replace(budget, at_play=at_play), dict.fromkeys(KINDS, each), presses, seconds
    )
    figures = []
    for name, figure in beside.items():
        before = alone[name].value
        figures += [
            Figure(f"{name}: without them", before, figure.unit),
            Figure(f"{name}: with them", figure.value, figure.unit),
            Figure("… more by", (figure.value - before) / before * 100, "%", MOVED_MOST_PERCENT),
        ]
    return Section(
        f"{well} computers, without and with {each} that refuse, {each} that say nothing and {each} that die of it",
        [
            *figures,
            Figure("handshakes at once with the others, the most", handshakes, "", HANDSHAKES_AT_ONCE),
        ],
    )


def _figures(
    budget: Budget, bad: Mapping[str, int], presses: int, seconds: float
) -> tuple[dict[str, Figure], int]:
    """Those that are compared, and the most handshakes at once."""
    with scale.running(budget, bad) as running:
        sections = [scale.measured(running, budget, seconds), pressing.measured(running, presses)]
        handshakes = running.fleet.handshakes_at_once()
    compared = (scale.ONLINE, scale.READ, scale.CORE, pressing.MEDIAN, pressing.P95)
    found = {figure.name: figure for section in sections for figure in section.figures}
    return {name: found[name] for name in compared}, handshakes
