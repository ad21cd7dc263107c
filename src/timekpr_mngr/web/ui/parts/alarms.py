"""The computers on which somebody is not limited who should be."""

from collections.abc import Sequence

from nicegui.element import Element

from timekpr_mngr.domain.finding import Severity
from timekpr_mngr.services.finding_views import FindingView
from timekpr_mngr.services.live import Event, FindingMoved, FleetChanged
from timekpr_mngr.texts import _, counted
from timekpr_mngr.web.ui.navigation import server_path
from timekpr_mngr.web.ui.parts.notice import Notice
from timekpr_mngr.web.ui.visit import Visit

LOOKED_AT = 200


class Alarms(Element):
    """One note for each such computer, as many as `at_once`; not there at all where there is none."""

    def __init__(self, visit: Visit, at_once: int) -> None:
        super().__init__("div")
        self.classes("stack")
        self._visit, self._at_once = visit, at_once
        self._shown: Sequence[FindingView] = ()
        self.set_visibility(False)

    async def refresh(self) -> None:
        """What stands now."""
        found = await self._visit.look(
            lambda actor: self._visit.services.findings.list(
                actor, state="open", severity=Severity.ERROR.value, limit=LOOKED_AT
            )
        )
        if found is None or found.items == self._shown:
            return
        self._shown = found.items
        by_server: dict[str, list[FindingView]] = {}
        for one in found.items:
            by_server.setdefault(one.server, []).append(one)
        self.clear()
        self.set_visibility(bool(by_server))
        with self:
            for server, findings in list(by_server.items())[: self._at_once]:
                self._note(server, findings)
            if (more := len(by_server) - self._at_once) > 0:
                said = counted(
                    "{n} more computer is not enforcing.", "{n} more computers are not enforcing.", more
                )
                Notice().show("over", said, link=(_("Show"), "/servers"))

    async def handle(self, events: list[Event]) -> None:
        """Looks again where something was found, or is over."""
        if any(isinstance(event, FindingMoved | FleetChanged) for event in events):
            await self.refresh()

    @staticmethod
    def _note(server: str, findings: Sequence[FindingView]) -> None:
        first, others = findings[-1], len(findings) - 1  # the one that stands longest
        said = first.sentence
        if others:
            said += " " + counted("And {n} thing more.", "And {n} things more.", others)
        Notice().show("over", f"{server}:", said, link=(_("Look"), server_path(server)))
