"""A full disk on the computer: what timekprd could not write is said so, and is neither lost nor doubled."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.contract.computers import WEDNESDAY, At, RigComputer
from tests.contract.conftest import contract_host
from tests.contract.delivering import SERVER, Delivering
from tests.contract.test_grants_arrive import begun, goes_in
from tests.faults.disk import TheirDisk
from timekpr_mngr.domain.change import Change, ChangeState, Draft

HOUR = 3600
WEEK = 7 * 24 * HOUR
TRIES = 30  # times out of which timekprd writes before the room is gone hardly ever; once is enough


@pytest.fixture(scope="module")
def computer(rig_folder: Path, key: Path) -> Iterator[RigComputer]:
    """A computer whose disk can be full."""
    with contract_host(key) as host:
        place = RigComputer(host, key)
        place.set_clock(WEDNESDAY)
        yield place


@pytest.fixture(scope="module")
def disk(computer: RigComputer) -> Iterator[TheirDisk]:
    made = TheirDisk(computer.host)
    yield made
    made.make_room()


@pytest.fixture
async def delivering(computer: RigComputer, disk: TheirDisk, tmp_path: Path) -> AsyncIterator[Delivering]:
    made = Delivering(computer, tmp_path)
    await made.begin()
    yield made
    disk.make_room()
    await made.end()


async def sets_week(kid: At, delivering: Delivering, before: int, after: int) -> Change:
    [change] = await delivering.drafted(kid, Draft("week_limit_seconds", before, after))
    return change


async def test_a_limit_that_could_not_be_written_is_refused_and_the_former_one_counts(
    kid: At, delivering: Delivering, disk: TheirDisk
) -> None:
    """The file is empty then, and timekprd goes on from the copy before it."""
    stands = HOUR
    assert (await sets_week(kid, delivering, WEEK, stands)).state is ChangeState.APPLIED
    for wanted in range(2 * HOUR, 2 * HOUR + TRIES):
        delivering.before("setTimeLimitForWeek", disk.fill)
        change = await sets_week(kid, delivering, stands, wanted)
        if change.state is not ChangeState.APPLIED:
            break
        stands = wanted
        disk.make_room()

    assert change.state is ChangeState.REFUSED
    assert "Unexpected ERROR updating configuration" in (change.message or "")
    await delivering.look()
    shown = delivering.engine.snapshot(SERVER)
    assert shown is not None
    config = shown.users[kid.name].config
    assert config is not None
    assert config.week_limit_seconds == stands
    is_empty = kid.computer.text(kid.conf_path) == ""  # else it was the copy that found no room
    assert ("empty" in (shown.users[kid.name].problem or "")) is is_empty
    disk.make_room()
    again = await sets_week(kid, delivering, stands, 3 * HOUR)
    assert again.state is ChangeState.APPLIED
    assert kid.conf["LIMIT_PER_WEEK"] == str(3 * HOUR)
    assert await delivering.store.drift.list(server=SERVER, user=kid.name) == []


async def test_a_grant_that_could_not_be_written_is_not_claimed_and_given_again_it_is_there_once(
    kid: At, delivering: Delivering, disk: TheirDisk
) -> None:
    begun(kid)
    given = 900
    assert (await delivering.gives(kid, given)).state is ChangeState.APPLIED
    for _ in range(TRIES):
        delivering.before("setTimeLeft", disk.fill)
        change = await delivering.gives(kid, 60)
        disk.make_room()
        if change.state is not ChangeState.APPLIED:
            break
        given += 60

    assert change.state in (ChangeState.REFUSED, ChangeState.UNCERTAIN)
    assert "Unexpected ERROR updating control" in (change.message or "")
    again = await delivering.gives(kid, 300)
    assert (again.state, again.gained_seconds) == (ChangeState.APPLIED, 300)
    assert kid.balance == HOUR - given - 300
    await delivering.look()
    assert await delivering.store.drift.list(server=SERVER, user=kid.name) == []


async def test_what_is_given_to_somebody_who_is_there_is_not_lost_with_the_saves_that_fail(
    kid: At, delivering: Delivering, disk: TheirDisk
) -> None:
    """timekprd has it in memory; the first save with room writes it."""
    begun(kid)
    await goes_in(kid)
    assert (await delivering.gives(kid, 900)).state is ChangeState.APPLIED
    disk.fill()

    async def a_save_failed() -> bool:
        return not kid.computer.text(kid.control_path) or not kid.computer.text(kid.control_path + ".prev")

    await kid.computer.until(a_save_failed, 30)
    disk.make_room()

    async def is_saved() -> bool:
        text = kid.computer.text(kid.control_path) or ""
        return "PLAYTIME_SPENT_DAY" in text and int(kid.control["TIME_SPENT_DAY"]) - kid.balance == 900

    await kid.computer.until(is_saved, 30)
    await delivering.look()
    assert await delivering.store.drift.list(server=SERVER, user=kid.name) == []
    kid.logout()


async def test_time_for_somebody_whose_file_was_emptied_arrives_once(kid: At, delivering: Delivering) -> None:
    begun(kid)
    assert (await delivering.gives(kid, 300)).state is ChangeState.APPLIED
    assert (await delivering.gives(kid, 300)).state is ChangeState.APPLIED
    kid.computer.write(kid.control_path + ".prev", kid.computer.text(kid.control_path) or "")
    kid.computer.write(kid.control_path, "")

    change = await delivering.gives(kid, 900)

    assert (change.state, change.gained_seconds) == (ChangeState.APPLIED, 900)
    assert kid.balance == HOUR - 1500
