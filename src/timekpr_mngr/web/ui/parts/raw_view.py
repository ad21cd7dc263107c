"""The files of timekpr as a text: the settings to be edited, what timekpr counts to be read."""

from collections.abc import Sequence
from dataclasses import dataclass

from nicegui import ui
from nicegui.events import ValueChangeEventArguments

from timekpr_mngr.domain.change import Json
from timekpr_mngr.errors import Invalid
from timekpr_mngr.services.raw import Note, RawFormat
from timekpr_mngr.texts import _, counted
from timekpr_mngr.web.ui.edits import Edits
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.raw_editor import RawEditor
from timekpr_mngr.web.ui.parts.text import element, named, text

FILE = "file"
"""What stands for the text among the edits: it is no field of its own."""
SHOWN_AT_ONCE = 30


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file that can only be read, and why."""

    name: str
    text: str | None
    why: str


class RawView(ui.expansion):
    """Closed until it is wanted. What is typed into the text is put into the fields of the page at once, and what is
    edited there stands in the text: both are the same edits, and are sent together.
    """

    def __init__(self, name: str, edits: Edits, form: RawFormat, base: str, *, enabled: bool) -> None:
        super().__init__(_("The files as text"))
        self.classes("card rawcard")
        self._edits, self._format = edits, form
        self._base = self._shown = base
        self._values: dict[str, Json] = {}
        self._is_broken = self._is_taking = False
        self._others: dict[str, ui.element] = {}
        with self, element("div", "stack"):
            with element("div", "stack tight"):
                text("h3", name)
                text(
                    "p",
                    _(
                        "Only the values that differ are sent, never the file. Comments, and what timekpr does not "
                        "know, stay as they are on the computer."
                    ),
                    "small muted",
                )
                self._editor = RawEditor(name, base, self._typed, enabled=enabled)
                self._summary = named(text("p", "", "small"), _("What is wrong with the text")).props(
                    "role=status"
                )
                self._notes = element("ul", "rawnotes")
            self._rest = element("div", "stack")
        edits.subscribe(self._follow)
        self.on_value_change(self._opened)
        self._take(say=True)

    def show(self, base: str, others: Sequence[ReadFile] = ()) -> None:
        """The files as they are on the computer now."""
        self._show_others(others)
        if base == self._base:
            return
        self._base = base
        if self._edits.is_dirty:
            self._say(self._format.read(base, self._shown).notes)
        else:
            self._begin_anew()

    def _opened(self, event: ValueChangeEventArguments[bool]) -> None:
        if event.value:
            self._follow()

    def _begin_anew(self) -> None:
        self._shown = self._base
        self._is_broken = False
        self._take(say=True)
        self._follow()
        self._editor.put(self._shown)

    def _typed(self, content: str) -> None:
        """Somebody typed in the text."""
        self._shown = content
        known = self._values
        self._take(say=True)
        if self._is_broken:
            self._edits.set_unusable(FILE)
            return
        self._is_taking = True
        try:
            for field, value in self._values.items():
                if known.get(field) != value:
                    self._edits.put(field, value)
            self._edits.set_usable(FILE)
        finally:
            self._is_taking = False

    def _take(self, *, say: bool) -> None:
        """What the text says now."""
        reading = self._format.read(self._base, self._shown)
        self._is_broken = reading.values is None
        if reading.values is not None:
            self._values = reading.values
        if say:
            self._say(reading.notes)

    def _follow(self) -> None:
        """What was edited elsewhere on the page comes into the text; a text with an error in it is left alone."""
        if self._is_taking or not self.value:
            return
        if self._is_broken:
            if FILE not in self._edits.unusable:  # it was undone
                self._begin_anew()
            return
        unusable = self._edits.unusable
        wanted = {name: self._edits.value(name) for name in self._values if name not in unusable}
        if all(self._values[name] == value for name, value in wanted.items()):
            return
        try:
            self._shown = self._format.with_values(self._shown, wanted)
        except Invalid:  # what stands in a field there is not to be sent: the text stays
            return
        self._take(say=True)
        self._editor.put(self._shown)

    def _say(self, notes: Sequence[Note]) -> None:
        self._editor.say(notes)
        errors = sum(note.is_error for note in notes)
        self._summary.text = (  # type: ignore[attr-defined]
            counted(
                "{n} line cannot be sent like this: nothing is, until it is put right.",
                "{n} lines cannot be sent like this: nothing is, until they are put right.",
                errors,
            )
            if errors
            else ""
        )
        self._notes.clear()
        with self._notes:
            for note in notes[:SHOWN_AT_ONCE]:
                with element("li"):
                    button(
                        _("Line {n}").format(n=note.line),
                        lambda line=note.line: self._editor.go(line),
                        "word",
                        name=_("Go to line {n}").format(n=note.line),
                    )
                    text("span", note.message, "over" if note.is_error else "muted")

    def _show_others(self, others: Sequence[ReadFile]) -> None:
        for file in others:
            if file.name not in self._others:
                with self._rest:
                    self._others[file.name] = read_only(file)
            self._others[file.name].text = showable(file.text)  # type: ignore[attr-defined]


class ReadOnlyFiles(ui.expansion):
    """The same where there is nothing to edit, because timekpr itself cannot read the settings."""

    def __init__(self, files: Sequence[ReadFile]) -> None:
        super().__init__(_("The files as text"))
        self.classes("card rawcard")
        with self, element("div", "stack"):
            for file in files:
                read_only(file)


def read_only(file: ReadFile) -> ui.element:
    """A file to be read; gives the element that holds its text."""
    with element("div", "stack tight"):
        text("h3", file.name)
        text("p", file.why, "small muted")
        return named(text("pre", showable(file.text), "raw").props("tabindex=0 role=region"), file.name)


def showable(content: str | None) -> str:
    """The text with a mark for every byte that is no text."""
    if content is None:
        return _("was not read")
    return content.encode("utf-8", "replace").decode("utf-8")
