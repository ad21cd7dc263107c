"""The script that is run once on a computer: what it makes, run twice too, and that it takes all of it away."""

import contextlib
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.enrolment.computer import as_shipped, key_file, put_program, state_of
from tests.rig import TimekprHost
from timekpr_mngr.errors import Invalid
from timekpr_mngr.link import ssh_keys
from timekpr_mngr.link.authorized_keys import authorized_keys_line
from timekpr_mngr.services.server_script import ACCOUNT, server_script

PRIVATE, PUBLIC = ssh_keys.make_key("timekpr-mngr@kids-pc")
SCRIPT = server_script(PUBLIC, ACCOUNT)
KEYS = f"/home/{ACCOUNT}/.ssh/authorized_keys"
HOSTILE = [
    "x'; touch broken; '",
    '"$(touch broken)"',
    "`touch broken`",
    "a | touch broken & b",
    "@ACCOUNT@ @KEY@ \\1 \\n",
    ';; esac" ssh-ed25519 AAAA',
    "ö “quoted” 🔑",
]
HOSTILE_FOLDERS = [
    "/srv/$(touch /broken)/x",
    "/srv/`touch /broken`/x",
    "/srv/../etc/shadow",
    "/srv/-x/y",
    "/etc",
    "/srv/a b/c",
    '/srv/";id;"/x',
    "x/y",
]


@pytest.fixture(scope="module")
def computer(shared_host: Callable[..., TimekprHost]) -> TimekprHost:
    return as_shipped(shared_host("fresh", users=["alice", "bob"], admins=[]))


@pytest.fixture
def clean(computer: TimekprHost) -> Iterator[TimekprHost]:
    """The same computer, on which every test finds nothing of another's."""
    before = state_of(computer)
    yield computer
    paste(computer, SCRIPT.remove_line)
    assert state_of(computer) == before


def paste(host: TimekprHost, line: str, user: str = "root", shell: str = "bash") -> str:
    """What is printed when the line is pasted into a shell on the computer."""
    done = host.run(shell, "-c", line, user=user)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def refusal(host: TimekprHost, line: str) -> str:
    done = host.run("sh", "-c", line)
    assert done.returncode == 1, done.stdout
    return done.stderr


def test_the_one_line_makes_an_account_that_only_the_key_opens(clean: TimekprHost, tmp_path: Path) -> None:
    paste(clean, SCRIPT.line)
    name, _, uid, gid, _, home, shell = clean.run("getent", "passwd", ACCOUNT).stdout.strip().split(":")
    assert (name, home, shell) == (ACCOUNT, f"/home/{ACCOUNT}", "/bin/sh")
    assert int(uid) < 999  # timekpr takes 999 and above for people
    assert clean.run("getent", "shadow", ACCOUNT).stdout.split(":")[1] == "*"
    assert set(clean.run("id", "-Gn", ACCOUNT).stdout.split()) == {ACCOUNT, "timekpr"}
    assert clean.run("getent", "group", gid).stdout.split(":")[0] == ACCOUNT
    assert clean.file(KEYS) == authorized_keys_line(PUBLIC) + "\n"
    files = clean.ssh("files", user=ACCOUNT, key=key_file(tmp_path, PRIVATE))
    assert "var/lib/timekpr/config/timekpr.alice.conf" in files.stdout


def test_the_account_is_nobody_whose_time_timekpr_counts(clean: TimekprHost) -> None:
    paste(clean, SCRIPT.line)
    assert ACCOUNT not in clean.timekpra("--userlist")


def test_who_holds_the_key_cannot_change_what_it_may_do(clean: TimekprHost) -> None:
    paste(clean, SCRIPT.line)
    for path in (KEYS, f"/home/{ACCOUNT}/.ssh", f"/home/{ACCOUNT}"):
        assert clean.run("test", "-w", path, user=ACCOUNT).returncode == 1, path


def test_run_again_it_leaves_everything_as_it_is(clean: TimekprHost) -> None:
    first = paste(clean, SCRIPT.line)
    made = state_of(clean)
    second = paste(clean, SCRIPT.line)
    assert state_of(clean) == made
    assert second == first


def test_run_again_it_puts_right_what_was_bent_since(clean: TimekprHost) -> None:
    paste(clean, SCRIPT.line)
    made = state_of(clean)
    clean.run("usermod", "-s", "/usr/sbin/nologin", "-G", "", "-p", "!", ACCOUNT)
    clean.path(KEYS).write_text(f"{PUBLIC}\n")
    paste(clean, SCRIPT.line)
    now = state_of(clean)
    assert {part: now[part] for part in ("passwd", "group", "files")} == {
        part: made[part] for part in ("passwd", "group", "files")
    }
    assert clean.file(KEYS) == authorized_keys_line(PUBLIC) + "\n"


def test_it_prints_what_has_to_be_compared(clean: TimekprHost) -> None:
    said = paste(clean, SCRIPT.line)
    assert f"Port         {clean.port}\n" in said
    assert f"Fingerprint  {ssh_keys.fingerprint(clean.host_key)}\n" in said


