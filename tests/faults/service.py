"""Our side of a run: the store and the engine over the real link, without any web, in a process that may be killed.

Labels are put around the ports from outside. At a label the process may kill itself as a power cut would, or have
something done to the computer before it goes on.
"""

import asyncio
import json
import logging
import os
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tests.faults.disk import enter
from tests.faults.scenario import Act, Press, Scenario, Wish
from timekpr_mngr.domain import cadence
from timekpr_mngr.domain.account import Source
from timekpr_mngr.domain.change import Change, ChangeState, Draft, Json
from timekpr_mngr.domain.drift import Drift
from timekpr_mngr.domain.server import Server
from timekpr_mngr.domain.snapshot import Snapshot, UserSnapshot
from timekpr_mngr.errors import CannotStart
from timekpr_mngr.link.bus import Bus
from timekpr_mngr.link.connect import SshConnector
from timekpr_mngr.link.session import Connector, ServerSession
from timekpr_mngr.store import Store, StoreFailure
from timekpr_mngr.sync import server_actor
from timekpr_mngr.sync.engine import Engine
from timekpr_mngr.sync.events import ChangeMoved, Events
from timekpr_mngr.timekpr.interface import Call, Reply

SERVER = "kids-pc"
PATIENCE_SECONDS = 100.0  # on a machine that is busy with other things
LIFETIME_SECONDS = 400  # then the system ends it, whatever became of who started it
DISK_RETRY_SECONDS = 0.1
REASON_TRIES = 1000


@dataclass(frozen=True, slots=True)
class Life:
    """One life of the process: `number` counts from 0.

    `folder` is on the disk of the namespace `disk`; `clock` is the file with the seconds that the computer is ahead;
    `bases` are the values of the settings before the run, by user (None: the server) and field.
    """

    scenario: Scenario
    number: int
    disk: str
    folder: Path
    journal: Path
    clock: Path
    bases: dict[str | None, dict[str, Json]]


@dataclass(frozen=True, slots=True)
class Result:
    """Every change as it stands at the end, why those wait that are still open, what was seen of strangers, and every
    line of the log of what was sent (`logged_as`)."""

    changes: list[Change]
    waits: dict[int, str | None]
    drift: list[Drift]
    logged: list[str]


def live(life: Life, link: Connection) -> None:
    """What the process does. It sends its Result over `link`, if it comes to that."""
    signal.alarm(LIFETIME_SECONDS)
    enter(life.disk)
    logging.basicConfig(filename=life.journal.with_name("service.log"), level=logging.INFO)
    hurry()
    asyncio.run(_live(life, link))


def hurry() -> None:
    """The waits of the real program, shortened: what is tried is what happens after them, not how long they are."""
    cadence.RETRY_FIRST_SECONDS = 0.15  # type: ignore[misc, unused-ignore]
    server_actor.RETRY_FIRST_SECONDS = 0.15  # type: ignore[attr-defined]
    server_actor.FIRST_SAVE_RETRY_SECONDS = 0.2  # type: ignore[attr-defined]
    server_actor.AT_ONCE_SECONDS = 0.02
    server_actor.AT_ONCE_EVERY_SECONDS = 0.0
    defaults = Bus.call.__kwdefaults__
    assert defaults is not None
    defaults["timeout"] = 1.5


async def _live(life: Life, link: Connection) -> None:
    service = Service(life, link)
    link.send(await service.run())


