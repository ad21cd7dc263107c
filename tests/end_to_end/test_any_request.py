"""Requests that nobody thought of, made up by schemathesis from our own description of the API: never a 5xx, and every
answer as it is described."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.cli.running import COMMAND, Service, clean_environment, service
from tests.ports import free_port
from tests.services.house import HOST
from timekpr_mngr.simulator.line import host_key_of

ST = str(Path(sys.executable).with_name("st"))
CONFIG = """\
[parameters]
server = "kids-pc"
user = "alice"
person = "kids-pc/alice"
change = [1, 2, 3, 4]
"path.version" = [1, 2]
drift = [1, 2]
"""
CHECKS = "not_a_server_error,response_schema_conformance,content_type_conformance"
SPOILERS = r"^(DELETE .*|PATCH /servers/\{server\}|POST /servers/\{server\}/trust)$"
"""After these nothing is where the others look for it, or the token is good no more."""
CALLS_IN_ALL, ROUNDS = 10_000, 4


@pytest.fixture
def token(tmp_path: Path) -> str:
    """Of an administrator."""
    data = ["--data-dir", str(tmp_path / "data")]
    made = ["account", "create", "anna", "--role", "admin", "--password-stdin", *data]
    token = ["token", "create", "requests", "--account", "anna", *data]
    said = [
        subprocess.run(
            [*COMMAND, *words],
            input="a password of anna's\n",
            capture_output=True,
            text=True,
            check=True,
            env=clean_environment(),
        ).stdout
        for words in (made, token)
    ]
    return said[-1].strip()


@pytest.fixture
def running(tmp_path: Path, token: str) -> Iterator[Service]:
    """The service over a computer in memory, on which some changes were made."""
    port = free_port()
    with service(["tests.cli.serving", str(port), "data"], tmp_path, port) as running:
        with httpx.Client(
            base_url=f"{running.url}/api/v1", headers={"Authorization": f"Bearer {token}"}
        ) as api:
            server = {"name": "kids-pc", "host": HOST, "ssh_user": "x", "host_key": host_key_of(HOST)}
            assert api.post("/servers", json=server).status_code == 201
            assert api.post("/servers/kids-pc/sync", params={"wait": True}, timeout=60).status_code == 200
            for body in ({"week_limit_seconds": 50_000}, {"hide_tray_icon": True}):
                patched = api.patch("/servers/kids-pc/users/alice/config", json=body)
                assert patched.status_code == 202, patched.text
        yield running


def requests(running: Service, token: str, folder: Path, *options: str) -> str:
    """Makes them up and sends them; gives what schemathesis says at the end."""
    (folder / "schemathesis.toml").write_text(CONFIG)
    done = subprocess.run(
        [
            *(ST, "--config-file", "schemathesis.toml", "run", f"{running.url}/api/v1/openapi.json"),
            *("-H", f"Authorization: Bearer {token}", "--checks", CHECKS, "--no-color"),
            *("--request-timeout", "120", "--suppress-health-check", "all", *options),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in running.log, running.log[-5000:]
    assert done.returncode == 0, done.stdout[-10_000:] + done.stderr[-3000:]
    return done.stdout


@pytest.mark.timeout(600)
def test_no_request_is_too_much(running: Service, token: str, tmp_path: Path) -> None:
    assert made(requests(running, token, tmp_path, "--phases", "fuzzing", "-n", "3", "--seed", "1")) > 100


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_ten_thousand_requests(running: Service, token: str, tmp_path: Path, seed: int) -> None:
    """Each round has a service of its own, which the tests end after ten minutes whatever becomes of it."""
    often = ["--phases", "coverage,fuzzing", "-n", "60", "--seed", str(seed)]
    spared = ["--exclude-name-regex", SPOILERS] if seed else []
    calls = made(requests(running, token, tmp_path, *often, *spared))
    print(f"\n{calls} requests")
    assert calls >= CALLS_IN_ALL / ROUNDS


def made(said: str) -> int:
    """How many requests schemathesis says that it made."""
    [number] = re.findall(r"^ *([\d,]+) generated, ", said, re.MULTILINE)
    return int(number.replace(",", ""))
