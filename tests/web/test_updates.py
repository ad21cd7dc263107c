"""What reaches an open page of all that happens, when, and what a card makes of it."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from nicegui import Client, core, ui

from timekpr_mngr.domain.account import Source
from timekpr_mngr.domain.change import Change, ChangeState
from timekpr_mngr.services.live import ChangeMoved, Event, FleetChanged
from timekpr_mngr.web.ui.parts.answer import Answer
from timekpr_mngr.web.ui.updates import ANSWERED_SECONDS, FLUSH_SECONDS, Updates
from timekpr_mngr.web.ui.visit import Visit

NOW = datetime(2026, 3, 4, 16, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
async def loop_of_the_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """NiceGUI has its tasks run where the application started it."""
    monkeypatch.setattr(core, "loop", asyncio.get_running_loop())


class House:
    """Where things happen, and a page that is open or not."""

    def __init__(self) -> None:
        self.has_socket_connection = self.is_deleted = False
        self._on_connect: list[Callable[[], None]] = []
        self._listeners: list[Callable[[Event], None]] = []
        self.visit = cast(
            Visit, SimpleNamespace(client=self, actor=None, acted_at=0.0, services=SimpleNamespace(live=self))
        )

    def subscribe(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def seen_by(self, _actor: object, events: list[Event]) -> list[Event]:
        return events

    def on_delete(self, _handler: object) -> None: ...

    def on_connect(self, handler: Callable[[], None]) -> None:
        self._on_connect.append(handler)

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...

    def connect(self) -> None:
        self.has_socket_connection = True
        for handler in self._on_connect:
            handler()

    def happens(self, event: Event) -> None:
        for listener in self._listeners:
            listener(event)


class Heard:
    """A handler that remembers what it was given, and when."""

    def __init__(self) -> None:
        self.batches: asyncio.Queue[tuple[float, list[Event]]] = asyncio.Queue()

    async def __call__(self, events: list[Event]) -> None:
        self.batches.put_nowait((asyncio.get_running_loop().time(), events))


def change(state: ChangeState, number: int = 7, waits_for: str | None = None) -> Change:
    return Change(
        id=number,
        request_id="r",
        server="kids-pc",
        user="emma",
        field="grant.time",
        before=None,
        after={"seconds": 900},
        state=state,
        day=None,
        reason=None,
        account="anna",
        source=Source.PAGE,
        created_at=NOW,
        settled_at=None if state.is_open else NOW,
        waits_for=waits_for,
    )


async def test_what_a_press_became_is_told_before_all_that_takes_longer() -> None:
    house, answers, others = House(), Heard(), Heard()
    updates = Updates(house.visit)
    updates.subscribe(answers)
    updates.subscribe(others, after_answers=True)
    house.connect()
    queued, applied = ChangeMoved(change(ChangeState.QUEUED)), ChangeMoved(change(ChangeState.APPLIED))

    began = asyncio.get_running_loop().time()
    house.happens(queued)
    at_once, first = await answers.batches.get()
    house.happens(applied)
    then, second = await answers.batches.get()
    assert (first, second) == ([queued], [applied])

    late, batch = await others.batches.get()
    assert batch == [queued, applied]
    assert at_once < then <= late
    assert late - began >= ANSWERED_SECONDS - 0.01


async def test_what_goes_on_without_a_press_is_told_at_once_and_then_in_batches() -> None:
    house, others = House(), Heard()
    Updates(house.visit).subscribe(others, after_answers=True)
    house.connect()

    house.happens(FleetChanged())
    first, batch = await others.batches.get()
    for _ in range(3):
        house.happens(FleetChanged())
    second, more = await others.batches.get()

    assert (len(batch), len(more)) == (1, 3)
    assert second - first >= FLUSH_SECONDS - 0.01


async def test_a_page_that_nobody_is_connected_to_costs_nothing_and_misses_nothing() -> None:
    house, answers = House(), Heard()
    Updates(house.visit).subscribe(answers)

    house.happens(FleetChanged())
    house.happens(ChangeMoved(change(ChangeState.APPLIED)))
    await asyncio.sleep(0)
    assert answers.batches.empty()

    house.connect()
    _, batch = await answers.batches.get()
    assert len(batch) == 2


async def test_what_was_looked_up_before_it_arrived_does_not_take_the_answer_back() -> None:
    said = _Said()
    said.answer.press([change(ChangeState.QUEUED)])
    assert "+15 min is on its way to kids-pc" in said()
    said.answer.advance(change(ChangeState.APPLIED))
    said.answer.wait_for([change(ChangeState.SENDING)])
    assert "+15 min arrived on kids-pc" in said()

    said.answer.advance(change(ChangeState.APPLIED, 8))
    said.answer.press([change(ChangeState.QUEUED, 8)])  # it was quicker than what came back to who pressed
    assert "is on its way" not in said()


async def test_what_waits_is_not_said_to_be_on_its_way() -> None:
    said = _Said()
    said.answer.advance(change(ChangeState.QUEUED, waits_for="laptop is not reachable"))
    assert "waits: laptop is not reachable" in said()
    said.answer.advance(change(ChangeState.CANCELLED))
    assert said() == ""


class _Said:
    """What stands in an answer."""

    def __init__(self) -> None:
        client: Any = Client(ui.page("/said"), request=None)
        visit = cast(Visit, SimpleNamespace(zone=UTC, now=NOW))
        with client:
            self.answer = Answer(visit)

    def __call__(self) -> str:
        return "".join(getattr(one, "text", "") for one in self.answer.descendants())
