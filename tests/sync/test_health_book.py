"""What stands against the limits of a server is kept from when until when, and told once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from timekpr_mngr.domain.bus_facts import BusFacts, DaemonRun
from timekpr_mngr.domain.drift import DriftState
from timekpr_mngr.domain.finding import FindingCode, KeptFinding, Severity
from timekpr_mngr.domain.server import ServerConfig
from timekpr_mngr.domain.snapshot import Live, Session, Snapshot, UserSnapshot
from timekpr_mngr.domain.usage import Control
from timekpr_mngr.domain.user import Day, UserConfig
from timekpr_mngr.simulator import somebody
from timekpr_mngr.simulator.files import SERVER
from timekpr_mngr.simulator.line import Line
from timekpr_mngr.store import Store
from timekpr_mngr.sync.events import (
    DriftSeen,
    Event,
    Events,
    FindingMoved,
    ServerMoved,
    ServerRead,
    UserTicked,
)
from timekpr_mngr.sync.health_book import HealthBook, Look

from .conftest import PATIENCE_SECONDS, World, server_named

BEGINNING = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
RUN = DaemonRun("bus", ":1.1")
HOUR = 3600


class Kept:
    """A book over one server of which a test says what is known."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.events = Events()
        self.look: Look | None = None
        self.read_again: list[str] = []
        self.moved: list[KeptFinding] = []
        self._news = asyncio.Event()
        self.book = HealthBook(
            store, self.events, lambda: datetime.now(UTC), lambda _server: self.look, self.read_again.append
        )
        self.events.subscribe(self.book.heard)
        self.events.subscribe(self._heard)

    def _heard(self, event: Event) -> None:
        if isinstance(event, FindingMoved):
            self.moved.append(event.kept)
            self._news.set()

    async def sees(self, snapshot: Snapshot, facts: BusFacts) -> None:
        """Another reading, looked at."""
        self.look = Look(snapshot, facts)
        await self.hears(ServerRead("pc"))

    async def hears(self, event: Event) -> None:
        """An event, and the book is through with it."""
        self.events.publish(event)
        await self.book.caught_up()

    async def standing(self) -> list[str]:
        return [kept.finding.code.value for kept in await self.store.findings.standing()]

    @property
    def told(self) -> list[tuple[str, bool]]:
        return [(kept.finding.code.value, kept.stands) for kept in self.moved]


@asynccontextmanager
async def book_of(folder: Path) -> AsyncIterator[Kept]:
    store = await Store.open(folder)
    if not await store.servers.names():
        await store.servers.add(server_named("pc", Line("pc")), "a key")
    kept = Kept(store)
    await kept.book.begin()
    running = asyncio.create_task(kept.book.run())
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            yield kept
    finally:
        running.cancel()
        await store.close()


def read(after_seconds: int = 0, *, excluded: tuple[str, ...] = (), logged_in: bool = False) -> Snapshot:
    """The computer so long after the beginning; its file was last saved at the beginning."""
    now = BEGINNING + timedelta(seconds=after_seconds)
    emma = UserSnapshot(
        "emma",
        config=UserConfig(days=(Day(HOUR),) * 7),
        control=Control(0, 0, 0, 0, BEGINNING.replace(tzinfo=None), 0, 0),
    )
    if logged_in:
        emma = replace(emma, live=Live(now), sessions=(Session("c1", "emma", "x11"),))
    config = ServerConfig(excluded_users=excluded)
    return Snapshot(now, now, "UTC", config, config_text="x", users={"emma": emma})


def facts(run: DaemonRun | None = RUN) -> BusFacts:
    return BusFacts(run, "active" if run else "inactive", True)


async def test_what_is_found_is_kept_and_told_once_and_so_is_its_end(tmp_path: Path) -> None:
    async with book_of(tmp_path) as kept:
        await kept.sees(read(excluded=("emma",)), facts())
        await kept.sees(read(50, excluded=("emma",)), facts())
        assert kept.told == [("excluded", True)]
        assert await kept.standing() == ["excluded"]
        await kept.sees(read(100), facts())
        assert kept.told == [("excluded", True), ("excluded", False)]
        assert await kept.standing() == []
        (past,) = await kept.store.findings.page(stands=False)
        assert past.cleared_at is not None


