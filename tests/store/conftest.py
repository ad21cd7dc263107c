"""A store in a folder of its own."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.store.samples import PRIVATE_KEY, server
from timekpr_mngr.store import Store


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """Where nothing is yet."""
    return tmp_path / "data"


@pytest.fixture(scope="session")
def with_kids_pc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed store with one server, kids-pc: made once, because migrating takes longer than most tests."""
    folder = tmp_path_factory.mktemp("store") / "data"
    asyncio.run(_fill(folder))
    return folder


@pytest.fixture
async def store(with_kids_pc: Path, data_dir: Path) -> AsyncIterator[Store]:
    """A store of the test's own with one server, kids-pc."""
    shutil.copytree(with_kids_pc, data_dir)
    opened = await Store.open(data_dir)
    yield opened
    await opened.close()


async def _fill(folder: Path) -> None:
    store = await Store.open(folder)
    await store.servers.add(server(), PRIVATE_KEY)
    await store.close()
