"""Starts `serving` and stops it: what the browser tests and the screenshots stand on."""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.ports import free_port

ROOT = Path(__file__).parents[2]
STOP_SECONDS = 10
ADMIN, VIEWER, PASSWORD = "anna", "ben", "correct horse battery"
SPARE = "attic.home"
"""A computer that answers, and was not added yet."""
HOSTILE = '<img src=x onerror="alert(1)">'
"""A login on it, and the beginning of that user's full name."""


class Stage:
    """A running application. `log` is what it wrote so far."""

    def __init__(self, command: Sequence[str], port: int, log_file: Path) -> None:
        self._command_line = command
        self._log_file = log_file
        self.data_dir = log_file.parent / "data"
        self.url = f"http://127.0.0.1:{port}"
        self.start()

    @property
    def log(self) -> str:
        """Everything logged, of every level."""
        return self._log_file.read_text("utf-8")

    def switch_off(self, host: str) -> None:
        """The computer is gone, with every open connection."""
        self._command(f"off {host}")

    def switch_on(self, host: str) -> None:
        """It is back."""
        self._command(f"on {host}")

    def slow_down(self, host: str, seconds: float) -> None:
        """From now on everything that is asked of the computer takes so long."""
        self._command(f"slow {host} {seconds}")

    def somebody_limits(self, host: str, user: str, weekday: int, seconds: int, *, seen: bool = True) -> None:
        """Somebody sets a day's limit on the computer; it is read at once, or (not `seen`) when we look ourselves."""
        self._command(f"{'' if seen else 'quietly '}limit {host} {user} {weekday} {seconds}")

    def somebody_gives(self, host: str, user: str, seconds: int) -> None:
        """Somebody gives time on the computer, and it is read at once."""
        self._command(f"give {host} {user} {seconds}")

    def somebody_comes_between(self, host: str, user: str, seconds: int) -> None:
        """The answer to our next grant there is lost, and somebody gives time before it can be looked after."""
        self._command(f"between {host} {user} {seconds}")

    def somebody_sets_poll_time(self, host: str, seconds: int) -> None:
        """Somebody edits timekpr's poll time on the computer, and it is read at once."""
        self._command(f"poll {host} {seconds}")

    def somebody_leaves(self, host: str, user: str) -> None:
        """Somebody signs out on the computer."""
        self._command(f"leave {host} {user}")

    def start(self) -> None:
        """Serves what is in its data folder, at the same address as before."""
        with self._log_file.open("a") as log:
            self._process = subprocess.Popen(
                self._command_line,
                cwd=ROOT,
                # on UTC it is not told of a computer that its zone is another one than here
                env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "TZ": "UTC"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout is not None
        if self._process.stdout.readline().strip() != "ready":
            self.stop()
            raise AssertionError(f"the application did not start:\n{self.log}")

    def stop(self) -> None:
        """Ends the application; its data stays."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _command(self, command: str) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline().strip() == "done", self.log


@contextlib.contextmanager
def stage(*, empty: bool = False, ssh: bool = False, pseudo: Path | None = None) -> Iterator[Stage]:
    """An application with the demo's family, two accounts, and (unless `empty`) three servers; with `ssh` over SSH.

    With the template of all texts as `pseudo` it speaks a language made up from them (tests/browser/pseudo.py).
    """
    with tempfile.TemporaryDirectory(prefix="timekpr-mngr-stage-") as folder:
        log_file, port = Path(folder) / "log", free_port()
        command = [sys.executable, "-m", "tests.browser.serving", str(port), str(Path(folder) / "data")]
        command += ["--empty"] * empty + ["--ssh"] * ssh + ([f"--pseudo={pseudo}"] if pseudo else [])
        running = Stage(command, port, log_file)
        try:
            yield running
        finally:
            running.stop()