async def test_what_stood_before_a_restart_of_ours_stands_since_then(tmp_path: Path) -> None:
    async with book_of(tmp_path) as kept:
        await kept.sees(read(excluded=("emma",)), facts())
        (before,) = await kept.store.findings.standing()
    async with book_of(tmp_path) as kept:
        await kept.sees(read(50, excluded=("emma",)), facts())
        assert kept.told == []
        assert await kept.store.findings.standing() == [before]


async def test_what_cannot_be_seen_now_stays_as_it_was(tmp_path: Path) -> None:
    async with book_of(tmp_path) as kept:
        await kept.sees(read(excluded=("emma",)), facts())
        kept.look = None
        await kept.hears(ServerMoved("pc"))
        assert await kept.standing() == ["excluded"]


async def test_an_administrator_stays_one_until_the_computer_was_asked_again(tmp_path: Path) -> None:
    administrator = replace(facts(), administrators=frozenset({"emma"}))
    async with book_of(tmp_path) as kept:
        await kept.sees(read(), administrator)
        await kept.sees(read(50), administrator)
        assert kept.told == [("administrator", True)]
        await kept.sees(read(100), replace(facts(), administrators=None))
        assert kept.told == [("administrator", True)]
        await kept.sees(read(150), facts())
        assert kept.told == [("administrator", True), ("administrator", False)]


async def test_a_daemon_that_is_only_being_restarted_is_no_finding(tmp_path: Path) -> None:
    async with book_of(tmp_path) as kept:
        await kept.sees(read(), facts())
        await kept.sees(read(1), facts(None))
        await kept.sees(read(4), facts(replace(RUN, owner=":1.2")))
        assert kept.told == []
        assert kept.read_again != []  # it was looked for again, because it might have stayed away


async def test_a_daemon_that_stays_away_is_found_and_so_is_its_return(tmp_path: Path) -> None:
    async with book_of(tmp_path) as kept:
        await kept.sees(read(1), facts(None))
        await kept.sees(read(17), facts(None))
        await kept.sees(read(60), facts())
        assert kept.told == [("no-daemon", True), ("no-daemon", False)]


async def test_restarts_are_counted_over_losses_of_the_link_and_boots_are_none(tmp_path: Path) -> None:
    async with book_of(tmp_path) as kept:
        for number in (1, 1, 2, 3):
            await kept.sees(read(number), facts(DaemonRun("monday", f":1.{number}")))
            kept.look = None
            await kept.hears(ServerMoved("pc"))
        await kept.sees(read(10), facts(DaemonRun("tuesday", ":1.3")))
        assert kept.told == []
    async with book_of(tmp_path) as kept:
        now = datetime.now(UTC)
        await kept.sees(replace(read(), read_at=now, server_time=now), facts(DaemonRun("tuesday", ":1.4")))
        await kept.sees(replace(read(), read_at=now, server_time=now), facts(DaemonRun("tuesday", ":1.4")))
        assert kept.told == [("restarted", True)]
        assert kept.moved[0].finding.facts["count"] == 3
        runs = (await kept.store.daemon_runs.list())["pc"]
        assert [one.run.owner for one in runs] == [":1.1", ":1.2", ":1.3", ":1.3", ":1.4"]


async def test_a_stop_that_was_seen_is_kept_with_the_run(tmp_path: Path) -> None:
    async with book_of(tmp_path) as kept:
        await kept.sees(read(), facts())
        await kept.sees(read(1), facts(None))
        (run,) = (await kept.store.daemon_runs.list("pc"))["pc"]
        assert run.gone_at is not None


