"""The whole application in this process, over computers in memory, with a client that speaks to it."""

import asyncio
import contextlib
import gc
import itertools
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from nicegui.testing.general import nicegui_reset_globals

from tests.first_start import started_once
from tests.services.house import ADMIN, HOST, SETTLES_WITHIN_SECONDS, WEDNESDAY
from timekpr_mngr.app import create_app
from timekpr_mngr.services import Services
from timekpr_mngr.settings import Settings
from timekpr_mngr.simulator.connector import SimulatedConnector
from timekpr_mngr.simulator.line import host_key_of
from timekpr_mngr.simulator.machine import Machine

URL = "http://testserver"
PORT = 8765
PASSWORD = "correct horse battery"
numbers = itertools.count(1)


@dataclass
class Served:
    """A running application. `client` is a browser or a program at the address 10.0.0.7."""

    app: FastAPI
    machine: Machine
    connector: SimulatedConnector
    client: httpx.AsyncClient = field(init=False)

    @property
    def services(self) -> Services:
        """What the application is made of."""
        found = self.app.state.services
        assert isinstance(found, Services)
        return found

    async def add_accounts(self) -> None:
        """`anna` may change everything, `ben` only look."""
        await self.services.accounts.add(ADMIN, "anna", "admin", PASSWORD)
        await self.services.accounts.add(ADMIN, "ben", "viewer", PASSWORD)

    async def add_server(self, name: str = "kids-pc", *, online: bool = True) -> None:
        """Adds the computer with its key trusted."""
        if not online:
            self.connector.line(HOST).switch_off()
        await self.services.fleet.add(
            ADMIN, name=name, host=HOST, ssh_user="timekpr-mngr", host_key=host_key_of(HOST)
        )
        if online:
            await until(lambda: self._is_online(name))

    async def token(self, account: str = "anna") -> str:
        """A token of that account."""
        label = f"test {account} {next(numbers)}"
        return await self.services.accounts.create_token(ADMIN, label, account)

    def another_client(self) -> httpx.AsyncClient:
        """A client that has seen nothing of this one's cookies and headers."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=("10.0.0.7", 4711))
        return httpx.AsyncClient(transport=transport, base_url=URL)

    async def _is_online(self, name: str) -> bool:
        return (await self.services.fleet.server(ADMIN, name)).state.value == "online"


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Waits until something is so."""
    async with asyncio.timeout(SETTLES_WITHIN_SECONDS):
        while not await condition():  # noqa: ASYNC110 -- no event tells of it
            await asyncio.sleep(0.01)


@contextlib.contextmanager
def our_modules_kept() -> Iterator[None]:
    """NiceGUI forgets the modules of pages and their parents, so that later tests would meet a second copy of them."""
    kept = {name: module for name, module in sys.modules.items() if name.split(".")[0] == "timekpr_mngr"}
    try:
        yield
    finally:
        sys.modules.update(kept)


@contextlib.contextmanager
def little_to_look_through() -> Iterator[None]:
    """NiceGUI looks through everything alive three times: for garbage at both ends of a test, and for a web server.

    All that was there before is set aside meanwhile: it would take longer than the test.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextlib.asynccontextmanager
async def served(data_dir: Path, metrics_from: Sequence[str] = (), **options: Any) -> AsyncIterator[Served]:
    """An application without accounts and servers."""
    machine = Machine(HOST, {"alice": "Alice Berg", "bob": ""}, time_zone="Europe/Berlin")
    machine.set_clock(WEDNESDAY)
    connector = SimulatedConnector([machine])
    with our_modules_kept(), little_to_look_through(), nicegui_reset_globals():
        settings = Settings.load(data_dir=started_once(data_dir), port=PORT, metrics_from=list(metrics_from))
        app = create_app(settings, connector, **options)
        made = Served(app, machine, connector)
        async with app.router.lifespan_context(app), made.another_client() as made.client:
            yield made
