"""A file just as it came from the server, to be read."""

from collections.abc import Sequence

from nicegui import ui

from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.text import element, named, text


class RawView(ui.expansion):
    """Closed until it is wanted."""

    def __init__(self, files: Sequence[tuple[str, str | None]]) -> None:
        super().__init__(_("The files as they came"))
        self.classes("card")
        self._texts = {}
        with self, element("div", "stack"):
            for name, content in files:
                with element("div", "stack tight"):
                    text("h3", name)
                    self._texts[name] = named(
                        text("pre", content or _("was not read"), "raw").props("tabindex=0"), name
                    )

    def show(self, files: Sequence[tuple[str, str | None]]) -> None:
        """Brings the texts up to date."""
        for name, content in files:
            if name in self._texts:
                self._texts[name].text = content or _("was not read")  # type: ignore[attr-defined]
