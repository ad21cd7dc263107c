"""The live checks of a computer that is being added: a tick for what holds, and for every cross what to do."""

import asyncio
from collections.abc import Callable, Sequence

from nicegui import background_tasks, ui

from timekpr_mngr.domain.health import Check
from timekpr_mngr.texts import _, noop
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.check_line import check_line
from timekpr_mngr.web.ui.parts.text import element
from timekpr_mngr.web.ui.visit import Visit

ANSWERS = {
    "reachable": ("address", noop("Change the address")),
    "host key": ("fingerprint", noop("Compare the fingerprint")),
    "key": ("computer", noop("Show the line again")),
    "bus": ("computer", noop("Show the line again")),
    "group": ("computer", noop("Show the line again")),
    "files": ("computer", noop("Show the line again")),
}
"""By check: the step that puts it right, and what its button says."""


class WizardChecks(ui.element):
    """`refresh` tries the computer; `on_checked` hears the result, `open_step` is asked for the step that helps.

    `actions` is the line of its buttons, for more of them.
    """

    def __init__(
        self,
        visit: Visit,
        server: str,
        on_checked: Callable[[Sequence[Check]], object],
        open_step: Callable[[str], object],
    ) -> None:
        super().__init__("div")
        self.classes("stack tight")
        self._visit, self._server = visit, server
        self._on_checked, self._open_step = on_checked, open_step
        self._is_wanted = asyncio.Event()
        self._is_running = False
        with self:
            self._list = element("ul", "list").props("aria-live=polite")
            with element("div", "line end wrap") as self.actions:
                self._press = button(_("Check again"), self.refresh)

    def refresh(self) -> None:
        """Tries the computer in the background; asked for meanwhile, it tries once more afterwards."""
        self._is_wanted.set()
        if not self._is_running:
            self._is_running = True
            background_tasks.create(self._run(), name="checks of a new computer")

    async def _run(self) -> None:
        try:
            while self._is_wanted.is_set() and not self._visit.client.is_deleted:
                self._is_wanted.clear()
                self._press.props("loading")
                found = await self._visit.look(
                    lambda actor: self._visit.services.fleet.check(actor, self._server)
                )
                if found is not None and not self._visit.client.is_deleted:
                    with self._visit.client:
                        self._show(found)
        finally:
            self._is_running = False
            self._press.props(remove="loading")

    def _show(self, checks: Sequence[Check]) -> None:
        self._list.clear()
        with self._list:
            for check in checks:
                self._line(check)
        self._on_checked(checks)

    def _line(self, check: Check) -> None:
        said = check_line(check, "li")
        if check.ok is False and check.name in ANSWERS:
            step, label = ANSWERS[check.name]
            with said:
                button(_(label), lambda: self._open_step(step), "word")
