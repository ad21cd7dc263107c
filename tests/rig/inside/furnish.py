"""The file system of one host: an overlay over this machine's own, with its own people and settings."""

import ctypes
import os
import shutil
import subprocess
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
SHARE = "/run/timekpr-host"  # where a host sees the folder that it shares with the outside
DAEMON_FOLDER = "/usr/lib/python3/dist-packages/timekpr"
SAMPLES = {"/var/lib/timekpr/config": "timekpr.USER.conf", "/var/lib/timekpr/work": "USER.time"}
FIRST_HUMAN_UID, NOBODY_UID = 999, 65534  # timekpr-next takes UID_MIN - 1 for a human's too

_libc = ctypes.CDLL(None, use_errno=True)


def furnish(spec: dict[str, Any]) -> None:
    """Build the host's root, step into it, and settle its people and settings there."""
    enter_root(spec)
    make_people(spec["users"])
    settle(spec)


def enter_root(spec: dict[str, Any]) -> None:
    mount("--make-rprivate", "/")
    store = os.path.join(spec["dir"], "fs")
    os.makedirs(store, exist_ok=True)
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", store)
    for part in ("upper", "work", "root"):
        os.mkdir(os.path.join(store, part))
    root = os.path.join(store, "root")
    layers = f"lowerdir=/,upperdir={store}/upper,workdir={store}/work"
    mount("-t", "overlay", "overlay", "-o", layers, root)
    for path in ("proc", "run", "tmp", "dev", "sys"):
        os.makedirs(os.path.join(root, path), exist_ok=True)
    mount("--rbind", "/dev", root + "/dev")
    mount("-t", "tmpfs", "-o", "mode=1777", "tmpfs", root + "/tmp")
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", root + "/run")
    os.makedirs(root + SHARE)
    mount("--bind", os.path.join(spec["dir"], "share"), root + SHARE)
    if spec.get("src"):
        mount("--bind", spec["src"], root + DAEMON_FOLDER)
        mount("-o", "remount,bind,ro", root + DAEMON_FOLDER)
    # the stand-ins run from the shared folder: the checkout may lie where a host has a folder of its own
    for name in os.listdir(HERE):
        if name.endswith(".py"):
            shutil.copy(os.path.join(HERE, name), root + SHARE)
    os.chroot(root)
    os.chdir("/")
    mount("-t", "proc", "proc", "/proc")
    for path in ("/run/dbus", "/run/sshd", "/run/lock"):
        os.makedirs(path, exist_ok=True)
    # homes of the host's own: this machine's dot files would slow every ssh command
    for path in ("/root", "/home"):
        mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", path)
    os.chmod("/root", 0o700)
    for name in (".bashrc", ".profile"):
        if os.path.exists("/etc/skel/" + name):
            shutil.copy("/etc/skel/" + name, "/root/" + name)


def make_people(users: list[dict[str, Any]]) -> None:
    """Replace this machine's human users by the host's own."""
    passwd_before = read_lines("/etc/passwd")
    humans = {
        line.split(":")[0]
        for line in passwd_before
        if FIRST_HUMAN_UID <= int(line.split(":")[2]) < NOBODY_UID
    }
    passwd = [line for line in passwd_before if line.split(":")[0] not in humans]
    shadow = [line for line in read_lines("/etc/shadow") if line.split(":")[0] not in humans]
    shadow = ["root:*:19000:0:99999:7:::\n" if line.startswith("root:") else line for line in shadow]
    groups = [line for line in read_lines("/etc/group") if line.split(":")[0] not in humans | {"timekpr"}]
    for user in users:
        name, uid = user["name"], user["uid"]
        home, shell = user.get("home", "/home/" + name), user.get("shell", "/bin/bash")
        passwd.append(f"{name}:x:{uid}:{uid}:{user.get('full', '')}:{home}:{shell}\n")
        shadow.append(f"{name}:*:19000:0:99999:7:::\n")  # "!" counts as locked for an sshd without PAM
        groups.append(f"{name}:x:{uid}:\n")
    admins = [user["name"] for user in users if user.get("admin")]
    groups.append(f"timekpr:x:2000:{','.join(admins)}\n")
    write("/etc/passwd", "".join(passwd))
    write("/etc/shadow", "".join(shadow), mode=0o640)
    write("/etc/group", "".join(groups))
    for user in users:
        if user.get("mkhome", True):
            make_home(user.get("home", "/home/" + user["name"]), user["uid"])
    os.makedirs("/etc/ssh/keys", exist_ok=True)
    for name in ["root"] + [user["name"] for user in users if user.get("ssh")]:
        shutil.copy(SHARE + "/authorized_key", "/etc/ssh/keys/" + name)


