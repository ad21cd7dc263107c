"""What the log says of a database in trouble."""

import logging

import pytest

from timekpr_mngr.store.trouble import Trouble


def test_it_is_told_once_as_it_begins_and_once_as_it_ends(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    now = 100.0
    trouble = Trouble("write", lambda: now)

    for _ in range(5_000):
        trouble.failed(OSError("The disk is full."))
        now += 0.01
    trouble.worked()
    trouble.worked()

    assert [record.getMessage() for record in caplog.records] == [
        "the database is in trouble (write). The disk is full.",
        "the database works again (write), after 0:00:50",
    ]


def test_a_disk_that_is_almost_full_fills_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    now = 100.0
    trouble = Trouble("write", lambda: now)

    for _ in range(600):
        trouble.failed(OSError("The disk is full."))
        now += 0.5
        trouble.worked()
        now += 0.5

    assert len(caplog.records) == 2 * 10
