"""Is it enforcing? What was found on one server that stands against it, and how timekpr ran there."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from nicegui.element import Element

from timekpr_mngr.domain.account import Actor
from timekpr_mngr.domain.finding import Severity
from timekpr_mngr.services import words
from timekpr_mngr.services.finding_views import FindingView, RunsView
from timekpr_mngr.services.live import Event, FindingMoved, FleetChanged, ServerMoved
from timekpr_mngr.texts import _, counted
from timekpr_mngr.web.ui.parts.card import card
from timekpr_mngr.web.ui.parts.notice import Notice
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.visit import Visit

SHOWN_AT_ONCE = 50
CLEARED_SHOWN = 5
CLEARED_WITHIN = timedelta(days=7)
TONES = {Severity.ERROR: "over", Severity.WARNING: "soon", Severity.INFO: ""}

Found = tuple[tuple[FindingView, ...], tuple[FindingView, ...], RunsView]
"""What stands, what is over, and the runs."""


class FindingList(Element):
    """The worst first. Where nothing stands it says so."""

    def __init__(self, visit: Visit, server: str) -> None:
        super().__init__("div")
        self.classes("stack")
        self._visit, self._server = visit, server
        self._shown: Found | None = None

    async def refresh(self) -> None:
        """What is found now."""
        found = await self._visit.look(self._load)
        if found is None or found == self._shown:
            return
        self._shown = found
        self.clear()
        with self, card(_("Is it enforcing?"), _("Looked at whenever the computer is read.")):
            self._draw(*found)

    async def handle(self, events: list[Event]) -> None:
        """Looks again where something of this server moved."""
        if any(self._is_about(event) for event in events):
            await self.refresh()

    def _is_about(self, event: Event) -> bool:
        if isinstance(event, FleetChanged):  # somebody is out of view now, perhaps
            return True
        return isinstance(event, FindingMoved | ServerMoved) and event.server == self._server

    async def _load(self, actor: Actor) -> Found:
        findings = self._visit.services.findings
        standing = await findings.list(actor, state="open", server=self._server, limit=SHOWN_AT_ONCE)
        over = await findings.list(actor, state="cleared", server=self._server, limit=CLEARED_SHOWN)
        runs = await findings.runs(actor, self._server)
        worst_first = sorted(standing.items, key=lambda one: list(TONES).index(one.severity))
        return tuple(worst_first), over.items, runs

    def _draw(self, standing: Sequence[FindingView], over: Sequence[FindingView], runs: RunsView) -> None:
        for one in standing:
            Notice().show(
                TONES[one.severity],
                one.sentence,
                _("Since {when}.").format(when=self._at(one.raised_at)),
                fix=one.fix,
                icon_name="info" if one.severity is Severity.INFO else "warning",
            )
        if not standing and runs.runs:
            Notice().show("good", _("Nothing that was found stands against it."))
        text("p", self._ran(runs), "small muted")
        late = [one for one in over if one.cleared_at and one.cleared_at > self._visit.now - CLEARED_WITHIN]
        if late:
            text("h3", _("Over within the last days"))
            with element("ul", "list dense small muted"):
                for one in late:
                    with element("li"):
                        text("span", self._was(one), "anywhere")

    def _was(self, one: FindingView) -> str:
        assert one.cleared_at is not None
        return _("{sentence} From {begin} to {end}.").format(
            sentence=one.sentence, begin=self._at(one.raised_at), end=self._at(one.cleared_at)
        )

    def _ran(self, runs: RunsView) -> str:
        if not runs.runs:
            return _("How timekpr runs there is known when the computer was read.")
        said = []
        if runs.began_at is not None:
            said.append(_("timekpr has run there since {when}.").format(when=self._at(runs.began_at)))
        if runs.restarts and runs.last_restart is not None:
            said.append(
                counted(
                    "It was restarted {n} time within seven days while the computer was on, last {{when}}.",
                    "It was restarted {n} times within seven days while the computer was on, last {{when}}.",
                    runs.restarts,
                ).format(when=self._at(runs.last_restart))
            )
        else:
            said.append(_("Within seven days it was not seen to be restarted while the computer was on."))
        return " ".join(said)

    def _at(self, moment: datetime) -> str:
        return words.at(moment, self._visit.zone, self._visit.now)
