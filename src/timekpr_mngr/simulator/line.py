"""The way to a simulated machine, and everything that can be wrong with it."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from timekpr_mngr.errors import FailureCode, ServerFailure
from timekpr_mngr.texts import _, noop


class Reach(StrEnum):
    """Whether anything answers: `off` at once with nothing, `silent` takes what is sent and never answers."""

    ON = "on"
    OFF = "off"
    SILENT = "silent"


@dataclass(slots=True)
class _Fault:
    operation: str | None
    after: int
    takes_effect: bool
    failure: FailureCode
    goes_off: bool


@dataclass(slots=True)
class Line:
    """`host_key` is an OpenSSH line; `refuses` a failure that every login meets.

    A login or an operation takes `delay_seconds`; a silent machine lets one wait for `patience_seconds`.
    """

    host: str
    host_key: str = ""
    refuses: FailureCode | None = None
    delay_seconds: float = 0.0
    patience_seconds: float = 0.0
    reach: Reach = Reach.ON
    _faults: list[_Fault] = field(default_factory=list)
    _on_cut: list[Callable[[], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.host_key = self.host_key or host_key_of(self.host)

    @property
    def carries(self) -> bool:
        """Whether what the machine sends arrives."""
        return self.reach is Reach.ON

    def switch_off(self) -> None:
        """The machine goes off, and takes its connections along."""
        self.reach = Reach.OFF
        self.cut_now()

    def switch_on(self) -> None:
        """It can be reached again."""
        self.reach = Reach.ON

    def cut_now(self) -> None:
        """Ends the open conversations."""
        for end in list(self._on_cut):
            end()

    def cut(self, operation: str | None = None, *, after: int = 0, goes_off: bool = False) -> None:
        """Ends the conversation before an operation reaches the machine, once `after` others have gone well.

        With `goes_off` the machine goes off in that moment, and is not there when it is tried again. `operation` counts
        one kind only: a method's name (`setTimeLeft`), `read`, `read_user`, `limits_in_force`.
        """
        self._faults.append(_Fault(operation, after, False, FailureCode.UNREACHABLE, goes_off))

    def lose_answer(
        self,
        operation: str | None = None,
        *,
        after: int = 0,
        failure: FailureCode = FailureCode.UNREACHABLE,
        goes_off: bool = False,
    ) -> None:
        """As `cut`, but the operation takes effect, and only its answer is lost with the conversation."""
        self._faults.append(_Fault(operation, after, True, failure, goes_off))

    def on_cut(self, end: Callable[[], None]) -> Callable[[], None]:
        """Calls `end` when the line is cut, until the gift is called."""
        self._on_cut.append(end)
        return lambda: self._on_cut.remove(end)

    async def arrive(self) -> None:
        """What comes before a login. Raises ServerFailure."""
        await asyncio.sleep(self.delay_seconds)
        if self.reach is Reach.OFF:
            raise self._failure(FailureCode.UNREACHABLE)
        if self.reach is Reach.SILENT:
            await asyncio.sleep(self.patience_seconds)
            raise self._failure(FailureCode.TIMEOUT)

    def check_login(self) -> None:
        """Raises ServerFailure where the machine does not let anybody in."""
        if self.refuses is not None:
            raise self._failure(self.refuses)

    @asynccontextmanager
    async def operation(self, name: str, closed: asyncio.Event) -> AsyncIterator[None]:
        """Around what an operation does on the machine. Raises ServerFailure before it, or instead of its answer."""
        await asyncio.sleep(self.delay_seconds)
        if closed.is_set():
            raise self._failure(FailureCode.UNREACHABLE)
        await self._check_silence()
        fault = self._due(name)
        if fault is not None and not fault.takes_effect:
            raise self._ended_by(fault)
        yield
        if fault is not None:
            raise self._ended_by(fault)

    async def _check_silence(self) -> None:
        if self.reach is not Reach.ON:
            await asyncio.sleep(self.patience_seconds)
            raise self._failure(FailureCode.TIMEOUT)

    def _ended_by(self, fault: _Fault) -> ServerFailure:
        if fault.goes_off:
            self.switch_off()
        else:
            self.cut_now()
        return self._failure(fault.failure)

    def _due(self, operation: str) -> _Fault | None:
        for fault in self._faults:
            if fault.operation not in (None, operation):
                continue
            if fault.after == 0:
                self._faults.remove(fault)
                return fault
            fault.after -= 1
        return None

    def _failure(self, code: FailureCode) -> ServerFailure:
        message, fix = map(_, _WORDS[code])
        return ServerFailure(code, message.format(host=self.host), fix)


def host_key_of(host: str) -> str:
    """A host key as OpenSSH writes one, always the same for a name, whose private half nobody has."""
    words = (b"ssh-ed25519", hashlib.sha256(f"a simulated server: {host}".encode()).digest())
    blob = b"".join(len(word).to_bytes(4, "big") + word for word in words)
    return f"ssh-ed25519 {base64.b64encode(blob).decode()}"


_WORDS: dict[FailureCode, tuple[str, str]] = {
    FailureCode.UNREACHABLE: (
        noop("{host} cannot be reached."),
        noop("Check that the computer is switched on and in the network."),
    ),
    FailureCode.TIMEOUT: (noop("{host} does not answer in time."), noop("It is tried again by itself.")),
    FailureCode.AUTH: (
        noop("{host} does not let the key in."),
        noop("Put this server's line into ~/.ssh/authorized_keys of the account there."),
    ),
    FailureCode.HOST_KEY: (
        noop("{host} shows another host key than the one that is trusted. No login was tried."),
        noop("Compare the fingerprint on the computer itself, and only then trust the new one."),
    ),
    FailureCode.NO_BUS: (
        noop("The login on {host} works, but its system bus cannot be reached."),
        noop("Check D-Bus there."),
    ),
    FailureCode.NOT_IN_GROUP: (
        noop("The account may not speak to timekpr on {host}: it is not in the group timekpr."),
        noop("On the server, as root: adduser ACCOUNT timekpr"),
    ),
    FailureCode.NO_DAEMON: (
        noop("timekpr does not run on {host}, so no limits are enforced there."),
        noop("Start it there: systemctl enable --now timekpr"),
    ),
    FailureCode.DAEMON_REFUSED: (
        noop("timekpr on {host} refused."),
        noop("Look at /var/log/timekpr.log there."),
    ),
}
