"""`/sent`: everything that was sent to the servers."""

from fastapi import APIRouter

from timekpr_mngr.web.api.caller import Caller, Ours
from timekpr_mngr.web.api.history_models import SentCallsOut

router = APIRouter(prefix="/sent", tags=["sent"])


@router.get("")
async def list_sent(
    caller: Caller,
    ours: Ours,
    server: str | None = None,
    user: str | None = None,
    search: str = "",
    cursor: str | None = None,
    limit: int = 100,
) -> SentCallsOut:
    """Newest first, for 90 days; all words of `search` stand in what was sent or answered."""
    page = await ours.sent.list(caller, server=server, user=user, search=search, cursor=cursor, limit=limit)
    return SentCallsOut.of(page)