class Service:
    """Presses, waits until all has ended, and tells what became of it."""

    def __init__(self, life: Life, link: Connection) -> None:
        self._life = life
        self._link = link
        self._journal = os.open(life.journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._count = 0
        self._acts = [act for act in life.scenario.acts if act.turn == life.number]
        self._presses = list(enumerate(life.scenario.presses))
        self._store: Store
        self._engine: Engine
        self._step: Callable[..., Awaitable[Change | None]]
        self._ids: list[int] = []

    async def run(self) -> Result:
        self._store = await self._opened()
        self._step = self._store.changes.step
        label_store(self._store, self.at)
        self._engine = Engine(self._store, LabelledConnector(SshConnector(), self.at), Events())
        await self._press_all(0 if self._life.number == 0 else None)
        await self._engine.start()
        changes = await self._engine.settled(self._ids, PATIENCE_SECONDS)
        await self._press_all(None)
        while len(self._ids) > len(changes):  # pressed meanwhile
            changes = await self._engine.settled(self._ids, PATIENCE_SECONDS)
        waits = {change.id: await self._reason(change) for change in changes if change.state.is_open}
        self._acts.clear()
        for _ in range(2):  # with the second reading, what the first one saw is kept
            await self._engine.sync(SERVER, PATIENCE_SECONDS)
        drift, sent = await self._store.drift.list(limit=200), await self._store.sent_log.list(limit=1_000)
        logged = [logged_as(call.member, call.arguments) for call in sent]
        result = Result(changes, waits, drift, logged)
        await self._engine.stop()
        await self._store.close()
        return result

    async def _reason(self, change: Change) -> str | None:
        """Why a change waits. While it is looked at once more there is none for a moment."""
        for _ in range(REASON_TRIES):
            if (reason := self._engine.waits_for(change)) is not None:
                return reason
            await asyncio.sleep(0.01)
        return None

    async def _opened(self) -> Store:
        while True:
            try:
                return await Store.open(self._life.folder)
            except CannotStart:  # the disk is full; systemd starts it again
                await asyncio.sleep(DISK_RETRY_SECONDS)

    async def at(self, label: str, **more: object) -> None:
        """A labelled step."""
        self._count += 1
        count = self._count
        self._write({"at": label, "n": count, "turn": self._life.number, "t": round(time.time(), 3), **more})
        for act in [act for act in self._acts if act.step in (count, label)]:
            self._acts.remove(act)
            await self._do(act)
        for number, press in [(number, press) for number, press in self._presses if press.step == count]:
            await self._press(number, press)

    async def _do(self, act: Act) -> None:
        if act.what == "kill":
            self._write({"act": "kill"})
            os.kill(os.getpid(), signal.SIGKILL)
        if act.what == "cancel":
            await self._cancel(act.args["which"])
            return
        self._link.send(act)
        await asyncio.to_thread(self._link.recv)

    async def _press_all(self, step: int | None) -> None:
        """Whatever was not pressed yet, up to a step. What was pressed in an earlier life counts once."""
        for number, press in list(self._presses):
            if step is None or press.step <= step:
                await self._press(number, press)

    async def _press(self, number: int, press: Press) -> None:
        if (number, press) not in self._presses:
            return
        self._presses.remove((number, press))
        user = press.wishes[0].user
        while True:
            try:
                queued = await self._store.changes.queue(
                    SERVER,
                    user,
                    [self._draft(wish) for wish in press.wishes],
                    request_id=f"press {number}",
                    account="mum",
                    source=Source.PAGE,
                    now=datetime.now(UTC),
                    idempotency=(f"press {number}", "the same"),
                )
                break
            except StoreFailure:  # she is told so, and presses again
                await asyncio.sleep(DISK_RETRY_SECONDS)
        ids = [change.id for change in queued.changes]
        self._write({"act": "press", "number": number, "ids": ids})
        self._ids.extend(ids)
        if self._life.number or press.step:
            self._engine.wake(SERVER)

    def _draft(self, wish: Wish) -> Draft:
        if wish.is_grant:
            return Draft(wish.field, None, wish.after, day=self._today())
        return Draft(wish.field, self._life.bases[wish.user][wish.field], wish.after)

    def _today(self) -> date:
        """The computer's own, by its clock (its zone is UTC)."""
        return datetime.fromtimestamp(time.time() + int(self._life.clock.read_text()), UTC).date()

    async def _cancel(self, which: int) -> None:
        id_ = self._ids[which % len(self._ids)]
        cancelled = await self._step(
            id_, ChangeState.CANCELLED, expected={ChangeState.QUEUED}, now=datetime.now(UTC)
        )
        if cancelled is not None:
            self._engine.events.publish(ChangeMoved(cancelled))
        self._write({"act": "cancel", "id": id_, "done": cancelled is not None})

    def _write(self, entry: dict[str, object]) -> None:
        os.write(self._journal, (json.dumps(entry, default=str) + "\n").encode())


def logged_as(member: str, args: Sequence[object]) -> str:
    """A call as the log of what was sent has it."""
    return f"{member} {json.dumps(args)}"


Label = Callable[..., Awaitable[None]]


def label_store(store: Store, at: Label) -> None:
    """Puts labels around what moves a change."""
    step, write_note = store.changes.step, store.changes.write_note

    async def labelled_step(change_id: int, to: ChangeState, **more: Any) -> Change | None:
        await at(f"step {to.value}: before", id=change_id)
        result = await step(change_id, to, **more)
        await at(f"step {to.value}: noted", id=change_id)
        return result

    async def labelled_note(change_id: int, note: Json) -> bool:
        await at("note: before", id=change_id)
        result = await write_note(change_id, note)
        await at("note: noted", id=change_id)
        return result

    for name, labelled in (("step", labelled_step), ("write_note", labelled_note)):
        setattr(store.changes, name, labelled)


class LabelledConnector:
    """A connector whose sessions have labels."""

    def __init__(self, connector: Connector, at: Label) -> None:
        self._connector = connector
        self._at = at

    async def host_key(self, host: str, port: int) -> str:
        return await self._connector.host_key(host, port)

    async def open(self, server: Server, private_key: str) -> ServerSession:
        await self._at("connect: before")
        session = await self._connector.open(server, private_key)
        await self._at("connect: done")
        return LabelledSession(session, self._at)


class LabelledSession:
    """A session with labels around whatever asks the computer something; the rest is the session's own."""

    def __init__(self, session: ServerSession, at: Label) -> None:
        self._session = session
        self._at = at

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    async def read(self) -> Snapshot:
        await self._at("read: before")
        result = await self._session.read()
        await self._at("read: done")
        return result

    async def read_user(self, user: str, *, just_read_will_do: bool = False) -> UserSnapshot | None:
        await self._at("read back: before", user=user)
        result = await self._session.read_user(user, just_read_will_do=just_read_will_do)
        await self._at("read back: done", user=user)
        return result

    async def has_ended(self, conversation: str) -> bool:
        await self._at("has the old link ended: before")
        result = await self._session.has_ended(conversation)
        await self._at("has the old link ended: answered", ended=result)
        return result

    async def call(self, call: Call) -> Reply:
        what = {"call": str(call), "member": call.member, "logged": logged_as(call.member, call.args)}
        await self._at(f"call {call.member}: before", **what)
        calling = asyncio.ensure_future(self._session.call(call))
        await asyncio.sleep(0)  # it is written to the socket before it first waits
        try:
            await self._at(f"call {call.member}: sent", **what)
        except BaseException:
            calling.cancel()
            raise
        reply = await calling
        await self._at(f"call {call.member}: answered", code=reply.code, **what)
        return reply
