"""The rig's fixtures: real timekprd, D-Bus and sshd on pretend machines. See rig/README.md."""

import contextlib
import fcntl
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.rig import TimekprHost, hosts, make_key, why_not

REQUIRE_RIG = os.environ.get("TIMEKPR_MNGR_REQUIRE_RIG") == "1"
CANNOT_RUN = "THE RIG CANNOT RUN HERE: "
HOSTS_DIR_PREFIX = "hosts-pytest-"

MakeHost = Callable[..., TimekprHost]


@pytest.fixture
def make_host(rig_folder: Path) -> Iterator[MakeHost]:
    """`make_host(name=None, **options)` makes a host (options: TimekprHost) that lasts for the test."""
    yield from host_factory()


@pytest.fixture(scope="module")
def shared_host(rig_folder: Path) -> Iterator[MakeHost]:
    """`make_host` for hosts that last for the module: to be called by a module's own fixtures."""
    yield from host_factory()


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The private half of an ed25519 key pair; the public half lies beside it as *.pub."""
    path = tmp_path_factory.mktemp("key") / "id_ed25519"
    make_key(path, comment="timekpr-mngr")
    return path


@pytest.fixture(scope="session")
def rig_folder() -> Iterator[Path]:
    """This worker's own folder of hosts. A machine that cannot run them skips, or fails where they are required."""
    if reason := why_not():
        (pytest.fail if REQUIRE_RIG else pytest.skip)(CANNOT_RUN + reason)
    with contextlib.ExitStack() as stack:
        with open(Path(tempfile.gettempdir()) / f".{HOSTS_DIR_PREFIX}lock", "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # no other worker may sweep a folder that is not locked yet
            sweep_leftovers()
            folder = Path(tempfile.mkdtemp(prefix=HOSTS_DIR_PREFIX))
            folder.chmod(0o711)
            owner = stack.enter_context(open(folder / ".owner", "w"))
            fcntl.flock(owner, fcntl.LOCK_EX)  # tells this run's folder from one whose run was killed
        stack.enter_context(pytest.MonkeyPatch.context()).setenv("TIMEKPR_HOSTS_DIR", str(folder))
        yield folder
        for host in hosts():
            host.down()
    shutil.rmtree(folder, ignore_errors=True)


def host_factory() -> Iterator[MakeHost]:
    made: list[TimekprHost] = []

    def make(name: str | None = None, **options: Any) -> TimekprHost:
        host = TimekprHost(name or f"host{next(host_numbers)}", die_with_parent=True, **options)
        made.append(host)
        return host

    yield make
    for host in made:
        host.down()


host_numbers = itertools.count(1)


def sweep_leftovers() -> None:
    """Remove the folders of killed runs; their hosts died with them."""
    for owner_file in Path(tempfile.gettempdir()).glob(HOSTS_DIR_PREFIX + "*/.owner"):
        with open(owner_file) as owner:
            try:
                fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(owner_file.parent, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "rig_folder" in getattr(item, "fixturenames", ()):
            item.add_marker("rig")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons = [
        str(report.longrepr[2])
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
    ]
    rig_reasons = [reason for reason in reasons if CANNOT_RUN in reason]
    if rig_reasons:
        terminalreporter.section("rig")
        count = len(rig_reasons)
        terminalreporter.line(f"{count} tests on the real timekprd were skipped. {rig_reasons[0]}", red=True)
