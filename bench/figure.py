"""One number, what it should be, and a table of them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured number. `most` is the target: what it may be at most; None where it is only told."""

    name: str
    value: float
    unit: str
    most: float | None = None

    @property
    def is_met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        return None if self.most is None else self.value <= self.most


@dataclass(frozen=True, slots=True)
class Section:
    """Figures that belong together."""

    title: str
    figures: Sequence[Figure]


def quantile(values: Sequence[float], share: float) -> float:
    """The value that `share` of them do not exceed (nearest rank): 0.5 is the median, 0.95 the p95."""
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]


def table(sections: Sequence[Section]) -> str:
    """All figures, in columns that stand in Markdown as well as in a terminal."""
    rows = [("figure", "measured", "target", "met")]
    for section in sections:
        rows.append((f"**{section.title}**", "", "", ""))
        rows.extend(_row(figure) for figure in section.figures)
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [_line(row, widths) for row in rows]
    rule = f"| {'-' * widths[0]} | {'-' * (widths[1] - 1)}: | {'-' * (widths[2] - 1)}: | {'-' * widths[3]} |"
    return "\n".join([lines[0], rule, *lines[1:]])


def _row(figure: Figure) -> tuple[str, str, str, str]:
    target = "" if figure.most is None else f"≤ {_number(figure.most)} {figure.unit}".rstrip()
    met = {None: "", True: "yes", False: "NO"}[figure.is_met]
    return figure.name, f"{_number(figure.value)} {figure.unit}".rstrip(), target, met


def _number(value: float) -> str:
    if value >= 100 or value == round(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def _line(row: tuple[str, str, str, str], widths: Sequence[int]) -> str:
    name, value, target, met = row
    return f"| {name:<{widths[0]}} | {value:>{widths[1]}} | {target:>{widths[2]}} | {met:<{widths[3]}} |"
