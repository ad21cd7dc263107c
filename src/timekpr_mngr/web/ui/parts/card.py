"""A card with a headline."""

from collections.abc import Iterator
from contextlib import contextmanager

from nicegui.element import Element

from timekpr_mngr.web.ui.parts.text import element, text


@contextmanager
def card(headline: str, explanation: str = "", *, classes: str = "") -> Iterator[Element]:
    """What belongs together. Inside stands what the card holds, below its headline."""
    with element("section", f"card {classes}") as result:
        with element("div", "stack none"):
            text("h2", headline)
            if explanation:
                text("p", explanation, "small muted")
        yield result
