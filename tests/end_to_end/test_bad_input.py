"""Everything that can be wrong: computers, keys, values, folders, ports. Always words, never a traceback."""

import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.ports import free_port
from tests.rig import TimekprHost

from .conftest import add_server
from .service import Service, until

PC = "/servers/kids-pc"
ALICE = f"{PC}/users/alice"
ACCOUNTS = ("account", "list")  # opens the data folder as `serve` does, and is quicker


@pytest.fixture(scope="module")
def service(shared_service: Service, shared_pc: TimekprHost) -> Iterator[Service]:
    """The service, with `kids-pc` added and online; nothing in its log is a traceback at the end."""
    add_server(shared_service, shared_pc)
    yield shared_service
    assert "Traceback" not in shared_service.log.read_text()


def failure(service: Service, name: str, host: str, port: int, **more: Any) -> Any:
    """Adds a computer that cannot be spoken to; gives the error that is shown for it, and forgets it again."""
    body = {"name": name, "host": host, "port": port, "ssh_user": "manager", **more}
    service.ask("POST", "/servers", body, status=201)

    def told() -> Any:
        return service.get(f"/servers/{name}")["error"]

    problem = until(told, f"it is said what is wrong with {name}")
    assert service.get(f"/servers/{name}")["state"] in ("offline", "host-key-unknown")
    assert service.request("DELETE", f"/servers/{name}").is_success
    assert set(problem) == {"code", "message", "fix"}
    assert problem["message"].endswith(".")
    assert problem["fix"].strip()
    return problem


def test_a_name_that_nobody_has(service: Service) -> None:
    problem = failure(service, "nobody", "no-such-computer.invalid", 22)
    assert problem["code"] == "unreachable"
    assert "no-such-computer.invalid" in problem["message"]


def test_a_port_that_is_closed(service: Service, shared_pc: TimekprHost) -> None:
    problem = failure(service, "closed", shared_pc.address, 9)
    assert problem["code"] == "unreachable"
    assert "port 9" in problem["message"]


