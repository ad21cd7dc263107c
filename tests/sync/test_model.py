"""Any sequence of presses, cancels, broken links, kills, nights and strangers ends where a plain model says it ends."""

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, note, reject, settings
from hypothesis import strategies as st

from tests.first_start import started_once
from timekpr_mngr.domain import hours
from timekpr_mngr.domain.change import Change, ChangeState, Draft, Json
from timekpr_mngr.domain.field import server_values, user_values
from timekpr_mngr.domain.server import Server, ServerState
from timekpr_mngr.domain.snapshot import Snapshot
from timekpr_mngr.simulator.connector import SimulatedConnector
from timekpr_mngr.simulator.files import CONTROL
from timekpr_mngr.simulator.line import Reach
from timekpr_mngr.simulator.machine import Machine
from timekpr_mngr.simulator.session import SimulatedSession
from timekpr_mngr.store import Store
from timekpr_mngr.sync.engine import Engine
from timekpr_mngr.timekpr import interface
from timekpr_mngr.timekpr.files import server_config, user_config
from timekpr_mngr.timekpr.interface import Call, Reply

from .conftest import PATIENCE_SECONDS, World, server_named
from .model import PLAYTIME, TIME, Asked, Grant, Model, Place

WEDNESDAY_NOON = datetime(2026, 11, 18, 11, 0, tzinfo=UTC)  # 12:00 in Berlin
USED = 3_600
LIMIT = 7_200
KNOCK_SECONDS = 0.005
A_FEW_POLLS = 9  # seconds of three: the child is seen, counted and saved
SAVED_AT_EVERY_POLL: dict[str, str | int | bool | datetime] = {"TIMEKPR_SAVE_TIME": 1}


def spans(*pairs: tuple[str, str]) -> Json:
    return [{"from": start, "to": end, "unaccounted": False} for start, end in pairs]


VALUES: dict[Place, list[Json]] = {
    ("alice", "week_limit_seconds"): [30_000, 40_000, 50_000],
    ("alice", "days.3.limit_seconds"): [0, 1_800, LIMIT],
    ("alice", "days.4.limit_seconds"): [3_600, LIMIT],
    ("alice", "days.3.hours"): [[], spans(("10:00", "11:30")), spans(("00:00", "24:00"))],
    ("alice", "hide_tray_icon"): [True, False],
    ("alice", "playtime.days.3.limit_seconds"): [0, 1_200],
    ("bob", "week_limit_seconds"): [30_000, 40_000],
    (None, "final_warning_seconds"): [10, 20],
}
"""A few values for a few fields, so that what is asked and what strangers do meet often."""

UNLAWFUL = -5
REFUSABLE: dict[str, Place] = {
    "setTimeLimitForWeek": ("alice", "week_limit_seconds"),
    "setHideTrayIcon": ("alice", "hide_tray_icon"),
}
"""By the setter to which timekpr says no: one that is sent before the limits of days, and one after them."""


# -- what can happen ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mishap:
    """Breaks the link around the operation after `after` others, or kills us after so many turns."""

    kind: str
    after: int


@dataclass(frozen=True)
class Press:
    """One request: settings by place, and at most one grant."""

    wanted: tuple[tuple[Place, Json], ...]
    grant: tuple[str, Grant] | None
    mishap: Mishap | None


@dataclass(frozen=True)
class LoseGrant:
    """Sent, then gone: the computer is away from the moment at which the grant arrives, or just before."""

    grant: Grant
    arrived: bool


@dataclass(frozen=True)
class LoseEdit:
    """The same with a setting."""

    after: int
    arrived: bool


@dataclass(frozen=True)
class Edit:
    """A stranger's, in timekpr's own window."""

    place: Place
    value: Json


@dataclass(frozen=True)
class Give:
    """A stranger's, in timekpr's own window."""

    kind: str
    seconds: int


@dataclass(frozen=True)
class Cancel:
    """Somebody takes one back that waits."""

    which: int


