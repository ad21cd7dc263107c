"""What became of a press, said where it was pressed."""

from collections.abc import Sequence
from dataclasses import replace

from timekpr_mngr.domain.change import Change, ChangeState
from timekpr_mngr.services import words
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.notice import Notice
from timekpr_mngr.web.ui.visit import Visit

TONES = {ChangeState.QUEUED: "soon", ChangeState.SENDING: "going", ChangeState.APPLIED: "good"}
SHOWN_AT_ONCE = 3
REMEMBERED = 50
"""So many changes of which a step was heard: what was looked up, or answered, before it takes none of them back."""


class Answer(Notice):
    """First "on its way", then "arrived 17:04", or why it waits: for what this page sent, and what waits anyway."""

    def __init__(self, visit: Visit) -> None:
        super().__init__()
        self._visit = visit
        self._sent: dict[int, Change] = {}
        self._waiting: dict[int, Change] = {}
        self._settled: dict[int, Change] = {}

    def press(self, changes: Sequence[Change]) -> None:
        """Something was sent from here: it stands in the place of what was sent and settled before."""
        self._sent = {key: change for key, change in self._sent.items() if change.state.is_open}
        self._sent |= {change.id: self._settled.get(change.id, change) for change in changes}
        self._draw()

    def advance(self, change: Change) -> None:
        """A change took a step."""
        if change.id in self._sent:
            self._sent[change.id] = change
        if change.state.is_open:
            self._waiting[change.id] = change
        else:
            self._waiting.pop(change.id, None)
            self._settled[change.id] = change
            self._settled = dict(list(self._settled.items())[-REMEMBERED:])
        self._draw()

    def wait_for(self, changes: Sequence[Change]) -> None:
        """All that is open, whoever sent it. What is known to be settled stays so: this may have been read before."""
        settled = {
            key for key, change in self._sent.items() if not change.state.is_open
        } | self._settled.keys()
        self._waiting = {change.id: change for change in changes if change.id not in settled}
        self._sent |= {key: change for key, change in self._waiting.items() if key in self._sent}
        self._draw()

    def _draw(self) -> None:
        changes = sorted((self._sent | self._waiting).values(), key=lambda change: change.id)
        if not changes:
            self.hide()
            return
        worst = [change for change in changes if change.state not in TONES]
        waiting = [change for change in changes if change.state is ChangeState.QUEUED and change.waits_for]
        group = worst or waiting or [change for change in changes if change.state.is_open] or changes
        last, zone, now = group[-1], self._visit.zone, self._visit.now
        if (
            last.state is ChangeState.QUEUED and not last.waits_for
        ):  # said once, and not again at its next step
            last = replace(last, state=ChangeState.SENDING)
        tone = TONES.get(last.state, "over")
        if last.state in (ChangeState.CANCELLED, ChangeState.SUPERSEDED):
            tone = ""
        rest = words.state(last, zone, now) if len(group) == 1 else _many(group, words.state(last, zone, now))
        fix = last.message or ""
        link = None if tone in ("good", "going") else (_("Show"), f"/changes?server={last.server}")
        self.show(tone, _titles(group), rest, fix=fix, link=link)


def _titles(changes: Sequence[Change]) -> str:
    titles = [words.change(change) for change in changes[-SHOWN_AT_ONCE:]]
    more = len(changes) - len(titles)
    return words.listed(titles) + (_(" and {n} more").format(n=more) if more > 0 else "")


def _many(changes: Sequence[Change], state: str) -> str:
    """The last one's words stand for all, in the plural where English asks for it."""
    if changes[-1].state is ChangeState.QUEUED and changes[-1].waits_for:
        return _("wait: {why}").format(why=changes[-1].waits_for)
    return state.replace("is on its way", "are on their way").replace("was ", "were ")