def test_every_shell_of_a_distribution_runs_it_alike(clean: TimekprHost) -> None:
    said = paste(clean, SCRIPT.line, shell="dash")
    clean.path("/root/script").write_text(SCRIPT.text)
    made = state_of(clean)
    for shell in (("dash",), ("bash",), ("bash", "--posix"), ("busybox", "sh")):
        done = clean.run(*shell, "/root/script")
        assert (done.returncode, done.stdout) == (0, said), (shell, done.stderr)
    assert state_of(clean) == made
    clean.path("/root/script").unlink()


def test_the_line_carries_the_very_script_that_is_shown() -> None:
    printed = SCRIPT.line.removesuffix(" | sudo sh")
    for shell in ("dash", "bash"):
        assert subprocess.run([shell, "-c", printed], capture_output=True, text=True).stdout == SCRIPT.text


def test_one_line_is_one_line_of_letters_that_mean_nothing_to_a_shell() -> None:
    packed = SCRIPT.line.removeprefix("echo ").removesuffix(" | base64 -d | gzip -d | sudo sh")
    assert packed.replace("+", "").replace("/", "").rstrip("=").isalnum()


@pytest.mark.parametrize("comment", HOSTILE)
@pytest.mark.parametrize("shell", ["dash", "bash", "busybox"])
def test_nothing_in_a_keys_comment_breaks_out(comment: str, shell: str, tmp_path: Path) -> None:
    public = " ".join([*PUBLIC.split()[:2], comment])
    values, main, _ = server_script(public, ACCOUNT).text.rpartition('main "$@"')
    assert main
    shows = ["sh"] * (shell == "busybox") + ["-c", values + 'printf "%s" "$line_start$line_end"']
    done = subprocess.run([shell, *shows], capture_output=True, text=True, cwd=tmp_path)
    assert (done.stdout, done.stderr) == (authorized_keys_line(public), "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "account", ["", "root", "a b", "a;id", "$(id)", "-x", "../x", "a'b", "Kid\\anna", "a\nb", "é", "x" * 40]
)
def test_no_script_for_an_account_with_a_hostile_name(account: str) -> None:
    with pytest.raises(Invalid) as caught:
        server_script(PUBLIC, account)
    assert caught.value.field == "ssh_user"


def test_no_script_for_what_is_no_key() -> None:
    with pytest.raises(Invalid):
        server_script("ssh-ed25519 AAAA\nssh-rsa BBBB", ACCOUNT)


def test_folders_that_timekpr_conf_names_come_into_the_line(clean: TimekprHost) -> None:
    with directories(clean, "/srv/kids/config/", "/var/lib/timekpr/work"):
        paste(clean, SCRIPT.line)
    expected = authorized_keys_line(PUBLIC, "/srv/kids/config/", "/var/lib/timekpr/work")
    assert clean.file(KEYS) == expected + "\n"
    assert "srv/kids/config;;" in expected


def test_a_hostile_folder_never_comes_into_the_line(clean: TimekprHost) -> None:
    for folder in HOSTILE_FOLDERS:
        with directories(clean, folder, folder):
            paste(clean, SCRIPT.line)
        assert clean.file(KEYS) == authorized_keys_line(PUBLIC) + "\n", folder
    assert not clean.path("/broken").exists()


@contextlib.contextmanager
def directories(host: TimekprHost, config: str, work: str) -> Iterator[None]:
    usual, path = host.server_conf(), host.path("/etc/timekpr/timekpr.conf")
    path.write_text(
        usual.replace("CONFIG_DIR = /var/lib/timekpr/config", f"CONFIG_DIR = {config}").replace(
            "WORK_DIR = /var/lib/timekpr/work", f"WORK_DIR = {work}"
        )
    )
    try:
        yield
    finally:
        path.write_text(usual)


