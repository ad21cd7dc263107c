"""One service for a module, and the command line that speaks to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import Ended, Service, command, in_this_process, service
from tests.ports import free_port
from tests.services.house import HOST
from timekpr_mngr.simulator.line import host_key_of


class Person:
    """Somebody with a shell, a running service and a token."""

    def __init__(self, running: Service, data_dir: Path, token: str) -> None:
        self.service = running
        self.data_dir = data_dir
        self.token = token

    def __call__(self, *arguments: str, stdin: str = "") -> Ended:
        """Types a command."""
        return in_this_process(
            *arguments, stdin=stdin, TIMEKPR_MNGR_URL=self.service.url, TIMEKPR_MNGR_TOKEN=self.token
        )


@pytest.fixture(scope="module")
def person(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """With the server `kids-pc`, which was read."""
    folder = tmp_path_factory.mktemp("cli")
    data_dir, port = folder / "data", free_port()
    arguments = ["tests.cli.serving", str(port), str(data_dir)]
    with service(arguments, folder, port, lines=2) as running:
        made = command(
            "account", "create", "anna", "--role", "admin", "--password-stdin", "--data-dir", str(data_dir),
            stdin="correct horse\n",
        )  # fmt: skip
        assert made.status == 0, made.err
        token = command("token", "create", "tests", "--account", "anna", "--data-dir", str(data_dir))
        someone = Person(running, data_dir, token.out.strip())
        added = someone(
            "server", "add", "kids-pc", HOST, "--ssh-user", "timekpr-mngr", "--host-key", host_key_of(HOST)
        )
        assert added.status == 0, added.err
        while someone("server", "check", "kids-pc", "--json").json["items"][0]["ok"] is not True:
            pass
        yield someone