@contextlib.contextmanager
def listener(answer: bytes | None) -> Iterator[int]:
    """Something at a port that takes every connection and says this and hangs up, or nothing at all."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        taken = []

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    taken.append(connection)
                    if answer is not None:
                        connection.sendall(answer)
                        connection.close()

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            for connection in taken:
                connection.close()


def test_a_host_that_answers_nothing(service: Service) -> None:
    with listener(None) as port:
        problem = failure(service, "mute", "127.0.0.1", port)
    assert problem["code"] in ("timeout", "unreachable")


def test_a_port_of_something_else(service: Service) -> None:
    with listener(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n") as port:
        problem = failure(service, "a-printer", "127.0.0.1", port)
    assert problem["code"] == "unreachable"
    assert "SSH" in problem["message"] + problem["fix"]


def test_a_key_that_nobody_let_in_and_an_account_that_is_none(
    service: Service, shared_pc: TimekprHost
) -> None:
    host_key = shared_pc.host_key
    for account in ("manager", "no-such-account"):
        problem = failure(
            service, "locked", shared_pc.address, shared_pc.port, host_key=host_key, ssh_user=account
        )
        assert problem["code"] == "auth"
        assert account in problem["message"]
        assert "authorized_keys" in problem["fix"]


def test_an_account_that_is_not_in_the_group(service: Service, shared_pc: TimekprHost, key: Path) -> None:
    shared_pc.authorize("bob", key, restricted=False)
    problem = failure(
        service, "outsider", shared_pc.address, shared_pc.port, host_key=shared_pc.host_key, ssh_user="bob",
        private_key=key.read_text(),
    )  # fmt: skip
    assert problem["code"] == "not-in-group"
    assert "timekpr" in problem["fix"]


def test_a_host_key_that_changed_stops_everything_until_a_person_has_compared_it(
    service: Service, shared_pc: TimekprHost
) -> None:
    other = "SHA256:" + "B" * 43
    service.ask("PATCH", PC, {"host_key": other}, status=200)
    seen = until(lambda: service.get(PC)["error"], "the wrong key is told")
    assert seen["code"] == "host-key"
    [change] = service.ask("POST", f"{ALICE}/grants", {"seconds": 60})["changes"]
    assert service.get(f"/changes/{change['id']}")["state"] == "queued"
    service.ask("PATCH", PC, {"host_key": shared_pc.host_key}, status=200)
    [settled] = service.settled([change])
    assert settled["state"] == "applied"


def test_a_daemon_that_is_stopped_keeps_what_is_asked_until_it_is_back(
    service: Service, shared_pc: TimekprHost
) -> None:
    shared_pc.stop("timekprd")
    try:
        offline = service.until_state("kids-pc", "offline")
        assert offline["error"]["code"] == "no-daemon"
        assert "timekpr" in offline["error"]["fix"]
        [change] = service.ask("POST", f"{ALICE}/grants", {"seconds": 60})["changes"]
        waiting = service.get(f"/changes/{change['id']}")
        assert (waiting["state"], bool(waiting["waits_for"])) == ("queued", True)
    finally:
        shared_pc.start("timekprd")
    [settled] = service.settled([change])
    assert settled["state"] == "applied"


def test_a_daemon_that_hangs_is_told_and_loses_nothing_and_doubles_nothing(
    service: Service, shared_pc: TimekprHost
) -> None:
    service.until_state("kids-pc", "online")
    balance = int(shared_pc.userinfo("alice")["TIME_SPENT_BALANCE"])
    shared_pc.pause("timekprd")
    try:
        [change] = service.ask("POST", f"{ALICE}/grants", {"seconds": 120})["changes"]
        problem = until(lambda: service.get(PC)["error"], "the hanging daemon is told")
        assert problem["code"] in ("timeout", "no-daemon")
        assert service.get(f"/changes/{change['id']}")["state"] in ("queued", "sending")
    finally:
        shared_pc.resume("timekprd")
    [settled] = service.settled([change])
    assert settled["state"] == "applied"
    assert int(shared_pc.userinfo("alice")["TIME_SPENT_BALANCE"]) == balance - 120


def test_a_user_that_does_not_exist(service: Service) -> None:
    for words in (["user", "show", "kids-pc", "zoe"], ["grant", "kids-pc", "zoe", "5m"]):
        told = service.cli(*words, status=2)
        assert "zoe" in told.stderr
        assert "Traceback" not in told.stderr
    assert "nowhere" in service.cli("grant", "nowhere", "alice", "5m", status=2).stderr


@pytest.mark.parametrize(
    ("content", "media", "status"),
    [
        (b"", "application/json", 422),
        (b"{", "application/json", 422),
        (b"[]", "application/json", 422),
        (b"null", "application/json", 422),
        (b'{"seconds": NaN}', "application/json", 422),
        (b'{"seconds": 1e99}', "application/json", 422),
        (b'{"seconds": 99999999999999999999999999}', "application/json", 422),
        (b'{"seconds": 60, "seconds": 90}', "application/json", 422),
        (b'{"seconds": 60, "reason": "\\ud800"}', "application/json", 422),
        (b"\xff\xfe", "application/json", 422),
        (b'{"seconds": 60}', "text/plain", 422),
        (b"[" * 100_000, "application/json", 422),
        (b'{"reason": "' + b"a" * 300_000 + b'"}', "application/json", 413),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_body_that_is_no_request(service: Service, content: bytes, media: str, status: int) -> None:
    answer = httpx.post(
        f"{service.url}/api/v1{ALICE}/grants",
        content=content,
        headers={"Content-Type": media, "Authorization": f"Bearer {service.token}"},
    )
    assert answer.status_code == status, answer.text
    assert set(answer.json()["error"]) == {"code", "message", "field"}
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/servers/%2e%2e%2f",
        "/servers/%00",
        "/servers/kids-pc/users/%F0%9F%92%A9",
        "/servers/kids-pc/users/..%2F..%2Fetc",
        "/changes/-1",
        "/changes/99999999999999999999",
        "/changes?user=%00&server=%27%3B--",
        "/nothing",
    ],
)
def test_an_address_that_leads_nowhere(service: Service, path: str) -> None:
    answer = service.request("GET", path)
    assert answer.status_code in (200, 404), answer.text
    assert "Traceback" not in answer.text


# -- starting ----------------------------------------------------------------------------------------------------------


def refused(
    folder: Path,
    *words: str,
    command: tuple[str, ...] = ("serve",),
    user: str | None = None,
    environment: dict[str, str] | None = None,
) -> tuple[int, str]:
    """Runs a command that cannot work over this data folder; gives its exit status and what it said."""
    argv = [sys.executable, "-m", "timekpr_mngr.cli", *command, "--data-dir", str(folder), *words]
    if user is not None:
        argv = ["setpriv", "--reuid", user, "--regid", "nogroup", "--clear-groups", *argv]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TIMEKPR_MNGR_")}
    ours = {"TIMEKPR_MNGR_PORT": str(free_port()), **(environment or {})}
    done = subprocess.run(argv, capture_output=True, text=True, env={**clean, **ours}, timeout=60)
    said = done.stdout + done.stderr
    assert done.returncode in (2, 4), said
    assert "Traceback" not in said
    return done.returncode, said


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"TIMEKPR_MNGR_PORT": "eighty"}, "TIMEKPR_MNGR_PORT"),
        ({"TIMEKPR_MNGR_HOST": "a b"}, "TIMEKPR_MNGR_HOST"),
        ({"TIMEKPR_MNGR_LOG_LEVEL": "loud"}, "TIMEKPR_MNGR_LOG_LEVEL"),
        ({"TIMEKPR_MNGR_DATABASE_URL": "mysql://x"}, "TIMEKPR_MNGR_DATABASE_URL"),
        ({"TIMEKPR_MNGR_TRUSTED_PROXIES": "everybody"}, "TIMEKPR_MNGR_TRUSTED_PROXIES"),
    ],
)
def test_a_setting_in_the_environment_that_cannot_be(
    tmp_path: Path, environment: dict[str, str], says: str
) -> None:
    status, said = refused(tmp_path / "data", environment=environment)
    assert status == 2
    assert says in said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("port = [", "TOML"),
        ("colour = 'red'\n", "colour"),
        ("log_level = 'loud'\n", "log_level"),
        ("data_dir = '/x'\n", "data_dir"),
    ],
)
def test_a_settings_file_that_cannot_be(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "timekpr-mngr.toml").write_text(text)
    _, said = refused(tmp_path)
    assert "timekpr-mngr.toml" in said
    assert says in said


@pytest.fixture(scope="module")
def whole_folder(shared_service: Service, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of a data folder that is as it should be."""
    folder = tmp_path_factory.mktemp("whole")
    with (
        sqlite3.connect(shared_service.data_dir / "timekpr-mngr.db") as source,
        sqlite3.connect(folder / "timekpr-mngr.db") as copy,
    ):
        source.backup(copy)
    (folder / "secret.key").write_bytes((shared_service.data_dir / "secret.key").read_bytes())
    return folder


