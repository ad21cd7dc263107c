"""A key that can do more than it needs to is taken, and the health list says what narrows it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.enrolment.computer import as_shipped
from tests.rig import TimekprHost
from timekpr_mngr import services
from timekpr_mngr.domain.account import Account, Actor, Role, Source
from timekpr_mngr.domain.health import Check
from timekpr_mngr.link.connect import SshConnector
from timekpr_mngr.services import Services
from timekpr_mngr.services.server_script import ACCOUNT, server_script
from timekpr_mngr.store import Store
from timekpr_mngr.sync.engine import Engine
from timekpr_mngr.sync.events import Events

ANNA = Actor(Account("anna", Role.ADMIN, datetime(2026, 3, 4, tzinfo=UTC)), Source.PAGE)
pytestmark = pytest.mark.timeout(400)

KEYS = f"/home/{ACCOUNT}/.ssh/authorized_keys"


@pytest.fixture
async def ours(tmp_path: Path) -> AsyncIterator[Services]:
    """The house below the screens, speaking SSH."""
    store, events = await Store.open(tmp_path / "data"), Events()
    connector = SshConnector()
    engine = Engine(store, connector, events)
    await engine.start()
    yield services.build(store, engine, events, connector)
    await engine.stop()
    await store.close()


async def test_a_wide_key_is_narrowed_by_the_line_that_health_shows(
    ours: Services, make_host: Callable[..., TimekprHost]
) -> None:
    host = await asyncio.to_thread(make_host, users=["alice"], admins=[])
    await asyncio.to_thread(as_shipped, host)
    added = await ours.fleet.add(
        ANNA,
        name="kids-pc",
        host=host.address,
        port=host.port,
        ssh_user=ACCOUNT,
        host_key=host.host_key,
    )
    host.run("sh", "-c", server_script(added.public_key, ACCOUNT).line)
    host.path(KEYS).write_text(f"{added.public_key}\n")

    wide = await key_check(ours)
    assert "it opens a shell" in wide.sentence
    assert wide.ok
    assert wide.line == added.authorized_keys

    host.path(KEYS).write_text(f"{wide.line}\n")
    await ours.fleet.edit(ANNA, "kids-pc", second_host=host.address)  # connects anew
    narrow = await key_check(ours)
    assert (narrow.ok, narrow.fix, narrow.line) == (True, None, None)


async def key_check(ours: Services) -> Check:
    """What is said of the key, once the computer could be read."""
    async with asyncio.timeout(100):
        while True:
            checks = {check.name: check for check in await ours.fleet.check(ANNA, "kids-pc")}
            if checks["key"].ok:
                return checks["key"]