Step = Press | LoseGrant | LoseEdit | Edit | Give | Cancel | str

places = st.sampled_from(sorted(VALUES, key=str))


def wanted(chosen: dict[Place, int]) -> tuple[tuple[Place, Json], ...]:
    """Of one field also a value that must not be sent, as another version may have queued it."""
    lists = {
        place: [*VALUES[place], *([UNLAWFUL] if place[1] == "week_limit_seconds" else [])] for place in chosen
    }
    return tuple((place, lists[place][index % len(lists[place])]) for place, index in chosen.items())


grants: st.SearchStrategy[Grant] = st.tuples(
    st.sampled_from(["+", "-", "="]), st.sampled_from([300, 900, 5_400])
)
mishaps = st.builds(Mishap, st.sampled_from(["cut", "lose", "kill"]), st.integers(0, 7))
presses = st.builds(
    Press,
    st.dictionaries(places, st.integers(0, 3), max_size=3).map(wanted),
    st.none() | st.tuples(st.sampled_from([TIME, TIME, PLAYTIME]), grants),
    st.none() | mishaps,
)
edits = st.builds(
    lambda place, index: Edit(place, VALUES[place][index % len(VALUES[place])]), places, st.integers(0, 2)
)
gifts = st.builds(Give, st.sampled_from([TIME, TIME, PLAYTIME]), st.sampled_from([7, 11, 1_013]))
lost_grants = st.builds(LoseGrant, grants, st.booleans())
happenings = st.sampled_from(
    ["off", "on", "look", "kill", "night", "login", "logout", "restart", "refuse", "relent"]
)


def met(place: Place, theirs: int, ours: int, mishap: Mishap | None) -> list[Step]:
    """A stranger and we set the same field, and neither has seen the other's value."""
    values = VALUES[place]
    return [
        Edit(place, values[theirs % len(values)]),
        Press(((place, values[ours % len(values)]),), None, mishap),
    ]


def refused(press: Press, no: Place, value: int) -> list[Step]:
    """One of the settings is such that timekpr says no."""
    stands, asked = (VALUES[no][index % len(VALUES[no])] for index in (value, value + 1))
    others = tuple((place, value) for place, value in press.wanted if place != no)
    return [Edit(no, stands), "look", replace(press, wanted=((no, asked), *others))]


scenes: st.SearchStrategy[list[Step]] = st.one_of(
    presses.map(lambda press: [press]),
    st.lists(presses, min_size=2, max_size=3).map(lambda some: ["off", *some]),
    st.builds(met, places, st.integers(0, 2), st.integers(0, 2), st.none() | mishaps),
    st.builds(
        lambda press, no, value: ["refuse", *refused(press, no, value), "relent"],
        presses,
        st.sampled_from(sorted(REFUSABLE.values(), key=str)),
        st.integers(0, 2),
    ),
    edits.map(lambda edit: [edit]),
    gifts.map(lambda gift: [gift]),
    st.builds(Cancel, st.integers(0, 9)).map(lambda cancel: [cancel]),
    lost_grants.map(lambda lost: ["on", lost]),
    st.builds(lambda lost, gift: ["on", lost, gift], lost_grants, gifts),
    st.builds(lambda press, lost: ["night", press, lost, "night"], presses, lost_grants),
    st.builds(
        lambda kind, grant, mishap: [
            Give(PLAYTIME, 1_013),
            "logout",
            "night",
            Press((), (kind, grant), mishap),
        ],
        st.sampled_from([TIME, PLAYTIME]),
        grants,
        st.none() | mishaps,
    ),
    st.builds(LoseEdit, st.sampled_from([20_000, 25_000]), st.booleans()).map(lambda lost: ["on", lost]),
    happenings.map(lambda what: [what]),
    happenings.map(lambda what: [what]),
)
"""What can happen, in pieces of one step or of a few that have much to do with each other."""

