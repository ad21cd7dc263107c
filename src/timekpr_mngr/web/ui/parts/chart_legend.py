"""What the patterns of a chart mean."""

from collections.abc import Sequence
from html import escape

from nicegui import ui

from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.chart_columns import PATTERNS, Column


class Legend(ui.html):
    """`show` names the slices, and what else is in the columns."""

    def __init__(self) -> None:
        super().__init__("", sanitize=False)
        self.classes("legend")

    def show(self, slices: Sequence[str], columns: Sequence[Column]) -> None:
        """Only what can be seen is explained."""
        signs = [(f"p{number % PATTERNS}", name) for number, name in enumerate(slices)]
        if any(column.is_marked for column in columns):
            signs.append(("mark", _("limit reached")))
        if any(column.is_open for column in columns):
            signs.append(("more", _("this much at least")))
        if any(column.seconds is None for column in columns):
            signs.append(("unknown", _("not known")))
        self.set_content(
            "".join(f'<span><i class="{sign}"></i>{escape(name)}</span>' for sign, name in signs)
        )
