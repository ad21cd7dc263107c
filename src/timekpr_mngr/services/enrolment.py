"""Makes a computer ready over a login that somebody has there already, used once and kept nowhere."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from timekpr_mngr.domain.account import Actor
from timekpr_mngr.errors import Invalid
from timekpr_mngr.link import ssh
from timekpr_mngr.link.reach import reach
from timekpr_mngr.services import audit, keys
from timekpr_mngr.services.permission import must_administer
from timekpr_mngr.services.server_script import server_script
from timekpr_mngr.store import Store
from timekpr_mngr.sync.engine import Engine
from timekpr_mngr.texts import _

TAKES_SECONDS = 600.0  # where packages have to be installed
PASSWORD_MAX = 1024

RunOnce = Callable[..., Awaitable[tuple[bytes, ssh.End]]]


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run of the script came to, and what it said."""

    ok: bool
    said: str


class Enrolment:
    """`run_once` is how a command is run with a password: over SSH."""

    def __init__(
        self, store: Store, engine: Engine, now: Callable[[], datetime], run_once: RunOnce = ssh.run_once
    ) -> None:
        self._store = store
        self._engine = engine
        self._now = now
        self._run_once = run_once

    async def run(self, actor: Actor, name: str, *, login: object, password: object) -> Ran:
        """Signs in there as `login`, runs the server's script as root (by sudo) and leaves; then connects.

        Only to a computer whose key was compared: a password goes to no other. Raises Forbidden, Invalid,
        UnknownServer, ServerFailure.
        """
        must_administer(actor)
        server = await self._store.servers.get(name)
        account = _login(login)
        secret = _password(password)
        pinned = server.host_key
        if pinned is None:
            raise Invalid("login", _("Compare the fingerprint first: a password goes to no other computer."))
        script = server_script(server.public_key, server.ssh_user)
        output, end = await reach(
            server,
            lambda host: self._run_once(
                host, server.port, account, secret, pinned, script.remote, TAKES_SECONDS
            ),
        )
        ran = Ran(end.status == 0, output.decode("utf-8", "replace").replace(secret, "…").strip())
        note = _("ran the script as {login}") if ran.ok else _("ran the script as {login}, in vain")
        await audit.note(self._store, actor, note.format(login=account), name, self._now())
        if ran.ok:
            await self._engine.sync(name)
        return ran


def _login(value: object) -> str:
    try:
        return keys.checked_ssh_user(value)
    except Invalid as problem:
        raise Invalid("login", problem.message) from None


def _password(value: object) -> str:
    """One line: what comes after it would be read as something else."""
    if not isinstance(value, str) or not value or len(value) > PASSWORD_MAX:
        raise Invalid("password", _("The password of that login is needed, once."))
    if "\n" in value or "\r" in value or "\0" in value:
        raise Invalid("password", _("A password is one line."))
    return value
