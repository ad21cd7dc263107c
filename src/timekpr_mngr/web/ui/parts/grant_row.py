"""The buttons that give and take time today."""

from collections.abc import Awaitable, Callable

from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.answer import Answer
from timekpr_mngr.web.ui.parts.button import plain_button
from timekpr_mngr.web.ui.parts.giving import give
from timekpr_mngr.web.ui.parts.text import element
from timekpr_mngr.web.ui.visit import Visit

STEPS = (("−15", -15), ("+15", 15), ("+30", 30), ("+60", 60))
"""What stands on the button, and its minutes."""


def grant_row(visit: Visit, server: str, user: str, answer: Answer) -> None:
    """One press, one grant. `answer` says what became of it."""

    async def send(seconds: int) -> None:
        await visit.told(give(visit, server, user, answer, seconds=seconds))

    with element("div", "give four"):
        step_buttons(user, send)


def step_buttons(user: str, send: Callable[[int], Awaitable[None]]) -> None:
    """The steps. `send` is called with the seconds of the one that is pressed; `user` is whom the names speak of."""

    def handler(minutes: int) -> Callable[[], Awaitable[None]]:
        return lambda: send(minutes * 60)

    for label, minutes in STEPS:
        name = (
            _("+{n}: give {user} {n} minutes") if minutes > 0 else _("−{n}: take {n} minutes from {user}")
        ).format(user=user, n=abs(minutes))
        plain_button(label, handler(minutes), "main" if minutes > 0 else "", name=name)
