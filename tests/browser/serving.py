"""The real application over simulated computers, in a process of its own: `python -m tests.browser.serving PORT DATA`.

A line on its standard input does something to a computer: `off laptop.home`, `on laptop.home`, or what somebody does on
it: `limit kids-pc.home emma 6 7200` sets Saturday's limit, `quietly` before it leaves us to find out by ourselves,
`give kids-pc.home emma 900` gives time, and `between kids-pc.home emma 600` does so as soon as the answer to our next
grant was lost. `leave kids-pc.home emma` signs somebody out, `poll kids-pc.home 60` edits timekpr's poll time, and
`slow kids-pc.home 2` makes everything take two seconds.
It says `ready` when it can be opened, and writes its log to standard error.
"""

import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

from tests.browser.pseudo import Pseudo
from tests.browser.stage import ADMIN, HOSTILE, PASSWORD, SPARE, VIEWER
from timekpr_mngr import texts
from timekpr_mngr.app import create_app
from timekpr_mngr.cli import past
from timekpr_mngr.domain.account import Account, Actor, Role, Source
from timekpr_mngr.services import Services
from timekpr_mngr.settings import Settings
from timekpr_mngr.simulator import somebody
from timekpr_mngr.simulator.connector import SimulatedConnector
from timekpr_mngr.simulator.demo import (
    HOUR,
    MINUTE,
    SERVERS,
    afternoon_zone,
    kids_pc,
    laptop,
    limit,
    living_room,
    used,
)
from timekpr_mngr.simulator.files import SERVER
from timekpr_mngr.simulator.machine import Machine
from timekpr_mngr.store import Store
from timekpr_mngr.web.ui import navigation


def main() -> None:
    """Serves until standard input ends."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    port, data_dir = int(sys.argv[1]), Path(sys.argv[2])
    navigation.LISTED = int(os.environ.get("TIMEKPR_MNGR_TEST_LISTED", navigation.LISTED))
    is_empty = "--empty" in sys.argv
    for argument in sys.argv[3:]:
        if argument.startswith("--pseudo="):
            texts.use("en", Pseudo(Path(argument.partition("=")[2])))
    asyncio.run(_serve(port, data_dir, is_empty=is_empty))


async def _serve(port: int, data_dir: Path, *, is_empty: bool) -> None:
    connector = _computers()

    app = create_app(Settings.load(port=port, data_dir=data_dir), None if "--ssh" in sys.argv else connector)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, access_log=False))
    machines = [asyncio.create_task(machine.run()) for machine in connector.machines.values()]
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 -- uvicorn has no event for it
        await asyncio.sleep(0.05)
    await _fill(app.state.services, data_dir, is_empty=is_empty)
    print("ready", flush=True)
    async for command in _commands():
        await _do(command.split(), connector, app.state.services)
        print("done", flush=True)
    server.should_exit = True
    await serving
    for machine in machines:
        machine.cancel()


async def _do(words: list[str], connector: SimulatedConnector, services: Services) -> None:
    quietly = words[0] == "quietly"
    deed, host, *rest = words[quietly:]
    machine, line = connector.machines[host], connector.line(host)
    match deed, rest:
        case "off", []:
            line.switch_off()
        case "on", []:
            line.switch_on()
        case "slow", [seconds]:
            line.delay_seconds = float(seconds)
        case "limit", [user, weekday, seconds]:
            somebody.sets_limit(machine, user, int(weekday), int(seconds))
        case "give", [user, seconds]:
            somebody.gives(machine, user, int(seconds))
        case "leave", [user]:
            machine.logout(user)
        case "poll", [seconds]:
            machine.set_values(SERVER, TIMEKPR_POLLTIME=int(seconds))
        case "between", [user, seconds]:
            somebody.comes_between(machine, line, user, int(seconds))
    if deed in ("limit", "give", "poll") and not quietly:
        await services.fleet.sync(_admin(), host.partition(".")[0], 10)


def _admin() -> Actor:
    return Actor(Account(ADMIN, Role.ADMIN, datetime.now(UTC)), Source.CLI)


def _computers() -> SimulatedConnector:
    """The demo's family, but nobody comes and goes by themselves."""

    def now() -> datetime:
        return datetime.now(UTC)

    zone = afternoon_zone(now())
    makers: list[Callable[[str, Callable[[], datetime]], Machine]] = [kids_pc, living_room, laptop]
    machines = [make(zone, now) for make in makers]
    people = {"oma": "Oma Lotte", HOSTILE: f"{HOSTILE} Lotte"}
    machines.append(Machine(SPARE, people, time_zone=zone, now=now))
    pc = machines[0]
    limit(pc, "emma", [2 * HOUR] * 5 + [3 * HOUR] * 2, "15-20", week=16 * HOUR)
    used(pc, "emma", today_left=74 * MINUTE, other_days=45 * MINUTE)
    pc.login("noah")
    return SimulatedConnector(machines)


async def _fill(services: Services, data_dir: Path, *, is_empty: bool) -> None:
    admin = _admin()
    if await services.accounts.has_any():
        return
    await services.accounts.add(admin, ADMIN, Role.ADMIN.value, PASSWORD)
    await services.accounts.add(admin, VIEWER, Role.VIEWER.value, PASSWORD)
    if is_empty:
        return
    for server in SERVERS:
        await services.fleet.add(
            admin, name=server.name, host=server.host, ssh_user=server.ssh_user, host_key=server.host_key
        )
    store = await Store.open(data_dir)
    await past.tell(services, store, admin, datetime.now(UTC))
    await store.close()


async def _commands() -> AsyncIterator[str]:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while line := await reader.readline():
        yield line.decode().strip()


if __name__ == "__main__":
    main()
