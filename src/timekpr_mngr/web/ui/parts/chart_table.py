"""The numbers of a chart as a table, folded away: for who wants them, and for who does not see the chart."""

from collections.abc import Sequence
from html import escape

from nicegui import ui

from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.text import element, text


class ChartTable(ui.element):
    """`show` writes the numbers. What is unfolded stays so."""

    def __init__(self, caption: str) -> None:
        super().__init__("details")
        self.classes("numbers")
        self._caption = caption
        with self:
            text("summary", _("As a table"))
            with element("div", "scroll").props("tabindex=0 role=region") as region:
                self._table = ui.html("", sanitize=False)
        region.props["aria-label"] = caption

    def show(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """The first cell of a row says whose it is."""
        heads = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
        lines = "".join(
            f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in rest)}</tr>'
            for first, *rest in rows
        )
        self._table.set_content(
            f'<table><caption class="hidden-word">{escape(self._caption)}</caption>'
            f"<thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table>"
        )
