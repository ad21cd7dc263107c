"""Would this program count? Masks tried on names that are typed, as timekpr would try them."""

from collections.abc import Callable, Sequence

from nicegui import ui

from timekpr_mngr.domain.mask import has_open_choice
from timekpr_mngr.services import mask_trial, words
from timekpr_mngr.services.mask_trial import Tried
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.icon import icon
from timekpr_mngr.web.ui.parts.notice import Notice
from timekpr_mngr.web.ui.parts.text import element, text

DESKTOP = (
    "gnome-shell",
    "plasmashell",
    "cinnamon",
    "xfce4-session",
    "Xorg",
    "systemd",
    "dbus-daemon",
    "bash",
)
"""What every session runs: a mask that matches one of these would end the session with the game."""


class MaskTester(ui.element):
    """`masks` gives those that can be used at that moment; `refresh` is called when they are others."""

    def __init__(self, masks: Callable[[], Sequence[str]]) -> None:
        super().__init__("div")
        self.classes("stack tight")
        self._masks = masks
        self._asked = 0
        with self:
            self._field = ui.input(
                _("Would this program count?"), placeholder="minecraft-launcher", on_change=self.refresh
            )
            self._field.props("outlined dense clearable debounce=300 maxlength=500")
            self._field.props("autocomplete=off autocapitalize=none spellcheck=false")
            with element("div", "tried").props("role=status"):
                self._result = element("div", "line top-aligned")
            self._warning = Notice()

    async def refresh(self) -> None:
        """Tries again; an answer that comes after another question is of no use any more."""
        self._asked += 1
        asked, masks, typed = self._asked, list(self._masks()), (self._field.value or "").strip()
        found = await mask_trial.tried(masks, [*DESKTOP, *([typed] if typed else [])]) if masks else ()
        if asked == self._asked and not self.is_deleted:
            self._show(masks, typed, found)

    def _show(self, masks: Sequence[str], typed: str, found: tuple[Tried, ...] | None) -> None:
        self._result.clear()
        if found is None:
            self._warning.show(
                "over",
                _("timekpr would hang over one of these masks."),
                _("Trying them took too long. Make them simpler: fewer of .* in one mask."),
            )
            return
        if typed:
            with self._result:
                _say(typed, found[-1] if masks else None)
        self._warn(masks, [one for one in found[: len(DESKTOP)] if one.by is not None])

    def _warn(self, masks: Sequence[str], desktop: Sequence[Tried]) -> None:
        if desktop:
            self._warning.show(
                "over",
                _("{mask} also matches {names}.").format(
                    mask=desktop[0].by,
                    names=words.listed([one.name for one in desktop if one.by == desktop[0].by]),
                ),
                _("When PlayTime is over the whole session would be ended, not the game alone."),
            )
            return
        open_choice = next((mask for mask in masks if has_open_choice(mask)), None)
        if open_choice is not None:
            self._warning.show(
                "soon",
                _("{mask} matches more than it seems.").format(mask=open_choice),
                _("Put it in round brackets: ({mask})").format(mask=open_choice),
            )
            return
        self._warning.hide()


def _say(typed: str, tried: Tried | None) -> None:
    tone, shape, said = "", "close", _("No: {name} does not count.").format(name=typed)
    if tried is not None and tried.by is not None:
        tone, shape = "on", "check"
        said = _("Yes: {name} counts, by {mask}.").format(name=typed, mask=tried.by)
    elif tried is not None and tried.by_command is not None:
        tone, shape = "soon", "question"
        said = _(
            "Only where PlayTime looks at the whole command, which is a setting of the computer: then {name} counts, "
            "by {mask}."
        ).format(name=typed, mask=tried.by_command)
    with element("span", f"pill {tone}"):
        icon(shape)
    text("span", said, "anywhere")
