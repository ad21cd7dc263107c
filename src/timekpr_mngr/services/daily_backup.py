"""A backup a day while the service runs, of which the newest are kept."""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from timekpr_mngr.domain.account import Actor
from timekpr_mngr.errors import TimekprMngrError
from timekpr_mngr.services.backup import Backups, checked_passphrase, instant_in, passphrase_in
from timekpr_mngr.texts import _

EVERY = timedelta(days=1)
AGAIN = timedelta(hours=1)  # after one that could not be made
LOOK_EVERY = timedelta(hours=1)  # the clock may have been set meanwhile

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the backups go and how many stay; the passphrase is read for each."""

    folder: Path
    keep: int
    passphrase_file: Path
    with_keys: bool = False


class DailyBackup:
    """Makes them, one at a time.

    `last` is when the newest in the folder was made, None where that is not known or there is none. `problem` says in
    words why the next one cannot be made; None where nothing is wrong.
    """

    def __init__(
        self,
        backups: Backups,
        plan: Plan,
        actor: Actor,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.last: datetime | None = None
        self.problem: str | None = None
        self._backups = backups
        self._plan = plan
        self._actor = actor
        self._now = now

    async def run(self) -> None:
        """Never ends by itself, and never fails: what goes wrong is said, and tried again."""
        seconds = 0.0
        while True:
            await asyncio.sleep(seconds)
            seconds = await _in_a_thread(self._turn)

    def _turn(self) -> float:
        """Makes a backup if it is time for one. Gives the seconds until there is something to do again."""
        try:
            passphrase = checked_passphrase(passphrase_in(self._plan.passphrase_file))
            self.last = newest(self._plan.folder, self._now())
            waits = timedelta() if self.last is None else self.last + EVERY - self._now()
            if waits > timedelta():
                self.problem = None
                return min(waits, LOOK_EVERY).total_seconds()
            self._make(passphrase)
        except (TimekprMngrError, OSError) as problem:
            self._failed(str(problem))
            return AGAIN.total_seconds()
        except Exception:  # whatever it is, the service goes on
            log.exception("the daily backup failed")
            self.problem = _("It failed for a reason that is in the log.")
            return AGAIN.total_seconds()
        return LOOK_EVERY.total_seconds()

    def _make(self, passphrase: str) -> None:
        plan = self._plan
        made = self._backups.make(self._actor, plan.folder, passphrase, with_keys=plan.with_keys)
        rotate(plan.folder, plan.keep, self._now())
        self.last = made.contents.made_at
        if self.problem is not None:
            log.info("the daily backup is made again")
        self.problem = None
        log.info("a backup was made: %s", made.file)

    def _failed(self, problem: str) -> None:
        """Once in the log, however often it happens."""
        if problem != self.problem:
            log.error("the daily backup could not be made, and is tried again every hour: %s", problem)
        self.problem = problem


async def _in_a_thread(work: Callable[[], float]) -> float:
    """Who stops the service does not wait for a backup: an unfinished one leaves nothing but a file that is swept."""
    loop = asyncio.get_running_loop()
    done = loop.create_future()

    def tell(seconds: float) -> None:
        if not done.done():
            done.set_result(seconds)

    def run() -> None:
        seconds = work()
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(tell, seconds)

    threading.Thread(target=run, name="backup", daemon=True).start()
    return float(await done)


def newest(folder: Path, now: datetime) -> datetime | None:
    """When the newest backup in the folder was made; one of the future was made while the clock was wrong."""
    instants = [instant for instant in map(instant_in, _names(folder)) if instant is not None]
    return max((instant for instant in instants if instant <= now), default=None)


def rotate(folder: Path, keep: int, now: datetime) -> None:
    """Removes our backups but the newest `keep`; no other file is touched. Those of the future count as the oldest."""
    ours = [(instant, name) for name in _names(folder) if (instant := instant_in(name)) is not None]
    ours.sort(key=lambda one: (one[0] <= now, one[0]))
    for _instant, name in ours[:-keep]:
        (folder / name).unlink(missing_ok=True)


def _names(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir() if path.is_file()]
    except (FileNotFoundError, NotADirectoryError):
        return []
