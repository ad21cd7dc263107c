"""The known failures of programs of this kind, each shown not to be ours: on the real daemon wherever that can be."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path

import pytest

from tests.contract.computers import values_of
from tests.rig import TimekprHost
from timekpr_mngr.domain import hours
from timekpr_mngr.domain.change import Change, ChangeState, Draft, Json
from timekpr_mngr.domain.server import Server
from timekpr_mngr.link.connect import SshConnector
from timekpr_mngr.simulator.machine import Machine
from timekpr_mngr.simulator.session import SimulatedSession
from timekpr_mngr.store import Store
from timekpr_mngr.sync.engine import Engine
from timekpr_mngr.sync.events import ChangeMoved, Event
from timekpr_mngr.timekpr.interface import Call, LimitsInForce, Reply

from .conftest import World, setting, states
from .test_grants_delivery import begin_day

FRIDAY = "2026-11-20 17:00:00"
MONDAY = "2026-11-23 17:00:00"
DAY_SECONDS = 86_400
WEEK = 7 * DAY_SECONDS
MONTH = 31 * DAY_SECONDS
QUARTER = 900
KIDS = [f"kid{number}" for number in range(12)]
kid_numbers = count()


# -- a real computer ------------------------------------------------------------------------------------------------


class RealWorld(World):
    """The same over a computer of the rig, for one child there. The machine in memory only lends it its name."""

    def __init__(self, folder: Path, host: TimekprHost, kid: str, private_key: str) -> None:
        super().__init__(folder, Machine("kids-pc"))
        self.host = host
        self.kid = kid
        self._private_key = private_key

    async def begin(self, server: Server | None = None) -> None:
        self.store = await Store.open(self.folder)
        if server is not None:
            await self.store.servers.add(server, self._private_key)
        self.engine = Engine(self.store, SshConnector(), self.events)
        await self.engine.start()

    async def press(self, *drafts: Draft) -> list[Change]:
        """Asks for the child."""
        return await self.ask(*drafts, user=self.kid)

    def conf(self) -> dict[str, str]:
        """What stands in the child's conf."""
        return values_of(self.host.conf(self.kid))

    def given(self) -> int:
        """Time spent today less the balance, from the daemon's own file."""
        used = values_of(self.host.control(self.kid))
        return int(used["TIME_SPENT_DAY"]) - int(used["TIME_SPENT_BALANCE"])

    def today(self) -> date:
        return self.host.now().date()

    async def in_force(self) -> LimitsInForce:
        """What the daemon goes by for the child, who is logged in."""
        server = await self.store.servers.get("kids-pc")
        session = await SshConnector().open(server, self._private_key)
        try:
            limits = await session.limits_in_force(self.kid)
        finally:
            await session.close()
        assert limits is not None
        return limits

    async def go_off(self) -> None:
        """The computer cannot be reached any more."""
        self.host.stop("sshd")
        await self.offline()

    def come_back(self) -> None:
        self.host.start("sshd")
        self.engine.wake("kids-pc")


@pytest.fixture(scope="module")
def kids_pc(shared_host: Callable[..., TimekprHost], key: Path) -> TimekprHost:
    host = shared_host(users=KIDS, fake_clock=True, timekpr={"TIMEKPR_POLLTIME": 1, "TIMEKPR_SAVE_TIME": 2})
    host.authorize("manager", key)
    return host


@pytest.fixture
async def real(tmp_path: Path, kids_pc: TimekprHost, key: Path) -> AsyncIterator[RealWorld]:
    """The computer on a Friday, with an unused child on it, read once."""
    kids_pc.clock(FRIDAY)
    world = RealWorld(tmp_path, kids_pc, KIDS[next(kid_numbers)], key.read_text())
    kids_pc.userinfo(world.kid)  # its day begins
    place = (kids_pc.address, kids_pc.port, "manager", "", kids_pc.host_key)
    await world.begin(Server("kids-pc", *place, None, None, datetime.now(UTC)))
    await world.online()
    yield world
    kids_pc.start("sshd")
    kids_pc.start("timekprd")
    await world.end()


# -- what was asked while the computer was off ----------------------------------------------------------------------


async def test_the_second_offline_edit_does_not_lose_the_first(real: RealWorld) -> None:
    """Theirs: a form always opens what was last read, and what it saves takes the place of all that waits."""
    await real.go_off()
    asked = await real.press(setting("week_limit_seconds", WEEK, 50_000))
    asked += await real.press(setting("days.6.limit_seconds", DAY_SECONDS, 7_200))
    asked += await real.press(setting("month_limit_seconds", MONTH, 90_000))
    real.come_back()
    assert states(await real.settled(asked)) == [ChangeState.APPLIED] * 3
    conf = real.conf()
    assert (conf["LIMIT_PER_WEEK"], conf["LIMIT_PER_MONTH"]) == ("50000", "90000")
    assert conf["LIMITS_PER_WEEKDAYS"] == "86400;86400;86400;86400;86400;7200;86400"


