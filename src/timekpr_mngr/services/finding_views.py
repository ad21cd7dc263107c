"""What the services answer of what was found on the servers, and of how timekprd ran there."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from timekpr_mngr.domain.bus_facts import KeptRun
from timekpr_mngr.domain.finding import FindingCode, Severity
from timekpr_mngr.services.paging import Page


@dataclass(frozen=True, slots=True)
class FindingView:
    """Something that keeps limits from being enforced, in words, and what to do about it.

    `user` is None where it is the server's. `raised_at` is when it was found first, `cleared_at` when it was so no
    more; None while it stands, as far as the server could be read.
    """

    id: int
    server: str
    user: str | None
    code: FindingCode
    severity: Severity
    sentence: str
    fix: str
    raised_at: datetime
    cleared_at: datetime | None


@dataclass(frozen=True, slots=True)
class RunsView:
    """How timekprd ran on a server, the last run first. `restarts` counts within the last seven days those that
    happened while the computer was on; `began_at` is when the present run began, None where it does not run or is not
    known.
    """

    runs: tuple[KeptRun, ...]
    restarts: int
    last_restart: datetime | None
    began_at: datetime | None


FindingPage: TypeAlias = Page[FindingView]
"""Newest first."""
