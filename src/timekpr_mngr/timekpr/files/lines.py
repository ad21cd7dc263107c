"""A file of timekpr line by line, for those who read it, and edit it, as a text.

What a line is follows the parser that the daemon uses: a line that begins further right than the key above it goes on
with that key's value, an empty one does not end it, and a comment is a line of its own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

_SECTION = re.compile(r"\[(?P<name>.+)\]")
_KEY = re.compile(r"(?P<key>.*?)\s*(?:(?P<mark>[=:])\s*(?P<value>.*))?$")


class LineKind(StrEnum):
    """What a line is. `more` goes on with the value above, `other` is what the daemon cannot read at all."""

    BLANK = "blank"
    COMMENT = "comment"
    SECTION = "section"
    KEY = "key"
    MORE = "more"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `number` counts from 1; `section` is the one that it begins or stands in, None before the first.

    `value` is that of a key, with the lines that go on with it; None for a key without one.
    """

    number: int
    text: str
    kind: LineKind
    section: str | None = None
    key: str = ""
    value: str | None = None

    @property
    def place(self) -> tuple[str, str]:
        """A key's section and name."""
        return self.section or "", self.key


def normal(text: str) -> str:
    """The text with one kind of line end, as the daemon reads it."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def lines_of(text: str) -> list[Line]:
    """Every line; their texts, joined by line ends, are the `normal` text."""
    found = list(_read(normal(text).split("\n")))
    return [_whole(line, found[line.number :]) if line.kind is LineKind.KEY else line for line in found]


def _read(texts: list[str]) -> Iterator[Line]:
    section: str | None = None
    key = ""
    indent = 0
    for number, text in enumerate(texts, 1):
        bare = text.strip()
        if not bare:
            yield Line(number, text, LineKind.BLANK, section)
            continue
        if bare.startswith(("#", ";")):
            yield Line(number, text, LineKind.COMMENT, section)
            continue
        begins_at = len(text) - len(text.lstrip())
        if section is not None and key and begins_at > indent:
            yield Line(number, text, LineKind.MORE, section, key)
            continue
        indent = begins_at
        if match := _SECTION.match(bare):
            section, key = match["name"], ""
            yield Line(number, text, LineKind.SECTION, section)
            continue
        found = _KEY.match(bare)
        if section is None or found is None or not found["key"]:
            yield Line(number, text, LineKind.OTHER, section)
            continue
        key = found["key"].rstrip()
        value = found["value"].strip() if found["mark"] else None
        yield Line(number, text, LineKind.KEY, section, key, value)


def _whole(line: Line, rest: list[Line]) -> Line:
    """A key with all of its value; `rest` are the lines after it."""
    parts = [line.value]
    for other in rest:
        if other.kind is LineKind.MORE:
            parts.append(other.text.strip())
        elif other.kind is LineKind.BLANK:
            parts.append("")
        elif other.kind is not LineKind.COMMENT:
            break
    if line.value is None:
        return line
    value = "\n".join(part or "" for part in parts).rstrip()
    return Line(line.number, line.text, line.kind, line.section, line.key, value)