async def test_fifteen_minutes_given_twice_are_thirty(real: RealWorld) -> None:
    """Theirs: one place for a grant that waits, which the next press overwrites."""
    await real.go_off()
    asked = await real.press(real.grant(QUARTER))
    asked += await real.press(real.grant(QUARTER))
    real.come_back()
    assert states(await real.settled(asked)) == [ChangeState.APPLIED] * 2
    assert real.given() == 2 * QUARTER


async def test_friday_s_grant_is_not_applied_on_monday(real: RealWorld) -> None:
    """Theirs: what waits never expires, so that Friday's half hour is there on Monday."""
    await real.go_off()
    asked = await real.press(real.grant(1_800), setting("week_limit_seconds", WEEK, 50_000))
    real.host.clock(MONDAY)
    real.come_back()
    friday_s, setting_s = await real.settled(asked)
    assert friday_s.state is ChangeState.EXPIRED
    assert "Friday, 20 November" in (friday_s.message or "")
    assert real.given() == 0
    assert setting_s.state is ChangeState.APPLIED  # a setting is for every day


# -- what is sent ---------------------------------------------------------------------------------------------------


async def test_a_week_of_nothing_but_zeros_is_sent(real: RealWorld) -> None:
    """Theirs: a week without any time counts as "nothing to do", is marked as done, and the child plays on."""
    asked = await real.press(
        *(setting(f"days.{day}.limit_seconds", DAY_SECONDS, 0) for day in range(1, 8)),
        *(setting(f"days.{day}.hours", WHOLE_DAY, []) for day in range(1, 8)),
    )
    assert states(await real.settled(asked)) == [ChangeState.APPLIED] * 14
    conf = real.conf()
    assert conf["LIMITS_PER_WEEKDAYS"] == "0;0;0;0;0;0;0"
    assert [conf[f"ALLOWED_HOURS_{day}"] for day in range(1, 8)] == [""] * 7


async def test_no_upload_of_a_whole_file_flattens_what_others_set(real: RealWorld) -> None:
    """Theirs: the file as it was once read is put back with one line changed, or a week with its first day's hours."""
    for words in (
        ("--setallowedhours", real.kid, "6", "9;10;11;!14;15;16[0-30]"),
        ("--setplaytimeactivities", real.kid, "minetest[Minetest]"),
        ("--settimelimitmonth", real.kid, "90000"),
        ("--setlockouttype", real.kid, "lock"),
    ):
        assert not real.host.timekpra(*words).strip()  # in timekpr's own window, after we have read
    before = real.conf()
    [change] = await real.settled(await real.press(setting("days.1.limit_seconds", DAY_SECONDS, 7_200)))
    assert change.state is ChangeState.APPLIED
    monday = {"LIMITS_PER_WEEKDAYS": "7200;86400;86400;86400;86400;86400;86400"}
    assert real.conf() == before | monday
    assert before["ALLOWED_HOURS_6"] == "9;10;11;!14;15;16[0-30]"
    assert before["LOCKOUT_TYPE"] == "lock"


async def test_the_last_minute_of_an_hour_is_not_lost(real: RealWorld) -> None:
    """Theirs: from half past is written as [30-59], and the child is locked out for the last minute of the hour."""
    spans = spans_of(("10:30", "12:00"), ("15:00", "20:45"))
    [change] = await real.settled(await real.press(setting("days.5.hours", WHOLE_DAY, spans)))
    assert change.state is ChangeState.APPLIED
    assert real.conf()["ALLOWED_HOURS_5"] == "10[30-60];11;15;16;17;18;19;20[0-45]"
    real.host.login(real.kid)
    try:
        await real.until(lambda: real.snapshot.users[real.kid].counted)
        in_force = await real.in_force()
    finally:
        real.host.logout(real.kid)
    assert hours.to_json(in_force.days[5].hours or ()) == spans  # and the daemon goes by the very same


# -- what is claimed ------------------------------------------------------------------------------------------------


async def test_no_success_is_shown_where_no_daemon_took_it(real: RealWorld) -> None:
    """Theirs: the command line ends with 0 whatever happened, and that counts as done."""
    real.host.stop("timekprd")
    asked = await real.press(setting("week_limit_seconds", WEEK, 50_000), real.grant(QUARTER))
    await real.offline()
    assert states([await real.store.changes.get(change.id) for change in asked]) == [ChangeState.QUEUED] * 2
    assert real.conf()["LIMIT_PER_WEEK"] == str(WEEK)
    real.host.start("timekprd")
    assert states(await real.settled(asked)) == [ChangeState.APPLIED] * 2
    assert (real.conf()["LIMIT_PER_WEEK"], real.given()) == ("50000", QUARTER)


