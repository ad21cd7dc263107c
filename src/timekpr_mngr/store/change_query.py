"""Which changes are looked for, as SQL. Values are bound, and LIKE's own characters in them are escaped."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from timekpr_mngr.domain.change import ANSWERS, ChangeState
from timekpr_mngr.domain.change_kind import ChangeKind
from timekpr_mngr.domain.person import UserName
from timekpr_mngr.store.schema import changes, servers
from timekpr_mngr.store.search_word import SearchWord
from timekpr_mngr.store.servers import is_live, is_one_of, server_id_named

ASKS = changes.c.state.in_([state.value for state in ANSWERS]) & changes.c.answer.is_(None)
SEARCHED = (changes.c.user, changes.c.account, changes.c.reason, changes.c.message)
_KINDS = {
    ChangeKind.GRANT: changes.c.field.startswith("grant.", autoescape=True),
    ChangeKind.USER: changes.c.user.is_not(None) & ~changes.c.field.startswith("grant.", autoescape=True),
    ChangeKind.SERVER: changes.c.user.is_(None),
}


@dataclass(frozen=True, slots=True)
class ChangeQuery:
    """Everything that is given must hold. `users` are those of a person; `search` are words that all must occur.

    `history_of` is a server that is not removed, and one user of it or (None) the settings of the server itself.
    """

    states: Collection[ChangeState] | None = None
    asks: bool = False
    server: str | None = None
    user: str | None = None
    users: Collection[UserName] | None = None
    account: str | None = None
    kind: ChangeKind | None = None
    history_of: tuple[str, str | None] | None = None
    search: Sequence[SearchWord] = ()

    def narrowed(self, query: Select[Any]) -> Select[Any]:
        """The query, of changes joined with their servers, with these conditions."""
        if self.asks:
            query = query.where(ASKS, is_live())
        if self.states is not None:
            query = query.where(changes.c.state.in_([state.value for state in self.states]))
        if self.server is not None:
            query = query.where(changes.c.server_id.in_(_ids(servers.c.name == self.server)))
        if self.user is not None:
            query = query.where(changes.c.user == self.user)
        if self.users is not None:
            query = query.where(is_one_of(changes, self.users))
        if self.account is not None:
            query = query.where(changes.c.account == self.account)
        if self.kind is not None:
            query = query.where(_KINDS[self.kind])
        if self.history_of is not None:
            server, user = self.history_of
            query = query.where(
                changes.c.server_id == server_id_named(server), changes.c.user.is_not_distinct_from(user)
            )
        for word in self.search:
            query = query.where(_says(word))
        return query


def _says(word: SearchWord) -> ColumnElement[bool]:
    """Names of servers are looked through once, and not once for every change."""
    return word.is_in(SEARCHED, changes.c.field) | changes.c.server_id.in_(
        _ids(servers.c.name.icontains(word.text, autoescape=True))
    )


def _ids(condition: ColumnElement[bool]) -> Select[tuple[int]]:
    """The servers for which it holds, removed ones too: what was done there is still told."""
    return select(servers.c.id).where(condition)
