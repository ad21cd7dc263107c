"""Rules for every test: no needed test is skipped where that is forbidden, no failed check is forgotten, and where
several run at a time the longest files begin first.
"""

import os
import time
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path

import pytest

MYPY_SECONDS = 600.0
NEVER_SKIPPED = ("rig", "browser")
SECONDS = {"browser": 6.0, "rig": 2.5}
"""About what a test with this mark takes."""
SECONDS_OF_OTHERS = 0.2
SECONDS_OF_FILES = {
    "tests/faults/test_faults.py": 100.0,
    "tests/cli/test_serve.py": 60.0,
    "tests/sync/test_model.py": 60.0,
    "tests/backup/test_killed.py": 30.0,
    "tests/services/test_fleet.py": 25.0,
    "tests/web/test_api_history.py": 25.0,
    "tests/web/test_api.py": 20.0,
    "tests/web/test_roles.py": 20.0,
    "tests/web/test_sign_in.py": 20.0,
    "tests/web/test_person_today.py": 15.0,
    "tests/end_to_end/test_any_request.py": 15.0,
    "tests/end_to_end/test_hostile_server.py": 15.0,
}
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
    """Tells what scripts/check found wrong before the tests and beside them, close to the line that is read."""
    if failed := os.environ.get("TIMEKPR_MNGR_FAILED_CHECKS"):
        terminalreporter.section("failed before the tests")
        terminalreporter.write_line(failed)
    if types := os.environ.get("TIMEKPR_MNGR_TYPES"):
        status, said = types_checked(Path(types))
        terminalreporter.section("mypy" if status == "0" else "mypy failed")
        terminalreporter.write_line(said.strip())


def types_checked(folder: Path) -> tuple[str, str]:
    """The exit status of mypy and what it said, when it has ended."""
    status = folder / "status"
    end = time.monotonic() + MYPY_SECONDS
    while not (status.exists() and status.read_text()) and time.monotonic() < end:
        time.sleep(0.1)
    return status.read_text().strip() if status.exists() else "none", (folder / "said").read_text()
