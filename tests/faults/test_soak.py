"""The same, thousands of times."""

import asyncio
import os
from collections.abc import Callable

import pytest

from tests.faults.campaign import campaign, title
from tests.faults.computer import computers
from tests.faults.conftest import COUNTED
from tests.faults.lane import Run
from tests.rig import TimekprHost

pytestmark = pytest.mark.soak

LANES = 10
FIRST_SEED = int(os.environ.get("TIMEKPR_MNGR_FIRST_SEED", "1000"))
RUNS = 1_200
FAULTS = 2_000


def test_thousands_of_faults_lose_nothing_and_double_nothing(
    shared_host: Callable[..., TimekprHost], record_property: Callable[[str, object], None]
) -> None:
    def done(run: Run) -> None:
        if run.wrong:
            print("\n".join([title(run), *map(str, run.wrong)]), flush=True)

    seeds = range(FIRST_SEED, FIRST_SEED + RUNS)
    tally = asyncio.run(campaign(seeds, computers(LANES, shared_host), done))
    record_property(COUNTED, tally.counts)
    print(tally)
    assert not tally.failed
    assert tally.faults.total() >= FAULTS
