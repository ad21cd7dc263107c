"""Commands and services as processes of their own, as a person starts them."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from timekpr_mngr.cli import main

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "timekpr_mngr.cli"]
STARTS_WITHIN_SECONDS = 60.0
ENDS_WITHIN_SECONDS = 60.0


@dataclass
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.out)


def command(*arguments: str, stdin: str = "", **environment: str) -> Ended:
    """Runs `timekpr-mngr` with these arguments."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        env=clean_environment() | environment,
        timeout=ENDS_WITHIN_SECONDS,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Ended(done.returncode, done.stdout, done.stderr)


def in_this_process(*arguments: str, stdin: str = "", **environment: str) -> Ended:
    """The same without a process of its own, which is much quicker."""
    out, err, status = io.StringIO(), io.StringIO(), 0
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch.dict(os.environ, clean_environment() | environment, clear=True),
        mock.patch.object(sys, "argv", ["timekpr-mngr", *arguments]),
        mock.patch.object(sys, "stdin", io.StringIO(stdin)),
    ):
        try:
            main()
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(bool(end.code))
    return Ended(status, out.getvalue(), err.getvalue())


@dataclass
class Service:
    """A running service. `said` is what it printed so far."""

    process: "subprocess.Popen[str]"
    port: int
    log_file: Path
    said: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What it wrote to standard error."""
        return self.log_file.read_text("utf-8")

    def tell(self, word: str) -> None:
        """Writes a line to its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ends it as init or Ctrl-C does, and gives its exit status."""
        self.process.send_signal(number)
        return self.process.wait(ENDS_WITHIN_SECONDS)


@contextlib.contextmanager
def service(arguments: list[str], folder: Path, port: int, *, lines: int = 1) -> Iterator[Service]:
    """Starts a service and waits until it has said where it is, and `lines` lines in all."""
    log_file = folder / "log"
    with (
        log_file.open("w") as log,
        subprocess.Popen(
            [sys.executable, "-m", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=clean_environment(),
            cwd=folder,
        ) as process,
    ):
        running = Service(process, port, log_file)
        watchdog = _kill_later(process)
        try:
            assert process.stdout is not None
            while len(running.said) < lines:
                line = process.stdout.readline()
                assert line, running.log
                running.said.append(line.rstrip())
            yield running
        finally:
            watchdog.set()
            if process.poll() is None:
                process.kill()


def _kill_later(process: "subprocess.Popen[str]") -> Any:
    """A service that never says where it is is ended, and with it the wait for its next line."""
    import threading

    ready = threading.Event()

    def watch() -> None:
        started = time.monotonic()
        while not ready.is_set() and time.monotonic() - started < 10 * STARTS_WITHIN_SECONDS:
            time.sleep(0.2)
        if not ready.is_set():
            process.kill()

    threading.Thread(target=watch, daemon=True).start()
    return ready


def clean_environment() -> dict[str, str]:
    """Ours, without settings of timekpr-mngr."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TIMEKPR_MNGR_")}
    return kept | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "PYTHONUNBUFFERED": "1"}
