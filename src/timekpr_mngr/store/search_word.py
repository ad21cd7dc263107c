"""A word that somebody looks for."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, or_


@dataclass(frozen=True, slots=True)
class SearchWord:
    """`text` must stand somewhere in a row, in large or small letters; or the row is one of `named`: what is called so
    on the screens is not in the database. In a history it also finds what nobody here did, where `is_somebody` says so.
    """

    text: str
    named: Collection[str] = ()
    is_somebody: bool = False

    def is_in(self, columns: Collection[Column[str]], key: Column[str]) -> ColumnElement[bool]:
        """Whether a row has it, `key` being what `named` names. LIKE's own characters stand for themselves."""
        found: list[Any] = [
            column.icontains(text, autoescape=True) for text in self._spelt() for column in columns
        ]
        return or_(key.in_(self.named), *found)

    def _spelt(self) -> Collection[str]:
        """As it may be written: SQLite makes no letters small but those of ASCII."""
        text = self.text
        return [text] if text.isascii() else {text.lower(), text.upper(), text.capitalize()}

    def is_said(self, texts: Iterable[str | None], keys: Iterable[str]) -> bool:
        """The same of a row that has more than one of what `named` names, which is read here."""
        said = self.text.casefold()
        return any(key in self.named for key in keys) or any(
            said in text.casefold() for text in texts if text
        )
