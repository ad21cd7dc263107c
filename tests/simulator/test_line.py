"""Everything that can be wrong on the way to a simulated machine."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from timekpr_mngr.domain.server import Server
from timekpr_mngr.domain.usage import Control
from timekpr_mngr.errors import FailureCode, ServerFailure
from timekpr_mngr.link.session import DaemonChanged, LinkEvent, Ticked
from timekpr_mngr.simulator.connector import SimulatedConnector
from timekpr_mngr.simulator.line import Reach, host_key_of
from timekpr_mngr.simulator.machine import Machine
from timekpr_mngr.simulator.session import SimulatedSession
from timekpr_mngr.timekpr import interface as timekpr

NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
SERVER = Server("pc", "pc.home", 22, "manager", "", host_key_of("pc.home"), None, None, NOON)


@pytest.fixture
def machine() -> Machine:
    return Machine("pc.home", now=lambda: NOON)


@pytest.fixture
def connector(machine: Machine) -> SimulatedConnector:
    return SimulatedConnector([machine])


@pytest.fixture
async def session(connector: SimulatedConnector) -> AsyncIterator[SimulatedSession]:
    opened = await connector.open(SERVER, "")
    yield opened
    await opened.close()


async def test_a_host_that_nobody_knows_is_unreachable(connector: SimulatedConnector) -> None:
    assert await failure_of(connector.open(replace(SERVER, host="nowhere"), "")) == FailureCode.UNREACHABLE
    assert await failure_of(connector.host_key("nowhere", 22)) == FailureCode.UNREACHABLE


async def test_a_machine_that_goes_off_takes_its_conversations_along(
    connector: SimulatedConnector, session: SimulatedSession
) -> None:
    connector.line("pc.home").switch_off()

    await asyncio.wait_for(session.wait_closed(), 60)
    assert await failure_of(session.read()) == FailureCode.UNREACHABLE
    assert await failure_of(connector.open(SERVER, "")) == FailureCode.UNREACHABLE
    connector.line("pc.home").switch_on()
    assert "alice" in (await (await connector.open(SERVER, "")).read()).users


async def test_a_silent_machine_times_out_and_sends_nothing(
    connector: SimulatedConnector, session: SimulatedSession, machine: Machine
) -> None:
    heard: list[LinkEvent] = []
    session.listen(heard.append)
    connector.line("pc.home").reach = Reach.SILENT

    machine.login("alice")
    machine.advance(10)

    assert heard == []
    assert await failure_of(session.read()) == FailureCode.TIMEOUT
    assert await failure_of(connector.host_key("pc.home", 22)) == FailureCode.TIMEOUT


async def test_another_host_key_is_told_apart_from_another_key(connector: SimulatedConnector) -> None:
    line = connector.line("pc.home")
    line.host_key = host_key_of("somebody else")
    assert await failure_of(connector.open(SERVER, "")) == FailureCode.HOST_KEY

    line.host_key = host_key_of("pc.home")
    for refusal in (FailureCode.AUTH, FailureCode.NOT_IN_GROUP, FailureCode.NO_BUS):
        line.refuses = refusal
        assert await failure_of(connector.open(SERVER, "")) == refusal


async def test_a_host_key_that_nobody_trusts_opens_nothing(connector: SimulatedConnector) -> None:
    assert await failure_of(connector.open(replace(SERVER, host_key=None), "")) == FailureCode.HOST_KEY


async def test_a_lost_answer_leaves_its_effect(
    connector: SimulatedConnector, session: SimulatedSession, machine: Machine
) -> None:
    connector.line("pc.home").lose_answer("setTimeLeft")

    assert await failure_of(session.call(GRANT)) == FailureCode.UNREACHABLE

    await asyncio.wait_for(session.wait_closed(), 60)
    assert await balance(connector) == -900


async def test_a_cut_before_the_call_leaves_none(
    connector: SimulatedConnector, session: SimulatedSession
) -> None:
    connector.line("pc.home").cut("setTimeLeft")

    assert await failure_of(session.call(GRANT)) == FailureCode.UNREACHABLE

    assert await balance(connector) == 0


async def test_a_cut_can_wait_for_so_many_operations(
    connector: SimulatedConnector, session: SimulatedSession
) -> None:
    connector.line("pc.home").cut(after=2)

    await session.read()
    await session.call(GRANT)
    assert await failure_of(session.read()) == FailureCode.UNREACHABLE
    assert await balance(connector) == -900


async def test_a_hanging_daemon_does_later_what_nobody_waits_for(
    connector: SimulatedConnector, session: SimulatedSession, machine: Machine
) -> None:
    machine.hang_daemon()
    assert await failure_of(session.call(GRANT)) == FailureCode.TIMEOUT

    machine.resume_daemon()

    assert await balance(connector) == -900


async def test_a_stopped_daemon_is_told_and_files_stay_readable(
    session: SimulatedSession, machine: Machine
) -> None:
    heard: list[LinkEvent] = []
    session.listen(heard.append)
    machine.stop_daemon()

    assert heard == [DaemonChanged(False)]
    assert not session.daemon_present
    assert await failure_of(session.call(GRANT)) == FailureCode.NO_DAEMON
    assert (await session.read()).config is not None


async def test_a_daemon_that_is_killed_forgets_what_it_had_not_saved(
    session: SimulatedSession, machine: Machine
) -> None:
    machine.login("alice")
    machine.advance(40)
    before = await control(session)
    machine.advance(20)
    machine.stop_daemon()
    machine.start_daemon()
    machine.advance(3)

    assert 20 < before.spent_day_seconds < 40
    assert await control(session) == before


async def test_a_listener_that_left_hears_nothing(session: SimulatedSession, machine: Machine) -> None:
    heard: list[LinkEvent] = []
    unlisten = session.listen(heard.append)
    session.listen(heard.append)
    machine.login("alice")
    machine.advance(3)
    twice = len([event for event in heard if isinstance(event, Ticked)])
    unlisten()
    unlisten()
    machine.advance(3)

    assert twice == 2
    assert len([event for event in heard if isinstance(event, Ticked)]) == 3


GRANT = timekpr.set_time_left("alice", "+", 900)


async def failure_of(waits: object) -> FailureCode:
    with pytest.raises(ServerFailure) as failed:
        await waits  # type: ignore[misc]  # whatever it gives, it must not
    return failed.value.failure


async def control(session: SimulatedSession) -> Control:
    read = await session.read_user("alice")
    assert read is not None
    assert read.control is not None
    return read.control


async def balance(connector: SimulatedConnector) -> int:
    session = await connector.open(SERVER, "")
    try:
        return (await control(session)).balance_seconds
    finally:
        await session.close()
