"""Whatever breaks on the way, what was asked for happens once, and nothing else does: on real computers, by seed."""

import asyncio
from collections.abc import Callable

import pytest

from tests.faults.campaign import campaign
from tests.faults.computer import Computer, computers
from tests.faults.conftest import COUNTED
from tests.rig import TimekprHost

LANES = 8
BATCH, BATCHES = 45, 2  # runs, with more than 200 faults; the soak test has thousands
FAULTS_IN_A_BATCH = 85  # there are some 105


@pytest.fixture(scope="module")
def pcs(shared_host: Callable[..., TimekprHost]) -> list[Computer]:
    return computers(LANES, shared_host)


@pytest.mark.timeout(1200)  # some 25 s; many times that on a machine that is busy with other things
@pytest.mark.parametrize("first", range(0, BATCHES * BATCH, BATCH))
def test_changes_happen_once_whatever_breaks(
    pcs: list[Computer], first: int, record_property: Callable[[str, object], None]
) -> None:
    tally = asyncio.run(campaign(range(first, first + BATCH), pcs))
    record_property(COUNTED, tally.counts)
    assert not tally.failed, str(tally)
    assert tally.faults.total() >= FAULTS_IN_A_BATCH, str(tally)
