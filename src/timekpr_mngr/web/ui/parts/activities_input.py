"""The programs that count as PlayTime."""

from dataclasses import dataclass

from nicegui import ui

from timekpr_mngr.domain import rules
from timekpr_mngr.domain.change import Json
from timekpr_mngr.errors import Invalid
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.edits import Bound, Edits
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.mask_tester import MaskTester
from timekpr_mngr.web.ui.parts.pending_mark import PendingMark
from timekpr_mngr.web.ui.parts.text import element, text

FIELD = "playtime.activities"


@dataclass(slots=True)
class _Row:
    mask: str
    description: str
    mask_input: ui.input | None = None
    description_input: ui.input | None = None


class ActivitiesInput(ui.element):
    """Bound to the field `playtime.activities`: masks with descriptions, each checked as it is typed."""

    def __init__(self, edits: Edits, *, enabled: bool) -> None:
        super().__init__("div")
        self.classes("stack tight")
        self._edits = edits
        self._enabled = enabled
        self._rows = _rows(edits.value(FIELD))
        with self:
            text("h3", _("Programs that count as PlayTime"))
            text(
                "p",
                _(
                    "The name of the program as the computer knows it, such as minecraft-launcher; capitals count. "
                    "A pattern may be used: in steam.* the .* stands for anything."
                ),
                "small muted",
            )
            mark = PendingMark().style("justify-self: start")
            self._part = element("div", "stack tight")
            if enabled:
                with element("div", "line"):
                    button(_("Add a program"), self._add, "quiet", icon="plus")
                self._tester = MaskTester(self._usable_masks)
        edits.bind(FIELD, Bound(put=self._put, mark=self._mark_problem, pend=mark.show))
        self._draw()

    def _draw(self) -> None:
        self._part.clear()
        with self._part:
            for row in self._rows:
                with element("div", "activity"):
                    row.mask_input = self._input(row, "mask", _("Program"), "minecraft-launcher")
                    row.description_input = self._input(row, "description", _("Called"), "Minecraft")
                    if self._enabled:
                        button(
                            "",
                            lambda row=row: self._remove(row),
                            "round",
                            name=_("Remove {mask}").format(mask=row.mask),
                            icon="close",
                        )
            if not self._rows:
                text("p", _("None yet: nothing counts as PlayTime."), "small muted")

    def _input(self, row: _Row, part: str, name: str, example: str) -> ui.input:
        field = ui.input(
            value=getattr(row, part),
            placeholder=example,
            on_change=lambda event: self._typed(row, part, event.value),
        )
        field.without_auto_validation().set_enabled(self._enabled)
        field.props(
            "outlined dense hide-bottom-space no-error-icon autocomplete=off autocapitalize=none spellcheck=false"
        )
        field.props["aria-label"] = name
        return field

    async def _typed(self, row: _Row, part: str, value: str | None) -> None:
        setattr(row, part, value or "")
        self._check()
        if part == "mask":
            await self._tester.refresh()

    def _usable_masks(self) -> list[str]:
        """Those that may be sent: nothing is tried with what timekpr must never get."""
        return [row.mask for row in self._rows if _is_usable(row.mask)]

    def _add(self) -> None:
        self._rows.append(_Row("", ""))
        self._draw()
        field = self._rows[-1].mask_input
        if field is not None:
            field.run_method("focus")

    async def _remove(self, row: _Row) -> None:
        self._rows = [other for other in self._rows if other is not row]
        self._draw()
        self._check()
        await self._tester.refresh()

    def _put(self, value: Json) -> None:
        self._rows = _rows(value)
        self._draw()

    def _check(self) -> None:
        for row in self._rows:
            for field in (row.mask_input, row.description_input):
                if field is not None:
                    field.error = None
        wrong = [row for row in self._filled() if self._mark_row(row)]
        if wrong:
            self._edits.set_unusable(FIELD)
            return
        given: list[Json] = [
            {"mask": row.mask, "description": row.description.strip()} for row in self._filled()
        ]
        self._edits.set(FIELD, given)

    def _filled(self) -> list[_Row]:
        return [row for row in self._rows if row.mask or row.description]

    def _mark_row(self, row: _Row) -> bool:
        """Shows what is wrong with it, at its field; whether anything is."""
        try:
            rules.activity(row.mask, row.description, "")
        except Invalid as problem:
            _mark(row, problem)
            return True
        return False

    def _mark_problem(self, problem: Invalid | None) -> None:
        if problem is None:
            return
        position = problem.field.partition("[")[2].partition("]")[0]
        filled = self._filled()
        if position.isdigit() and int(position) < len(filled):
            _mark(filled[int(position)], problem)


def _mark(row: _Row, problem: Invalid) -> None:
    field = row.description_input if problem.field.endswith(".description") else row.mask_input
    if field is not None:
        field.error = problem.message


def _is_usable(mask: str) -> bool:
    try:
        rules.activity(mask, "", "")
    except Invalid:
        return False
    return True


def _rows(value: Json) -> list[_Row]:
    items = value if isinstance(value, list) else []
    return [_Row(str(item["mask"]), str(item["description"])) for item in items if isinstance(item, dict)]
