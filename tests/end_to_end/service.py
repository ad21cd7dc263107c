"""The program as a user starts it: a process of its own, spoken to over REST and by its command line."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx

from tests.ports import free_port

T = TypeVar("T")

PATIENCE_SECONDS = 90.0
LOOK_EVERY_SECONDS = 0.02


def until(look: Callable[[], T], what: str, seconds: float = PATIENCE_SECONDS) -> T:
    """The first true thing that `look` gives."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(LOOK_EVERY_SECONDS)
    return found


class Service:
    """`timekpr-mngr serve` on a data folder of its own, with an account `mum` and a token.

    All requests come from one client, each over a connection of its own: to make a client takes 40 ms of processor
    time, and a connection that is kept may end just as the next request is sent.
    """

    def __init__(self, folder: Path) -> None:
        self.data_dir = folder / "data"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "service.log"
        self.cli("account", "create", "mum", "--role", "admin", "--password-stdin", input="correct horse\n")
        self.token = self.cli("token", "create", "tests", "--account", "mum").stdout.strip()
        self.process: subprocess.Popen[bytes] | None = None
        self._client = httpx.Client(limits=httpx.Limits(max_keepalive_connections=0))

    @property
    def environment(self) -> dict[str, str]:
        ours = {
            "TIMEKPR_MNGR_DATA_DIR": str(self.data_dir),
            "TIMEKPR_MNGR_URL": self.url,
            "TIMEKPR_MNGR_TOKEN": getattr(self, "token", ""),
        }
        return {**os.environ, **ours}

    def command(self, *words: str) -> list[str]:
        """`timekpr-mngr WORDS…`, to be run in our `environment`."""
        return [sys.executable, "-m", "timekpr_mngr.cli", *words]

    def cli(self, *words: str, input: str | None = None, status: int = 0) -> subprocess.CompletedProcess[str]:
        """Runs `timekpr-mngr WORDS…` and checks its exit status."""
        done = subprocess.run(
            self.command(*words),
            capture_output=True,
            text=True,
            input=input,
            env=self.environment,
            timeout=60,
        )
        assert done.returncode == status, f"{words} gave {done.returncode}:\n{done.stdout}\n{done.stderr}"
        return done

    def cli_json(self, *words: str, status: int = 0) -> Any:
        return json.loads(self.cli(*words, "--json", status=status).stdout)

    def start(self) -> None:
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command("serve", "--port", str(self.port)),
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=self.environment,
            )
        until(self._answers, f"the service answers\n{self.log.read_text()}")

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"the service ended:\n{self.log.read_text()}"
        try:
            return self._client.get(f"{self.url}/healthz", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """As a power cut: no last words."""
        self._signal(signal.SIGKILL)

    def stop(self) -> int:
        """As systemd would; gives the exit status."""
        return self._signal(signal.SIGTERM)

    def _signal(self, number: int) -> int:
        if self.process is None:
            return 0
        self.process.send_signal(number)
        status = self.process.wait(PATIENCE_SECONDS)
        self.process = None
        return status

    def request(self, method: str, path: str, json: Any = None, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return self._client.request(
            method, f"{self.url}/api/v1{path}", json=json, headers=headers, timeout=30, **more
        )

    def get(self, path: str) -> Any:
        answer = self.request("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ask(self, method: str, path: str, json: Any = None, status: int = 202) -> Any:
        answer = self.request(method, path, json)
        assert answer.status_code == status, answer.text
        return answer.json()

    def settled(
        self, changes: list[dict[str, Any]], seconds: float = PATIENCE_SECONDS
    ) -> list[dict[str, Any]]:
        """The same changes when none of them is open any more."""

        def look() -> list[dict[str, Any]]:
            now = [self.get(f"/changes/{change['id']}") for change in changes]
            return [] if any(change["state"] in ("queued", "sending") for change in now) else now

        return until(look, f"changes {[change['id'] for change in changes]} are settled", seconds)

    def until_state(self, server: str, state: str) -> Any:
        def look() -> Any:
            found = self.get(f"/servers/{server}")
            return found if found["state"] == state else None

        return until(look, f"{server} is {state}")
