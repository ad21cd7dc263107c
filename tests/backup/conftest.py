"""A family's data folder, made once, and passphrases that are stretched quickly."""

import asyncio
import shutil
from pathlib import Path

import pytest

from tests.backup.family import MUM, PASSPHRASE, QUICK, backups, move_in
from timekpr_mngr.store.backup import sealed


@pytest.fixture(autouse=True)
def quickly_stretched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed, "WORK_FACTOR", QUICK)


@pytest.fixture(scope="session")
def moved_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that is copied for each test."""
    folder = tmp_path_factory.mktemp("backup") / "data"
    asyncio.run(move_in(folder))
    return folder


@pytest.fixture
def home(moved_in: Path, tmp_path: Path) -> Path:
    """The family's data folder."""
    return Path(shutil.copytree(moved_in, tmp_path / "data"))


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A data folder that is not there yet."""
    return tmp_path / "elsewhere"


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """Where the backups lie."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    return folder


@pytest.fixture
def backed_up(home: Path, shelf: Path) -> Path:
    """A backup of the family's data, without the keys."""
    return backups(home).make(MUM, shelf, PASSPHRASE).file
