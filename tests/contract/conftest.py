"""The same tests over the simulator and over the real thing."""

import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from tests.contract.computers import SETTINGS, USERS, WEDNESDAY, At, Computer, RigComputer, SimulatedComputer
from tests.contract.delivering import Delivering
from tests.rig import TimekprHost
from timekpr_mngr.link.session import ServerSession

IN_THE_SOAK = "rig_in_the_soak"
USERS_OF_A_TEST = 10
"""At most: a shared machine with fewer left is exchanged."""
BOTH = ["simulator", pytest.param("rig", marks=pytest.mark.rig)]
host_numbers = itertools.count(1)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is one more variation of a test that runs on the rig anyway does so in the soak."""
    for item in items:
        if item.get_closest_marker(IN_THE_SOAK) and item.get_closest_marker("rig"):
            item.add_marker("soak")


class SharedComputer:
    """A file's pretend machine, shared by its tests, each of which takes others of its users; when few are left there
    is another machine. (One with users enough for a whole file takes longer to read than most tests do.)
    """

    def __init__(self, key: Path) -> None:
        self._key = key
        self._host: TimekprHost | None = None
        self._computer: RigComputer | None = None

    def now(self) -> RigComputer:
        """One with users enough for any test."""
        if self._computer is None or len(self._computer.untouched) < USERS_OF_A_TEST:
            self.end()
            self._host = contract_host(self._key)
            self._computer = RigComputer(self._host, self._key)
        return self._computer

    def end(self) -> None:
        if self._host is not None:
            self._host.down()


@pytest.fixture(scope="module")
def shared_computer(rig_folder: Path, key: Path) -> Iterator[SharedComputer]:
    """Of all tests of a file."""
    made = SharedComputer(key)
    yield made
    made.end()


@pytest.fixture
def rig_computer(shared_computer: SharedComputer) -> RigComputer:
    """The pretend machine that the tests of a file share."""
    return shared_computer.now()


@pytest.fixture(params=BOTH)
def computer(request: pytest.FixtureRequest) -> Iterator[Computer]:
    """A computer on a Wednesday afternoon, with nobody logged in."""
    place: Computer = (
        SimulatedComputer() if request.param == "simulator" else request.getfixturevalue("rig_computer")
    )
    place.set_clock(WEDNESDAY)
    yield place
    place.everybody_out()


@pytest.fixture(params=BOTH)
def own_computer(request: pytest.FixtureRequest) -> Iterator[Computer]:
    """A computer whose settings a test may change."""
    if request.param == "simulator":
        yield SimulatedComputer()
        return
    request.getfixturevalue("rig_folder")
    key: Path = request.getfixturevalue("key")
    with contract_host(key) as host:
        place = RigComputer(host, key)
        place.set_clock(WEDNESDAY)
        yield place


@pytest.fixture
def another_kid(computer: Computer) -> Callable[[], At]:
    """Gives a user nobody has touched, each time another."""

    def give() -> At:
        user = At(computer, computer.untouched.pop())
        user.set_control(LAST_CHECKED=WEDNESDAY)
        return user

    return give


@pytest.fixture
def kid(another_kid: Callable[[], At]) -> At:
    """A user nobody has touched."""
    return another_kid()


@pytest.fixture
async def session(computer: Computer) -> AsyncIterator[ServerSession]:
    """An open session to the computer."""
    opened = await computer.open()
    yield opened
    await opened.close()


@pytest.fixture
async def delivering(computer: Computer, tmp_path: Path) -> AsyncIterator[Delivering]:
    """The engine, and the way to the computer."""
    made = Delivering(computer, tmp_path)
    await made.begin()
    yield made
    await made.end()


@pytest.fixture
async def own_delivering(own_computer: Computer, tmp_path: Path) -> AsyncIterator[Delivering]:
    """The same to a computer whose settings and daemon are the test's alone."""
    made = Delivering(own_computer, tmp_path)
    await made.begin()
    yield made
    await made.end()


def contract_host(key: Path) -> TimekprHost:
    host = TimekprHost(
        f"contract{next(host_numbers)}",
        users=[{"name": name, "full": ""} for name in USERS],
        fake_clock=True,
        timekpr={name: str(value) for name, value in SETTINGS.items()},
        die_with_parent=True,
    )
    host.authorize("manager", key)
    return host
