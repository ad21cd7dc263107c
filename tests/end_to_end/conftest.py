"""The program beside a real computer of the rig."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.noon import noon_zone
from tests.rig import TimekprHost

from .service import Service

LIMITS = ";".join(["7200"] * 7)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path)
    service.start()
    yield service
    service.kill()


@pytest.fixture
def kids_pc(make_host: Callable[..., TimekprHost]) -> TimekprHost:
    """A computer on which alice has two hours a day."""
    host = make_host(users=["alice", "bob"], timekpr={"TIMEKPR_POLLTIME": 1, "TIMEKPR_SAVE_TIME": 2})
    host.timekpra("--settimelimits", "alice", LIMITS)
    return host


@pytest.fixture(scope="module")
def shared_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One service for all tests of a module."""
    service = Service(tmp_path_factory.mktemp("service"))
    service.start()
    yield service
    service.kill()


@pytest.fixture(scope="module")
def shared_pc(shared_host: Callable[..., TimekprHost]) -> TimekprHost:
    """One computer for all tests of a module, where it is about noon: alice has two hours a day."""
    host = shared_host(
        users=["alice", "bob"], tz=noon_zone(), timekpr={"TIMEKPR_POLLTIME": 1, "TIMEKPR_SAVE_TIME": 2}
    )
    host.timekpra("--settimelimits", "alice", LIMITS)
    return host


@pytest.fixture
def added(service: Service, kids_pc: TimekprHost) -> dict[str, Any]:
    """`kids-pc` with the restricted key of its own, trusted and online."""
    return add_server(service, kids_pc)


def add_server(
    service: Service, host: TimekprHost, name: str = "kids-pc", *, restricted: bool = True
) -> dict[str, Any]:
    body = {"name": name, "host": host.address, "port": host.port, "ssh_user": "manager"}
    made = service.ask("POST", "/servers", body, status=201)
    host.authorize("manager", made["public_key"], restricted=restricted)
    seen = service.until_state(name, "host-key-unknown")
    while seen["fingerprint"] is None:
        seen = service.get(f"/servers/{name}")
    service.ask("POST", f"/servers/{name}/trust", {"fingerprint": seen["fingerprint"]}, status=200)
    online: dict[str, Any] = service.until_state(name, "online")
    return {**made, **online}
