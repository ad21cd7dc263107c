"""Sessions with machines of the rig, and servers of the tests' own that pretend to be one."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from tests.link.machines import RESTRICTED_KEY, WIDE_KEY, Open, Pretence, let_in, of_rig
from tests.rig import TimekprHost
from timekpr_mngr.domain.server import Server
from timekpr_mngr.link.bus_session import BusSession
from timekpr_mngr.link.connect import SshConnector


@pytest.fixture(scope="package")
def machine(rig_folder: object) -> Iterator[TimekprHost]:
    """A machine that all tests share and none of them breaks: alice is logged in, bob is not; carol is in no group."""
    carol = {"name": "carol", "ssh": True}
    with TimekprHost("link", users=["alice", "bob", carol], tz="Europe/Vienna", die_with_parent=True) as host:
        for user in ("manager", "carol"):
            let_in(host, user)
        host.login("alice")
        yield host


@pytest.fixture(scope="package")
def fragile(rig_folder: object) -> Iterator[TimekprHost]:
    """A machine whose services tests stop and hang; each starts them again."""
    with TimekprHost("fragile", users=["alice", "bob"], die_with_parent=True) as host:
        let_in(host)
        yield host


@pytest.fixture
async def opened() -> AsyncIterator[Open]:
    """`await opened(host, restricted=True)`: a session that is closed when the test ends."""
    sessions: list[BusSession] = []

    async def open_it(host: TimekprHost | Server, restricted: bool = True, **other: Any) -> BusSession:
        target = of_rig(host, **other) if isinstance(host, TimekprHost) else host
        key = RESTRICTED_KEY if restricted else WIDE_KEY
        session = await SshConnector().open(target, key[0])
        sessions.append(session)
        return session

    yield open_it
    for session in sessions:
        await session.close()


@pytest.fixture
async def pretence() -> AsyncIterator[Pretence]:
    """A server of the test's own."""
    one = Pretence()
    yield one
    await one.close()
