"""A text with numbered lines, to be edited; what is wrong with a line stands at it."""

from collections.abc import Callable, Sequence

from nicegui.element import Element
from nicegui.events import GenericEventArguments

from timekpr_mngr.services.raw import Note
from timekpr_mngr.texts import _


class RawEditor(Element, component="raw_editor.js"):
    """`on_typed` gets the whole text, shortly after somebody typed in it."""

    def __init__(self, name: str, text: str, on_typed: Callable[[str], None], *, enabled: bool) -> None:
        super().__init__()
        self._on_typed = on_typed
        self.props["text"] = text
        self.props["notes"] = []
        self.props["label"] = name
        self.props["readonly"] = not enabled
        if enabled:
            self.on("typed", self._typed)

    def put(self, text: str) -> None:
        """Another text in its place."""
        self.run_method("put", text)

    def say(self, notes: Sequence[Note]) -> None:
        """What stands behind the lines from now on."""
        self.props["notes"] = [
            {
                "line": note.line,
                "where": _("Line {n}").format(n=note.line),
                "message": note.message,
                "tone": "over" if note.is_error else "soon",
            }
            for note in notes
        ]
        self.update()

    def go(self, line: int) -> None:
        """Puts the cursor there."""
        self.run_method("go", line)

    def _typed(self, event: GenericEventArguments) -> None:
        if isinstance(event.args, str):
            self._on_typed(event.args)
