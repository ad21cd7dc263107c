"""A change that met another value than the one it was made against: what it was, what it is, what was wanted."""

from collections.abc import Awaitable, Callable

from timekpr_mngr.domain.change import Answer, Change
from timekpr_mngr.services import words
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.sides import Side, sides
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.visit import Visit


def conflict(
    visit: Visit,
    change: Change,
    answer: Callable[[Change, Answer], Awaitable[None]],
    edit: Callable[[Change], Awaitable[None]],
) -> None:
    """The three values, and the three things to do."""
    mine = change.account == visit.account.name
    theirs, ours = words.value(change.field, change.theirs), words.value(change.field, change.after)
    with element("div", "asked"):
        text("p", _("Somebody changed this on {server} in the meantime.").format(server=change.server))
        sides(
            [
                Side(_("It was"), words.value(change.field, change.before)),
                Side(_("Now on {server}").format(server=change.server), theirs),
                Side(_("You wanted") if mine else _("{account} wanted").format(account=change.account), ours),
            ]
        )
        if visit.rights.may_move(change):
            with element("div", "line wrap"):
                button(
                    _("Keep theirs"),
                    lambda: answer(change, Answer.THEIRS),
                    name=_("Keep theirs: {value}").format(value=theirs),
                )
                button(
                    _("Use ours"),
                    lambda: answer(change, Answer.OURS),
                    name=_("Use ours: {value}").format(value=ours),
                )
                button(_("Edit…"), lambda: edit(change), "quiet", name=_("Edit: set something else"))
