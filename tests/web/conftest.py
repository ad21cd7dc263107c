"""The application, fresh for every test."""

import logging
from collections.abc import AsyncIterator
from copy import copy
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.web.served import URL, Served, served


@pytest_asyncio.fixture
async def site(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Served]:
    """Without accounts and servers. An error in the log fails the test."""
    async with served(tmp_path / "data") as made:
        yield made
    errors = [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert errors == []


@pytest_asyncio.fixture
async def api(site: Served) -> Served:
    """With two accounts, a server that was read, and a client that comes with anna's token."""
    await site.add_accounts()
    await site.add_server()
    await come_with_token(site)
    return site


async def come_with_token(site: Served) -> None:
    """Makes the client a program with anna's token."""
    site.client.base_url = httpx.URL(f"{URL}/api/v1")
    site.client.headers["Authorization"] = f"Bearer {await site.token()}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """The application with two accounts and a server, for tests that leave it as it is."""
    async with served(tmp_path_factory.mktemp("shared") / "data") as made:
        await made.add_accounts()
        await made.add_server()
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def shared_api(shared: Served) -> AsyncIterator[Served]:
    """The same with a client of one's own, which comes with anna's token."""
    async with shared.another_client() as client:
        mine = copy(shared)
        mine.client = client
        await come_with_token(mine)
        yield mine
