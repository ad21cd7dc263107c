"""One computer, one proxy, one run after the other."""

import asyncio
import json
import multiprocessing
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from tests.faults.computer import Computer, Seen
from tests.faults.disk import Disk
from tests.faults.model import Asked, Balance, Drifted, Evidence, Files, Wrong, judge
from tests.faults.proxy import Proxy
from tests.faults.scenario import WEEKDAY, Act, Scenario
from tests.faults.service import SERVER, Life, Result, live
from timekpr_mngr.domain.change import Change, Json
from timekpr_mngr.domain.queue import bases_of
from timekpr_mngr.domain.server import Server
from timekpr_mngr.link import ssh_keys
from timekpr_mngr.store import Store

LIVES_MAX = 8
PRELOADED = ["tests.faults.service", "asyncssh", "sqlalchemy.dialects.sqlite", "cryptography.fernet"]


@dataclass(frozen=True, slots=True)
class Run:
    """What came of a scenario. `tried` are the faults that really befell it."""

    scenario: Scenario
    tried: tuple[str, ...]
    wrong: tuple[Wrong, ...]
    evidence: Evidence
    lives: int
    seconds: float

    @property
    def changes(self) -> tuple[Asked, ...]:
        return tuple(self.evidence.changes)


def nursery() -> ForkServerContext:
    """Where processes are born with everything imported already: a fork costs some milliseconds."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


class Lane:
    """Runs scenarios on one computer. Enter it as an async context."""

    def __init__(self, computer: Computer) -> None:
        self._computer = computer
        self._host = computer.host
        self._proxy = Proxy(self._host.address, self._host.port)
        self._nursery = nursery()
        self._disk = Disk(self._host.folder / "disk")
        self._template = self._host.folder / "template"
        self._mending: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Lane":
        await self._proxy.open()
        private_key, public_key = ssh_keys.make_key("faults")
        await asyncio.to_thread(self._host.authorize, "manager", public_key)
        shutil.rmtree(self._template, ignore_errors=True)
        store = await Store.open(self._template)
        server = Server(
            name=SERVER,
            host="127.0.0.1",
            port=self._proxy.port,
            ssh_user="manager",
            public_key=public_key,
            host_key=self._host.host_key,
            fingerprint=None,
            expected_fingerprint=None,
            created_at=datetime.now(UTC),
        )
        await store.servers.add(server, private_key)
        await store.close()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._proxy.close()
        await asyncio.to_thread(self._computer.mend)
        await asyncio.to_thread(self._disk.close)

    async def run(self, scenario: Scenario) -> Run:
        """One scenario from its start to its verdict."""
        began = asyncio.get_running_loop().time()
        before = await self._begin(scenario)
        self._proxy.cuts.extend(scenario.cuts)
        self._proxy.latency_seconds = scenario.latency_seconds
        result, lives = await self._lives(scenario, before)
        await self._settle()
        after_all = await asyncio.to_thread(self._computer.look)
        dropped = await asyncio.to_thread(self._computer.dropped)
        evidence = self._evidence(scenario, before, after_all, result)
        evidence = replace(evidence, dropped=dropped, interrupted=lives > 1 or self._proxy.cuts_made > 0)
        tried = self._tried(scenario, evidence)
        seconds = asyncio.get_running_loop().time() - began
        return Run(scenario, tried, tuple(judge(evidence)), evidence, lives, seconds)

    # -- a run --------------------------------------------------------------------------------------------------------

    @property
    def _journal(self) -> Path:
        return self._host.folder / "journal.jsonl"

    async def _begin(self, scenario: Scenario) -> Seen:
        await self._proxy.renew()
        await asyncio.to_thread(self._computer.begin, scenario.start)
        self._disk.make_room()
        shutil.rmtree(self._disk.outside / "data", ignore_errors=True)
        shutil.copytree(self._template, self._disk.outside / "data")
        self._journal.unlink(missing_ok=True)
        self._note({"run": scenario.seed})
        return await asyncio.to_thread(self._computer.look)

    async def _lives(self, scenario: Scenario, before: Seen) -> tuple[Result, int]:
        """One life of our process after the other, until one comes to its end."""
        bases: dict[str | None, dict[str, Json]] = {None: before.server_fields, "alice": before.fields}
        clock = self._host.share / "clock"
        for number in range(LIVES_MAX):
            life = Life(
                scenario, number, self._disk.namespace, self._disk.path / "data", self._journal, clock, bases
            )
            result = await self._life(life)
            if result is not None:
                return result, number + 1
        raise AssertionError(f"seed {scenario.seed}: {LIVES_MAX} lives were not enough\n{self._told()}")

    async def _life(self, life: Life) -> Result | None:
        ours, theirs = multiprocessing.Pipe()
        process = self._nursery.Process(target=live, args=(life, theirs), daemon=True)
        process.start()
        theirs.close()
        try:
            return await self._attend(process, ours)
        finally:
            if process.is_alive():
                process.kill()
            await ended(process)
            ours.close()

    async def _attend(self, process: BaseProcess, link: Connection) -> Result | None:
        """Does to the computer what the process asks for, until it sends its result or is gone."""
        while True:
            await readable(link.fileno())
            try:
                message = link.recv()
            except (EOFError, OSError):
                return None
            if isinstance(message, Result):
                return message
            await self._do(message)
            link.send(None)

    async def _do(self, act: Act) -> None:
        args = act.args
        match act.what:
            case "daemon-killed":
                await asyncio.to_thread(self._host.kill, "timekprd")
                await self._later(args["seconds"], self._host.start, "timekprd")
            case "daemon-stopped":
                await asyncio.to_thread(self._computer.pause)
                await self._later(args["seconds"], self._computer.resume)
            case "daemon-restarted":
                await asyncio.to_thread(self._host.restart, "timekprd")
            case "sshd-restarted":
                await asyncio.to_thread(self._host.stop, "sshd")
                await self._later(args["seconds"], self._host.start, "sshd")
            case "clock":
                await asyncio.to_thread(self._host.clock, args["to"])
            case "login":
                await asyncio.to_thread(self._computer.login)
            case "logout":
                await asyncio.to_thread(self._host.logout, "alice")
            case "foreign-setting":
                done = await asyncio.to_thread(self._computer.set_as_a_stranger, args["field"], args["value"])
                args = {**args, "done": done}
            case "foreign-grant":
                done = await asyncio.to_thread(
                    self._computer.grant_as_a_stranger, args["operation"], args["seconds"]
                )
                args = {**args, "done": done}
            case "hold":
                self._proxy.hold(args["seconds"])
            case "disk-here" | "disk-there":
                disk = self._disk if act.what == "disk-here" else self._computer.disk
                await asyncio.to_thread(disk.fill)
                await self._later(args["seconds"], disk.make_room)
            case _:
                raise ValueError(act.what)
        self._note({"act": act.what, **args})

    async def _later(self, seconds: float, mend: Any, *args: object) -> None:
        """Mends what was broken: at once, or some time after our process goes on."""
        if not seconds:
            await asyncio.to_thread(mend, *args)
            return

        async def wait() -> None:
            await asyncio.sleep(seconds)
            await asyncio.to_thread(mend, *args)

        task = asyncio.get_running_loop().create_task(wait())
        self._mending.add(task)
        task.add_done_callback(self._mending.discard)

    async def _settle(self) -> None:
        """Returns when all is mended and nothing is on its way any more."""
        if self._mending:
            await asyncio.wait(self._mending)
        await asyncio.wait_for(self._proxy.quiet(), 60)
        await asyncio.to_thread(self._computer.mend)

    # -- what came of it ----------------------------------------------------------------------------------------------

    def _tried(self, scenario: Scenario, evidence: Evidence) -> tuple[str, ...]:
        done = [entry["act"] for entry in evidence.journal if "act" in entry]
        acts = [act for act in done if act not in ("press", "cancel", "hold")]
        cancelled = ["cancel" for entry in evidence.journal if entry.get("act") == "cancel"]
        meanwhile = ["press" for press in scenario.presses if press.step]
        return (*acts, *cancelled, *meanwhile, *(["cut"] * self._proxy.cuts_made))

    def _evidence(self, scenario: Scenario, before: Seen, after: Seen, result: Result) -> Evidence:
        start = scenario.start
        journal = [entry for entry in self._entries() if "run" not in entry]
        logged_in = start.login != "none" or any(entry.get("act") == "login" for entry in journal)
        return Evidence(
            today=date.fromisoformat(start.clock[:10]),
            limits=start.limits_of(WEEKDAY, WEEKDAY + 1),
            playtime_limits=(start.playtime_limits[WEEKDAY - 1], start.playtime_limits[WEEKDAY]),
            wished=len(scenario.wishes),
            before=files_of(before),
            after=files_of(after),
            changes=[asked(change, result.waits.get(change.id)) for change in result.changes],
            journal=journal,
            ticks=logged_in,
            drift=[Drifted(one.field, one.after) for one in result.drift],
            logged=result.logged,
            set_back=any(entry.get("act") == "clock" and entry["to"] < start.clock for entry in journal),
        )

    def _entries(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._journal.read_text().splitlines()]

    def _told(self) -> str:
        return self._journal.read_text() if self._journal.exists() else ""

    def _note(self, entry: Mapping[str, object]) -> None:
        descriptor = os.open(self._journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            os.write(descriptor, (json.dumps(entry) + "\n").encode())
        finally:
            os.close(descriptor)


def asked(change: Change, waits: str | None) -> Asked:
    return Asked(
        id=change.id,
        user=change.user,
        field=change.field,
        state=change.state.value,
        after=change.after,
        before=change.before,
        bases=tuple(bases_of(change)),
        day=change.day,
        message=change.message,
        waits=waits,
    )


def files_of(seen: Seen) -> Files:
    return Files(
        fields=seen.fields,
        server_fields=seen.server_fields,
        week=(seen.days, seen.limits),
        time=Balance(seen.day, seen.spent_seconds, seen.balance_seconds),
        playtime=Balance(seen.day, 0, seen.playtime_balance_seconds),
        other=seen.other,
    )


async def readable(descriptor: int) -> None:
    """Returns when there is something to read, or the other end is gone."""
    loop = asyncio.get_running_loop()
    came: asyncio.Future[None] = loop.create_future()

    def ready() -> None:
        if not came.done():
            came.set_result(None)

    loop.add_reader(descriptor, ready)
    try:
        await came
    finally:
        loop.remove_reader(descriptor)


async def ended(process: BaseProcess) -> None:
    """Returns when the process is gone."""
    if process.is_alive():
        await readable(process.sentinel)
    process.join()
