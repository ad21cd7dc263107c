"""The engine over one computer, simulated or real, with things that happen at the worst of moments."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from tests.contract.computers import At, Computer
from tests.first_start import started_once
from timekpr_mngr.domain.account import Source
from timekpr_mngr.domain.change import Change, Draft, Json
from timekpr_mngr.domain.grant import Reading
from timekpr_mngr.domain.server import Server
from timekpr_mngr.domain.snapshot import UserSnapshot
from timekpr_mngr.errors import FailureCode, ServerFailure
from timekpr_mngr.link.session import Connector, ServerSession
from timekpr_mngr.store import Store
from timekpr_mngr.sync.engine import Engine
from timekpr_mngr.sync.events import Events
from timekpr_mngr.timekpr.interface import Call, Reply

PATIENCE_SECONDS = 30.0
SERVER = "pc"

Deed = Callable[[], object | Awaitable[object]]


@dataclass(slots=True)
class Moment:
    """What happens at the next call of `member`, before or after timekprd has it, and whether the link ends there."""

    member: str
    deed: Deed
    is_after: bool
    ends_link: bool


class Delivering:
    """Brings changes to a computer. Each moment that was arranged for happens once."""

    def __init__(self, computer: Computer, folder: Path) -> None:
        self.computer = computer
        self.folder = folder
        self._moments: list[Moment] = []
        self._is_started = False
        self.store: Store
        self.engine: Engine

    async def begin(self) -> None:
        """From a first start. Nothing is read before the test looks or asks: what it lays out first is no drift.

        (An engine that read at once told a busy machine's test of two differences where one was laid out.)
        """
        connector, server, private_key = await self.computer.way()
        self.store = await Store.open(started_once(self.folder))
        await self.store.servers.add(server, private_key)
        self.engine = Engine(self.store, Eventful(connector, self._moments), Events())

    async def end(self) -> None:
        await self.engine.stop()
        await self.store.close()

    def before(self, member: str, deed: Deed, *, ends_link: bool = False) -> None:
        """Between what is noted and the call; with `ends_link` the call never leaves us."""
        self._moments.append(Moment(member, deed, is_after=False, ends_link=ends_link))

    def after(self, member: str, deed: Deed = lambda: None, *, ends_link: bool = False) -> None:
        """Between the call and what is read back; with `ends_link` its answer is lost."""
        self._moments.append(Moment(member, deed, is_after=True, ends_link=ends_link))

    async def gives(
        self, kid: At, seconds: int, kind: str = "time", *, day: date | None = None, unused_only: bool = False
    ) -> Change:
        """A grant, to its end."""
        after: dict[str, Json] = {"seconds": seconds}
        return await self.done(kid, after | ({"unused_only": True} if unused_only else {}), kind, day)

    async def sets_left(self, kid: At, seconds: int, kind: str = "time") -> Change:
        return await self.done(kid, {"left_seconds": seconds}, kind)

    async def done(self, kid: At, after: Json, kind: str = "time", day: date | None = None) -> Change:
        """What is asked, to its end."""
        [change] = await self.drafted(
            kid, Draft(f"grant.{kind}", None, after, day=day or self.computer.now().date())
        )
        return change

    async def drafted(self, kid: At, *drafts: Draft) -> list[Change]:
        """The same for anything."""
        asked = await self.store.changes.add(
            SERVER,
            kid.name,
            drafts,
            request_id="r",
            account="mum",
            source=Source.PAGE,
            now=datetime.now(UTC),
        )
        await self._start()
        self.engine.wake(SERVER)
        changes = await self.engine.settled([change.id for change in asked], PATIENCE_SECONDS)
        assert not [moment for moment in self._moments if moment.member.startswith("set")], (
            "it never came to that"
        )
        return changes

    async def look(self) -> None:
        """Has the computer read, and what was seen kept."""
        await self._start()
        assert await self.engine.sync(SERVER, PATIENCE_SECONDS)

    async def _start(self) -> None:
        if not self._is_started:
            self._is_started = True
            await self.engine.start()


class Eventful:
    """A connector whose sessions let the moments happen."""

    def __init__(self, connector: Connector, moments: list[Moment]) -> None:
        self._connector = connector
        self._moments = moments

    async def host_key(self, host: str, port: int) -> str:
        return await self._connector.host_key(host, port)

    async def open(self, server: Server, private_key: str) -> ServerSession:
        opened = await self._connector.open(server, private_key)
        return EventfulSession(opened, self._moments)


class EventfulSession:
    """A session like the one within, but for `call` and `read_user`."""

    def __init__(self, session: ServerSession, moments: list[Moment]) -> None:
        self._session = session
        self._moments = moments

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    async def call(self, call: Call) -> Reply:
        await self._happen(call.member, is_after=False)
        reply = await self._session.call(call)
        await self._happen(call.member, is_after=True)
        return reply

    async def read_user(self, user: str, *, just_read_will_do: bool = False) -> UserSnapshot | None:
        await self._happen("read_user", is_after=False)
        return await self._session.read_user(user, just_read_will_do=just_read_will_do)

    async def _happen(self, member: str, *, is_after: bool) -> None:
        for moment in list(self._moments):
            if (moment.member, moment.is_after) != (member, is_after):
                continue
            self._moments.remove(moment)
            done = moment.deed()
            if inspect.isawaitable(done):
                await done
            if moment.ends_link:
                await self._session.close()
                raise ServerFailure(FailureCode.UNREACHABLE, "The line was cut.", "")


def readings(change: Change) -> tuple[Reading, Reading]:
    """What was noted before sending, and what was found."""
    assert isinstance(change.note, dict)
    before, found = change.note["reading"], change.note["found"]
    assert isinstance(before, dict)
    assert isinstance(found, dict)
    return Reading.from_json(before), Reading.from_json(found)
