"""What the runs of the fault harness came to is told at the end, in one line."""

from collections import Counter

import pytest

COUNTED = "faults"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    total: Counter[str] = Counter()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, counts in getattr(report, "user_properties", ()):
                if name == COUNTED:
                    total.update(counts)
    if total:
        terminalreporter.section("faults")
        terminalreporter.line(", ".join(f"{name} {count}" for name, count in total.items()))