def make_home(home: str, uid: int) -> None:
    shutil.copytree("/etc/skel", home, dirs_exist_ok=True)
    for spot in [home] + [os.path.join(home, name) for name in os.listdir(home)]:
        os.chown(spot, uid, uid)


def settle(spec: dict[str, Any]) -> None:
    name = spec["name"]
    if _libc.sethostname(name.encode(), len(name)) != 0:
        raise OSError(ctypes.get_errno(), "sethostname")
    write("/etc/hostname", name + "\n")
    write("/etc/hosts", f"127.0.0.1 localhost\n{spec['address']} {name}\n")
    set_time_zone(spec["tz"])
    for folder, sample in SAMPLES.items():  # no leftovers of this machine's own timekpr
        for entry in os.listdir(folder):
            if entry != sample:
                os.remove(os.path.join(folder, entry))
    if os.path.exists("/var/log/timekpr.log"):
        os.remove("/var/log/timekpr.log")
    for path, text in spec.get("files", {}).items():
        os.makedirs(os.path.dirname(path), exist_ok=True)
        write(path, text)
    change_server_conf(spec.get("timekpr") or {})
    write("/etc/ssh/sshd_config.host", sshd_config(spec))
    shutil.copy(SHARE + "/host_key", "/etc/ssh/host_key")
    os.chmod("/etc/ssh/host_key", 0o600)
    write("/usr/local/bin/systemctl", SYSTEMCTL, mode=0o755)


def set_time_zone(zone: str) -> None:
    """What `timedatectl set-timezone` does."""
    if not os.path.exists("/usr/share/zoneinfo/" + zone):
        raise ValueError(f"no time zone {zone!r}")
    if os.path.lexists("/etc/localtime.new"):
        os.remove("/etc/localtime.new")
    os.symlink("/usr/share/zoneinfo/" + zone, "/etc/localtime.new")
    os.replace("/etc/localtime.new", "/etc/localtime")
    write("/etc/timezone", zone + "\n")


def change_server_conf(values: dict[str, str]) -> None:
    path = "/etc/timekpr/timekpr.conf"
    lines = read_lines(path)
    for key, value in values.items():
        lines = [f"{key} = {value}\n" if line.split("=")[0].strip() == key else line for line in lines]
    write(path, "".join(lines))


def sshd_config(spec: dict[str, Any]) -> str:
    lines = [
        f"Port {spec['port']}",
        f"ListenAddress {spec['address']}",
        f"MaxSessions {spec.get('max_sessions', 10)}",
        "HostKey /etc/ssh/host_key",
        "PidFile /run/sshd.pid",
        "UsePAM no",
        "PasswordAuthentication no",
        "PermitRootLogin prohibit-password",
        "AuthorizedKeysFile /etc/ssh/keys/%u",
        "StrictModes no",
        "UseDNS no",
        "MaxStartups 100:30:200",
        "Subsystem sftp /usr/lib/openssh/sftp-server",
        "AcceptEnv LANG LC_*",
        "PrintMotd no",
        "LogLevel VERBOSE",
    ]
    if spec.get("fake_clock"):
        lines.append("SetEnv " + " ".join(f"{name}={value}" for name, value in CLOCK_ENVIRONMENT.items()))
    return "\n".join(lines) + "\n"


def mount(*arguments: str) -> None:
    subprocess.run(("mount", *arguments), check=True)


def read_lines(path: str) -> list[str]:
    with open(path) as handle:
        return handle.readlines()


def write(path: str, text: str, mode: int = 0o644) -> None:
    with open(path, "w") as handle:
        handle.write(text)
    os.chmod(path, mode)


CLOCK_ENVIRONMENT = {"LD_PRELOAD": SHARE + "/hostclock.so", "HOSTCLOCK_FILE": SHARE + "/clock"}

SYSTEMCTL = f"""#!/usr/bin/python3
# test stand-in for systemctl: knows only timekpr(.service)
import json, socket, sys
words = [word for word in sys.argv[1:] if not word.startswith("-")]
verb, unit = (words + ["", ""])[:2]
if unit.replace(".service", "") != "timekpr":
    print("Unit %s could not be found." % unit, file=sys.stderr)
    sys.exit(4)
def ask(verb, *args):
    link = socket.socket(socket.AF_UNIX)
    link.connect("{SHARE}/ctl.sock")
    link.sendall((json.dumps({{"verb": verb, "args": list(args)}}) + "\\n").encode())
    return json.loads(link.makefile().readline())
if verb in ("is-active", "status"):
    up = "timekprd" in ask("status")["services"]
    print("active" if up else "inactive")
    sys.exit(0 if up else 3)
if verb in ("stop", "restart"):
    ask("stop", "timekprd")
if verb in ("start", "restart"):
    ask("launch", "timekprd")
"""
