"""What the running service tells of itself (docs/observability.md), and what the system tells of it."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass

import httpx
from prometheus_client.parser import text_string_to_metric_families

from bench.machine import cpu_seconds, memory_mib
from tests.end_to_end.service import Service

LOOK_EVERY_SECONDS = 0.25  # a look costs the service some milliseconds
PREFIX = "timekpr_mngr_"

Key = tuple[str, frozenset[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Moment:
    """All figures at one moment. `at` is of `time.perf_counter`."""

    at: float
    cpu_seconds: float
    memory_mib: float
    figures: Mapping[Key, float]

    def figure(self, name: str, **labels: str) -> float:
        """A figure; 0 where there is none of it yet."""
        return self.figures.get((PREFIX + name, frozenset(labels.items())), 0.0)


@dataclass(frozen=True, slots=True)
class Between:
    """What happened from one moment to another."""

    first: Moment
    last: Moment

    @property
    def seconds(self) -> float:
        return self.last.at - self.first.at

    @property
    def cores(self) -> float:
        """How much of one core the service took, in percent."""
        return (self.last.cpu_seconds - self.first.cpu_seconds) / self.seconds * 100

    def grown(self, name: str, **labels: str) -> float:
        """By how much a counter grew."""
        return self.last.figure(name, **labels) - self.first.figure(name, **labels)

    def quantile_ms(self, name: str, share: float, **labels: str) -> float:
        """That of a histogram of seconds, taken as even within a bucket."""
        bounds = sorted(
            float(dict(found)["le"])
            for metric, found in self.last.figures
            if metric == f"{PREFIX}{name}_bucket" and labels.items() <= dict(found).items()
        )
        counts = [(le, self.grown(f"{name}_bucket", le=_words(le), **labels)) for le in bounds]
        wanted = counts[-1][1] * share if counts else 0.0
        below, before = 0.0, 0.0
        for le, count in counts:
            if count >= wanted > 0:
                above = le if le < math.inf else below  # how much more than the last bound nobody knows
                return (below + (above - below) * (wanted - before) / (count - before)) * 1000
            below, before = le, count
        return 0.0


class Watch:
    """Looks at a running service."""

    def __init__(self, service: Service) -> None:
        assert service.process is not None
        self._pid = service.process.pid
        headers = {"Authorization": f"Bearer {service.token}"}
        self._client = httpx.Client(base_url=service.url, headers=headers, timeout=60)

    def cpu_seconds(self) -> float:
        """What the service has taken of the processor up to now."""
        return cpu_seconds(self._pid)

    def look(self) -> Moment:
        """All figures now."""
        at = time.perf_counter()
        text = self._client.get("/metrics").raise_for_status().text
        figures = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }
        return Moment(at, self.cpu_seconds(), memory_mib(self._pid), figures)

    def during(self, seconds: float) -> Between:
        """What happens in that time."""
        first = self.look()
        time.sleep(seconds)
        return Between(first, self.look())


def _words(le: float) -> str:
    return "+Inf" if le == float("inf") else str(le)
