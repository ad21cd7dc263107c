"""What must be right for a server to be in hand."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that has to be right. `ok` is None where it cannot be known; `fix` what to do where it is not right."""

    name: str
    ok: bool | None
    sentence: str
    fix: str | None = None
