"""What the log says of a server that goes and comes back."""

import logging
from datetime import UTC, datetime

import pytest

from timekpr_mngr.domain.server import Failure, ServerState, ServerStatus
from timekpr_mngr.errors import FailureCode
from timekpr_mngr.meters import Meters
from timekpr_mngr.sync.outages import TOLD_AN_HOUR, Outages

SINCE = datetime(2026, 5, 6, tzinfo=UTC)
ONLINE = ServerStatus(ServerState.ONLINE, SINCE)


def gone(code: FailureCode = FailureCode.UNREACHABLE) -> ServerStatus:
    failure = Failure(code, "The connection to it was lost.", "Switch it on.")
    return ServerStatus(ServerState.OFFLINE, SINCE, failure)


class Counted(Meters):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def lost(self, code: str) -> None:
        self.told.append(code)

    def recovered(self, gone_seconds: float) -> None:
        self.told.append(gone_seconds)


class Story:
    """A server, and a clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.meters = Counted()
        self.outages = Outages("kids-pc", self.meters, lambda: self.now)

    def after(self, seconds: float, status: ServerStatus) -> None:
        self.now += seconds
        self.outages.moved(status)


@pytest.fixture
def story(caplog: pytest.LogCaptureFixture) -> Story:
    caplog.set_level(logging.INFO)
    return Story()


def test_a_loss_is_told_once_with_its_code_and_fix_and_the_recovery_with_how_long_it_was_gone(
    story: Story, caplog: pytest.LogCaptureFixture
) -> None:
    story.after(0, ONLINE)
    story.after(10, gone())
    story.after(2, gone())
    story.after(63, ONLINE)

    loss, recovery = caplog.records
    assert (
        loss.getMessage()
        == "server kids-pc is gone (unreachable): The connection to it was lost. Switch it on."
    )
    assert (loss.levelname, loss.__dict__["code"], loss.__dict__["fix"]) == (
        "WARNING",
        "unreachable",
        "Switch it on.",
    )
    assert recovery.getMessage() == "server kids-pc is back after 0:01:05"
    assert (recovery.__dict__["server"], recovery.__dict__["gone_seconds"]) == ("kids-pc", 65.0)
    assert story.meters.told == ["unreachable", 65.0]


def test_another_reason_is_told_once_however_often_the_two_take_turns(
    story: Story, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(20):
        story.after(5, gone())
        story.after(5, gone(FailureCode.TIMEOUT))

    assert len(caplog.records) == 2
    assert story.meters.told == []  # it was never there


def test_the_first_connection_is_no_recovery(story: Story, caplog: pytest.LogCaptureFixture) -> None:
    story.after(0, ONLINE)

    assert caplog.records == []


def test_a_server_that_comes_and_goes_fills_no_log(story: Story, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(10 * 360):  # ten hours, every ten seconds
        story.after(5, gone())
        story.after(5, ONLINE)

    assert len(caplog.records) <= 2 * TOLD_AN_HOUR + 10
    assert "comes and goes" in caplog.text
    assert len(story.meters.told) == 2 * 3600 - 2  # the first outage had no link to lose


def test_once_it_has_held_for_an_hour_losses_are_told_again_with_how_many_were_not(
    story: Story, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(10):
        story.after(5, gone())
        story.after(5, ONLINE)
    caplog.clear()

    story.after(4_000, gone())
    story.after(60, ONLINE)

    loss, recovery = caplog.records
    assert loss.__dict__["untold"] == 10 - TOLD_AN_HOUR
    assert "is back" in recovery.getMessage()
