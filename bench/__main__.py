"""`python -m bench [--servers 10] [--rounds 40] [--presses 200] [--only reading]`

Prints a table and exits with 0 whether the targets are met or not: a number is no test. It exits with 1 where it could
not run, and says why in a sentence.
"""

import argparse
import asyncio
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeVar

from bench import browsing, connecting, machine, older, pressing, reading, serving
from bench.figure import Section, table
from bench.fleet import Fleet, fleet
from tests.rig import HostError, why_not

T = TypeVar("T")

Measure = Callable[[Fleet, argparse.Namespace], list[Section]]


def main() -> None:
    """Runs what was asked for."""
    asked = _asked()
    if (reason := why_not()) is not None:
        sys.exit(f"The benchmark cannot run here: {reason}.")
    signal.signal(signal.SIGTERM, _end)
    start = time.monotonic()
    _tell(f"{machine.words()}\nmaking {asked.servers} computers with {2 * asked.servers} users …")
    try:
        with fleet(asked.servers) as computers:
            sections = [section for name in asked.only for section in _run(name, computers, asked)]
    except HostError as problem:
        sys.exit(f"The benchmark cannot run here: {problem}")
    print(f"\n{table(sections)}\n\n{machine.words()}; it took {time.monotonic() - start:.0f} s.")


def _run(name: str, computers: Fleet, asked: argparse.Namespace) -> list[Section]:
    _tell(f"measuring: {name} …")
    return MEASURES[name](computers, asked)


MEASURES: dict[str, Measure] = {
    "reading": lambda computers, asked: [_loop(lambda: reading.measured(computers, asked.rounds))],
    "older": lambda computers, asked: [_loop(lambda: older.measured(computers, max(asked.rounds // 10, 1)))],
    "pressing": lambda computers, asked: _loop(lambda: pressing.measured(computers, asked.presses)),
    "connecting": lambda computers, asked: [
        _loop(lambda: connecting.measured(computers, max(asked.rounds // 10, 1)))
    ],
    "serving": lambda computers, asked: serving.measured(computers, asked.presses),
    "browsing": lambda computers, asked: _loop(lambda: browsing.measured(computers, asked.presses)),
}


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
    parser.add_argument("--only", nargs="+", choices=MEASURES, default=list(MEASURES))
    return parser.parse_args()


def _tell(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _end(*_: object) -> NoReturn:
    sys.exit("The benchmark was ended from outside; its computers are gone.")


if __name__ == "__main__":
    main()
