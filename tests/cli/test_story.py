"""The demo's story, over the whole house below the screens."""

from datetime import UTC, datetime
from pathlib import Path

from timekpr_mngr import services
from timekpr_mngr.cli import story
from timekpr_mngr.domain.account import Account, Actor, Role, Source
from timekpr_mngr.domain.change import ChangeState
from timekpr_mngr.simulator.demo import SERVERS, demo_connector
from timekpr_mngr.store import Store
from timekpr_mngr.sync.engine import Engine
from timekpr_mngr.sync.events import Events

DEMO = Actor(Account("demo", Role.ADMIN, datetime(2026, 3, 4, tzinfo=UTC)), Source.PAGE)


async def test_the_demo_begins_with_edits_drift_a_conflict_and_a_grant_that_cannot_be_told(
    tmp_path: Path,
) -> None:
    store, events, family = await Store.open(tmp_path), Events(), demo_connector()
    engine = Engine(store, family, events)
    ours = services.build(store, engine, events, family)
    await engine.start()
    try:
        for server in SERVERS:
            await ours.fleet.add(
                DEMO, name=server.name, host=server.host, ssh_user=server.ssh_user, host_key=server.host_key
            )
        await story.tell(ours, DEMO, family.simulated)

        changes = (await ours.changes.list(DEMO)).items
        assert [(change.server, change.user, change.state) for change in reversed(changes)] == [
            ("kids-pc", "emma", ChangeState.APPLIED),
            ("kids-pc", "noah", ChangeState.APPLIED),
            ("kids-pc", "noah", ChangeState.APPLIED),
            ("kids-pc", "emma", ChangeState.CONFLICT),
            ("living-room", "mia", ChangeState.UNCERTAIN),
        ]
        emma = await ours.people.get(DEMO, "kids-pc/emma")
        assert emma.users == (("kids-pc", "emma"), ("living-room", "emma"))
        assert await ours.drift.open(DEMO) == {"kids-pc": 3}
        assert len((await ours.history.versions(DEMO, "kids-pc", "noah")).items) == 3
    finally:
        await engine.stop()
        await family.close()
        await store.close()
