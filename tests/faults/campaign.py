"""Many runs on several computers at once, and what came of them all."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack

from tests.faults.computer import Computer
from tests.faults.lane import Lane, Run
from tests.faults.scenario import scenario


class Tally:
    """What came of runs so far. `str` is the report."""

    def __init__(self) -> None:
        self.runs = 0
        self.faults: Counter[str] = Counter()
        self.states: Counter[str] = Counter()
        self.uncertain: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        self.failed: list[str] = []

    def add(self, run: Run) -> None:
        self.runs += 1
        self.faults.update(run.tried)
        self.states.update(change.state for change in run.changes)
        doubts = sum(change.state == "uncertain" for change in run.changes)
        if doubts:
            self.uncertain[run.scenario.fault] += doubts
        self.wrong.update(wrong.kind for wrong in run.wrong)
        self.dropped.update(run.evidence.dropped)
        if run.wrong:
            self.failed.append("\n".join([title(run), *(f"  {wrong}" for wrong in run.wrong)]))

    def fail(self, seed: int, problem: Exception) -> None:
        """A run that came to no verdict."""
        self.runs += 1
        self.wrong["no verdict"] += 1
        self.failed.append(f"seed {seed}: {problem!r}\n  {repeat(seed)}")

    @property
    def counts(self) -> dict[str, int]:
        """The figures that can be added up."""
        return {
            "runs": self.runs,
            "faults tried": self.faults.total(),
            "changes made": self.states.total(),
            "lost": self.wrong["lost"],
            "doubled": self.wrong["doubled"],
            "otherwise wrong": self.wrong.total() - self.wrong["lost"] - self.wrong["doubled"],
            "uncertain": self.states["uncertain"],
        }

    def __str__(self) -> str:
        summary = ", ".join(f"{name} {count}" for name, count in self.counts.items())
        lines = [
            summary,
            f"faults: {listed(self.faults)}",
            f"changes ended: {listed(self.states)}",
            f"uncertain by what went wrong: {listed(self.uncertain)}",
            f"lost by timekprd itself: {listed(self.dropped)}",
            f"wrong: {listed(self.wrong)}",
        ]
        return "\n".join([*lines, *self.failed])


async def campaign(
    seeds: Iterable[int], computers: Sequence[Computer], done: Callable[[Run], None] = lambda _: None
) -> Tally:
    """Runs every seed on whichever computer is free."""
    tally, left = Tally(), iter(seeds)
    async with AsyncExitStack() as stack:
        lanes = [await stack.enter_async_context(Lane(computer)) for computer in computers]
        await asyncio.gather(*(_runs(lane, left, tally, done) for lane in lanes))
    return tally


async def _runs(lane: Lane, seeds: Iterator[int], tally: Tally, done: Callable[[Run], None]) -> None:
    for seed in seeds:
        try:
            run = await lane.run(scenario(seed))
        except Exception as problem:
            tally.fail(seed, problem)
            continue
        tally.add(run)
        done(run)


def title(run: Run) -> str:
    """Which run it was, and how to repeat it."""
    what = run.scenario
    return f"seed {what.seed}: {what.fault} on {what.family}, {run.seconds:.1f} s\n  {repeat(what.seed)}"


def repeat(seed: int) -> str:
    """The command that repeats a run."""
    return f"repeat: python -m tests.faults {seed}"


def listed(counts: Counter[str]) -> str:
    """`cut 40, kill 60`."""
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"
