"""The ring of time left today."""

from itertools import count

from nicegui.element import Element

from timekpr_mngr.services import words
from timekpr_mngr.texts import _

SOON_SECONDS = 15 * 60


class Ring(Element, component="ring.js"):
    """Time left today as a part of the whole; ticks by itself while `running`."""

    def __init__(self) -> None:
        super().__init__()
        self._stamps = count(1)

    def show(
        self, left: int | None, total: int, *, running: bool, stale: bool, unlimited: bool = False
    ) -> None:
        """Sets what is left, of how much; `stale` is what was last heard from a server that is silent now."""
        self.props["left"] = left
        self.props["total"] = max(total, left or 0, 1)
        self.props["running"] = running and not unlimited
        self.props["tone"] = _tone(left, running=running, stale=stale)
        self.props["label"] = _label(left, stale=stale, unlimited=unlimited)
        self.props["fixed"] = "∞" if unlimited else ""
        self.props["words"] = {
            "hours": _("hours left"),
            "minutes": _("min left"),
            "unknown": _("not known"),
            "fixed": _("when last seen") if stale else _("no limit") if unlimited else "",
        }
        self.props["stamp"] = next(self._stamps)
        self.update()


def _tone(left: int | None, *, running: bool, stale: bool) -> str:
    if left is None or stale:
        return "off"
    if left <= 0:
        return "over"
    return "soon" if running and left <= SOON_SECONDS else ""


def _label(left: int | None, *, stale: bool, unlimited: bool) -> str:
    if left is None:
        return _("It is not known how much time is left")
    time = _("No limit today") if unlimited else _("{time} left today").format(time=words.duration(left))
    return _("{time}, when last seen").format(time=time) if stale else time
