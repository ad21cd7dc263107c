"""The rig's real computers beside as many simulated ones: whether what the simulated ones show can be believed."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace

from bench import connecting, older, pressing, reading
from bench.computers import Computers
from bench.figure import Figure, Section
from bench.fleet import Fleet, fleet
from bench.simulated.fleet import simulated

Run = Callable[[Callable[[], Awaitable[list[Section]]]], list[Section]]

COMPUTERS = 60
MANY = 1_000


def measured(count: int, rounds: int, presses: int, run: Run) -> Iterator[Section]:
    """Readings, connects and presses over each, figure by figure; then the older programs' way over the real ones.

    `run` runs it in the event loop that the service uses.
    """
    with fleet(count) as real:
        on_real = run(lambda: _over(real.computers, rounds, presses))
        [serial] = run(lambda: _serially(real))
    with simulated(count, count) as made:
        on_simulated = run(lambda: _over(made.computers, rounds, presses))
    for ours, theirs in zip(on_real, on_simulated, strict=True):
        yield Section(f"{ours.title}, real and simulated", list(_side_by_side(ours.figures, theirs.figures)))
    yield serial


async def _over(computers: Computers, rounds: int, presses: int) -> list[Section]:
    return [
        await reading.measured(computers, rounds),
        await connecting.measured(computers, max(rounds // 10, 1)),
        *await pressing.measured(computers, presses),
    ]


async def _serially(real: Fleet) -> list[Section]:
    told = await older.measured(real, 1)
    many = Figure(f"{MANY:,} servers at that rate", told.figures[0].value * MANY / 1000, "s")
    return [replace(told, figures=[*told.figures, many])]


def _side_by_side(real: Sequence[Figure], simulated: Sequence[Figure]) -> Iterator[Figure]:
    for one, other in zip(real, simulated, strict=True):
        yield replace(one, name=f"{one.name}: real", most=None)
        yield replace(other, name=f"{other.name}: simulated", most=None)
