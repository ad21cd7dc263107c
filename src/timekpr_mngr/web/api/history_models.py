"""The shapes of what happened: drift, histories, versions, and what was sent."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Literal, Self

from timekpr_mngr.domain.drift import Drift
from timekpr_mngr.services.views import (
    DifferenceView,
    DriftAnswer,
    DriftPage,
    HistoryEntry,
    HistoryPage,
    SentPage,
    VersionPage,
    VersionView,
)
from timekpr_mngr.store import SentCall
from timekpr_mngr.web.api.models import Answer, ChangeOut


class DriftOut(Answer):
    """What changed on a server without us. `known` is the last value that a person here knew."""

    id: int
    server: str
    user: str | None
    field: str
    state: Literal["open", "adopted", "reverted", "replaced", "gone"]
    known: Any
    before: Any
    after: Any
    day: date | None
    overwritten: bool
    seen_at: datetime
    answered_by: str | None
    answered_at: datetime | None
    change_id: int | None

    @classmethod
    def of(cls, drift: Drift) -> Self:
        """From the domain."""
        values = {name: getattr(drift, name) for name in cls.model_fields}
        return cls.model_validate(values | {"state": drift.state.value})


class DriftsOut(Answer):
    """Some drift, newest first."""

    items: list[DriftOut]
    next: str | None

    @classmethod
    def of(cls, page: DriftPage) -> Self:
        """From the services."""
        return cls(items=list(map(DriftOut.of, page.items)), next=page.next)


class DriftAnswerOut(Answer):
    """What became of drift, and what was queued for it; no changes where nothing needs to be sent."""

    drift: DriftOut
    changes: list[ChangeOut]

    @classmethod
    def of(cls, answer: DriftAnswer) -> Self:
        """From the services."""
        changes = answer.accepted.changes if answer.accepted is not None else ()
        return cls(drift=DriftOut.of(answer.drift), changes=list(map(ChangeOut.of, changes)))


class HistoryEntryOut(Answer):
    """One line of a history: a `change`, or `drift`; the other is null. `who` is null for somebody on the server."""

    at: datetime
    who: str | None
    source: str
    what: str
    before: str | None
    after: str | None
    sentence: str
    state: str
    change: ChangeOut | None
    drift: DriftOut | None
    can_undo: bool
    why_not: str | None

    @classmethod
    def of(cls, entry: HistoryEntry) -> Self:
        """From the services."""
        values = {name: getattr(entry, name) for name in cls.model_fields}
        return cls.model_validate(
            values
            | {
                "source": entry.source.value,
                "change": ChangeOut.of(entry.change) if entry.change else None,
                "drift": DriftOut.of(entry.drift) if entry.drift else None,
            }
        )


class HistoryOut(Answer):
    """Some of a history, newest first."""

    items: list[HistoryEntryOut]
    next: str | None

    @classmethod
    def of(cls, page: HistoryPage) -> Self:
        """From the services."""
        return cls(items=list(map(HistoryEntryOut.of, page.items)), next=page.next)


class VersionOut(Answer):
    """Settings as they were seen. `changed` are sentences: what differs from the version before, which none was where
    `is_first`. `who` is null for somebody on the server, and for the first version."""

    id: int
    seen_at: datetime
    who: list[str] | None
    changed: list[str]
    is_first: bool

    @classmethod
    def of(cls, version: VersionView) -> Self:
        """From the services."""
        return cls.model_validate({name: getattr(version, name) for name in cls.model_fields})


class VersionsOut(Answer):
    """Some versions, newest first."""

    items: list[VersionOut]
    next: str | None

    @classmethod
    def of(cls, page: VersionPage) -> Self:
        """From the services."""
        return cls(items=list(map(VersionOut.of, page.items)), next=page.next)


class DifferenceOut(Answer):
    """A field in which two versions differ; a value is null where one of them has no such field."""

    field: str
    what: str
    before: Any
    after: Any
    before_words: str
    after_words: str

    @classmethod
    def of(cls, difference: DifferenceView) -> Self:
        """From the services."""
        return cls.model_validate({name: getattr(difference, name) for name in cls.model_fields})


class DifferencesOut(Answer):
    """Every field in which two versions differ."""

    items: list[DifferenceOut]
    next: str | None = None

    @classmethod
    def of(cls, differences: Iterable[DifferenceView]) -> Self:
        """From the services."""
        return cls(items=list(map(DifferenceOut.of, differences)))


class SentCallOut(Answer):
    """A method call to timekprd. `code` is null where no answer came, and then `message` says why."""

    id: int
    server: str
    user: str | None
    at: datetime
    member: str
    arguments: list[Any]
    code: int | None
    message: str
    duration_ms: float

    @classmethod
    def of(cls, call: SentCall) -> Self:
        """From the services."""
        values = {name: getattr(call, name) for name in cls.model_fields}
        return cls.model_validate(values | {"arguments": list(call.arguments)})


class SentCallsOut(Answer):
    """Some calls that were sent, newest first."""

    items: list[SentCallOut]
    next: str | None

    @classmethod
    def of(cls, page: SentPage) -> Self:
        """From the services."""
        return cls(items=list(map(SentCallOut.of, page.items)), next=page.next)
