"""A report as a table, for spreadsheets."""

import csv
import io
from collections.abc import Iterator

from timekpr_mngr.services.report_views import DayPart, UsageReport

COLUMNS = (
    "day",
    "server",
    "user",
    "known",
    "used_seconds",
    "playtime_seconds",
    "limit_seconds",
    "given_seconds",
    "limit_reached",
    "read_at",
)
FORMULA = "=+-@\t\r"  # a cell that begins so may be run by a spreadsheet


def usage_csv(report: UsageReport) -> str:
    """A line for each day and user, oldest day first, and COLUMNS at the top. What is not known is empty."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    rows.writerows(_rows(report))
    return text.getvalue()


def _rows(report: UsageReport) -> Iterator[list[object]]:
    for day in report.days:
        for part in day.parts:
            yield [day.day.isoformat(), _harmless(part.server), _harmless(part.user), *_known(part)]


def _known(part: DayPart) -> list[object]:
    if part.used_seconds is None or part.read_at is None:
        return [part.knowledge.value, *[""] * 6]
    return [
        part.knowledge.value,
        part.used_seconds,
        part.playtime_seconds,
        "" if part.limit_seconds is None else part.limit_seconds,
        part.given_seconds,
        "yes" if part.limit_reached else "no",
        f"{part.read_at:%Y-%m-%dT%H:%M:%SZ}",
    ]


def _harmless(name: str) -> str:
    """A login comes from a server, which may call a user as it likes."""
    return f"'{name}" if name.startswith(tuple(FORMULA)) else name
