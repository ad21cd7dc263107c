"""`/edits`: other limits for many users in one request, for a school's script."""

from fastapi import APIRouter
from pydantic import Field

from timekpr_mngr.domain.person import UserName, user_name
from timekpr_mngr.errors import Invalid
from timekpr_mngr.services.limits import EDITS_MAX
from timekpr_mngr.texts import _
from timekpr_mngr.web.api.body import given
from timekpr_mngr.web.api.caller import Body, Caller, Ours
from timekpr_mngr.web.api.models import AcceptedOut, Sent, UserConfigPart
from timekpr_mngr.web.api.openapi import takes

router = APIRouter(prefix="/edits", tags=["users"])


class Edit(Sent):
    """Whose limits, and what of them is set."""

    server: str
    user: str
    config: UserConfigPart


class Edits(Sent):
    """Each user is there once."""

    edits: list[Edit] = Field(min_length=1, max_length=EDITS_MAX)


@router.post("", status_code=202, openapi_extra=takes(Edits))
async def change_users(caller: Caller, ours: Ours, body: Body) -> AcceptedOut:
    """Queues what differs for each of these users: all of it, or nothing where one of them cannot have it."""
    edits = given(body, Edits)["edits"]
    if not isinstance(edits, list) or not edits:
        raise Invalid("edits", _("Edits are a list of at least one, each with its server, user and config."))
    return AcceptedOut.of(
        await ours.limits.change_users(caller, [_edit(item, f"edits[{n}]") for n, item in enumerate(edits)])
    )


def _edit(item: object, where: str) -> tuple[UserName, object]:
    """Raises Invalid with the place."""
    if not isinstance(item, dict) or "config" not in item:
        raise Invalid(f"{where}.config", _("An edit has a server, a user and a config."))
    named = {name: value for name, value in item.items() if name != "config"}
    return user_name(named, where), item["config"]