stories = st.lists(scenes, min_size=5, max_size=10).map(
    lambda some: [step for scene in some for step in scene]
)
long_stories = st.lists(scenes, min_size=10, max_size=30).map(
    lambda some: [step for scene in some for step in scene]
)


# -- the stage ------------------------------------------------------------------------------------------------------


class Clock:
    """One clock for us and for the computer: it stands still unless it is moved."""

    def __init__(self) -> None:
        self.instant = WEDNESDAY_NOON

    def __call__(self) -> datetime:
        return self.instant


class ClockedConnector(SimulatedConnector):
    """What is read is read at the instant that the clock shows."""

    def __init__(self, machine: Machine, clock: Clock) -> None:
        super().__init__([machine])
        self._clock = clock

    async def open(self, server: Server, private_key: str) -> SimulatedSession:
        session = await super().open(server, private_key)
        read = session.read

        async def dated() -> Snapshot:
            return replace(await read(), read_at=self._clock())

        session.read = dated  # type: ignore[method-assign]
        return session


class Stage(World):
    """The computer, the engine and the model side by side; every step is done to both."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        machine = Machine(
            "kids-pc",
            ("alice", "bob"),
            time_zone="Europe/Berlin",
            now=self.clock,
            timekpr=SAVED_AT_EVERY_POLL,
        )
        super().__init__(folder, machine)
        self.connector = ClockedConnector(machine, self.clock)
        self.ours: list[int] = []
        self.refuses = False
        self._begin_first_day()
        self._refuse_on_demand()
        self.model = Model("alice", values_of(machine), USED, machine.now().isoweekday())

    async def begin(self, server: Server | None = None) -> None:
        self.store = await Store.open(self.folder if server is None else started_once(self.folder))
        if server is not None:
            await self.store.servers.add(server, "a private key")
        self.engine = Engine(self.store, self.connector, self.events, self.clock)
        await self.engine.start()

    @property
    def is_on(self) -> bool:
        return self.line.reach is Reach.ON

    async def do(self, step: Step) -> None:
        """One step, and where the computer can be reached all that comes of it."""
        match step:
            case Press():
                await self._press(step)
            case LoseGrant() if self.is_on:
                asked = self.model.give(TIME, step.grant)
                await self._lose("setTimeLeft", step.arrived, asked)
            case LoseEdit() if self.is_on and not self.refuses:
                place = ("alice", "week_limit_seconds")
                self.model.look()
                if self.model.values[place] != step.after:
                    await self._lose("setTimeLimitForWeek", step.arrived, self.model.press(place, step.after))
            case Edit():
                self._window(stranger_s(self.machine, step.place, step.value))
                self.model.edit(step.place, step.value)
            case Give():
                self._window(interface.get_user_information("alice", "F"))
                setter = interface.set_time_left if step.kind == TIME else interface.set_playtime_left
                self._window(setter("alice", "+", step.seconds))
                self.model.grant(step.kind, ("+", step.seconds))
            case Cancel() if not self.is_on and (waiting := self.model.can_cancel()):
                await self._cancel(waiting[step.which % len(waiting)])
            case str():
                await self._happen(step)
        await self.settle()

    async def settle(self) -> None:
        """Knocks until nothing waits any more."""
        if not self.is_on:
            return
        self.model.deliver()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.engine.status(
                "kids-pc"
            ).state is not ServerState.ONLINE or await self.store.changes.open("kids-pc"):
                self.engine.wake("kids-pc")
                await asyncio.sleep(KNOCK_SECONDS)

    async def compare(self) -> None:
        """The model against the store, and against the computer's own files."""
        changes = [await self.store.changes.get(number) for number in self.ours]
        for change, asked in zip(changes, self.model.asked, strict=True):
            honest = asked.state if isinstance(asked.state, frozenset) else {asked.state}
            assert change.state in honest, (change, asked)
            check_words(change)
        assert values_of(self.machine) == self.model.values
        assert self.value("TIME_SPENT_DAY") - self.balance() == self.model.given(TIME)
        playtime = self.value("PLAYTIME_SPENT_DAY") - self.value("PLAYTIME_SPENT_BALANCE")
        assert playtime == self.model.given(PLAYTIME)

    # -- presses --------------------------------------------------------------------------------------------------

    async def _press(self, press: Press) -> None:
        if press.mishap is not None and press.mishap.kind == "cut":
            self.line.cut(after=press.mishap.after)
        elif press.mishap is not None and press.mishap.kind == "lose":
            self.line.lose_answer(after=press.mishap.after)
        for owner in dict.fromkeys(place[0] for place, _ in press.wanted):
            mine = [(place, after) for place, after in press.wanted if place[0] == owner]
            await self._ask(
                [self.model.press(place, after, after != UNLAWFUL) for place, after in mine], owner
            )
        if press.grant is not None:
            await self._ask([self.model.give(*press.grant)], "alice")
        if press.mishap is not None and press.mishap.kind == "kill":
            for _ in range(press.mishap.after * 5):
                await asyncio.sleep(0)
            await self._happen("kill")

    async def _ask(self, asked: Sequence[Asked], owner: str | None) -> None:
        changes = await self.ask(*(self._draft(one) for one in asked), user=owner)
        self.ours += [change.id for change in changes]

    def _draft(self, asked: Asked) -> Draft:
        if asked.grant is None:
            return Draft(asked.place[1], self.model.seen[asked.place], asked.after)
        operation, seconds = asked.grant
        after: Json = (
            {"left_seconds": seconds} if operation == "=" else {"seconds": int(f"{operation}{seconds}")}
        )
        return Draft(asked.place[1], None, after, day=self.machine.now().date())

    async def _cancel(self, index: int) -> None:
        self.model.asked[index].state = ChangeState.CANCELLED
        done = await self.store.changes.step(
            self.ours[index], ChangeState.CANCELLED, expected={ChangeState.QUEUED}, now=self.clock()
        )
        assert done is not None

    async def _lose(self, setter: str, arrived: bool, asked: Asked) -> None:
        self.line._faults.clear()  # those of earlier steps that have not come to pass
        (self.line.lose_answer if arrived else self.line.cut)(setter)
        forget = self.line.on_cut(self._go_away)
        await self._ask([asked], "alice")
        await self.offline()
        forget()
        self.model.lose(asked, arrived)
        assert (await self.store.changes.get(self.ours[-1])).state is ChangeState.SENDING

    def _go_away(self) -> None:
        self.line.reach = Reach.OFF

    # -- what else happens ----------------------------------------------------------------------------------------

    async def _happen(self, what: str) -> None:
        if what == "off" and self.is_on:
            self.line.switch_off()
            await self.offline()
        elif what == "on":
            self.line.switch_on()
        elif what == "look":
            self.model.look()
        elif what == "kill":
            await self.end()
            await self.begin()
        elif what == "night":
            self._night()
        elif what in ("refuse", "relent"):
            self.refuses = what == "refuse"
            self.model.refused = set(REFUSABLE.values()) if self.refuses else set()
        elif what in ("login", "logout", "restart"):
            self._at_the_computer(what)

    def _night(self) -> None:
        counted = self._is_counted
        self.clock.instant += timedelta(days=1)
        self.model.night(counted)
        if counted:
            self._use()

    def _at_the_computer(self, what: str) -> None:
        if what == "login":
            self.machine.login("alice")
        elif what == "logout":
            self.machine.logout("alice")
        else:
            self.machine.stop_daemon()
            self.machine.start_daemon()
        if self._is_counted or self.machine.sessions:
            self._use()

    def _use(self) -> None:
        self.machine.advance(A_FEW_POLLS)
        self.model.use(self.value("TIME_SPENT_DAY"))

    @property
    def _is_counted(self) -> bool:
        assert self.machine.daemon is not None
        return self.machine.daemon.counts("alice")

    def _window(self, call: Call) -> None:
        """timekpr's own window on the computer, which goes past us."""
        assert self.machine.daemon is not None
        self.machine.daemon.call(call)

    def _begin_first_day(self) -> None:
        self._window(interface.set_time_limits_for_days("alice", [LIMIT] * 7))
        self._window(interface.get_user_information("alice", "S"))
        self.machine.set_values(CONTROL, "alice", TIME_SPENT_BALANCE=USED, TIME_SPENT_DAY=USED)

    def _refuse_on_demand(self) -> None:
        take = self.machine.call

        def refusing(call: Call) -> Reply:
            is_one = call.member in REFUSABLE and call.args[0] == REFUSABLE[call.member][0]
            return Reply(-1, "not today") if is_one and self.refuses else take(call)

        self.machine.call = refusing  # type: ignore[method-assign]


