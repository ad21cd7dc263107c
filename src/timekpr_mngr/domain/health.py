"""What must be right for a server to be in hand."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that has to be right. `ok` is None where it cannot be known; `fix` what to do where it is not right, or
    could be better, and `line` a text to be copied for that.
    """

    name: str
    ok: bool | None
    sentence: str
    fix: str | None = None
    line: str | None = None
