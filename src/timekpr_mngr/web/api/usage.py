"""How much time was used over the days, as JSON and as a table. A person's id may have a slash in it."""

from fastapi import APIRouter
from starlette.responses import Response

from timekpr_mngr.services.report_views import UsageReport
from timekpr_mngr.services.usage_csv import usage_csv
from timekpr_mngr.web.api.caller import Caller, Ours
from timekpr_mngr.web.api.usage_models import UsageReportOut

router = APIRouter(tags=["usage"])


class Table(Response):
    """A table that a browser saves."""

    media_type = "text/csv"

    @classmethod
    def of(cls, report: UsageReport) -> "Table":
        """From the services."""
        return cls(usage_csv(report), headers={"Content-Disposition": 'attachment; filename="usage.csv"'})


@router.get("/servers/{server}/users/{user}/usage")
async def get_user_usage(
    caller: Caller, ours: Ours, server: str, user: str, days: int = 30
) -> UsageReportOut:
    """The last 1 to 366 days of a user, today included: by day, week and hour, with limits reached and time given."""
    return UsageReportOut.of(await ours.reports.user(caller, server, user, days))


@router.get("/servers/{server}/users/{user}/usage.csv", response_class=Table)
async def get_user_usage_table(caller: Caller, ours: Ours, server: str, user: str, days: int = 30) -> Table:
    """The same days as a table."""
    return Table.of(await ours.reports.user(caller, server, user, days))


@router.get("/people/{person:path}/usage")
async def get_person_usage(caller: Caller, ours: Ours, person: str, days: int = 30) -> UsageReportOut:
    """The last 1 to 366 days of a person over all of their computers, with a part for each."""
    return UsageReportOut.of(await ours.reports.person(caller, person, days))


@router.get("/people/{person:path}/usage.csv", response_class=Table)
async def get_person_usage_table(caller: Caller, ours: Ours, person: str, days: int = 30) -> Table:
    """The same days as a table."""
    return Table.of(await ours.reports.person(caller, person, days))
