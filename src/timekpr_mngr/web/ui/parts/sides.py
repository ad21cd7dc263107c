"""Values side by side, each with whose it is: what it was, what it is, what is wanted."""

from collections.abc import Sequence
from dataclasses import dataclass

from timekpr_mngr.web.ui.parts.text import element, text


@dataclass(frozen=True, slots=True)
class Side:
    """One of them. `detail` stands below the value, smaller."""

    name: str
    value: str
    detail: str = ""


def sides(items: Sequence[Side]) -> None:
    """Beside each other at a desk, below each other on a phone."""
    with element("dl", "sides"):
        for side in items:
            with element("div", "side"):
                text("dt", side.name)
                text("dd", side.value)
                if side.detail:
                    text("dd", side.detail, "detail")