def copied(whole: Path, to: Path) -> Path:
    to.mkdir(parents=True)
    for path in whole.iterdir():
        (to / path.name).write_bytes(path.read_bytes())
    return to


def test_a_data_folder_that_is_broken_is_named_and_left_alone(tmp_path: Path, whole_folder: Path) -> None:
    newer = copied(whole_folder, tmp_path / "newer")
    with contextlib.closing(sqlite3.connect(newer / "timekpr-mngr.db")) as database, database:
        database.execute("update alembic_version set version_num = '9999'")
    damaged = copied(whole_folder, tmp_path / "damaged")
    content = bytearray((damaged / "timekpr-mngr.db").read_bytes())
    content[4096:12288] = b"\xa5" * 8192
    (damaged / "timekpr-mngr.db").write_bytes(content)
    keyless = copied(whole_folder, tmp_path / "keyless")
    (keyless / "secret.key").unlink()
    other_key = copied(whole_folder, tmp_path / "other-key")
    (other_key / "secret.key").write_text("nonsense")
    for folder, word in [
        (newer, "newer"),
        (damaged, "damaged"),
        (keyless, "secret.key"),
        (other_key, "secret.key"),
    ]:
        before = (folder / "timekpr-mngr.db").read_bytes()
        status, said = refused(folder, command=ACCOUNTS if folder != newer else ("serve",))
        assert status == 4, said
        assert str(folder) in said or word in said, said
        assert word in said.lower(), said
        assert (folder / "timekpr-mngr.db").read_bytes() == before, f"{word}: it was written"


@pytest.mark.skipif(os.geteuid() != 0, reason="another account's folder is made by root")
def test_a_data_folder_of_somebody_else_is_said(tmp_path_factory: pytest.TempPathFactory) -> None:
    with contextlib.ExitStack() as stack:
        folder = Path("/tmp") / f"e2e-unwritable-{os.getpid()}"
        folder.mkdir(mode=0o755)
        stack.callback(folder.rmdir)
        status, said = refused(folder, user="nobody")
    assert status == 4, said
    assert str(folder) in said


def test_a_second_service_says_what_is_in_its_way(shared_service: Service) -> None:
    status, said = refused(shared_service.data_dir)
    assert status == 4
    assert "already" in said
    assert str(shared_service.data_dir) in said
    status, said = refused(shared_service.data_dir, "--port", str(shared_service.port))
    assert status == 4
    assert str(shared_service.port) in said
    assert shared_service.get("/servers")["items"], "the first one goes on"


def test_it_ends_quickly_and_cleanly_while_a_computer_is_connected(service: Service) -> None:
    """The last of this module: it ends the shared service."""
    assert service.stop() == 0
    service.start()
    assert service.until_state("kids-pc", "online")["users"] == ["alice", "bob"]
    assert service.process is not None
    service.process.send_signal(signal.SIGINT)  # Ctrl-C
    assert service.process.wait(5) == 0
