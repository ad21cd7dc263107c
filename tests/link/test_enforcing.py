"""What the real timekprd leaves undone is seen over its bus and in its files."""

import asyncio
from collections.abc import Iterator
from typing import Any, cast

import pytest

from tests.link.machines import Heard, Open, let_in, until
from tests.rig import TimekprHost
from timekpr_mngr.domain.enforcing import Seen, findings
from timekpr_mngr.errors import FailureCode, ServerFailure
from timekpr_mngr.link.administrators import ACCOUNTS, Administrators
from timekpr_mngr.link.bus import Bus, ErrorReply
from timekpr_mngr.link.bus_session import BusSession
from timekpr_mngr.link.session import DaemonChanged, Ticked
from timekpr_mngr.timekpr import interface as timekpr

USERS: list[str | dict[str, Any]] = ["emma", "noah", "mia", "anna", {"name": "guest", "uid": 70_000}]
LOOK_EVERY_SECONDS = 0.5
CONF = "/var/lib/timekpr/config/timekpr.{}.conf"


@pytest.fixture(scope="module")
def house(rig_folder: object) -> Iterator[TimekprHost]:
    """noah is not counted, and nothing polls slower than a second."""
    settings = {"TIMEKPR_POLLTIME": "1", "TIMEKPR_SAVE_TIME": "2", "TIMEKPR_USERS_EXCL": "gdm;noah"}
    with TimekprHost("enforcing", users=USERS, timekpr=settings, die_with_parent=True) as host:
        let_in(host)
        yield host


async def found(session: BusSession) -> set[tuple[str, str | None]]:
    """What stands against the limits at this moment."""
    seen = Seen(await session.read(), await session.facts())
    return {(finding.code.value, finding.user) for finding in findings(seen)}


async def test_who_is_not_limited_is_told_from_who_is(house: TimekprHost, opened: Open) -> None:
    session = await opened(house)
    for user in ("emma", "noah", "mia"):
        assert (await session.call(timekpr.set_time_limit_for_week(user, 36_000))).ok
    for user, kind in (("emma", "x11"), ("noah", "x11"), ("mia", "tty"), ("guest", "wayland")):
        house.login(user, kind)
    anna = house.path(CONF.format("anna"))
    anna.write_text(anna.read_text().replace("[anna", "[somebody"))

    async def is_seen() -> bool:  # the daemon learns of a login at its next poll
        return await found(session) == {
            ("excluded", "noah"),
            ("session-not-counted", "mia"),
            ("unknown-user", "guest"),
            ("other-name-in-file", "anna"),
        }

    await until(is_seen)


async def test_each_start_of_the_daemon_is_another_run_on_the_same_bus(
    house: TimekprHost, opened: Open
) -> None:
    session = await opened(house)
    heard, first = Heard(session), await session.facts()
    house.pretend("org.freedesktop.systemd1.Unit", UnitFileState="disabled")
    house.stop("timekprd")
    await heard.wait(lambda event: event == DaemonChanged(False))
    gone = await session.facts()
    house.start("timekprd")
    await heard.wait(lambda event: event == DaemonChanged(True))
    second = await session.facts()

    assert first.run is not None
    assert second.run is not None
    assert gone.run is None
    assert first.run.bus == second.run.bus
    assert first.run.owner != second.run.owner
    assert first.starts_by_itself is True

    async def is_told() -> bool:  # the stand-in for systemd looks a few times a second
        facts = await session.facts()
        return (facts.starts_by_itself, facts.unit_state) == (False, "active")

    await until(is_told)
    told = (await session.facts()).run
    assert told is not None
    assert told.began_at is not None


@pytest.mark.soak
async def test_a_poll_time_below_zero_leaves_a_daemon_that_answers_and_counts_nobody(
    house: TimekprHost, opened: Open
) -> None:
    session = await opened(house)
    house.login("emma")
    ticks: list[Ticked] = []

    def hear(event: object) -> None:
        if isinstance(event, Ticked) and not event.asked:  # a dead worker's daemon ticks when it is asked
            ticks.append(event)

    session.listen(hear)

    async def says(code: str) -> bool:
        await asyncio.sleep(LOOK_EVERY_SECONDS)
        ticked_at = ticks[-1].live.as_of if ticks else None
        seen = Seen(await session.read(), await session.facts(), ticked_at)
        return (code, None) in [(finding.code.value, finding.user) for finding in findings(seen)]

    async def ticks_come() -> bool:
        return bool(ticks)

    async def is_silent() -> bool:
        return await says("counts-nobody")

    await until(ticks_come, 30)
    assert not await says("counts-nobody")
    assert (await session.call(timekpr.set_server_poll_seconds(-1))).ok
    try:
        await until(is_silent, 60)
        assert (await session.read()).users["emma"].live is not None
        assert await says("nothing-enforced")
    finally:
        assert (await session.call(timekpr.set_server_poll_seconds(1))).ok
        house.restart("timekprd")


class Accounts:
    """A bus with AccountsService on it, as its version 22.08 answers; `kinds` are account types by user."""

    def __init__(self, kinds: dict[str, object] | None) -> None:
        self.kinds = kinds
        self.asked = 0

    async def call(self, _name: str, path: str, _face: str, member: str, *more: Any, **_: Any) -> Any:
        self.asked += 1
        if self.kinds is None:
            raise _refused("org.freedesktop.DBus.Error.ServiceUnknown")
        if member == "FindUserByName":
            [user] = more[1]
            if user not in self.kinds:
                raise _refused(f"{ACCOUNTS}.Error.Failed")
            return (f"/org/freedesktop/Accounts/{user}",)
        return (("i", self.kinds[path.rpartition("/")[2]]),)

    def check_open(self) -> None:
        """It is."""


def _refused(name: str) -> ErrorReply:
    return ErrorReply(name, ServerFailure(FailureCode.DAEMON_REFUSED, "refused", ""))


async def test_administrators_are_those_of_whom_accountsservice_says_so() -> None:
    administrators = Administrators(cast(Bus, Accounts({"emma": 0, "noah": 1, "mia": "1"})))
    assert (administrators.known, administrators.are_due) == (None, True)
    await administrators.ask(["nobody", "emma", "noah", "mia"])
    assert administrators.known == frozenset({"noah"})
    assert not administrators.are_due


async def test_a_computer_without_accountsservice_is_asked_once_and_claims_nothing() -> None:
    accounts = Accounts(None)
    administrators = Administrators(cast(Bus, accounts))
    await administrators.ask(["emma", "noah"])
    assert (administrators.known, administrators.are_due, accounts.asked) == (frozenset(), False, 1)
