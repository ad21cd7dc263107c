"""`/servers/{s}/users/{u}/copy`: a user's limits for other users."""

from fastapi import APIRouter, Response

from timekpr_mngr.domain import rules
from timekpr_mngr.domain.person import user_names
from timekpr_mngr.web.api.body import given
from timekpr_mngr.web.api.caller import Body, Caller, Ours
from timekpr_mngr.web.api.models import AcceptedOut
from timekpr_mngr.web.api.openapi import takes
from timekpr_mngr.web.api.person_models import Copy, CopyPreviewsOut

router = APIRouter(prefix="/servers/{server}/users/{user}/copy", tags=["users"])


@router.post(
    "",
    status_code=202,
    openapi_extra=takes(Copy),
    responses={200: {"model": CopyPreviewsOut}, 202: {"model": AcceptedOut}},
)
async def copy_limits(
    caller: Caller, ours: Ours, server: str, user: str, body: Body, response: Response
) -> AcceptedOut | CopyPreviewsOut:
    """Queues for each user named what differs there; where one of them cannot have it, nothing for anybody.

    With `preview` it answers 200 and what would differ, and nothing is queued.
    """
    values = given(body, Copy)
    to, fields = user_names(values["to"], "to"), values.get("fields", "all")
    if rules.boolean(values.get("preview", False), "preview"):
        response.status_code = 200
        return CopyPreviewsOut.of(await ours.copies.preview(caller, (server, user), to, fields))
    return AcceptedOut.of(await ours.copies.copy(caller, (server, user), to, fields))
