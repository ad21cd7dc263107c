"""`/findings`: what was found on the servers that keeps limits from being enforced; and how timekprd ran there."""

from fastapi import APIRouter

from timekpr_mngr.web.api.caller import Caller, Ours
from timekpr_mngr.web.api.finding_models import FindingsOut, RunsOut

router = APIRouter(tags=["findings"])


@router.get("/findings")
async def list_findings(
    caller: Caller,
    ours: Ours,
    state: str | None = None,
    server: str | None = None,
    severity: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> FindingsOut:
    """Newest first; `cursor` is the `next` of the page before. What is `open` is so still; else it is `cleared`.

    A severity is `error` (somebody is not limited), `warning` or `info`. What each code means is in docs/health.md.
    """
    page = await ours.findings.list(
        caller, state=state, server=server, severity=severity, cursor=cursor, limit=limit
    )
    return FindingsOut.of(page)


@router.get("/servers/{server}/runs")
async def list_runs(caller: Caller, ours: Ours, server: str) -> RunsOut:
    """How timekprd ran there, the last run first, and how often it was restarted within seven days."""
    return RunsOut.of(await ours.findings.runs(caller, server))