async def test_silence_is_told_when_two_readings_found_it_and_a_tick_ends_it(tmp_path: Path) -> None:
    async with book_of(tmp_path) as kept:
        await kept.sees(read(60, logged_in=True), facts())
        assert kept.told == []
        await kept.sees(read(120, logged_in=True), facts())
        assert kept.told == [("counts-nobody", True)]
        assert kept.moved[0].finding.severity is Severity.ERROR
        await kept.hears(UserTicked("pc", "emma", asked=True))
        assert kept.told == [("counts-nobody", True)]
        await kept.hears(UserTicked("pc", "emma"))
        assert kept.told == [("counts-nobody", True), ("counts-nobody", False)]


async def test_a_worker_that_fell_silent_is_not_well_because_everybody_went_away(tmp_path: Path) -> None:
    async with book_of(tmp_path) as kept:
        await kept.sees(read(60, logged_in=True), facts())
        await kept.sees(read(120, logged_in=True), facts())
        await kept.sees(read(180), facts())
        assert await kept.standing() == ["counts-nobody"]
        late = datetime.now(UTC) + timedelta(minutes=1)
        await kept.sees(read(240), facts(replace(RUN, owner=":1.2", began_at=late)))
        assert await kept.standing() == []


async def test_a_computer_that_slept_is_not_silent(tmp_path: Path) -> None:
    async with book_of(tmp_path) as kept:
        await kept.sees(read(20, logged_in=True), facts())
        await kept.sees(read(8 * HOUR, logged_in=True), facts())  # just woken: no poll yet
        await kept.hears(UserTicked("pc", "emma"))
        await kept.sees(read(8 * HOUR + 60, logged_in=True), facts())
        assert kept.told == []


async def test_a_server_of_another_name_keeps_what_was_found(tmp_path: Path) -> None:
    async with book_of(tmp_path) as kept:
        await kept.sees(read(excluded=("emma",)), facts())
        await kept.store.servers.replace("pc", replace(await kept.store.servers.get("pc"), name="den"))
        kept.book.renamed("pc", "den")
        kept.look = Look(read(50), facts())
        await kept.hears(ServerRead("den"))
        assert [(one.server, one.stands) for one in kept.moved] == [("pc", True), ("den", False)]


async def test_limits_that_somebody_lifts_are_found_until_a_person_answers(world: World) -> None:
    await world.online()
    found = [event.kept for event in world.seen if isinstance(event, FindingMoved)]
    assert [one for one in found if one.finding.code is FindingCode.LIMITS_LIFTED] == []
    somebody.sets_limit(world.machine, "alice", 6, HOUR)
    await world.engine.sync("kids-pc", PATIENCE_SECONDS)
    for drift in await world.store.drift.list(state=DriftState.OPEN):  # less time is nothing lifted
        await world.store.drift.answer(drift.id, DriftState.ADOPTED, account="mum", now=datetime.now(UTC))
    somebody.sets_limit(world.machine, "alice", 6, 9 * HOUR)
    await world.engine.sync("kids-pc", PATIENCE_SECONDS)
    await world.until(lambda: _lifted(world) == [True])
    (drift,) = await world.store.drift.list(state=DriftState.OPEN)
    await world.store.drift.answer(drift.id, DriftState.REVERTED, account="mum", now=datetime.now(UTC))
    world.events.publish(DriftSeen("kids-pc", "alice"))
    await world.until(lambda: _lifted(world) == [True, False])


async def test_values_that_stop_everything_are_found_on_the_way(world: World) -> None:
    await world.online()
    world.machine.set_values(SERVER, TIMEKPR_POLLTIME=-1)
    await world.engine.sync("kids-pc", PATIENCE_SECONDS)
    await world.until(
        lambda: any(
            isinstance(event, FindingMoved) and event.kept.finding.code is FindingCode.NOTHING_ENFORCED
            for event in world.seen
        )
    )


def _lifted(world: World) -> list[bool]:
    moved = [event.kept for event in world.seen if isinstance(event, FindingMoved)]
    return [one.stands for one in moved if one.finding.code is FindingCode.LIMITS_LIFTED]
