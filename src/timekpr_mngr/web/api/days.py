"""`/servers/{s}/users/{u}/day`: what applies on a date, and why."""

import re
from datetime import date as Date  # noqa: N812 - the parameter is called date

from fastapi import APIRouter

from timekpr_mngr.errors import Invalid
from timekpr_mngr.texts import _
from timekpr_mngr.web.api.caller import Caller, Ours
from timekpr_mngr.web.api.day_models import DayPlanOut

router = APIRouter(prefix="/servers/{server}/users/{user}/day", tags=["users"])


@router.get("")
async def get_day(
    caller: Caller,
    ours: Ours,
    server: str,
    user: str,
    date: str | None = None,
    with_waiting: bool = False,
) -> DayPlanOut:
    """The plan of a day (`YYYY-MM-DD`, else the server's today); `with_waiting` as if all that waits had arrived."""
    day = None if date is None else _day(date)
    return DayPlanOut.of(await ours.days.plan(caller, server, user, day, with_waiting=with_waiting))


def _day(text: str) -> Date:
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            return Date.fromisoformat(text)
    except ValueError:
        pass
    raise Invalid("date", _("A date is written like 2026-11-21."))
