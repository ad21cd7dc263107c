"""`python -m bench [--only reading] [--servers 10] [--rounds 40] [--presses 200] [--fleet 1000] [--seconds 120]`

Prints a table and exits with 0 whether the targets are met or not: a number is no test. It exits with 1 where it could
not run, and says why in a sentence.
"""

import argparse
import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import NoReturn, TypeVar

from bench import (
    both,
    browsing,
    connecting,
    machine,
    older,
    past,
    pressing,
    reading,
    scale,
    serving,
    unreachable,
)
from bench.figure import Section, table
from bench.fleet import Fleet, fleet
from bench.large import browsing as large_browsing
from bench.large import editing, returning, watching
from bench.large import pressing as large_pressing
from tests.rig import HostError, why_not

T = TypeVar("T")


def main() -> None:
    """Runs what was asked for."""
    asked = _asked()
    needs_rig = any(name in OF_REAL_COMPUTERS or name == "both" for name in asked.only)
    if needs_rig and (reason := why_not()) is not None:
        sys.exit(f"The benchmark cannot run here: {reason}.")
    signal.signal(signal.SIGTERM, _end)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed is compiled
    start = time.monotonic()
    _tell(machine.words())
    sections: list[Section] = []
    try:
        for section in _measured(asked):
            sections.append(section)
            _tell(table([section]))  # if a later one fails, this one was measured
    except HostError as problem:
        sys.exit(f"The benchmark cannot run here: {problem}")
    except KeyboardInterrupt:
        _end()
    print(f"\n{table(sections)}\n\n{machine.words()}; it took {time.monotonic() - start:.0f} s.")


def _measured(asked: argparse.Namespace) -> Iterator[Section]:
    """All that was asked for: what needs the same computers one after the other over them."""
    if real := [name for name in OF_REAL_COMPUTERS if name in asked.only]:
        _tell(f"making {asked.servers} computers with {2 * asked.servers} users …")
        with fleet(asked.servers) as computers:
            for name in real:
                _tell(f"measuring: {name} …")
                yield from OF_REAL_COMPUTERS[name](computers, asked)
    if large := [name for name in OF_A_LARGE_FLEET if name in asked.only]:
        budget = scale.THOUSAND.of(asked.fleet)
        _tell(f"starting {budget.servers} simulated computers, then the service …")
        with scale.running(budget) as running:
            for name in large:
                _tell(f"measuring: {name} …")
                yield from OF_A_LARGE_FLEET[name](running, asked)
    for name in [name for name in BY_THEMSELVES if name in asked.only]:
        _tell(f"measuring: {name} …")
        yield from BY_THEMSELVES[name](asked)


OF_REAL_COMPUTERS: dict[str, Callable[[Fleet, argparse.Namespace], list[Section]]] = {
    "reading": lambda computers, asked: [_loop(lambda: reading.measured(computers.computers, asked.rounds))],
    "older": lambda computers, asked: [_loop(lambda: older.measured(computers, max(asked.rounds // 10, 1)))],
    "pressing": lambda computers, asked: _loop(lambda: pressing.measured(computers.computers, asked.presses)),
    "connecting": lambda computers, asked: [
        _loop(lambda: connecting.measured(computers.computers, max(asked.rounds // 10, 1)))
    ],
    "serving": lambda computers, asked: serving.measured(computers, asked.presses),
    "browsing": lambda computers, asked: _loop(lambda: browsing.measured(computers, asked.presses)),
}
"""Over the rig's computers."""

OF_A_LARGE_FLEET: dict[str, Callable[[scale.Running, argparse.Namespace], list[Section]]] = {
    "scale": lambda running, asked: [scale.measured(running, scale.THOUSAND.of(asked.fleet), asked.seconds)],
    "press": lambda running, asked: [large_pressing.measured(running, asked.presses)],
    "home": lambda running, asked: [_loop(lambda: large_browsing.measured(running))],
    "edits": lambda running, asked: editing.measured(running),
    "returning": lambda running, asked: [returning.measured(running)],
    "watching": lambda running, asked: [_loop(lambda: watching.measured(running, asked.seconds))],
}
"""Over one service with a thousand simulated computers, one after the other. Who has pages open comes last: these are
kept for a minute after they were left."""

BY_THEMSELVES: dict[str, Callable[[argparse.Namespace], list[Section]]] = {
    "unreachable": lambda asked: [
        unreachable.measured(scale.THOUSAND.of(asked.fleet), asked.presses, asked.seconds)
    ],
    "past": lambda asked: [past.measured(scale.THOUSAND.of(asked.fleet))],
    "both": lambda asked: list(
        both.measured(asked.fleet or both.COMPUTERS, asked.rounds, asked.presses, _loop)
    ),
    "scale5000": lambda asked: [_five_thousand(asked)],
}
"""Each makes what it needs."""

DEFAULT = [*OF_REAL_COMPUTERS, "scale", "press"]


def _five_thousand(asked: argparse.Namespace) -> Section:
    budget = scale.FIVE_THOUSAND.of(asked.fleet)
    with scale.running(budget) as running:
        return scale.measured(running, budget, asked.seconds)


def _loop(work: Callable[[], Awaitable[T]]) -> T:
    """In the event loop that the service uses."""

    async def run() -> T:
        return await work()

    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(run())


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--servers", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=40, help="full reads of all servers")
    parser.add_argument("--presses", type=int, default=200, help="of each kind")
    parser.add_argument("--fleet", type=int, help="simulated computers; 1,000 or 5,000 where it is not said")
    parser.add_argument(
        "--seconds", type=float, default=120, help="of rest that are watched in a large fleet"
    )
    every = [*OF_REAL_COMPUTERS, *OF_A_LARGE_FLEET, *BY_THEMSELVES]
    parser.add_argument("--only", nargs="+", choices=every, default=DEFAULT)
    return parser.parse_args()


def _tell(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _end(*_: object) -> NoReturn:
    sys.exit("The benchmark was ended from outside; its computers are gone.")


if __name__ == "__main__":
    main()
