"""Repeats runs by their seeds, one after the other, and shows what happened in each."""

import argparse
import asyncio
import json
from functools import partial

from tests.faults.computer import computers
from tests.faults.lane import Lane, Run
from tests.faults.scenario import scenario
from tests.rig import TimekprHost


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("seeds", nargs="+", type=int)
    parser.add_argument(
        "--fault", action="append", help="this fault, whatever the seed says; may be given again"
    )
    parser.add_argument("--family", help="this kind of changes, whatever the seed says")
    parser.add_argument("-q", "--quiet", action="store_true", help="show only what is wrong")
    chosen = parser.parse_args()
    asyncio.run(repeat(chosen))


async def repeat(chosen: argparse.Namespace) -> None:
    [computer] = computers(1, partial(TimekprHost, die_with_parent=True))
    with computer.host:
        async with Lane(computer) as lane:
            for seed in chosen.seeds:
                run = await lane.run(scenario(seed, chosen.fault, chosen.family))
                show(run, chosen.quiet)


def show(run: Run, quiet: bool) -> None:
    if not quiet:
        for entry in run.evidence.journal:
            print("   ", json.dumps(entry))
        for change in run.changes:
            print("   ", change)
        print("   ", run.evidence.before.time, "→", run.evidence.after.time)
    words = f"seed {run.scenario.seed}: {run.scenario.family}, {run.scenario.fault}"
    print(f"{words}: tried {list(run.tried)}, lives {run.lives}, {run.seconds:.2f} s")
    for wrong in run.wrong:
        print("  WRONG", wrong)


if __name__ == "__main__":
    main()
