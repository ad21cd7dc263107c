"""What was used, as a file. The API takes tokens and no browser's cookie, so the page hands the file over itself."""

import json
from collections.abc import Awaitable, Callable

from nicegui import ui

from timekpr_mngr.services.report_views import UsageReport
from timekpr_mngr.services.usage_csv import usage_csv
from timekpr_mngr.texts import _
from timekpr_mngr.web.api.usage_models import UsageReportOut
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.text import element

Load = Callable[[], Awaitable[UsageReport | None]]


def usage_export(load: Load, name: str) -> None:
    """Two buttons; `load` gives the report as it is then, and None where that failed and was told. `name` begins the
    file's own.
    """

    async def save(kind: str) -> None:
        report = await load()
        if report is not None:
            content = usage_csv(report) if kind == "csv" else usage_json(report)
            media_type = "text/csv" if kind == "csv" else "application/json"
            file_name = f"{name}-{report.first}-{report.last}.{kind}"
            ui.download.content(content.encode(), file_name, media_type)

    with element("div", "line wrap"):
        button(_("Save as CSV"), lambda: save("csv"))
        button(_("Save as JSON"), lambda: save("json"))


def usage_json(report: UsageReport) -> str:
    """The same as the API answers."""
    return json.dumps(UsageReportOut.of(report).model_dump(mode="json"), indent=1) + "\n"
