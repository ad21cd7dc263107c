"""A store in a folder of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.store.samples import PRIVATE_KEY, server
from timekpr_mngr.store import Store


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """Where nothing is yet."""
    return tmp_path / "data"


@pytest.fixture
async def store(data_dir: Path) -> AsyncIterator[Store]:
    """A store with one server, kids-pc."""
    opened = await Store.open(data_dir)
    await opened.servers.add(server(), PRIVATE_KEY)
    yield opened
    await opened.close()
