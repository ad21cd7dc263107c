"""What was used, by day and by five minutes."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.store.samples import NOW, grant, queued, server
from timekpr_mngr.domain.change import ChangeState, Draft
from timekpr_mngr.domain.person import UserName
from timekpr_mngr.domain.usage_days import UsageDay, UsageSample
from timekpr_mngr.store import GrantDone, Quarter, Store

EMMA, NOAH = UserName("kids-pc", "emma"), UserName("kids-pc", "noah")
FRIDAY, SATURDAY, SUNDAY = (date(2025, 3, day) for day in (28, 29, 30))
HOUR = 3600
RECORD = UsageDay(
    day=SATURDAY,
    used_seconds=HOUR,
    playtime_seconds=600,
    given_seconds=900,
    limit_seconds=2 * HOUR,
    ran_out=False,
    read_at=NOW,
    is_whole=False,
)


async def keep(store: Store, whose: UserName, *records: UsageDay) -> None:
    await store.usage.keep({(whose, record.day): record for record in records}, {})


async def keep_samples(store: Store, whose: UserName, *samples: UsageSample) -> None:
    await store.usage.keep({}, {(whose, sample.at): sample for sample in samples})


async def days(store: Store, whose: UserName = EMMA) -> list[UsageDay]:
    return (await store.usage.days([whose], FRIDAY, SUNDAY))[whose]


async def test_days_come_back_as_they_were_kept_each_users_own_and_oldest_first(store: Store) -> None:
    before = replace(RECORD, day=FRIDAY, limit_seconds=None, is_whole=True)
    await keep(store, EMMA, RECORD, before)
    await keep(store, NOAH, replace(RECORD, day=SUNDAY))
    assert await store.usage.days([EMMA, NOAH], FRIDAY, SATURDAY) == {EMMA: [before, RECORD], NOAH: []}
    assert await store.usage.latest_days() == {EMMA: RECORD, NOAH: replace(RECORD, day=SUNDAY)}


LATER, EARLIER = NOW + timedelta(minutes=5), NOW - timedelta(minutes=5)


@pytest.mark.parametrize(
    ("again", "kept"),
    [
        # more was used, and the limit is another
        (
            {"used_seconds": 5000, "limit_seconds": HOUR, "ran_out": True, "read_at": LATER},
            {"used_seconds": 5000, "limit_seconds": HOUR, "ran_out": True, "read_at": LATER},
        ),
        # what was used never shrinks, what was given may
        (
            {"used_seconds": 0, "playtime_seconds": 0, "given_seconds": 0, "read_at": LATER},
            {"given_seconds": 0, "read_at": LATER},
        ),
        # the day has ended, and no limit was read
        ({"limit_seconds": None, "read_at": LATER, "is_whole": True}, {"read_at": LATER, "is_whole": True}),
        # told once more, from an older reading
        ({"used_seconds": 10, "given_seconds": 0, "read_at": EARLIER, "is_whole": True}, {}),
    ],
)
async def test_a_day_is_renewed_by_what_is_known_better(
    store: Store, again: dict[str, object], kept: dict[str, object]
) -> None:
    await keep(store, EMMA, RECORD)
    await keep(store, EMMA, replace(RECORD, **again))  # type: ignore[arg-type]
    assert await days(store) == [replace(RECORD, **kept)]  # type: ignore[arg-type]


async def test_a_day_on_which_time_ran_out_stays_one(store: Store) -> None:
    await keep(store, EMMA, replace(RECORD, ran_out=True))
    await keep(store, EMMA, replace(RECORD, read_at=LATER))
    [record] = await days(store)
    assert record.ran_out


async def test_samples_are_told_by_quarters_of_an_hour(store: Store) -> None:
    noon = datetime(2025, 3, 29, 12, 0, tzinfo=UTC)
    samples = [UsageSample(noon + timedelta(minutes=minutes), 200, 50) for minutes in (0, 5, 10, 15)]
    await keep_samples(store, EMMA, *samples)
    await keep_samples(store, EMMA, UsageSample(noon, 300, 60))
    found = await store.usage.quarters([EMMA, NOAH], noon)
    assert found == {
        EMMA: [Quarter(noon, 700, 160), Quarter(noon + timedelta(minutes=15), 200, 50)],
        NOAH: [],
    }
    assert await store.usage.quarters([EMMA], noon + timedelta(minutes=15)) == {EMMA: found[EMMA][1:]}
    assert await store.usage.latest_samples() == {EMMA: samples[-1]}


async def test_samples_are_forgotten_after_35_days_and_days_are_not(store: Store) -> None:
    old, young = NOW - timedelta(days=35, seconds=1), NOW - timedelta(days=34)
    await keep_samples(store, EMMA, UsageSample(old, 300, 0), UsageSample(young, 200, 0))
    await keep(store, EMMA, replace(RECORD, day=date(2020, 1, 1)))
    await store.usage.prune(NOW)
    found = (await store.usage.quarters([EMMA], old - timedelta(days=1)))[EMMA]
    assert [one.used_seconds for one in found] == [200]
    assert len((await store.usage.days([EMMA], date(2019, 1, 1), SUNDAY))[EMMA]) == 1


async def test_what_is_of_a_server_that_is_not_there_is_dropped_and_the_rest_is_kept(store: Store) -> None:
    stranger = UserName("attic", "emma")
    await store.usage.keep({(stranger, SATURDAY): RECORD, (EMMA, SATURDAY): RECORD}, {})
    assert await store.usage.days([stranger, EMMA], FRIDAY, SUNDAY) == {stranger: [], EMMA: [RECORD]}


async def test_a_server_that_takes_the_name_of_a_removed_one_has_none_of_its_days(store: Store) -> None:
    await keep(store, EMMA, RECORD)
    await keep_samples(store, EMMA, UsageSample(NOW, 300, 0))
    await store.servers.remove("kids-pc")
    await store.servers.add(server(), "another key")
    assert await days(store) == []
    assert await store.usage.latest_days() == {}
    assert await store.usage.latest_samples() == {}


async def test_all_of_a_batch_is_kept_or_nothing(store: Store) -> None:
    broken = replace(RECORD, day=SUNDAY, used_seconds=None)  # type: ignore[arg-type]
    with pytest.raises(Exception, match="NOT NULL"):
        await keep(store, EMMA, RECORD, broken)
    assert await days(store) == []


async def arrived(store: Store, draft: Draft, gained_seconds: int | None = None) -> None:
    [change] = await queued(store, draft)
    for state, before in (
        (ChangeState.SENDING, ChangeState.QUEUED),
        (ChangeState.APPLIED, ChangeState.SENDING),
    ):
        await store.changes.step(change.id, state, expected={before}, now=NOW, gained_seconds=gained_seconds)


async def test_grants_that_arrived_are_told_with_what_they_moved(store: Store) -> None:
    await arrived(store, grant(900), gained_seconds=300)
    await arrived(store, Draft("grant.time", None, {"left_seconds": 600}, SATURDAY), gained_seconds=-1200)
    await arrived(
        store, Draft("grant.playtime", None, {"seconds": -900, "unused_only": True}, SATURDAY), -400
    )
    await arrived(store, Draft("week_limit_seconds", 604_800, 3600))
    await arrived(store, replace(grant(60), day=SUNDAY))
    await queued(store, grant(1800))
    found = (await store.usage.grants([EMMA, NOAH], FRIDAY, SATURDAY))[EMMA]
    assert [(one.kind.value, one.seconds, one.account) for one in found] == [
        ("time", 900, "anna"),
        ("time", -1200, "anna"),
        ("playtime", -400, "anna"),
    ]
    assert isinstance(found[0], GrantDone)
