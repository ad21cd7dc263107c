"""Bodies about what was found on the servers."""

from datetime import datetime
from typing import Literal, Self

from timekpr_mngr.domain.bus_facts import KeptRun
from timekpr_mngr.services.finding_views import FindingPage, FindingView, RunsView
from timekpr_mngr.web.api.models import Answer


class FindingOut(Answer):
    """Something that keeps limits from being enforced. `cleared_at` is null while it stands."""

    id: int
    server: str
    user: str | None
    code: str
    severity: Literal["error", "warning", "info"]
    sentence: str
    fix: str
    raised_at: datetime
    cleared_at: datetime | None

    @classmethod
    def of(cls, view: FindingView) -> Self:
        """From the services."""
        values = {name: getattr(view, name) for name in cls.model_fields}
        return cls.model_validate(values | {"code": view.code.value, "severity": view.severity.value})


class FindingsOut(Answer):
    """Some findings, newest first."""

    items: list[FindingOut]
    next: str | None

    @classmethod
    def of(cls, page: FindingPage) -> Self:
        """From the services."""
        return cls(items=list(map(FindingOut.of, page.items)), next=page.next)


class RunOut(Answer):
    """One run of timekprd: when it began by its own computer's clock, and when we saw it first and saw it go."""

    began_at: datetime | None
    seen_at: datetime
    gone_at: datetime | None

    @classmethod
    def of(cls, kept: KeptRun) -> Self:
        """From the services."""
        return cls(began_at=kept.run.began_at, seen_at=kept.seen_at, gone_at=kept.gone_at)


class RunsOut(Answer):
    """The runs, the last first. `restarts` counts within seven days those that happened while the computer was on."""

    items: list[RunOut]
    restarts: int
    last_restart: datetime | None
    began_at: datetime | None
    next: str | None = None

    @classmethod
    def of(cls, view: RunsView) -> Self:
        """From the services."""
        return cls(
            items=list(map(RunOut.of, view.runs)),
            restarts=view.restarts,
            last_restart=view.last_restart,
            began_at=view.began_at,
        )