async def test_no_success_is_shown_for_a_user_who_is_not_there(real: RealWorld) -> None:
    """Theirs: the same, for a name that the computer does not have."""
    asked = await real.ask(
        setting("week_limit_seconds", WEEK, 50_000), real.grant(QUARTER), user="nobody-here"
    )
    settled = await real.settled(asked)
    assert states(settled) == [ChangeState.REFUSED] * 2
    assert all("nobody-here" in (change.message or "") for change in settled)


@pytest.mark.parametrize("setter", ["setTimeLimitForWeek", "setTimeLeft"])
async def test_no_success_is_shown_on_a_refused_command(
    world: World, monkeypatch: pytest.MonkeyPatch, setter: str
) -> None:
    """Theirs: the same, where the daemon said no in so many words."""
    begin_day(world)
    call = world.machine.call
    words = "It is forbidden to do this"

    def refuses(asked: Call) -> Reply:
        return Reply(-1, words) if asked.member == setter else call(asked)

    monkeypatch.setattr(world.machine, "call", refuses)
    wanted = {
        "setTimeLimitForWeek": setting("week_limit_seconds", WEEK, 50_000),
        "setTimeLeft": world.grant(900),
    }
    refused, other = await world.done(wanted[setter], setting("hide_tray_icon", False, True))
    assert (refused.state, refused.message) == (ChangeState.REFUSED, words)
    assert other.state is ChangeState.APPLIED


# -- what goes wrong half way ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("arrives", [False, True])
async def test_a_partial_failure_does_not_give_twice(world: World, arrives: bool) -> None:
    """Theirs: two lines of one script, the second of which fails, are both run again."""
    begin_day(world)
    await world.online()
    (world.line.lose_answer if arrives else world.line.cut)("setTimeLeft", after=1)
    asked = await world.queue(world.grant(QUARTER))
    asked += await world.queue(world.grant(QUARTER), world.grant(QUARTER))
    world.engine.wake("kids-pc")
    assert states(await world.settled(asked)) == [ChangeState.APPLIED] * 3
    assert world.balance() == 3_600 - 3 * QUARTER


async def test_a_link_that_breaks_does_not_give_twice_on_the_real_daemon(real: RealWorld) -> None:
    """Theirs: the same; here sshd goes, with all its connections, at the moment at which the first was sent."""
    gone = False

    def go(event: Event) -> None:
        nonlocal gone
        if isinstance(event, ChangeMoved) and event.change.state is ChangeState.SENDING and not gone:
            gone = True
            real.host.stop("sshd")

    forget = real.events.subscribe(go)
    asked = await real.press(real.grant(QUARTER), real.grant(QUARTER))
    await real.until(lambda: gone)
    forget()
    real.come_back()
    assert states(await real.settled(asked)) == [ChangeState.APPLIED] * 2
    assert real.given() == 2 * QUARTER


@pytest.mark.parametrize("field", ["week_limit_seconds", "month_limit_seconds"])
async def test_the_edit_that_arrives_while_another_is_being_sent_is_not_lost(
    world: World, monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    """Theirs: what waits is a file that is removed after it was sent, with all that came into it meanwhile."""
    later: list[Change] = []
    call = SimulatedSession.call
    before = {"week_limit_seconds": WEEK, "month_limit_seconds": MONTH}[field]

    async def meanwhile(self: SimulatedSession, asked: Call) -> Reply:
        if asked.member == "setTimeLimitForWeek" and not later:
            later.extend(await world.ask(setting(field, before, 40_000)))
        return await call(self, asked)

    await world.online()
    monkeypatch.setattr(SimulatedSession, "call", meanwhile)
    first = await world.done(setting("week_limit_seconds", WEEK, 50_000))
    assert states(first + await world.settled(later)) == [ChangeState.APPLIED] * 2
    stands = {
        key: int(values_of(world.machine.conf("alice"))[key]) for key in ("LIMIT_PER_WEEK", "LIMIT_PER_MONTH")
    }
    assert (
        stands
        == {
            "week_limit_seconds": {"LIMIT_PER_WEEK": 40_000, "LIMIT_PER_MONTH": MONTH},
            "month_limit_seconds": {"LIMIT_PER_WEEK": 50_000, "LIMIT_PER_MONTH": 40_000},
        }[field]
    )


def spans_of(*pairs: tuple[str, str]) -> Json:
    return [{"from": start, "to": end, "unaccounted": False} for start, end in pairs]


WHOLE_DAY = spans_of(("00:00", "24:00"))
