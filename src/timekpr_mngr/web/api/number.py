"""Numbers that name something, in an address."""

from timekpr_mngr.errors import Missing
from timekpr_mngr.texts import _

DIGITS_MAX = 16


def number(text: str, unknown: type[Missing], what: str) -> int:
    """The number; `unknown` is raised for what can be none, and `what` names the thing."""
    if not text.isascii() or not text.isdigit() or len(text) > DIGITS_MAX:
        raise unknown(_("There is no {what} {text}.").format(what=what, text=text))
    return int(text)
