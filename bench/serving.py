"""The program as a process of its own: its start, its memory, and a press through REST."""

import contextlib
import itertools
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from bench.figure import Figure, Section, quantile
from bench.fleet import ACCOUNT, AT_THE_COMPUTER, Fleet
from bench.machine import memory_mib
from tests.end_to_end.service import Service

IMPORTS = {
    "importing what the command line needs": "import timekpr_mngr.cli",
    "importing all of it": "import timekpr_mngr.app",
}
IMPORT_ROUNDS = 3
LOOK_EVERY_SECONDS = 0.002


def measured(fleet: Fleet, presses: int) -> list[Section]:
    """Start, memory and REST."""
    imports = [Figure(name, _importing(code), "ms") for name, code in IMPORTS.items()]
    with served() as (service, started_ms):
        empty = _memory(service)
        add_all(service, fleet)
        took = _pressed(service, fleet, presses)
        full = _memory(service)
    return [
        Section(
            f"Grant through REST, {presses} presses, looked at every {LOOK_EVERY_SECONDS * 1000:.0f} ms",
            [Figure("median", quantile(took, 0.5), "ms"), Figure("p95", quantile(took, 0.95), "ms")],
        ),
        Section(
            "The process",
            [
                *imports,
                Figure("from its start to its first answer", started_ms, "ms"),
                Figure("memory, just started", empty, "MiB"),
                Figure(f"memory, with {len(fleet.hosts)} servers, after the presses", full, "MiB"),
            ],
        ),
    ]


@contextlib.contextmanager
def served() -> Iterator[tuple[Service, float]]:
    """The running service, and the milliseconds that its start took."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        service = Service(Path(folder))
        start = time.perf_counter()
        try:
            service.start()
            yield service, (time.perf_counter() - start) * 1000
        finally:
            service.kill()


def add_all(service: Service, fleet: Fleet) -> None:
    for host in fleet.hosts:
        body = {
            "name": host.name,
            "host": host.address,
            "port": host.port,
            "ssh_user": ACCOUNT,
            "private_key": fleet.private_key,
            "host_key": host.host_key,
        }
        service.ask("POST", "/servers", body, status=201)
    for host in fleet.hosts:
        service.until_state(host.name, "online")


def _pressed(service: Service, fleet: Fleet, presses: int) -> list[float]:
    headers = {"Authorization": f"Bearer {service.token}"}
    with httpx.Client(base_url=f"{service.url}/api/v1", headers=headers) as client:
        servers = itertools.islice(itertools.cycle(fleet.hosts), presses)
        return [_confirmed(client, host.name, (-1) ** number * 60) for number, host in enumerate(servers)]


def _confirmed(client: httpx.Client, server: str, seconds: int) -> float:
    start = time.perf_counter()
    path = f"/servers/{server}/users/{AT_THE_COMPUTER}/grants"
    change = (
        client.post(path, json={"seconds": seconds, "kind": "time"}).raise_for_status().json()["changes"][0]
    )

    def state() -> str | None:
        found: str = client.get(f"/changes/{change['id']}").raise_for_status().json()["state"]
        return None if found in ("queued", "sending") else found

    while (ended := state()) is None:
        time.sleep(LOOK_EVERY_SECONDS)
    assert ended == "applied", f"change {change['id']} ended as {ended}"
    return (time.perf_counter() - start) * 1000


def _importing(code: str) -> float:
    """Milliseconds of a fresh Python that imports it, without those that Python itself takes."""

    def once(code: str) -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return (time.perf_counter() - start) * 1000

    took = [once(code) - once("") for _ in range(IMPORT_ROUNDS)]
    return quantile(took, 0.5)


def _memory(service: Service) -> float:
    """MiB that are resident."""
    assert service.process is not None
    return memory_mib(service.process.pid)
