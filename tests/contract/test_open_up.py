"""A grant that hours, a closed day or the week's limit would swallow gives time once it is opened up for the day."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.contract.computers import At
from tests.contract.delivering import SERVER, Delivering
from timekpr_mngr.domain.account import Account, Actor, Role, Source
from timekpr_mngr.domain.change import Change, ChangeState, FollowsAs
from timekpr_mngr.link.session import LinkEvent, ServerSession, Ticked
from timekpr_mngr.services.changes import Changes
from timekpr_mngr.services.grants import Grants
from timekpr_mngr.services.people import People
from timekpr_mngr.services.permission import Permission
from timekpr_mngr.store import ChangeQuery

HOUR = 3600
HALF_AN_HOUR = 1800
A_MINUTE = 60  # from a question to what the daemon says of its answer, on a busy machine
ADMIN = Actor(Account("anna", Role.ADMIN, datetime(2026, 1, 1, tzinfo=UTC)), Source.PAGE)
TWO_HOURS = ";".join(["7200"] * 7)
USED_UP = {"TIME_SPENT_WEEK": 10 * HOUR, "TIME_SPENT_MONTH": 10 * HOUR}
EVERY_DAY_BUT_WEDNESDAY: dict[str, object] = {
    "ALLOWED_WEEKDAYS": "1;2;4;5;6;7",
    "LIMITS_PER_WEEKDAYS": ";".join(["7200"] * 6),
}

# the time of day, what stands in the conf and in USER.time, and the question
SWALLOWED: dict[str, tuple[str, dict[str, object], dict[str, int], str]] = {
    "hours end": (
        "15:00",
        {"ALLOWED_HOURS_3": "13;14;15[0-10]"},
        {},
        "Hours end at 15:10: also open until 15:40 for today?",
    ),
    "hours are over": (
        "15:00",
        {"ALLOWED_HOURS_3": "8;9"},
        {},
        "Hours ended at 10:00: open from now until 15:31 for today?",
    ),
    "hours ended in this hour of the clock": (
        "15:20",
        {"ALLOWED_HOURS_3": "14;15[0-5]"},
        {},
        "Hours ended at 15:05: open from now until 15:51 for today?",
    ),
    "closed day": (
        "15:00",
        EVERY_DAY_BUT_WEDNESDAY,
        {},
        "The day is closed: open from now until 15:31 for today?",
    ),
    "week used up": (
        "15:00",
        {"LIMIT_PER_WEEK": 10 * HOUR, "LIMITS_PER_WEEKDAYS": TWO_HOURS},
        USED_UP,
        "The week's limit is reached: allow 30 min more this week for today?",
    ),
}


def now() -> datetime:
    return datetime.now(UTC)


class Parent:
    """Who presses, and what becomes of it."""

    def __init__(self, delivering: Delivering) -> None:
        self.delivering = delivering
        store, engine = delivering.store, delivering.engine
        permission = Permission(store)
        self.grants = Grants(store, engine, permission, now)
        self.changes = Changes(store, engine, People(store, engine, permission, now), permission, now)

    async def question(self, kid: At) -> str | None:
        await self.delivering.look()
        return (await self.grants.check(ADMIN, SERVER, kid.name, seconds=HALF_AN_HOUR)).sentence

    async def gives(self, kid: At) -> list[Change]:
        """Half an hour with all that it needs, to its end: what was opened, and at last the grant."""
        await self.delivering.look()
        accepted = await self.grants.give(ADMIN, SERVER, kid.name, seconds=HALF_AN_HOUR, open_up=True)
        changes = await self.delivering.engine.settled([change.id for change in accepted.changes], 30)
        assert {change.state for change in changes} == {ChangeState.APPLIED}, [one.message for one in changes]
        return changes

    async def until_taken_back(self, opened: Change) -> Change:
        """What took a change back, when it has ended."""
        back: list[Change] = []

        async def is_asked() -> bool:
            await self.delivering.engine.sync(SERVER, 10)
            of_user = await self.delivering.store.changes.list(ChangeQuery(user=opened.user))
            back[:] = [one for one in of_user if (one.follows, one.follows_as) == (opened.id, FollowsAs.BACK)]
            return bool(back)

        await self.delivering.computer.until(is_asked)
        return (await self.delivering.engine.settled([back[0].id], 30))[0]


@pytest.fixture
def parent(delivering: Delivering) -> Parent:
    return Parent(delivering)


async def left(kid: At, session: ServerSession) -> int:
    """What the daemon says is left today; -1 for a user whom it does not count."""
    user = await session.read_user(kid.name)
    assert user is not None
    return -1 if user.live is None or user.live.left_day_seconds is None else user.live.left_day_seconds


def ended(kid: At) -> bool:
    return ("TerminateSession", f"c_{kid.name}") in kid.computer.deeds()


async def counted(kid: At, session: ServerSession) -> None:
    async def is_counted() -> bool:
        return await left(kid, session) >= 0

    kid.login()
    await kid.computer.until(is_counted)


async def looked_again(kid: At, session: ServerSession) -> None:
    """Returns when timekprd has gone through all users once since: it tells of one before it minds their lockout."""
    heard: list[LinkEvent] = []
    stop = session.listen(heard.append)
    await kid.computer.until(lambda: sum(_is_tick_of(kid, event) for event in heard) >= 2)
    stop()


def _is_tick_of(kid: At, event: LinkEvent) -> bool:
    return isinstance(event, Ticked) and event.user == kid.name and not event.asked


@pytest.mark.parametrize("case", SWALLOWED)
async def test_who_comes_after_it_was_given_has_the_time(
    kid: At, parent: Parent, session: ServerSession, case: str
) -> None:
    clock, conf, control, question = SWALLOWED[case]
    kid.computer.set_clock(f"2026-11-18 {clock}:05")
    kid.set_conf(**conf)
    kid.set_control(LAST_CHECKED=f"2026-11-18 {clock}:00", **control)

    assert await parent.question(kid) == question
    *_, grant = await parent.gives(kid)
    await counted(kid, session)

    expected = 40 * 60 if case == "hours end" else HALF_AN_HOUR
    assert expected - A_MINUTE <= await left(kid, session) <= expected + A_MINUTE
    assert grant.gained_seconds is not None
    assert abs(grant.gained_seconds - HALF_AN_HOUR) <= A_MINUTE
    assert grant.message is None or grant.message.startswith("The list of allowed days was put in order")
    await kid.computer.let_pass(6)
    assert not ended(kid)


async def test_who_is_there_plays_on_beyond_the_end_of_the_hours(
    kid: At, parent: Parent, session: ServerSession
) -> None:
    kid.computer.set_clock("2026-11-18 15:09:00")
    kid.set_conf(ALLOWED_HOURS_3="13;14;15[0-10]", LIMITS_PER_WEEKDAYS=TWO_HOURS)
    await counted(kid, session)
    assert await left(kid, session) <= A_MINUTE

    await parent.gives(kid)
    kid.computer.set_clock("2026-11-18 15:10:30")
    await kid.computer.let_pass(6)

    assert not ended(kid)
    assert HALF_AN_HOUR - 2 * A_MINUTE <= await left(kid, session) <= HALF_AN_HOUR


async def test_who_was_locked_out_can_unlock_and_stays_in(
    another_kid: Callable[[], At], parent: Parent, session: ServerSession
) -> None:
    kid = another_kid()
    kid.computer.set_clock("2026-11-18 15:20:00")
    kid.set_conf(ALLOWED_HOURS_3="13;14;15[0-10]", LOCKOUT_TYPE="lock", LIMITS_PER_WEEKDAYS=TWO_HOURS)
    lock = ("Lock", f"c_{kid.name}")
    kid.login()
    await kid.computer.until(lambda: lock in kid.computer.deeds(), seconds=20)

    await parent.gives(kid)
    await looked_again(kid, session)  # until then timekprd locks anew whoever unlocks
    kid.computer.set_session(kid.name, locked=False)
    locks = kid.computer.deeds().count(lock)
    await kid.computer.let_pass(8)

    assert kid.computer.deeds().count(lock) == locks
    assert HALF_AN_HOUR - 2 * A_MINUTE <= await left(kid, session) <= HALF_AN_HOUR + A_MINUTE


@pytest.mark.parametrize("case", ["hours end", "closed day", "week used up"])
@pytest.mark.parametrize("is_there", [False, True], ids=["away", "there"])
async def test_after_midnight_all_is_as_it_was(
    kid: At, parent: Parent, session: ServerSession, case: str, is_there: bool
) -> None:
    _, conf, control, _ = SWALLOWED[case]
    kid.set_conf(**conf)
    kid.set_control(**control)
    await parent.delivering.look()
    before = await session.read_user(kid.name)
    *opened, _ = await parent.gives(kid)
    if is_there:
        await counted(kid, session)

    kid.computer.set_clock("2026-11-19 00:00:05")
    back = await parent.until_taken_back(opened[0])

    assert (back.state, back.message) == (ChangeState.APPLIED, None)
    after = await session.read_user(kid.name)
    assert before is not None
    assert after is not None
    assert after.config == before.config


async def test_what_waited_past_midnight_never_opens_anything(kid: At, parent: Parent) -> None:
    kid.set_conf(ALLOWED_HOURS_3="8;9")
    await parent.delivering.look()
    conf = kid.conf
    kid.computer.stop_daemon()
    try:
        await parent.delivering.engine.sync(SERVER, 10)
        accepted = await parent.grants.give(ADMIN, SERVER, kid.name, seconds=HALF_AN_HOUR, open_up=True)
        assert len(accepted.changes) == 2
        kid.computer.set_clock("2026-11-19 00:00:05")
    finally:
        kid.computer.start_daemon()

    changes = await parent.delivering.engine.settled([change.id for change in accepted.changes], 60)

    assert [change.state for change in changes] == [ChangeState.EXPIRED] * 2
    assert kid.conf == conf
