"""The demo's family."""

from datetime import UTC, datetime, timedelta

import pytest

from timekpr_mngr.domain.server import Server, check_server_name
from timekpr_mngr.domain.snapshot import Snapshot
from timekpr_mngr.simulator import demo as demo_module
from timekpr_mngr.simulator.demo import SERVERS, DemoConnector, DemoServer, demo_connector

HOURS = [datetime(2026, 11, 16, tzinfo=UTC) + timedelta(hours=7 * step) for step in range(24)]
"""Each hour of the day, over a week."""


@pytest.mark.parametrize("instant", HOURS, ids=str)
async def test_it_is_lively_at_any_hour(instant: datetime) -> None:
    demo = demo_connector(now=lambda: instant)
    for machine in demo.simulated.machines.values():
        machine.advance(6)

    read = {server.name: await read_of(demo, server, instant) for server in SERVERS}
    await demo.close()

    for name, snapshot in read.items():
        assert [user.problem for user in snapshot.users.values()] == [None] * len(snapshot.users), name
    emma = read["kids-pc"].users["emma"]
    assert emma.live is not None
    assert 0 < (emma.live.left_day_seconds or 0) <= 7 * 60
    mia = read["living-room"].users["mia"]
    assert mia.live is not None
    assert 60 * 60 < (mia.live.left_day_seconds or 0) <= 80 * 60


async def test_the_laptop_goes_off_once_it_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_module, "LAPTOP_STAYS_SECONDS", 0.05)
    demo = demo_connector()
    laptop = SERVERS[-1]
    session = await demo.open(server_of(laptop, datetime.now(UTC)), "")

    assert (await session.read()).users["noah"].config is not None
    await session.wait_closed()
    await demo.close()


def test_its_names_can_be_servers() -> None:
    assert [check_server_name(server.name) for server in SERVERS] == ["kids-pc", "living-room", "laptop"]


async def read_of(demo: DemoConnector, server: DemoServer, now: datetime) -> Snapshot:
    session = await demo.open(server_of(server, now), "")
    try:
        return await session.read()
    finally:
        await session.close()


def server_of(server: DemoServer, now: datetime) -> Server:
    return Server(
        server.name, server.host, server.port, server.ssh_user, "", server.host_key, None, None, now
    )
