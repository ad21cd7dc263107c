"""A change of which cannot be told whether it arrived: what was read before it was sent, and after."""

from collections.abc import Awaitable, Callable

from timekpr_mngr import texts
from timekpr_mngr.domain.change import Answer, Change, Json
from timekpr_mngr.domain.grant import Reading, grant_of
from timekpr_mngr.services import words
from timekpr_mngr.texts import _, noop
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.sides import Side, sides
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.visit import Visit

AGAIN = {"+": noop("Give it again"), "-": noop("Take it again"), "=": noop("Set it again")}


def uncertain(visit: Visit, change: Change, answer: Callable[[Change, Answer], Awaitable[None]]) -> None:
    """Both readings, and the two things to do."""
    with element("div", "asked"):
        if change.message:
            text("p", change.message)
        sides(_read(change) if change.is_grant else _set(change))
        if visit.rights.may_move(change):
            with element("div", "line wrap"):
                button(_("It arrived"), lambda: answer(change, Answer.ARRIVED))
                again = AGAIN[grant_of(change).operation] if change.is_grant else AGAIN["="]
                button(_(again), lambda: answer(change, Answer.AGAIN))


def _set(change: Change) -> list[Side]:
    return [
        Side(_("It was"), words.value(change.field, change.before)),
        Side(_("Sent"), words.value(change.field, change.after)),
        Side(_("Afterwards"), _("could not be read")),
    ]


def _read(change: Change) -> list[Side]:
    before, after = change.readings
    return [
        _side(_("Before it was sent"), before),
        _side(_("Afterwards"), after),
    ]


def _side(name: str, reading: Json) -> Side:
    """A reading in words: what was left, of it what was used, and at what time of the server's day."""
    if not isinstance(reading, dict):
        return Side(name, _("could not be read"))
    read = Reading.from_json(reading)
    detail = _("used {spent}, time balance {balance}, read at {time}").format(
        spent=words.exactly(read.spent_seconds),
        balance=words.exactly(read.balance_seconds),
        time=texts.clock(read.last_checked),
    )
    return Side(name, _("{time} left").format(time=words.exactly(read.unused_seconds)), detail)