def test_taking_it_away_ends_the_open_connection_too(clean: TimekprHost, tmp_path: Path) -> None:
    before = state_of(clean)
    paste(clean, SCRIPT.line)
    argv = [*clean.ssh_argv(ACCOUNT, key=key_file(tmp_path, PRIVATE)), "bus"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as connection:
        assert connection.stdin is not None
        assert connection.stdout is not None
        connection.stdin.write(b"\0AUTH EXTERNAL\r\n")
        connection.stdin.flush()
        assert connection.stdout.readline() == b"DATA\r\n"
        paste(clean, SCRIPT.remove_line)
        assert connection.wait(100) != 0
    assert state_of(clean) == before


def test_taken_away_twice_there_is_nothing_more_to_take(computer: TimekprHost) -> None:
    assert "Nothing of timekpr-mngr's" in paste(computer, SCRIPT.remove_line)


def test_another_key_of_the_account_is_left_alone(clean: TimekprHost) -> None:
    """Two timekpr-mngr look after the same computer."""
    other = server_script(ssh_keys.make_key("timekpr-mngr@school")[1], ACCOUNT)
    paste(clean, SCRIPT.line)
    paste(clean, other.line)
    assert len(clean.file(KEYS).splitlines()) == 2
    assert "another key may use it" in paste(clean, other.remove_line)
    assert clean.file(KEYS) == authorized_keys_line(PUBLIC) + "\n"


def test_an_account_of_somebody_elses_is_not_touched(clean: TimekprHost) -> None:
    before = state_of(clean)
    script = server_script(PUBLIC, "alice")
    assert "which this script did not make" in refusal(clean, script.line)
    assert "which this script did not make" in refusal(clean, script.remove_line)
    assert state_of(clean) == before


def test_it_does_nothing_without_root(clean: TimekprHost) -> None:
    done = clean.run("sh", "-c", SCRIPT.line.replace("sudo sh", "sh"), user="alice")
    assert done.returncode == 1
    assert "has to be run as root" in done.stderr


def test_an_ssh_server_that_lets_in_only_some_is_told_of(clean: TimekprHost) -> None:
    usual, path = clean.file("/etc/ssh/sshd_config"), clean.path("/etc/ssh/sshd_config")
    path.write_text(f"{usual}AllowUsers alice bob\n")
    said = paste(clean, SCRIPT.line)
    path.write_text(f"{usual}AllowUsers alice {ACCOUNT}\nAllowGroups timekpr\n")
    again = paste(clean, SCRIPT.line)
    path.write_text(usual)
    assert f"Add {ACCOUNT} there." in said
    assert "Note" not in again


INSTALLED = {
    "apt-get": (["-q update", "-q -y install timekpr-next", "-q update", "-q -y install openssh-server"]),
    "dnf": ["-y install timekpr-next", "-y install openssh-server"],
    "zypper": ["--non-interactive install timekpr-next", "--non-interactive install openssh-server"],
    "pacman": ["-S --noconfirm --needed timekpr-next", "-S --noconfirm --needed openssh"],
}


@pytest.fixture(scope="module")
def bare(shared_host: Callable[..., TimekprHost]) -> TimekprHost:
    """Without timekpr-next; what its package manager and systemctl are asked for is written down."""
    host = as_shipped(shared_host("bare", users=["alice"], admins=[], daemon=False))
    for name in ("apt-get", "timekprd"):
        host.path(f"/usr/bin/{name}").unlink()
    put_program(host, "systemctl", 'echo "systemctl $*" >>/root/asked; [ "$1" != is-active ]')
    put_program(host, "pidof", "false")
    return host


@pytest.mark.parametrize("package_manager", INSTALLED)
def test_what_is_missing_is_installed_by_the_computers_own_package_manager(
    bare: TimekprHost, package_manager: str
) -> None:
    hidden = bare.path("/usr/sbin/sshd")
    kept = bare.path("/root/sshd")
    shutil.move(hidden, kept)
    brings = """echo "$*" >>/root/asked
        case $* in
            *timekpr-next) touch /usr/local/sbin/timekprd; chmod 755 /usr/local/sbin/timekprd ;;
            *openssh*) cp /root/sshd /usr/sbin/sshd ;;
        esac"""
    put_program(bare, package_manager, brings)
    bare.path("/root/asked").write_text("")
    try:
        said = paste(bare, SCRIPT.line)
        again = paste(bare, SCRIPT.line)
        gone = paste(bare, SCRIPT.remove_line)
    finally:
        shutil.move(kept, hidden)
        bare.path(f"/usr/local/sbin/{package_manager}").unlink()
        bare.path("/usr/local/sbin/timekprd").unlink(missing_ok=True)
    asked = bare.file("/root/asked").splitlines()
    assert [line for line in asked if "systemctl" not in line] == INSTALLED[package_manager]
    assert "systemctl enable --now timekpr" in asked
    assert "systemctl enable --now ssh" in asked
    assert "Done: " in said
    assert "Installing" not in again
    assert f"Still installed, because it may be in use by now: {' '.join(_packages(package_manager))}" in gone


def test_a_computer_is_left_as_it_was_where_nothing_can_be_installed(bare: TimekprHost) -> None:
    before = state_of(bare)
    put_program(bare, "dnf", "echo 'No match for argument: timekpr-next'; exit 1")
    problem = refusal(bare, SCRIPT.line)
    bare.path("/usr/local/sbin/dnf").unlink()
    assert "timekpr-next could not be installed" in problem
    assert "Nothing else was changed." in problem
    assert state_of(bare) == before


def _packages(package_manager: str) -> list[str]:
    return [line.split()[-1] for line in INSTALLED[package_manager] if "update" not in line]


def test_shellcheck_finds_nothing(tmp_path: Path) -> None:
    """Of the script as it is shipped, and as it is run."""
    path = tmp_path / "script.sh"
    path.write_text(SCRIPT.text)
    template = Path(ssh_keys.__file__).parents[1] / "services" / "server_script.sh"
    checked = subprocess.run(["shellcheck", "--shell=sh", path, template], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
