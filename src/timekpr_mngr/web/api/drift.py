"""`/drift`: what changed on the servers without us, and what becomes of it."""

from fastapi import APIRouter

from timekpr_mngr.errors import UnknownDrift
from timekpr_mngr.web.api.caller import Caller, Ours
from timekpr_mngr.web.api.history_models import DriftAnswerOut, DriftOut, DriftsOut
from timekpr_mngr.web.api.number import number

router = APIRouter(prefix="/drift", tags=["drift"])


@router.get("")
async def list_drift(
    caller: Caller,
    ours: Ours,
    state: str | None = None,
    server: str | None = None,
    user: str | None = None,
    person: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> DriftsOut:
    """Newest first; `cursor` is the `next` of the page before. What is `open` waits for an answer."""
    page = await ours.drift.list(
        caller, state=state, server=server, user=user, person=person, cursor=cursor, limit=limit
    )
    return DriftsOut.of(page)


@router.get("/{drift}")
async def get_drift(caller: Caller, ours: Ours, drift: str) -> DriftOut:
    """One."""
    return DriftOut.of(await ours.drift.get(caller, _number(drift)))


@router.post("/{drift}/adopt", status_code=202)
async def adopt_drift(caller: Caller, ours: Ours, drift: str) -> DriftAnswerOut:
    """Keeps what somebody set on the server; where a change of ours took its place, it is queued to be set again."""
    return DriftAnswerOut.of(await ours.drift.adopt(caller, _number(drift)))


@router.post("/{drift}/revert", status_code=202)
async def revert_drift(caller: Caller, ours: Ours, drift: str) -> DriftAnswerOut:
    """Queues what sets it back; of time that was given, what is not used yet."""
    return DriftAnswerOut.of(await ours.drift.revert(caller, _number(drift)))


def _number(text: str) -> int:
    return number(text, UnknownDrift, "drift")