def check_words(change: Change) -> None:
    """What did not come about says why."""
    if change.state in (ChangeState.REFUSED, ChangeState.UNCERTAIN, ChangeState.EXPIRED):
        assert change.message
    if change.state is ChangeState.CONFLICT:
        assert isinstance(change.note, dict)
        assert "theirs" in change.note


def values_of(machine: Machine) -> dict[Place, Json]:
    """Every field of everybody, from the computer's own files."""
    found: dict[Place, Json] = {}
    for user in ("alice", "bob"):
        fields = user_values(user_config.parse(machine.conf(user), user).config)
        found |= {(user, name): value for name, value in fields.items()}
    fields = server_values(server_config.parse(machine.server_conf()).config)
    return found | {(None, name): value for name, value in fields.items()}


def stranger_s(machine: Machine, place: Place, value: Json) -> Call:
    """What timekpr's own window sends: of limits always the whole week."""
    user, name = place
    if user is None:
        assert isinstance(value, int)
        return interface.set_server_final_warning_seconds(value)
    if name.endswith(".hours"):
        return interface.set_allowed_hours(user, 3, hours.from_json(value))
    if "days." in name:
        week = name.replace(name.split(".")[-2], "{}")
        limits = [values_of(machine)[user, week.format(day)] for day in range(1, 8)]
        limits[int(name.split(".")[-2]) - 1] = value
        setter = (
            interface.set_playtime_limits_for_days
            if name.startswith("playtime")
            else interface.set_time_limits_for_days
        )
        return setter(user, [limit for limit in limits if isinstance(limit, int)])
    plain: dict[str, Callable[[str, int], Call]] = {
        "week_limit_seconds": interface.set_time_limit_for_week,
        "hide_tray_icon": lambda user, on: interface.set_hide_tray_icon(user, bool(on)),
    }
    assert isinstance(value, int)
    return plain[name](user, value)


# -- the property ---------------------------------------------------------------------------------------------------


async def play(story: Sequence[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder))
        await stage.begin(server_named("kids-pc", stage.line))
        try:
            await stage.settle()
            for step in story:
                await stage.do(step)
                if (
                    stage.model.ambiguous
                ):  # a stranger gave the very amount in question: see the field's failures
                    reject()
            stage.line.switch_on()
            await stage.settle()
            await stage.compare()
            for state in {str(asked.state) for asked in stage.model.asked}:
                event(state)
        finally:
            note(f"model: {stage.model.asked}")
            await stage.end()


unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@settings(unhurried, max_examples=40, derandomize=True, database=None)
@given(stories)
def test_any_sequence_ends_where_the_model_says(story: list[Step]) -> None:
    asyncio.run(play(story))


@pytest.mark.soak
@settings(unhurried, max_examples=1_000, print_blob=True)
@given(long_stories)
def test_any_long_sequence_ends_where_the_model_says(story: list[Step]) -> None:
    asyncio.run(play(story))
