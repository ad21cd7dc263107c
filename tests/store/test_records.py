"""Records of what happened: the audit, the history of configurations, the log of what was sent."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.store.samples import NOW, grant, queued
from timekpr_mngr.domain.account import Source
from timekpr_mngr.domain.change import ChangeState, GrantKind, Json
from timekpr_mngr.domain.drift import DriftState, Given
from timekpr_mngr.errors import NotNow, UnknownDrift, UnknownServer, UnknownVersion
from timekpr_mngr.store import AuditEntry, Foreign, SentCall, Sighting, Store, Unsaved

DAY = timedelta(days=1)


def call(member: str = "setTimeLeft", days_ago: int = 0, message: str = "") -> SentCall:
    """A grant that was sent."""
    return SentCall("kids-pc", "emma", NOW - days_ago * DAY, member, ("emma", "+", 900), 0, message, 1.625)


def seen(values: dict[str, Json] | None = None, *foreign: Foreign, **more: Any) -> Sighting:
    """What was read of emma."""
    return Sighting(more.pop("user", "emma"), NOW, values, foreign=foreign, **more)


def told(calls: list[SentCall]) -> list[SentCall]:
    """Without the numbers that they got."""
    return [replace(one, id=0) for one in calls]


async def test_the_audit_is_told_newest_first(store: Store) -> None:
    for what in ("added", "renamed", "removed"):
        await store.audit.add("anna", Source.CLI, what, "kids-pc", NOW)
    assert await store.audit.list(2) == [
        AuditEntry(3, NOW, "anna", Source.CLI, "removed", "kids-pc"),
        AuditEntry(2, NOW, "anna", Source.CLI, "renamed", "kids-pc"),
    ]


async def test_versions_of_a_configuration_are_kept_per_user_and_for_the_server(store: Store) -> None:
    [change] = await queued(store, grant())
    await store.sightings.add("kids-pc", Unsaved([seen({"lockout": {"type": "lock"}})]))
    await store.sightings.add(
        "kids-pc", Unsaved([seen({"lockout": {"type": "kill"}}, change_ids=(change.id,))])
    )
    await store.sightings.add("kids-pc", Unsaved([seen({"poll_seconds": 3}, user=None), seen(None)]))
    latest, first = await store.history.list("kids-pc", "emma")
    assert (first.values, first.seen_at, first.change_ids) == ({"lockout": {"type": "lock"}}, NOW, ())
    assert (latest.values, latest.change_ids) == ({"lockout": {"type": "kill"}}, (change.id,))
    [of_server] = await store.history.list("kids-pc", None)
    assert (of_server.server, of_server.user, of_server.values) == ("kids-pc", None, {"poll_seconds": 3})
    assert await store.history.list("kids-pc", "emma", before_id=latest.id, limit=5) == [first]
    assert await store.history.list("attic", "emma") == []
    assert await store.history.get("kids-pc", first.id) == first
    known = await store.sightings.known("kids-pc")
    assert known.values == {"emma": {"lockout": {"type": "kill"}}, None: {"poll_seconds": 3}}
    with pytest.raises(UnknownVersion):
        await store.history.get("attic", first.id)
    with pytest.raises(UnknownServer):
        await store.sightings.add("attic", Unsaved([seen({})]))


async def test_drift_of_one_field_asks_once_and_knows_what_it_was_before_all_of_it(store: Store) -> None:
    await store.sightings.add("kids-pc", Unsaved([seen(None, Foreign("week_limit_seconds", 1, 2))]))
    await store.sightings.add("kids-pc", Unsaved([seen(None, Foreign("week_limit_seconds", 2, 3))]))
    [asks] = await store.drift.list(state=DriftState.OPEN)
    assert (asks.known, asks.before, asks.after) == (1, 2, 3)
    assert [one.state for one in await store.drift.list(server="kids-pc", user="emma")] == [
        "open",
        "replaced",
    ]
    assert await store.drift.open() == {"kids-pc": 1}
    await store.sightings.add("kids-pc", Unsaved([seen(None, Foreign("week_limit_seconds", 3, 1))]))
    assert [one.state for one in await store.drift.list()] == ["gone", "replaced", "replaced"]
    assert await store.drift.open() == {}


async def test_drift_is_answered_once(store: Store) -> None:
    await store.sightings.add("kids-pc", Unsaved([seen(None, Foreign("lockout", "lock", "kill"))]))
    [asks] = await store.drift.list()
    answered = await store.drift.answer(asks.id, DriftState.ADOPTED, account="anna", now=NOW)
    assert (answered.state, answered.answered_by, answered.answered_at) == (DriftState.ADOPTED, "anna", NOW)
    with pytest.raises(NotNow, match="anna has kept it already"):
        await store.drift.answer(asks.id, DriftState.REVERTED, account="bert", now=NOW)
    assert await store.drift.answer(asks.id, DriftState.ADOPTED, account="bert", now=NOW + DAY) == answered
    assert await store.drift.get(asks.id) == answered
    with pytest.raises(UnknownDrift):
        await store.drift.answer(99, DriftState.ADOPTED, account="anna", now=NOW)


async def test_a_change_of_ours_ends_the_question_about_the_same_field_alone(store: Store) -> None:
    drifted = [Foreign("lockout", "lock", "kill"), Foreign("week_limit_seconds", 1, 2)]
    await store.sightings.add("kids-pc", Unsaved([seen(None, *drifted), seen(None, drifted[0], user="noah")]))
    await store.sightings.add("kids-pc", Unsaved([seen({"lockout": "lock"}, ours=("lockout",))]))
    asking = await store.drift.list(state=DriftState.OPEN)
    assert [(one.user, one.field) for one in asking] == [("noah", "lockout"), ("emma", "week_limit_seconds")]


async def test_whose_drift_is_another_is_said_and_of_nobody_else(store: Store) -> None:
    async def drift_of(*seen: Sighting) -> set[str | None]:
        unsaved = Unsaved(seen)
        await store.sightings.add("kids-pc", unsaved)
        return set(unsaved.drift_of)

    ours = seen({"lockout": "lock"}, ours=("lockout",))
    assert await drift_of(ours, seen({"poll_seconds": 3}, user=None)) == set()
    killed = Foreign("lockout", "lock", "kill")
    assert await drift_of(seen(None, killed), seen(None, killed, user=None), ours) == {"emma", None}
    assert await drift_of(seen(None, killed, user="noah"), ours) == {"noah"}  # emma's asks no more already


async def test_grants_of_others_ask_each_for_itself(store: Store) -> None:
    given = Foreign("grant.time", None, {"seconds": 900}, NOW.date())
    await store.sightings.add("kids-pc", Unsaved([seen(None, given), seen(None, given)]))
    assert [one.state for one in await store.drift.list()] == ["open", "open"]


async def test_what_was_given_on_a_day_is_noted_anew(store: Store) -> None:
    noted = [Given(GrantKind.TIME, NOW.date(), 900), Given(GrantKind.TIME, NOW.date(), 1800)]
    for one in noted:
        await store.sightings.add("kids-pc", Unsaved([seen(None, given=(one,))]))
    known = await store.sightings.known("kids-pc")
    assert known.given == {("emma", GrantKind.TIME): noted[1]}


async def test_what_is_known_of_all_servers_is_what_is_known_of_each(store: Store) -> None:
    other = replace(await store.servers.get("kids-pc"), name="attic")
    await store.servers.add(other, "key")
    await store.servers.add(replace(other, name="gone"), "key")
    for server in ("kids-pc", "attic", "gone"):
        for week in (3600, 7200):
            await store.sightings.add(server, Unsaved([seen({"week_limit_seconds": week, "of": server})]))
        await store.sightings.add(server, Unsaved([seen({"of": server}, user=None)]))
    await store.sightings.add("attic", Unsaved([seen(None, given=(Given(GrantKind.TIME, NOW.date(), 900),))]))
    await store.servers.remove("gone")
    known = await store.sightings.all_known()
    assert known == {name: await store.sightings.known(name) for name in ("kids-pc", "attic")}
    assert known["attic"].values["emma"] == {"week_limit_seconds": 7200, "of": "attic"}
    assert known["attic"].given != known["kids-pc"].given == {}


async def test_calls_that_were_sent_are_kept_in_order_and_found_by_their_words(store: Store) -> None:
    lost = SentCall("kids-pc", None, NOW, "setTimekprPollTime", (3,), None, "No ANSWER came: 100 %", 5000.0)
    await store.sent_log.add("kids-pc", [call(), lost])
    await store.sent_log.add("kids-pc", [])
    assert told(await store.sent_log.list()) == [lost, call()]
    assert told(await store.sent_log.list(search="answer no")) == [lost]
    assert told(await store.sent_log.list(search="0 %")) == [lost]
    assert told(await store.sent_log.list(search="SETTIMELEFT 900")) == [call()]
    assert told(await store.sent_log.list(server="kids-pc", user="emma")) == [call()]
    [newest] = await store.sent_log.list(limit=1)
    assert told(await store.sent_log.list(before_id=newest.id)) == [call()]
    assert await store.sent_log.list(server="attic") == []
    with pytest.raises(UnknownServer):
        await store.sent_log.add("attic", [call()])


async def test_calls_are_forgotten_after_90_days(store: Store) -> None:
    await store.sent_log.add("kids-pc", [call(days_ago=91), call(days_ago=89)])
    await store.sent_log.prune(NOW)
    assert told(await store.sent_log.list()) == [call(days_ago=89)]
    await store.sent_log.prune(NOW + 2 * DAY)
    assert await store.sent_log.list() == []


async def test_what_was_seen_and_sent_is_kept_with_a_step_or_not_at_all(store: Store) -> None:
    [change] = await queued(store, grant())
    sighting = seen({"lockout": "lock"}, Foreign("lockout", "kill", "lock"))
    unsaved = Unsaved([sighting], [call()])
    queued_only = {ChangeState.QUEUED}
    with pytest.raises(ValueError, match="No change goes"):
        await store.changes.step(
            change.id, ChangeState.QUEUED, expected=queued_only, now=NOW, unsaved=unsaved
        )
    assert await store.drift.list() == []
    await store.changes.step(change.id, ChangeState.SENDING, expected=queued_only, now=NOW, unsaved=unsaved)
    assert unsaved.drift_of == {"emma"}
    assert told(await store.sent_log.list()) == [call()]
    assert [one.field for one in await store.drift.list()] == ["lockout"]


async def test_only_the_newest_versions_and_drift_of_each_user_are_kept(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timekpr_mngr.store.history.VERSIONS_KEPT", 2)
    monkeypatch.setattr("timekpr_mngr.store.drift.DRIFT_KEPT", 2)
    for number in range(4):
        drifted = Foreign("week_limit_seconds", number, number + 1)
        await store.sightings.add("kids-pc", Unsaved([seen({"week_limit_seconds": number + 1}, drifted)]))
    await store.sightings.add("kids-pc", Unsaved([seen({"lockout": "lock"}, user="noah")]))
    await store.sightings.add("kids-pc", Unsaved([seen({"poll_seconds": 3}, user=None)]))
    await store.history.prune()
    await store.drift.prune()
    kept = await store.history.list("kids-pc", "emma")
    assert [version.values["week_limit_seconds"] for version in kept] == [4, 3]
    assert [len(await store.history.list("kids-pc", name)) for name in ("noah", None)] == [1, 1]
    assert [one.after for one in await store.drift.list()] == [4, 3]
