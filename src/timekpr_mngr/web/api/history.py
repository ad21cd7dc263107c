"""Histories and versions of users, and of the servers' own settings."""

from fastapi import APIRouter

from timekpr_mngr.errors import UnknownVersion
from timekpr_mngr.web.api.caller import Caller, Ours
from timekpr_mngr.web.api.history_models import DifferencesOut, HistoryOut, VersionsOut
from timekpr_mngr.web.api.models import AcceptedOut
from timekpr_mngr.web.api.number import number

router = APIRouter(prefix="/servers/{server}", tags=["history"])


@router.get("/history")
async def get_server_history(
    caller: Caller, ours: Ours, server: str, search: str = "", cursor: str | None = None, limit: int = 50
) -> HistoryOut:
    """Who did what to a server's own settings, newest first; `cursor` is the `next` of the page before. All words of
    `search` stand in what is found.
    """
    return HistoryOut.of(
        await ours.history.entries(caller, server, None, search=search, cursor=cursor, limit=limit)
    )


@router.get("/users/{user}/history")
async def get_user_history(
    caller: Caller,
    ours: Ours,
    server: str,
    user: str,
    search: str = "",
    cursor: str | None = None,
    limit: int = 50,
) -> HistoryOut:
    """Who did what to a user, newest first; `cursor` is the `next` of the page before. All words of `search` stand in
    what is found.
    """
    return HistoryOut.of(
        await ours.history.entries(caller, server, user, search=search, cursor=cursor, limit=limit)
    )


@router.get("/versions")
async def list_server_versions(
    caller: Caller, ours: Ours, server: str, search: str = "", cursor: str | None = None, limit: int = 50
) -> VersionsOut:
    """A server's own settings wherever they were seen to differ from before, newest first. All words of `search` stand
    in who did it and what differs.
    """
    return VersionsOut.of(
        await ours.history.versions(caller, server, None, search=search, cursor=cursor, limit=limit)
    )


@router.get("/users/{user}/versions")
async def list_user_versions(
    caller: Caller,
    ours: Ours,
    server: str,
    user: str,
    search: str = "",
    cursor: str | None = None,
    limit: int = 50,
) -> VersionsOut:
    """A user's settings wherever they were seen to differ from before, newest first. All words of `search` stand in who
    did it and what differs.
    """
    return VersionsOut.of(
        await ours.history.versions(caller, server, user, search=search, cursor=cursor, limit=limit)
    )


@router.get("/versions/{version}")
async def compare_server_versions(
    caller: Caller, ours: Ours, server: str, version: str, against: str | None = None
) -> DifferencesOut:
    """Every field in which a version differs from the version `against`, or from what was last read."""
    first, second = _numbers(version, against)
    return DifferencesOut.of(await ours.history.compare(caller, server, None, first, second))


@router.get("/users/{user}/versions/{version}")
async def compare_user_versions(
    caller: Caller, ours: Ours, server: str, user: str, version: str, against: str | None = None
) -> DifferencesOut:
    """Every field in which a version differs from the version `against`, or from what was last read."""
    first, second = _numbers(version, against)
    return DifferencesOut.of(await ours.history.compare(caller, server, user, first, second))


@router.post("/versions/{version}/bring-back", status_code=202)
async def bring_back_server_version(caller: Caller, ours: Ours, server: str, version: str) -> AcceptedOut:
    """Queues every field that differs now; 422 where this version of the program cannot set one of them."""
    return AcceptedOut.of(await ours.history.bring_back(caller, server, None, _number(version)))


@router.post("/users/{user}/versions/{version}/bring-back", status_code=202)
async def bring_back_user_version(
    caller: Caller, ours: Ours, server: str, user: str, version: str
) -> AcceptedOut:
    """Queues every field that differs now; 422 where this version of the program cannot set one of them."""
    return AcceptedOut.of(await ours.history.bring_back(caller, server, user, _number(version)))


def _numbers(version: str, against: str | None) -> tuple[int, int | None]:
    return _number(version), None if against is None else _number(against)


def _number(text: str) -> int:
    return number(text, UnknownVersion, "version")
