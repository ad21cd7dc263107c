"""A note in its place: what happened, what it means, what can be done."""

from nicegui import ui
from nicegui.element import Element

from timekpr_mngr.web.ui.parts.icon import icon
from timekpr_mngr.web.ui.parts.text import element, text

_ICONS = {"good": "check", "soon": "clock", "over": "warning", "": "info", "going": ""}


class Notice(Element):
    """A note that can be set again and again, or hidden. Its tone is `good`, `soon`, `over`, `going` or none."""

    def __init__(
        self, tone: str = "", strong: str = "", rest: str = "", *, icon_name: str | None = None
    ) -> None:
        super().__init__("div")
        self.classes("note").props("role=status")
        self._shown: object = None
        self.show(tone, strong, rest, icon_name=icon_name)

    def show(
        self,
        tone: str,
        strong: str,
        rest: str = "",
        *,
        fix: str = "",
        link: tuple[str, str] | None = None,
        icon_name: str | None = None,
    ) -> None:
        """Sets the note; does nothing where it says the same already. `link` is a word and its address."""
        content = (tone, strong, rest, fix, link)
        if content == self._shown:
            return
        self._shown = content
        self.clear()
        self.classes(add=tone, remove=" ".join({"good", "soon", "over", "going"} - {tone}))
        self.set_visibility(bool(strong or rest))
        if not (strong or rest):
            return
        with self:
            shape = icon_name or _ICONS[tone]
            if shape:
                icon(shape)
            else:
                element("span", "spin").props("aria-hidden=true")
            with element("div", "grow"):
                if strong:
                    text("b", strong)
                if rest:
                    text("span", f" {rest}" if strong else rest)
                if fix:
                    text("div", fix, "fix")
            if link:
                ui.link(*link).classes("act")

    def hide(self) -> None:
        """Takes the note away."""
        self.show("", "")
