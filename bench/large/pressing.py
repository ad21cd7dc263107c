"""A press, with everything else going on."""

import itertools
import time

from bench.figure import Figure, Section, quantile
from bench.rest import Rest
from bench.scale import Running
from bench.simulated.computers import users_of
from bench.watched import Between

MEDIAN_MOST_MS, P95_MOST_MS = 15.0, 60.0
LOOK_EVERY_SECONDS = 0.1  # oftener, and the answers that we wait for are in the way of the press
GIVEN_SECONDS = 60
MEDIAN, P95 = "from kept to read back, median", "from kept to read back, p95"
HISTOGRAM = "press_to_confirmed_seconds"


def measured(running: Running, presses: int) -> Section:
    """Somebody gives a minute or takes one: on one computer after the other, those with somebody logged in too."""
    rest = Rest(running.service)
    names = [server.name for server in running.fleet.well]
    step = max(len(names) // presses, 1)  # from all over the fleet
    first = running.watch.look()
    places = itertools.islice(itertools.cycle(names[::step]), presses)
    kept = [_pressed(rest, name, (-1) ** number * GIVEN_SECONDS) for number, name in enumerate(places)]
    inside = Between(first, running.watch.look())
    return Section(
        f"Grant with {len(names):,} computers connected, {presses} presses",
        [
            Figure(MEDIAN, inside.quantile_ms(HISTOGRAM, 0.5, kind="grant"), "ms", MEDIAN_MOST_MS),
            Figure(P95, inside.quantile_ms(HISTOGRAM, 0.95, kind="grant"), "ms", P95_MOST_MS),
            Figure(
                "of the service's processor time, a press", inside.cores * inside.seconds * 10 / presses, "ms"
            ),
            Figure("until REST said that it is kept, median", quantile(kept, 0.5), "ms"),
        ],
    )


def _pressed(rest: Rest, server: str, seconds: int) -> float:
    """Milliseconds until it was kept. Returns when it has arrived."""
    start = time.perf_counter()
    path = f"/servers/{server}/users/{users_of(server)[0]}/grants"
    [change] = rest.ask("POST", path, {"seconds": seconds, "kind": "time"})["changes"]
    kept = time.perf_counter()
    while rest.ended(change["id"]) is None:
        time.sleep(LOOK_EVERY_SECONDS)
    return (kept - start) * 1000
