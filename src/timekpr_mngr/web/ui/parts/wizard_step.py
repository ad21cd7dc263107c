"""One step of the wizard: a headline that says how it stands, and what is to be done, which opens below it."""

from collections.abc import Callable

from nicegui import ui

from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.icon import icon
from timekpr_mngr.web.ui.parts.text import element, text


class WizardStep(ui.element):
    """`body` is for what is to be done in it; pressed at its headline it asks `on_open` to be opened."""

    def __init__(self, headline: str, on_open: Callable[[], object]) -> None:
        super().__init__("li")
        self.classes("wizard-step")
        self._mark_shown: bool | None = None
        with self:
            self._head = element("button", "wizard-head").props("type=button aria-expanded=false")
            self._head.on("click", on_open)
            with self._head:
                self._mark = element("span", "mark")
                with element("span", "grow"):
                    text("span", headline, "title")
                    self._summary = text("span", "", "small muted anywhere")
                icon("chevron", "muted chevron")
            self.body = element("div", "wizard-body stack tight")
        self._head.props["aria-controls"] = f"c{self.body.id}"
        self.show(done=False, summary="", is_open=False)

    def show(self, *, done: bool, summary: str, is_open: bool) -> None:
        """How the step stands, in a few words, and whether it is the one to be seen."""
        self._summary.text = summary
        self.body.set_visibility(is_open)
        self._head.props["aria-expanded"] = "true" if is_open else "false"
        self.classes(add="open" if is_open else "", remove="" if is_open else "open")
        self.classes(add="done" if done else "", remove="" if done else "done")
        if done is not self._mark_shown:
            self._mark_shown = done
            self._mark.clear()
            with self._mark:
                if done:
                    icon("check")
                    text("span", _("done:"), "unseen")
