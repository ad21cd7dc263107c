"""What our key may do on a server: the line of its authorized_keys, and the two commands behind its words (bus.md)."""

import re

from timekpr_mngr.link.ssh_keys import checked_public_line

BRIDGE = "systemd-stdio-bridge"

DEFAULT_CONFIG_DIR = "/var/lib/timekpr/config"
DEFAULT_WORK_DIR = "/var/lib/timekpr/work"
DEFAULT_FOLDERS = ("etc/timekpr", "var/lib/timekpr")

_FOLDER = re.compile(r"(?:/[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}){1,16}/?")


def authorized_keys_line(
    public_line: str, config_dir: str = DEFAULT_CONFIG_DIR, work_dir: str = DEFAULT_WORK_DIR
) -> str:
    """The line for `authorized_keys`: this key may speak to the bus and read timekpr's files, nothing else (bus.md).

    The directories are those of the server's timekpr.conf. A server may lie about them, and the line is pasted on it
    by hand: only plain absolute paths are taken, others left out. Raises Invalid for what is no public key.
    """
    folders = " ".join(files_folders(config_dir, work_dir))
    answers = f"bus) exec {BRIDGE};; files) exec {tar_command(folders)};;"
    return (
        f'restrict,command="case $SSH_ORIGINAL_COMMAND in {answers} esac" {checked_public_line(public_line)}'
    )


def tar_command(folders: str) -> str:
    """What reads the folders. The posix format has file times to the microsecond."""
    return f"tar --format=posix -cf - -C / {folders}"


def files_folders(config_dir: str, work_dir: str) -> tuple[str, ...]:
    """The folders to read, relative to `/`: timekpr's usual ones, and those of the server that lie elsewhere."""
    folders = list(DEFAULT_FOLDERS)
    for directory in (config_dir, work_dir):
        folder = _safe_folder(directory)
        if folder is not None and not any(f"{folder}/".startswith(f"{known}/") for known in folders):
            folders.append(folder)
    return tuple(folders)


def _safe_folder(directory: str) -> str | None:
    """A plain absolute path without its first `/`; None for anything that a shell could take for more than that.

    The root folders themselves are None too: nobody keeps timekpr's files in `/etc` or `/home`.
    """
    if not _FOLDER.fullmatch(directory):
        return None
    folder = directory.strip("/")
    return folder if "/" in folder else None
