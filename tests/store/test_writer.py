"""Writes that wait for each other are put on disk together, and each stands alone all the same."""

import asyncio
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import IntegrityError, OperationalError

from timekpr_mngr.store.database import begin_immediate
from timekpr_mngr.store.writer import Writer


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path}/some.db")
    event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
    event.listen(engine, "begin", begin_immediate)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE words (word TEXT PRIMARY KEY)"))
    yield engine
    engine.dispose()


@pytest.fixture
def commits(engine: Engine) -> list[object]:
    commits: list[object] = []
    event.listen(engine, "commit", commits.append)
    return commits


def kept(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.scalars(text("SELECT word FROM words")))


def add(word: str, connection: Connection) -> str:
    connection.execute(text("INSERT INTO words VALUES (:word)"), {"word": word})
    return word


async def held_up(writer: Writer) -> tuple[threading.Event, asyncio.Task[str]]:
    """A write that goes on until the event is set, so that what comes meanwhile waits."""
    begun, go_on = threading.Event(), threading.Event()

    def wait(connection: Connection) -> str:
        begun.set()
        assert go_on.wait(30)
        return add("first", connection)

    first = asyncio.create_task(writer.do(wait))
    await asyncio.to_thread(begun.wait, 30)
    return go_on, first


async def test_what_waits_is_put_on_disk_in_one_commit(engine: Engine, commits: list[object]) -> None:
    writer = Writer(engine)
    go_on, first = await held_up(writer)
    rest = [asyncio.create_task(writer.do(partial(add, f"word {n}"))) for n in range(50)]
    await asyncio.sleep(0)  # they queue
    go_on.set()
    assert await asyncio.gather(first, *rest) == ["first", *(f"word {n}" for n in range(50))]
    assert len(kept(engine)) == 51
    assert len(commits) == 2
    writer.close()


async def test_one_that_is_refused_takes_nothing_from_the_others(engine: Engine) -> None:
    writer = Writer(engine)
    go_on, first = await held_up(writer)

    def half(connection: Connection) -> None:
        add("half", connection)
        add("good", connection)  # which is there already

    works = (partial(add, "good"), half, partial(add, "better"))
    rest = [asyncio.create_task(writer.do(work)) for work in works]
    await asyncio.sleep(0)
    go_on.set()
    good, refused, better = await asyncio.gather(*rest, return_exceptions=True)
    assert (await first, good, better) == ("first", "good", "better")
    assert isinstance(refused, IntegrityError)
    assert kept(engine) == {"first", "good", "better"}
    writer.close()


async def test_where_the_database_is_in_trouble_nobody_is_told_that_something_was_kept(
    engine: Engine,
) -> None:
    writer = Writer(engine)
    go_on, first = await held_up(writer)

    def trouble(connection: Connection) -> None:
        connection.execute(text("SELECT * FROM nowhere"))

    works = (partial(add, "before"), trouble, partial(add, "after"))
    rest = [asyncio.create_task(writer.do(work)) for work in works]
    await asyncio.sleep(0)
    go_on.set()
    assert await first == "first"
    outcomes = await asyncio.gather(*rest, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [OperationalError] * 3
    assert kept(engine) == {"first"}
    writer.close()


async def test_who_goes_away_before_it_was_begun_leaves_nothing(engine: Engine) -> None:
    writer = Writer(engine)
    go_on, first = await held_up(writer)
    gone = asyncio.create_task(writer.do(partial(add, "gone")))
    stays = asyncio.create_task(writer.do(partial(add, "stays")))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait({gone})
    go_on.set()
    await asyncio.gather(first, stays)
    assert kept(engine) == {"first", "stays"}
    writer.close()


async def test_closing_waits_for_all_that_was_asked(engine: Engine) -> None:
    writer = Writer(engine)
    rest = [asyncio.create_task(writer.do(partial(add, f"word {n}"))) for n in range(250)]
    await asyncio.sleep(0)
    await asyncio.to_thread(writer.close)
    await asyncio.gather(*rest)
    assert len(kept(engine)) == 250


async def test_who_comes_while_it_is_closed_is_kept_or_refused_and_never_both(engine: Engine) -> None:
    writer = Writer(engine)
    go_on, first = await held_up(writer)
    rest = [asyncio.create_task(writer.do(partial(add, "second")))]
    await asyncio.sleep(0)
    closing = asyncio.create_task(asyncio.to_thread(writer.close))
    while not rest[-1].done():
        rest.append(asyncio.create_task(writer.do(partial(add, f"late {len(rest)}"))))
        await asyncio.sleep(0)
    go_on.set()
    *taken, refused = await asyncio.gather(*rest, return_exceptions=True)
    await asyncio.gather(first, closing)
    assert isinstance(refused, RuntimeError)
    assert kept(engine) == {"first", *taken}
