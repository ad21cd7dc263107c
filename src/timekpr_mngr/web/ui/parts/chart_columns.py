"""Columns side by side: each of some slices, on a scale of hours, with an empty frame where nothing is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from nicegui import ui

from timekpr_mngr.services import words
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.text import named

PATTERNS = 5
"""How many slices of a column can be told apart; a sixth looks like the first."""

HOUR = 3600
LABELS = 4
LINES = 4
STEPS = (900, 1800, 3600, 7200, 10_800, 14_400, 21_600, 28_800, 43_200, 86_400, 172_800)


@dataclass(frozen=True, slots=True)
class Column:
    """`title` says all of it; `label` stands below where there is room. `seconds` are its slices from the ground up,
    and None where nothing is known. It `is_open` where it was that much at least, and `is_marked` with a diamond.
    """

    title: str
    label: str
    seconds: tuple[int, ...] | None
    is_open: bool = False
    is_marked: bool = False


class Columns(ui.html):
    """The picture; `show` draws it anew. What it says in words is its name, and belongs into a table beside it."""

    def __init__(self) -> None:
        super().__init__("", sanitize=False)
        self.classes("columns").props("role=img")

    def show(self, columns: Sequence[Column], label: str) -> None:
        """Draws them, oldest first."""
        step, top = scale(max((sum(column.seconds or ()) for column in columns), default=0))
        lines = "".join(
            f'<i class="rule" style="bottom:{100 * at / top:.2f}%"><b>{escape(_mark(at))}</b></i>'
            for at in range(0, top + 1, step)
        )
        tracks = f"grid-template-columns:repeat({len(columns)},minmax(0,1fr))"
        density = "dense" if len(columns) > 40 else "loose" if len(columns) < 10 else ""
        self.set_content(
            f'<div class="plot {density}">{lines}'
            f'<div class="run" style="{tracks}">{"".join(_column(one, top) for one in columns)}</div></div>'
            f'<div class="feet {density}" style="{tracks}">{_labels(columns)}</div>'
        )
        named(self, label)


def scale(most: int) -> tuple[int, int]:
    """Seconds between two lines, and at the top: never more than some lines, and nothing above the top."""
    step = next((step for step in STEPS if most <= step * LINES), -(-most // LINES))
    return step, max(-(-most // step), 1) * step


def _mark(seconds: int) -> str:
    """As short as it can be said: `30 min`, `1½ h`."""
    if 0 < seconds < HOUR:
        return words.duration(seconds)
    half = "½" if seconds % HOUR else ""
    return _("{hours} h").format(hours=f"{seconds // HOUR}{half}")


def _column(column: Column, top: int) -> str:
    title = escape(column.title)
    if column.seconds is None:
        return f'<div class="unknown" title="{title}"></div>'
    if not sum(column.seconds):
        return f'<div title="{title}"><i class="none"></i></div>'
    cap = '<i class="more"></i>' if column.is_open else ""
    slices = "".join(
        f'<i class="p{number % PATTERNS}" style="height:{100 * seconds / top:.2f}%"></i>'
        for number, seconds in reversed(list(enumerate(column.seconds)))
        if seconds
    )
    return f'<div title="{title}">{cap}{slices}</div>'


def _labels(columns: Sequence[Column]) -> str:
    """Below every so many, counted from the last; and the diamonds."""
    stride = 1 if len(columns) < 10 else -(-len(columns) // LABELS)
    last = len(columns) - 1
    return "".join(
        f"<span>{'<i></i>' if column.is_marked else ''}"
        f"{f'<b>{escape(column.label)}</b>' if (last - number) % stride == 0 else ''}</span>"
        for number, column in enumerate(columns)
    )
