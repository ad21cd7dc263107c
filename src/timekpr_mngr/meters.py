"""What the floors measure, told to whoever keeps figures of it (`integrations.metrics`).

It is called on hot paths: what overrides a method must be quick and must not raise. Nothing that a server or a person
typed is ever told, only words of closed lists: figures are kept for each word that was ever told.
"""


class Meters:
    """Keeps nothing: what a floor tells where nobody wants to know. All methods are called on the event loop."""

    def called(self, member: str, outcome: str, seconds: float) -> None:
        """A D-Bus method was called; `member` is its name as we wrote it. `outcome` is `ok`, `cancelled` or a
        FailureCode."""

    def refused(self, member: str) -> None:
        """timekprd answered a call with a code other than 0."""

    def connected(self, outcome: str, seconds: float) -> None:
        """A link was opened (`ok`), from its first packet to the bus being subscribed to, or not (a FailureCode)."""

    def was_read(self, seconds: float) -> None:
        """All of a server was read."""

    def heard(self, kind: str) -> None:
        """A signal came that means something; `kind` is the LinkEvent's."""

    def lost(self, code: str) -> None:
        """A server that could be spoken to cannot be any more; `code` is a FailureCode."""

    def recovered(self, gone_seconds: float) -> None:
        """A server that could not be spoken to can be again."""

    def stored(self, kind: str, outcome: str, seconds: float) -> None:
        """A transaction of the store ended: `read` or `write`, `ok` or `failed`, its time in the queue included."""

    def lagged(self, seconds: float) -> None:
        """The event loop came round so late."""


SILENT = Meters()
