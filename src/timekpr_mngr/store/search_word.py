"""A word that somebody looks for."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, or_


@dataclass(frozen=True, slots=True)
class SearchWord:
    """`text` must stand somewhere in a row, in large or small letters; or the row is one of `named`: what is called so
    on the screens is not in the database.
    """

    text: str
    named: Collection[str] = ()

    def is_in(self, columns: Collection[Column[str]], key: Column[str]) -> ColumnElement[bool]:
        """Whether a row has it, `key` being what `named` names. LIKE's own characters stand for themselves."""
        found: list[Any] = [column.icontains(self.text, autoescape=True) for column in columns]
        return or_(key.in_(self.named), *found)
