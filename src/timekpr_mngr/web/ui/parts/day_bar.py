"""One day as a bar from midnight to midnight: open hours, free hours, now, and how far the time reaches."""

from nicegui import ui

from timekpr_mngr.domain.hours import DAY_MINUTES, Hours
from timekpr_mngr.services import words
from timekpr_mngr.web.ui.parts.text import element, named, text


class DayBar(ui.html):
    """The bar itself; `show` draws it anew where something changed."""

    def __init__(self) -> None:
        super().__init__("", sanitize=False)
        self.classes("bar").props("role=img")

    def show(
        self,
        hours: Hours,
        *,
        now: int | None = None,
        until: int | None = None,
        stale: bool = False,
        label: str = "",
    ) -> None:
        """`now` and `until` are minutes of the day; between them is the time that will be used from now on."""
        pieces = [_piece("free" if span.unaccounted else "open", span.start, span.end) for span in hours]
        if now is not None and until is not None and until > now:
            pieces += [
                _piece("left", max(span.start, now), min(span.end, until))
                for span in hours
                if not span.unaccounted and span.start < until and span.end > now
            ]
        if now is not None:
            pieces.append(f'<i class="now" style="left:{100 * now / DAY_MINUTES:.2f}%"></i>')
        self.set_content("".join(pieces))
        named(self, label or words.hours(hours))
        self.classes(add="stale" if stale else None, remove=None if stale else "stale")


def scale() -> None:
    """The hours below a bar."""
    with element("div", "scale").props("aria-hidden=true"):
        for hour in (0, 6, 12, 18, 24):
            text("span", str(hour))


def _piece(kind: str, start: int, end: int) -> str:
    left, width = 100 * start / DAY_MINUTES, 100 * (end - start) / DAY_MINUTES
    return f'<i class="{kind}" style="left:{left:.2f}%;width:{width:.2f}%"></i>'
