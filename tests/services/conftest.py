"""The house below the screens."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.services.house import House, house


@pytest_asyncio.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    """A house with one server that was read."""
    async with house(tmp_path / "data") as made:
        yield made


@pytest_asyncio.fixture
async def empty_home(tmp_path: Path) -> AsyncIterator[House]:
    """A house without any server."""
    async with house(tmp_path / "data", server=False) as made:
        yield made
