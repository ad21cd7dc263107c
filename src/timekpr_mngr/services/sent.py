"""Everything that was sent to the servers, with what they answered."""

from timekpr_mngr.domain.account import Actor
from timekpr_mngr.services.paging import before_id, by_id, checked_limit, page_of
from timekpr_mngr.services.permission import Permission, among
from timekpr_mngr.services.text import plain_text
from timekpr_mngr.services.views import SentPage
from timekpr_mngr.store import Store

SEARCH_MAX = 200


class Sent:
    """The log of calls to timekprd: kept for 90 days, without secrets."""

    def __init__(self, store: Store, permission: Permission) -> None:
        self._store = store
        self._permission = permission

    async def list(
        self,
        actor: Actor,
        *,
        server: str | None = None,
        user: str | None = None,
        search: str = "",
        cursor: str | None = None,
        limit: int = 100,
    ) -> SentPage:
        """Calls that fit everything given, newest first; all words of `search` stand in what was sent or answered.

        `cursor` is the `next` of the page before. Raises Invalid.
        """
        found = await self._store.sent_log.list(
            server=server,
            user=user,
            users=among(await self._permission.rights(actor), None),
            search=plain_text(search, "search", SEARCH_MAX),
            before_id=before_id(cursor),
            limit=checked_limit(limit) + 1,
        )
        return page_of(found, limit, by_id)
