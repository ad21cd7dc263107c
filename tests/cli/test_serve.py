"""Starting and ending the service."""

import signal
import socket
import ssl
import time
from pathlib import Path

import httpx
import pytest

from tests.cli.running import Ended, command, service
from tests.ports import free_port
from tests.web.certificates import write_certificate

SERVE = "timekpr_mngr.cli"


def refused(ended: Ended, *says: str, status: int = 4) -> None:
    """It ended with one line that says why."""
    assert ended.status == status, ended
    assert len(ended.err.strip().splitlines()) == 1, ended.err
    for words in says:
        assert words in ended.err


def test_it_says_where_it_is_and_gives_the_link_of_the_first_account(tmp_path: Path) -> None:
    port = free_port()
    with service(
        [SERVE, "serve", "--port", str(port), "--data-dir", "data"], tmp_path, port, lines=2
    ) as running:
        where, link = running.said
        assert where == f"timekpr-mngr is at http://127.0.0.1:{port}"
        address = link.rpartition(" ")[2]
        assert httpx.get(address).status_code == 200
        assert httpx.get(f"{running.url}/healthz").text == "ok\n"
        started = time.monotonic()
        assert running.stop() == 0
        assert time.monotonic() - started < 10
        assert "Traceback" not in running.log
        assert "token=" not in running.log
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_ctrl_c_ends_it_in_order_also_with_a_page_open(tmp_path: Path) -> None:
    port = free_port()
    with (
        service([SERVE, "serve", "--port", str(port), "--data-dir", "data"], tmp_path, port) as running,
        socket.create_connection(("127.0.0.1", port)) as idle,
    ):
        idle.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        assert running.stop(signal.SIGINT) == 0
        assert "Traceback" not in running.log


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refused(
            command("serve", "--port", port, "--data-dir", str(tmp_path / "data")), port, "taken", "--port"
        )


def test_two_services_never_share_their_data(tmp_path: Path) -> None:
    port = free_port()
    with service([SERVE, "serve", "--port", str(port), "--data-dir", "data"], tmp_path, port):
        second = command("serve", "--port", str(free_port()), "--data-dir", str(tmp_path / "data"))
    refused(
        Ended(second.status, second.out, second.err.strip().splitlines()[-1]),
        "Another timekpr-mngr",
        "--data-dir",
    )


def test_a_data_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("x")
    refused(
        command("serve", "--port", str(free_port()), "--data-dir", str(tmp_path / "data")),
        "no folder",
        status=2,
    )


def test_a_database_that_is_none_is_said_and_left_alone(tmp_path: Path) -> None:
    from timekpr_mngr.store.opening import DATABASE_NAME

    (tmp_path / DATABASE_NAME).write_bytes(b"this is no database at all, but long enough for a header" * 20)
    before = (tmp_path / DATABASE_NAME).read_bytes()

    refused(command("serve", "--port", str(free_port()), "--data-dir", str(tmp_path)))

    assert (tmp_path / DATABASE_NAME).read_bytes() == before


def test_a_folder_that_may_not_be_written_is_said() -> None:
    nobody_not_even_root_writes_here = Path("/sys/kernel/timekpr-mngr")
    refused(command("serve", "--port", str(free_port()), "--data-dir", str(nobody_not_even_root_writes_here)))


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["--port", "0"], 2),
        (["--port", "x"], 2),
        (["--port", "99999"], 2),
        (["--host", "no such host"], 2),
        (["--host", "nowhere.invalid"], 4),
        (["--host", "192.0.2.1"], 4),
    ],
)
def test_an_address_that_cannot_be_used_is_said(tmp_path: Path, arguments: list[str], status: int) -> None:
    ended = command("serve", *arguments, "--data-dir", str(tmp_path / "data"))

    assert ended.status == status, ended
    assert ended.err


def test_accounts_of_a_folder_without_data_are_not_made_up(tmp_path: Path) -> None:
    refused(command("account", "list", "--data-dir", str(tmp_path / "nowhere")), "no data")
    assert not (tmp_path / "nowhere").exists()


def test_over_tls_the_session_is_kept_from_plain_connections(tmp_path: Path) -> None:
    certificate, key = write_certificate(tmp_path)
    port = free_port()
    made = command(
        *("account", "create", "anna", "--role", "admin", "--password-stdin"),
        *("--data-dir", str(tmp_path / "data")),
        stdin="a password of anna's\n",
    )
    assert made.status == 0, made
    tls = ["--tls-cert", str(certificate), "--tls-key", str(key)]
    with service(
        [SERVE, "serve", "--port", str(port), "--data-dir", "data", *tls], tmp_path, port
    ) as running:
        url = f"https://127.0.0.1:{port}"
        assert running.said == [f"timekpr-mngr is at {url}"]
        trusted = ssl.create_default_context(cafile=certificate)
        with httpx.Client(base_url=url, verify=trusted) as browser:
            page = browser.get("/sign-in")
            assert page.headers["strict-transport-security"] == "max-age=31536000"
            form = page.text.partition('name="form" value="')[2].partition('"')[0]
            answer = browser.post(
                "/sign-in",
                data={"form": form, "name": "anna", "password": "a password of anna's"},
                headers={"Origin": url},
            )
            assert answer.status_code == 303, answer.text
            [session] = [
                line
                for line in answer.headers.get_list("set-cookie")
                if line.startswith(f"timekpr_mngr_{port}=")
            ]
            assert "; Secure" in session
            assert "; HttpOnly" in session
        with pytest.raises(httpx.TransportError):
            httpx.get(f"http://127.0.0.1:{port}/healthz")
        assert "Traceback" not in running.log


def test_the_demo_is_entered_with_one_press_and_leaves_nothing(tmp_path: Path) -> None:
    port = free_port()
    with service([SERVE, "demo", "--port", str(port)], tmp_path, port, lines=2) as running:
        with httpx.Client(base_url=running.url) as browser:
            page = browser.get("/sign-in")
            form = page.text.partition('name="form" value="')[2].partition('"')[0]
            entered = browser.post("/enter-demo", data={"form": form}, headers={"Origin": running.url})
            assert entered.status_code == 303
            home = browser.get("/", headers={"Accept": "text/html"})
            assert home.status_code == 200
        assert running.stop() == 0
        assert "Traceback" not in running.log
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log"]


def test_the_help_is_quick_and_names_every_command() -> None:
    ended = command("--help")

    assert ended.status == 0
    for name in ("serve", "demo", "account", "token", "server", "user", "grant", "changes"):
        assert name in ended.out


def test_what_was_kept_is_there_after_a_kill(tmp_path: Path) -> None:
    port = free_port()
    data = tmp_path / "data"
    with service([SERVE, "serve", "--port", str(port), "--data-dir", "data"], tmp_path, port) as running:
        command(
            "account", "create", "anna", "--password-stdin", "--data-dir", str(data), stdin="long enough\n"
        )
        running.stop(signal.SIGKILL)
    with service([SERVE, "serve", "--port", str(port), "--data-dir", "data"], tmp_path, port) as running:
        assert "There is no account" not in "".join(running.said)
        assert command("account", "list", "--data-dir", str(data)).out == "anna  admin\n"
