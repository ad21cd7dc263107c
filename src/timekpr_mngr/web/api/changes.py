"""`/changes`: what was asked for and what became of it."""

from fastapi import APIRouter

from timekpr_mngr.errors import UnknownChange
from timekpr_mngr.web.api.body import given
from timekpr_mngr.web.api.caller import Body, Caller, Ours
from timekpr_mngr.web.api.models import AcceptedOut, ChangeAnswer, ChangeOut, ChangesOut
from timekpr_mngr.web.api.number import number
from timekpr_mngr.web.api.openapi import takes

router = APIRouter(prefix="/changes", tags=["changes"])


@router.get("")
async def list_changes(
    caller: Caller,
    ours: Ours,
    state: str | None = None,
    server: str | None = None,
    user: str | None = None,
    person: str | None = None,
    account: str | None = None,
    kind: str | None = None,
    search: str = "",
    cursor: str | None = None,
    limit: int = 50,
) -> ChangesOut:
    """Newest first; `cursor` is the `next` of the page before. The state `open` is what waits or is under way, `asks`
    what waits for an answer. A kind is `grant`, `user` or `server`. All words of `search` stand in what is found.
    """
    page = await ours.changes.list(
        caller,
        state=state,
        server=server,
        user=user,
        person=person,
        account=account,
        kind=kind,
        search=search,
        cursor=cursor,
        limit=limit,
    )
    return ChangesOut.of(page)


@router.get("/{change}")
async def get_change(caller: Caller, ours: Ours, change: str) -> ChangeOut:
    """One change."""
    return ChangeOut.of(await ours.changes.get(caller, _number(change)))


@router.delete("/{change}")
async def cancel_change(caller: Caller, ours: Ours, change: str) -> ChangeOut:
    """Takes back what is still queued; of a grant with what was to be opened up for it."""
    return ChangeOut.of(await ours.changes.cancel(caller, _number(change)))


@router.post("/{change}/retry", status_code=202)
async def retry_change(caller: Caller, ours: Ours, change: str) -> AcceptedOut:
    """Asks for the same again, against what the server says today."""
    return AcceptedOut.of(await ours.changes.retry(caller, _number(change)))


@router.post("/{change}/answer", status_code=202, openapi_extra=takes(ChangeAnswer))
async def answer_change(caller: Caller, ours: Ours, change: str, body: Body) -> AcceptedOut:
    """Says what is to become of one in conflict (theirs, ours, edit) or one that is uncertain (arrived, again)."""
    values = given(body, ChangeAnswer)
    answered = await ours.changes.answer(caller, _number(change), values["answer"], values.get("value"))
    return AcceptedOut.of(answered)


@router.post("/{change}/undo", status_code=202)
async def undo_change(caller: Caller, ours: Ours, change: str) -> AcceptedOut:
    """Queues what takes an applied one back; of a grant what is not used yet, and what was opened up for it."""
    return AcceptedOut.of(await ours.changes.undo(caller, _number(change)))


@router.post("/{change}/keep")
async def keep_change(caller: Caller, ours: Ours, change: str) -> ChangeOut:
    """Makes one lasting that was to be taken back by itself after its day."""
    return ChangeOut.of(await ours.changes.keep(caller, _number(change)))


def _number(text: str) -> int:
    return number(text, UnknownChange, "change")
