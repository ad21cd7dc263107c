"""The shapes of a day's plan: what applies to a user on a date, and why."""

from datetime import date, datetime
from typing import Literal, Self

from pydantic import ConfigDict, Field

from timekpr_mngr.domain.day_plan import Part
from timekpr_mngr.domain.hours import clock
from timekpr_mngr.services.day_views import DayPlanView, DayWords, WindowView
from timekpr_mngr.web.api.models import Answer


class PartOut(Answer):
    """A part of the day, from midnight to midnight: allowed, free (it is not counted), or closed."""

    model_config = ConfigDict(frozen=True, serialize_by_alias=True)

    from_: str = Field(alias="from")
    to: str
    kind: Literal["allowed", "free", "closed"]

    @classmethod
    def of(cls, part: Part) -> Self:
        """From the domain."""
        return cls.model_validate({"from": clock(part.start), "to": clock(part.end), "kind": part.kind.value})


class WindowOut(Answer):
    """A time that can be used without a break, and the rule that ends it; `end` is null where none does for a day."""

    start: datetime
    end: datetime | None
    rule: Literal["unlimited", "hours", "day-limit", "week-limit", "month-limit"]

    @classmethod
    def of(cls, window: WindowView) -> Self:
        """From the services."""
        return cls.model_validate({name: getattr(window, name) for name in cls.model_fields})


class DayWordsOut(Answer):
    """The same in words, each null where there is nothing to say."""

    limit: str | None
    hours: str | None
    given: str | None
    used: str | None
    end: str | None
    next: str | None

    @classmethod
    def of(cls, words: DayWords) -> Self:
        """From the services."""
        return cls.model_validate({name: getattr(words, name) for name in cls.model_fields})


class DayPlanOut(Answer):
    """What applies to a user on a day of the server, and why; what is not known is null.

    `window` is what can be used from now on, or on a day to come the first there is; where there is none `why_none`
    says why. `next_window` comes after it. Of a day that is over the rules are those last seen on it.
    """

    server: str
    user: str
    date: date
    when: Literal["past", "today", "future"] | None
    time_zone: str | None
    parts: list[PartOut]
    limit_seconds: int | None
    week_limit_seconds: int | None
    month_limit_seconds: int | None
    playtime_limit_seconds: int | None
    used_seconds: int | None
    used_is_whole: bool | None
    given_seconds: int | None
    left_seconds: int | None
    playtime_left_seconds: int | None
    window: WindowOut | None
    why_none: str | None
    next_window: WindowOut | None
    with_waiting: bool
    words: DayWordsOut

    @classmethod
    def of(cls, view: DayPlanView) -> Self:
        """From the services."""
        values = {name: getattr(view, name) for name in cls.model_fields if name != "date"}
        return cls.model_validate(
            values
            | {
                "date": view.day,
                "parts": list(map(PartOut.of, view.parts)),
                "window": WindowOut.of(view.window) if view.window else None,
                "next_window": WindowOut.of(view.next_window) if view.next_window else None,
                "words": DayWordsOut.of(view.words),
            }
        )
