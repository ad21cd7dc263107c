"""The one thread that writes. What waits for it is put on disk together: every commit waits for the disk, and a hundred
one after the other wait a hundred times.

Each caller's work stands alone all the same: it is done whole or not at all (a savepoint), and nobody is told that it
is done before it is on disk.
"""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from timekpr_mngr.store.failure import is_failure

T = TypeVar("T")

TOGETHER_MOST = 100  # so that nobody waits for the disk longer than some hundredths of a second


class _Waiting:
    """Somebody's work, and where the outcome is awaited."""

    def __init__(self, work: Callable[[Connection], Any]) -> None:
        self.work = work
        self.result: Any = None
        self.error: BaseException | None = None
        self.told: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._loop = asyncio.get_running_loop()

    def tell(self) -> None:
        """From the writing thread: the outcome is certain."""
        with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody awaits it
            self._loop.call_soon_threadsafe(self._take)

    def _take(self) -> None:
        if self.told.done():
            return
        if self.error is not None:
            self.told.set_exception(self.error)
        else:
            self.told.set_result(self.result)


class Writer:
    """Does work in transactions of `engine`, which has a single connection."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._thread = ThreadPoolExecutor(1, "store-write")
        self._waiting: deque[_Waiting] = deque()
        self._is_closed = False
        self._is_at_work = False
        self._lock = threading.Lock()

    async def do(self, work: Callable[[Connection], T]) -> T:
        """What `work` gives: on disk when this returns, and nothing of it after an exception. A caller who goes away
        leaves it to be done whole, or not begun. Raises RuntimeError after `close`.
        """
        one = _Waiting(work)
        with self._lock:  # who is refused may not wait: a write that is under way would take it along
            if self._is_closed:
                raise RuntimeError("the database is closed")
            self._waiting.append(one)
            if not self._is_at_work:
                self._is_at_work = True
                self._thread.submit(self._write)
        result: T = await one.told
        return result

    def close(self) -> None:
        """Waits for what is under way. May be called twice."""
        with self._lock:
            self._is_closed = True
        self._thread.shutdown()

    def _write(self) -> None:
        while together := self._taken():
            self._write_together(together)

    def _taken(self) -> list[_Waiting]:
        """What is to be written together; where nothing waits, this round of work is over."""
        together = list[_Waiting]()
        with self._lock:
            while self._waiting and len(together) < TOGETHER_MOST:
                one = self._waiting.popleft()
                if not one.told.cancelled():
                    together.append(one)
            self._is_at_work = bool(together)
        return together

    def _write_together(self, together: list[_Waiting]) -> None:
        try:
            with self._engine.begin() as connection:
                if len(together) == 1:
                    together[0].result = together[0].work(connection)
                else:
                    _do_each(connection, together)
        except BaseException as error:
            for one in together:
                one.error = error
        for one in together:
            one.tell()


def _do_each(connection: Connection, together: list[_Waiting]) -> None:
    """Raises where the database itself is in trouble: it may have taken back all of the transaction by then."""
    for one in together:
        savepoint = connection.begin_nested()
        try:
            one.result = one.work(connection)
        except Exception as error:
            if is_failure(error):
                raise
            one.error = error
            savepoint.rollback()
        else:
            savepoint.commit()
