"""Records of what happened: the audit, the history of configurations, the log of what was sent."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.store.samples import NOW, grant, queued
from timekpr_mngr.domain.account import Source
from timekpr_mngr.errors import UnknownServer
from timekpr_mngr.store import AuditEntry, SentCall, Store

DAY = timedelta(days=1)


def call(member: str = "setTimeLeft", server: str = "kids-pc", days_ago: int = 0) -> SentCall:
    """A grant that was sent."""
    return SentCall(server, NOW - days_ago * DAY, member, ("emma", "+", 900), 0, "", 1.625)


async def test_the_audit_is_told_newest_first(store: Store) -> None:
    for what in ("added", "renamed", "removed"):
        await store.audit.add("anna", Source.CLI, what, "kids-pc", NOW)
    assert await store.audit.list(2) == [
        AuditEntry(3, NOW, "anna", Source.CLI, "removed", "kids-pc"),
        AuditEntry(2, NOW, "anna", Source.CLI, "renamed", "kids-pc"),
    ]


async def test_versions_of_a_configuration_are_kept_per_user_and_for_the_server(store: Store) -> None:
    [change] = await queued(store, grant())
    await store.history.add("kids-pc", "emma", {"lockout": {"type": "lock"}}, NOW)
    await store.history.add("kids-pc", "emma", {"lockout": {"type": "kill"}}, NOW + DAY, change.id)
    await store.history.add("kids-pc", None, {"poll_seconds": 3}, NOW)
    latest, first = await store.history.list("kids-pc", "emma")
    assert (first.values, first.seen_at, first.change_id) == ({"lockout": {"type": "lock"}}, NOW, None)
    assert (latest.values, latest.seen_at, latest.change_id) == (
        {"lockout": {"type": "kill"}},
        NOW + DAY,
        change.id,
    )
    [of_server] = await store.history.list("kids-pc", None)
    assert (of_server.server, of_server.user, of_server.values) == ("kids-pc", None, {"poll_seconds": 3})
    assert await store.history.list("kids-pc", "emma", before_id=latest.id, limit=5) == [first]
    assert await store.history.list("attic", "emma") == []
    with pytest.raises(UnknownServer):
        await store.history.add("attic", "emma", {}, NOW)


async def test_calls_that_were_sent_are_kept_in_order(store: Store) -> None:
    lost = SentCall("kids-pc", NOW, "setTimeLimitForWeek", ("emma", 3600), None, "no answer", 5000.0)
    await store.sent_log.add_many([call(), lost], NOW)
    await store.sent_log.add_many([], NOW)
    assert await store.sent_log.list("kids-pc") == [lost, call()]
    assert await store.sent_log.list("kids-pc", member="setTimeLeft") == [call()]
    assert await store.sent_log.list("kids-pc", limit=1) == [lost]


async def test_calls_to_a_server_that_is_gone_are_left_out(store: Store) -> None:
    await store.sent_log.add_many([call(server="attic"), call()], NOW)
    assert await store.sent_log.list("attic") == []
    assert await store.sent_log.list("kids-pc") == [call()]


async def test_calls_are_forgotten_after_90_days(store: Store, data_dir: Path) -> None:
    await store.sent_log.add_many([call(days_ago=91), call(days_ago=89)], NOW)
    assert await store.sent_log.list("kids-pc") == [call(days_ago=89)]
    await store.sent_log.add_many([call()], NOW + 2 * DAY)
    assert await store.sent_log.list("kids-pc") == [call()]
