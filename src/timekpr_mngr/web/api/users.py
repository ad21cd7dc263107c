"""`/servers/{s}/users`: who there is, how much time they have, what limits them; and grants."""

from typing import Annotated

from fastapi import APIRouter, Header

from timekpr_mngr.errors import Invalid
from timekpr_mngr.texts import _
from timekpr_mngr.web.api.body import given
from timekpr_mngr.web.api.caller import Body, Caller, Ours
from timekpr_mngr.web.api.grant_models import GrantCheckOut
from timekpr_mngr.web.api.models import (
    AcceptedOut,
    Grant,
    GrantToCheck,
    UserConfigPart,
    UserEntryOut,
    UserOut,
    UsersOut,
    Visibility,
)
from timekpr_mngr.web.api.openapi import takes

router = APIRouter(prefix="/servers/{server}/users", tags=["users"])


@router.get("")
async def list_users(caller: Caller, ours: Ours, server: str) -> UsersOut:
    """Everybody that timekpr knows on the server, the hidden ones too; none while it was never read."""
    return UsersOut.of(await ours.fleet.users(caller, server))


@router.get("/{user}")
async def get_user(caller: Caller, ours: Ours, server: str, user: str) -> UserOut:
    """Everything known of a user; what is not known is null."""
    return UserOut.of(await ours.limits.user(caller, server, user))


@router.patch("/{user}", openapi_extra=takes(Visibility))
async def show_or_hide_user(caller: Caller, ours: Ours, server: str, user: str, body: Body) -> UserEntryOut:
    """Takes a user out of view, or back. Nothing changes on the server."""
    hidden = given(body, Visibility)["hidden"]
    if not isinstance(hidden, bool):
        raise Invalid("hidden", _("This is either true or false."))
    return UserEntryOut.of(await ours.fleet.hide(caller, server, user, hidden))


@router.patch("/{user}/config", status_code=202, openapi_extra=takes(UserConfigPart))
async def change_user_config(caller: Caller, ours: Ours, server: str, user: str, body: Body) -> AcceptedOut:
    """Queues what differs: one change a field, none where nothing does."""
    return AcceptedOut.of(await ours.limits.change_user(caller, server, user, body))


@router.post("/{user}/grants", status_code=202, openapi_extra=takes(Grant))
async def grant_time(
    caller: Caller,
    ours: Ours,
    server: str,
    user: str,
    body: Body,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> AcceptedOut:
    """Gives or takes time today, or says what should be left. The same Idempotency-Key is the same change.

    With `open_up` what would swallow it is opened up for today, before it, and taken back by itself after that day.
    """
    values = given(body, Grant)
    rest = {
        "kind": values.get("kind", "time"),
        "reason": values.get("reason"),
        "idempotency_key": idempotency_key,
    }
    if ("seconds" in values) == ("set_left_seconds" in values):
        raise Invalid("seconds", _("A grant has either seconds or set_left_seconds."))
    open_up = values.get("open_up", False)
    if "seconds" in values:
        rest["open_up"] = open_up
        return AcceptedOut.of(await ours.grants.give(caller, server, user, seconds=values["seconds"], **rest))
    if open_up is not False:
        raise Invalid("open_up", _("This goes with seconds alone."))
    return AcceptedOut.of(
        await ours.grants.set_left(caller, server, user, left_seconds=values["set_left_seconds"], **rest)
    )


@router.post("/{user}/grants/check", openapi_extra=takes(GrantToCheck))
async def check_grant(caller: Caller, ours: Ours, server: str, user: str, body: Body) -> GrantCheckOut:
    """What such a grant would really give now, and what would let it through. Nothing is queued."""
    values = given(body, GrantToCheck)
    kind = values.get("kind", "time")
    return GrantCheckOut.of(
        await ours.grants.check(caller, server, user, seconds=values.get("seconds"), kind=kind)
    )
