"""A language made up of English in brackets, and longer: what stands outside of brackets never saw a catalogue.

Only what is in the template is translated, so that a text that passes through `_` unmarked is found as well.
"""

import re
from gettext import NullTranslations
from pathlib import Path

from babel.messages.pofile import read_po

from timekpr_mngr import texts

LONGER = 0.35
"""By how much of its letters a text grows; German and French need about as much."""
FILLING = "lorem ipsum dolor sit amet consetetur sadipscing elitr "
_PLACEHOLDER = re.compile(r"{[^}]*}")
_UNITS = {texts.HOURS, texts.MINUTES, texts.SECONDS}


def pseudo(text: str) -> str:
    """`Sign in` → `⟦Sign in lor⟧`. Units stay as they are: they are typed, too."""
    if text in _UNITS or not text:
        return text
    letters = len(_PLACEHOLDER.sub("", text))
    return f"⟦{text} {filling}⟧" if (filling := _filling(round(letters * LONGER))) else f"⟦{text}⟧"


def _filling(letters: int) -> str:
    return (FILLING * (letters // len(FILLING) + 1))[:letters].strip()


class Pseudo(NullTranslations):
    """The catalogue of that language, of all that the template at `file` has."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        with file.open("rb") as source:
            ids = [message.id for message in read_po(source) if message.id]
        self._known = {form for words in ids for form in ([words] if isinstance(words, str) else words)}

    def gettext(self, message: str) -> str:
        return pseudo(message) if message in self._known else message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


def outside(shown: str) -> str:
    """What of a text stands outside of all brackets."""
    depth, rest = 0, []
    for letter in shown:
        if letter == "⟦":
            depth += 1
        elif letter == "⟧":
            depth -= 1
        elif depth <= 0:
            rest.append(letter)
    return "".join(rest)
