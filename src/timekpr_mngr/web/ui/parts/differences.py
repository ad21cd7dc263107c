"""Where two configurations differ: field by field, the one beside the other."""

from collections.abc import Sequence

from timekpr_mngr.services.views import DifferenceView
from timekpr_mngr.web.ui.parts.text import element, text


def differences(items: Sequence[DifferenceView], before: str, after: str) -> None:
    """`before` and `after` say which is which."""
    with element("table", "differences"):
        with element("thead"), element("tr"):
            text("th", "").props("scope=col")
            text("th", before).props("scope=col")
            text("th", after).props("scope=col")
        with element("tbody"):
            for item in items:
                with element("tr"):
                    text("th", item.what).props("scope=row")
                    text("td", item.before_words)
                    text("td", item.after_words)
