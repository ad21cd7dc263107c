"""One day as a bar from midnight to midnight: open hours, free hours, now, and how far the time reaches."""

from nicegui import ui

from timekpr_mngr.domain.day_plan import Kind, Part
from timekpr_mngr.domain.hours import DAY_MINUTES
from timekpr_mngr.services.day_views import DayPlanView
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.text import named

PIECES = {Kind.ALLOWED: "open", Kind.FREE: "free"}


class DayBar(ui.html):
    """The bar itself; `show` draws it anew where something changed."""

    def __init__(self) -> None:
        super().__init__("", sanitize=False)
        self.classes("bar").props("role=img")

    def show(self, plan: DayPlanView | None, *, running: bool = False, stale: bool = False) -> None:
        """What applies; None where that is not known. While the time is `running`, what it reaches is solid."""
        self.set_content("".join(_pieces(plan, running=running)) if plan is not None else "")
        named(self, _label(plan))
        self.classes(add="stale" if stale else None, remove=None if stale else "stale")


def scale() -> None:
    """The hours below a bar."""
    hours = "".join(f"<span>{hour}</span>" for hour in (0, 6, 12, 18, 24))
    ui.html(hours, sanitize=False).classes("scale").props("aria-hidden=true")


def _pieces(plan: DayPlanView, *, running: bool) -> list[str]:
    pieces = [
        _piece(PIECES[part.kind], part.start, part.end) for part in plan.parts if part.kind is not Kind.CLOSED
    ]
    start, end = plan.from_minute, plan.until_minute
    if start is not None and end is not None:
        reached = "left" if running else "left could"
        pieces += [
            _piece(reached, max(part.start, start), min(part.end, end))
            for part in plan.parts
            if part.kind is Kind.ALLOWED and _meets(part, start, end)
        ]
    if plan.now_minute is not None:
        pieces.append(f'<i class="now" style="left:{100 * plan.now_minute / DAY_MINUTES:.2f}%"></i>')
    return pieces


def _meets(part: Part, start: int, end: int) -> bool:
    return part.start < end and part.end > start


def _piece(kind: str, start: int, end: int) -> str:
    left, width = 100 * start / DAY_MINUTES, 100 * (end - start) / DAY_MINUTES
    return f'<i class="{kind}" style="left:{left:.2f}%;width:{width:.2f}%"></i>'


def _label(plan: DayPlanView | None) -> str:
    if plan is None or plan.words.hours is None:
        return _("The hours of this day are not known")
    if plan.words.end is None:
        return _("Allowed: {hours}").format(hours=plan.words.hours)
    return _("Allowed: {hours}; {end}").format(hours=plan.words.hours, end=plan.words.end)
