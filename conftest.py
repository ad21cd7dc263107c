"""Rules for every test: no needed test is skipped where that is forbidden, no failed check is forgotten, and where
several run at a time the longest files begin first.
"""

import os
from collections import defaultdict
from collections.abc import Generator

import pytest

NEVER_SKIPPED = ("rig", "browser")
SECONDS = {"browser": 6.0, "rig": 2.5}
"""About what a test with this mark takes."""
SECONDS_OF_OTHERS = 0.2
SECONDS_OF_FILES = {"tests/faults/test_faults.py": 100.0, "tests/sync/test_model.py": 60.0}
"""Of files whose tests are longer than most."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Each worker of pytest-xdist takes a file at a time, in this order: a long one at the end would keep one worker
    busy while the others have nothing left to do."""
    if not hasattr(config, "workerinput"):
        return
    seconds: defaultdict[str, float] = defaultdict(float)
    for item in items:
        seconds[file_of(item)] += about_seconds(item)
    seconds.update(SECONDS_OF_FILES)
    items.sort(key=lambda item: (-seconds[file_of(item)], file_of(item)))


def about_seconds(item: pytest.Item) -> float:
    """About what a test takes."""
    return next((SECONDS[name] for name in SECONDS if item.get_closest_marker(name)), SECONDS_OF_OTHERS)


def file_of(item: pytest.Item) -> str:
    """The file of a test, as pytest shows it."""
    return item.nodeid.partition("::")[0]


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
