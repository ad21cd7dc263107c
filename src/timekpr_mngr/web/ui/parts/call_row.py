"""One call that was sent to timekpr: when, what, and what came back."""

import json

from timekpr_mngr import texts
from timekpr_mngr.store import SentCall
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.icon import icon
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.visit import Visit


def call_row(visit: Visit, call: SentCall) -> None:
    """Seconds are told: whoever looks here compares it with timekpr's own log."""
    with element("li", "call"):
        text("time", texts.clock(call.at.astimezone(visit.zone), seconds=True), "small muted")
        with element("div", "grow"):
            with element("code", "anywhere"):
                text("b", call.member)
                text("span", f"({', '.join(map(_shown, call.arguments))})")
            if call.message:
                text("div", call.message, "small muted anywhere")
        with element("div", "aside"):
            _answered(call)
            text("span", _duration(call.duration_ms), "small muted")


def _answered(call: SentCall) -> None:
    tone, shape, word = (
        ("over", "question", _("no answer"))
        if call.code is None
        else ("on", "check", _("done"))
        if call.code == 0
        else ("over", "close", _("refused"))
    )
    with element("span", f"pill {tone}"):
        icon(shape)
        text("span", word)


def _shown(argument: object) -> str:
    return json.dumps(argument, ensure_ascii=False)


def _duration(milliseconds: float) -> str:
    if milliseconds >= 1000:
        return _("{n} s").format(n=texts.number(milliseconds / 1000))
    return _("{n} ms").format(n=round(milliseconds))
