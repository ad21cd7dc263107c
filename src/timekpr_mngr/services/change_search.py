"""What somebody looks for in the list of changes, as they say it."""

from collections.abc import Collection

from timekpr_mngr.domain.change import ChangeState
from timekpr_mngr.domain.change_kind import ChangeKind
from timekpr_mngr.domain.field import SERVER_FIELDS, USER_FIELDS
from timekpr_mngr.domain.person import UserName
from timekpr_mngr.errors import Invalid
from timekpr_mngr.services import words
from timekpr_mngr.services.text import plain_text
from timekpr_mngr.store import ChangeQuery, SearchWord
from timekpr_mngr.texts import _

ASKS = "asks"
"""Beside the states: those that wait for an answer."""
OPEN = "open"
"""Beside the states: those that wait or are under way."""
SEARCH_MAX = 200
_FIELDS = [*USER_FIELDS, *SERVER_FIELDS, "grant.time", "grant.playtime"]


def query_of(
    *,
    state: str | None,
    server: str | None,
    user: str | None,
    users: Collection[UserName] | None,
    account: str | None,
    kind: str | None,
    search: str,
) -> ChangeQuery:
    """The same for the store. Raises Invalid."""
    return ChangeQuery(
        states=_states(state),
        asks=state == ASKS,
        server=server,
        user=user,
        users=users,
        account=account,
        kind=_kind(kind),
        search=words_of(search),
    )


def words_of(search: str, somebody: str = "") -> list[SearchWord]:
    """The words that somebody looks for; `somebody` is how who changed something on a computer itself is called. What a
    field is called is not in the database: it is looked up here, in the language in force. Raises Invalid.
    """
    said = plain_text(search, "search", SEARCH_MAX).split()
    return [
        SearchWord(word, _fields(word.casefold()), word.casefold() in somebody.casefold()) for word in said
    ]


def _states(value: str | None) -> Collection[ChangeState] | None:
    if value in (None, ASKS):
        return None
    if value == OPEN:
        return [state for state in ChangeState if state.is_open]
    if value not in set(ChangeState):
        raise Invalid(
            "state", _("A state is one of {states}.").format(states=", ".join([*ChangeState, OPEN, ASKS]))
        )
    return [ChangeState(value)]


def _kind(value: str | None) -> ChangeKind | None:
    if value is None:
        return None
    if value not in set(ChangeKind):
        raise Invalid("kind", _("A kind is one of {kinds}.").format(kinds=", ".join(ChangeKind)))
    return ChangeKind(value)


def _fields(said: str) -> list[str]:
    return [name for name in _FIELDS if said in words.field(name).casefold()]
