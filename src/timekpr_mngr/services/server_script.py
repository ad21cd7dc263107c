"""What is run once, as root, on a computer that is added: a short script, and one line that carries it there whole.

It is run by whoever is at the computer, or over SSH with a login of theirs. Nothing is fetched: what is shown is what
runs.
"""

import base64
import gzip
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from timekpr_mngr.errors import Invalid
from timekpr_mngr.link.authorized_keys import authorized_keys_line
from timekpr_mngr.texts import _

ACCOUNT = "timekpr-mngr"
"""The account that the script makes, unless a server has another."""

_TEMPLATE = Path(__file__).with_suffix(".sh")
_ACCOUNT_NAME = re.compile(r"[a-z_][a-z0-9_-]{0,30}")
_PLACE = re.compile(r"@([A-Z_]+)@")
_REMOTE = 'exec 2>&1; script=$(%s); [ "$(id -u)" -ne 0 ] || exec sh -c "$script"; exec sudo -k -S -p "" sh -c "$script"'


@dataclass(frozen=True, slots=True)
class ServerScript:
    """`text` is the script for sh. The lines are for any shell: `line` runs it with sudo, `remove_line` takes away what
    it made, and `remote` is for a login over SSH that is not there to answer: sudo, where it is needed, reads the
    password from the first line of the input.
    """

    text: str
    line: str
    remove_line: str
    remote: str


def server_script(public_key: str, account: str) -> ServerScript:
    """The script that lets this key in as this account. Raises Invalid for what is no key, or no account to be made."""
    if not _ACCOUNT_NAME.fullmatch(account) or account == "root":
        raise Invalid(
            "ssh_user",
            _(
                "The script makes an account of its own, such as {ours}; it cannot be called {account}."
            ).format(ours=ACCOUNT, account=account),
        )
    start, separator, rest = authorized_keys_line(public_key).partition(";; esac")
    values = {
        "ACCOUNT": account,
        "KEY": " ".join(public_key.split()[:2]),
        "LINE_START": start,
        "LINE_END": separator + rest,
    }
    template = _TEMPLATE.read_text("utf-8")
    text = _PLACE.sub(lambda place: shlex.quote(values[place[1]]), template)
    line = f"{carried(text)} | sudo sh"
    return ServerScript(text, line, f"{line} -s -- --remove", f"sh -c {shlex.quote(_REMOTE % carried(text))}")


def carried(text: str) -> str:
    """A command for any shell that prints the text: no letter of it means anything to a shell."""
    packed = base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode("ascii")
    return f"echo {packed} | base64 -d | gzip -d"
