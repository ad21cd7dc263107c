"""Is every server enforcing? What stands against it is looked for at every reading, kept with its time, and told.

What is only so for a moment (a daemon that is being restarted) is not told: another reading has to find it, too. What
cannot be seen now, because the link is down, stays as it was seen last.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from timekpr_mngr.domain import enforcing
from timekpr_mngr.domain.bus_facts import BusFacts, DaemonRun, KeptRun, restarts
from timekpr_mngr.domain.drift import DriftState
from timekpr_mngr.domain.enforcing import Seen
from timekpr_mngr.domain.finding import Finding, FindingCode, FindingKey, KeptFinding, Observed
from timekpr_mngr.domain.snapshot import Snapshot
from timekpr_mngr.store import Store, StoreFailure
from timekpr_mngr.sync.events import (
    DriftSeen,
    Event,
    Events,
    FindingMoved,
    ServerMoved,
    ServerRead,
    UserTicked,
)

log = logging.getLogger(__name__)

SETTLE_SECONDS = 0.2  # a reading is several events, and many servers are read at once
LOOK_EVERY_SECONDS = 1.0  # while something waits to be found a second time
READ_AGAIN_EVERY = timedelta(seconds=10)
RETRY_SECONDS = 10.0
DRIFT_MAX = 500
RUNS_LOOKED_AT = 50

HEARD_BY_TICKS = {FindingCode.COUNTS_NOBODY, FindingCode.NOT_COUNTED}


@dataclass(frozen=True, slots=True)
class Look:
    """What is known of a server whose link is up."""

    snapshot: Snapshot
    facts: BusFacts


@dataclass(slots=True)
class _Watched:
    """One server. `waiting` holds the reading at which something was found that is not told yet."""

    standing: dict[FindingKey, KeptFinding] = field(default_factory=dict)
    runs: list[KeptRun] = field(default_factory=list)
    present: DaemonRun | None = None
    ticked_at: datetime | None = None
    lifted: list[Finding] = field(default_factory=list)
    waiting: dict[FindingKey, datetime] = field(default_factory=dict)
    asked_at: datetime | None = None


class HealthBook:
    """Of all servers. `look` gives what is known of one, None while there is no link to it or no such server;
    `read_again` asks for another reading of it. `our_offset` is how far our own clock is ahead of UTC.
    """

    def __init__(
        self,
        store: Store,
        events: Events,
        now: Callable[[], datetime],
        look: Callable[[str], Look | None],
        read_again: Callable[[str], None],
        our_offset: timedelta | None = None,
    ) -> None:
        self._store = store
        self._events = events
        self._now = now
        self._look = look
        self._read_again = read_again
        self._our_offset = our_offset
        self._watched: dict[str, _Watched] = {}
        self._due: set[str] = set()
        self._waiting: set[str] = set()
        self._drift_due: set[str] = set()
        self._something_is_due = asyncio.Event()
        self._is_through = asyncio.Event()

    async def begin(self) -> None:
        """Goes on from what is kept. Raises StoreFailure."""
        for kept in await self._store.findings.standing():
            self._of(kept.server).standing[kept.finding.key] = kept
        for server, runs in (await self._store.daemon_runs.list()).items():
            self._of(server).runs = runs
        self._drift_due |= (await self._store.drift.open()).keys()
        for server in self._drift_due:
            self._is_due(server)

    def heard(self, event: Event) -> None:
        """Listens to the events of the engine and of the services."""
        match event:
            case UserTicked(server, user, asked=False):
                self._ticked(server, user)
            case DriftSeen(server):
                self._drift_due.add(server)
                self._is_due(server)
            case ServerRead(server) | ServerMoved(server):
                self._is_due(server)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._wait()
            self._something_is_due.clear()
            due, self._due = self._due | self._waiting, set()
            try:
                await self._consider(due)
            except StoreFailure as problem:
                log.warning("what was found could not be kept. %s", problem)
                await asyncio.sleep(RETRY_SECONDS)
                for server in due:
                    self._is_due(server)
            if not self._due:
                self._is_through.set()

    async def caught_up(self) -> None:
        """Returns when all that was heard up to now was looked at."""
        await self._is_through.wait()

    def renamed(self, server: str, new_name: str) -> None:
        """A server is called otherwise from now on."""
        if (watched := self._watched.pop(server, None)) is None:
            return
        watched.standing = {key: replace(kept, server=new_name) for key, kept in watched.standing.items()}
        self._watched[new_name] = watched
        self._waiting.discard(server)
        self._is_due(new_name)

    def forgot(self, server: str) -> None:
        """A server was removed; one that gets its name later is another."""
        self._watched.pop(server, None)
        self._due.discard(server)
        self._waiting.discard(server)
        self._drift_due.discard(server)

    def _of(self, server: str) -> _Watched:
        return self._watched.setdefault(server, _Watched())

    def _is_due(self, server: str) -> None:
        self._due.add(server)
        self._is_through.clear()
        self._something_is_due.set()

    def _ticked(self, server: str, user: str) -> None:
        look = self._look(server)
        told = look.snapshot.users.get(user) if look is not None else None
        if told is None or told.live is None:
            return
        watched = self._of(server)
        watched.ticked_at = told.live.as_of
        if any(code in HEARD_BY_TICKS for code, _user in [*watched.standing, *watched.waiting]):
            self._is_due(server)

    async def _wait(self) -> None:
        patience = LOOK_EVERY_SECONDS if self._waiting else None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._something_is_due.wait()
        await asyncio.sleep(SETTLE_SECONDS)

    def _waits(self, server: str, waiting: dict[FindingKey, datetime]) -> None:
        self._of(server).waiting = waiting
        if waiting:
            self._waiting.add(server)
        else:
            self._waiting.discard(server)

    async def _consider(self, servers: Iterable[str]) -> None:
        observed = []
        for server in servers:
            if server in self._drift_due:
                await self._read_drift(server)
            one = self._observe(server)
            if not one.is_empty:
                observed.append(one)
        if not observed:
            return
        now = self._now()
        kept = await self._store.findings.keep(observed, now)
        for one in observed:
            if one.server in kept:
                self._noted(one, kept[one.server], now)

    async def _read_drift(self, server: str) -> None:
        drift = await self._store.drift.list(state=DriftState.OPEN, server=server, limit=DRIFT_MAX)
        self._drift_due.discard(server)
        self._of(server).lifted = enforcing.lifted(drift)

    def _observe(self, server: str) -> Observed:
        """What is new on a server by what is known of it now."""
        watched, look = self._of(server), self._look(server)
        if look is None:
            self._waits(server, {})
            watched.present = watched.ticked_at = None
            return _difference(server, watched.standing, watched.lifted, of=[FindingCode.LIMITS_LIFTED])
        found = [*watched.lifted, *self._found(server, look)]
        new = _difference(server, watched.standing, found)
        began, ended = _run(watched, look.facts.run)
        watched.present = look.facts.run
        return replace(new, began=began, ended=ended)

    def _found(self, server: str, look: Look) -> list[Finding]:
        """What is so for long enough, or stands."""
        watched, snapshot, facts = self._of(server), look.snapshot, look.facts
        seen = Seen(snapshot, facts, watched.ticked_at, restarts(watched.runs), self._our_offset)
        found = enforcing.findings(seen)
        waiting: dict[FindingKey, datetime] = {}
        told = []
        for finding in found:
            patience = enforcing.patience(finding.code, snapshot)
            since = watched.waiting.get(finding.key, snapshot.read_at)
            if finding.key in watched.standing or snapshot.read_at - since >= patience:
                told.append(finding)
            else:
                waiting[finding.key] = since
                self._ask_again(server, since + patience)
        self._waits(server, waiting)
        silent = watched.standing.get((FindingCode.COUNTS_NOBODY, None))
        if silent is not None and silent.finding not in found and _is_still_silent(silent, watched, look):
            told.append(silent.finding)
        if facts.administrators is None:  # the computer was not asked yet over this link
            told += _administrators(watched, snapshot)
        return told

    def _ask_again(self, server: str, when: datetime) -> None:
        """Asks for another reading, where it is time and none was asked for a moment ago."""
        now, watched = datetime.now(UTC), self._of(server)  # readings are dated by the real clock
        if now < when or (watched.asked_at is not None and now < watched.asked_at + READ_AGAIN_EVERY):
            return
        watched.asked_at = now
        self._read_again(server)

    def _noted(self, one: Observed, kept: Collection[KeptFinding], now: datetime) -> None:
        """It is in the store: from here on it counts, and is told."""
        watched = self._of(one.server)
        if one.began is not None and one.began not in [known.run for known in watched.runs]:
            watched.runs = [*watched.runs[-RUNS_LOOKED_AT:], KeptRun(one.began, now)]
            self._is_due(one.server)  # it may be one restart too many
        for finding in kept:
            if finding.stands:
                watched.standing[finding.finding.key] = finding
            else:
                watched.standing.pop(finding.finding.key, None)
            self._events.publish(FindingMoved(finding))
        _tell(one.server, kept)


def _tell(server: str, kept: Collection[KeptFinding]) -> None:
    """A line for all of it, however many users a server says that it has."""
    found = sorted({one.finding.code.value for one in kept if one.stands})
    over = sorted({one.finding.code.value for one in kept if not one.stands} - set(found))
    if kept:
        words = ", ".join([*found, *(f"{code} is over" for code in over)])
        log.info("server %s, found: %s", server, words, extra={"server": server})


def _difference(
    server: str,
    standing: dict[FindingKey, KeptFinding],
    found: Iterable[Finding],
    of: Iterable[FindingCode] = tuple(FindingCode),
) -> Observed:
    """What is new, of these codes alone."""
    now = {finding.key: finding for finding in found}
    before = {key: kept for key, kept in standing.items() if key[0] in set(of)}
    return Observed(
        server,
        raised=[finding for key, finding in now.items() if key not in before],
        changed=[
            replace(kept, finding=now[key])
            for key, kept in before.items()
            if key in now and enforcing.says_another(now[key], kept.finding)
        ],
        cleared=[kept for key, kept in before.items() if key not in now],
    )


def _run(watched: _Watched, run: DaemonRun | None) -> tuple[DaemonRun | None, DaemonRun | None]:
    """Which run of timekprd began, and which ended, since the last look."""
    if run is None:
        return None, watched.present
    is_known = any((run.bus, run.owner) == (known.run.bus, known.run.owner) for known in watched.runs)
    ended = watched.present if watched.present is not None and watched.present.owner != run.owner else None
    return None if is_known else run, ended


def _administrators(watched: _Watched, snapshot: Snapshot) -> list[Finding]:
    return [
        kept.finding
        for (code, user), kept in watched.standing.items()
        if code is FindingCode.ADMINISTRATOR and user in snapshot.users
    ]


def _is_still_silent(silent: KeptFinding, watched: _Watched, look: Look) -> bool:
    """Whether nothing speaks for a worker that lives again: it is only that nobody is logged in any more."""
    if look.facts.run is None or any(user.counted for user in look.snapshot.users.values()):
        return False
    if watched.ticked_at is not None and watched.ticked_at > silent.raised_at:
        return False
    began_at = look.facts.run.began_at
    return began_at is None or began_at < silent.raised_at
