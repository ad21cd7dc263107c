"""Gives time, and asks first where a rule would swallow it."""

from nicegui import ui

from timekpr_mngr.domain.account import Actor, Power
from timekpr_mngr.domain.change import GrantKind
from timekpr_mngr.services import words
from timekpr_mngr.services.grant_check import GrantCheck
from timekpr_mngr.services.views import Accepted
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.answer import Answer
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.visit import Visit

OPEN_UP, ANYWAY = "open-up", "anyway"


async def give(
    visit: Visit,
    server: str,
    user: str,
    answer: Answer,
    *,
    seconds: int,
    name: str = "",
    kind: GrantKind = GrantKind.TIME,
    reason: str | None = None,
) -> bool:
    """Gives (below zero: takes) seconds today; `answer` says what becomes of it. Whether anything was queued.

    `name` is what the user is called in the question. Raises Invalid.
    """
    grants = visit.services.grants

    async def queued(actor: Actor) -> Accepted | None:
        open_up = False
        if seconds > 0:
            check = await grants.check(actor, server, user, seconds=seconds, kind=kind.value)
            if check.sentence is not None:
                headline = _headline(seconds, kind, name or user, server)
                may_open_up = visit.may(Power.LIMITS, server, user)
                said = await _ask(visit, check, check.sentence, headline, may_open_up=may_open_up)
                if said is None:
                    return None
                open_up = said == OPEN_UP
                actor = await visit.known_again()
        return await grants.give(
            actor, server, user, seconds=seconds, kind=kind.value, reason=reason, open_up=open_up
        )

    accepted = await visit.act(queued)
    if accepted is None:
        return False
    answer.press(accepted.changes)
    return True


async def _ask(
    visit: Visit, check: GrantCheck, sentence: str, headline: str, *, may_open_up: bool
) -> str | None:
    """What the person said to it; None for not now."""
    can_open_up = bool(check.needs) and may_open_up
    with visit.client, ui.dialog() as dialog, ui.card().classes("dialog"):
        dialog.props["aria-label"] = headline
        text("h2", headline)
        text("p", sentence)
        if can_open_up:
            text("p", _without(check), "small muted")
        with element("div", "choices"):
            if can_open_up:
                button(_("Give, and open up for today"), lambda: dialog.submit(OPEN_UP), "main").props(
                    "autofocus"
                )
            button(_("Give anyway"), lambda: dialog.submit(ANYWAY))
            button(_("Not now"), lambda: dialog.submit(None), "quiet")
    said = await dialog
    dialog.delete()
    return said if said in (OPEN_UP, ANYWAY) else None


def _headline(seconds: int, kind: GrantKind, name: str, server: str) -> str:
    what = words.signed(seconds)
    if kind is GrantKind.PLAYTIME:
        what = _("PlayTime {what}").format(what=what)
    return _("{what} for {name} on {server}").format(what=what, name=name, server=server)


def _without(check: GrantCheck) -> str:
    gains = check.gains_seconds or 0
    without = (
        _("As it is, that gives {time}.").format(time=words.exactly(gains))
        if gains > 0
        else _("As it is, that gives no time today.")
    )
    return without + " " + _("What is opened up is taken back by itself after today.")
