"""Rules for every test: no needed test is skipped where that is forbidden, and no failed check is forgotten."""

import os
from collections.abc import Generator

import pytest

NEVER_SKIPPED = ("rig", "browser")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With TIMEKPR_MNGR_REQUIRE_RIG=1 (.ci/run) a skipped test of the rig or the browser has failed."""
    report = yield
    if os.environ.get("TIMEKPR_MNGR_REQUIRE_RIG") != "1" or not report.skipped or hasattr(report, "wasxfail"):
        return report
    if any(item.get_closest_marker(name) for name in NEVER_SKIPPED):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
        report.outcome = "failed"
        report.longrepr = f"TIMEKPR_MNGR_REQUIRE_RIG=1 forbids to skip this test.\n{reason}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tells again what scripts/check found wrong before the tests, close to the line that is read."""
    if failed := os.environ.get("TIMEKPR_MNGR_FAILED_CHECKS"):
        terminalreporter.section("failed before the tests")
        terminalreporter.write_line(failed)
