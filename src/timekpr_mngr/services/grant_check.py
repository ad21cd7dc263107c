"""What is said of a grant before it is given: what it would gain, and what stands in its way."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime

from timekpr_mngr.domain.change import Change, Json
from timekpr_mngr.domain.field import USER_FIELDS, user_values, with_user_values
from timekpr_mngr.domain.grant import Grant, grant_of
from timekpr_mngr.domain.hours import clock
from timekpr_mngr.domain.server import ServerConfig
from timekpr_mngr.domain.snapshot import Snapshot, UserSnapshot
from timekpr_mngr.domain.swallow import Obstacle, Outlook, given, outlook
from timekpr_mngr.domain.time_left import time_left
from timekpr_mngr.domain.usage import Usage
from timekpr_mngr.domain.user import UserConfig
from timekpr_mngr.errors import Invalid
from timekpr_mngr.services import reading, words
from timekpr_mngr.services.clock import local_now
from timekpr_mngr.services.views import DifferenceView
from timekpr_mngr.texts import _


@dataclass(frozen=True, slots=True)
class GrantCheck:
    """What a grant would do now; what is not known is None.

    `gains_seconds` is what it would really give (below zero: take) today, and `opened_gains_seconds` what it gives with
    `needs` made: changes of fields that hold until the end of `day`, the server's own. `swallowed_by` says what is in
    its way, `sentence` all of it, with a question where there are `needs`; both are None where nothing is.
    """

    day: date | None
    gains_seconds: int | None = None
    opened_gains_seconds: int | None = None
    swallowed_by: str | None = None
    needs: tuple[DifferenceView, ...] = ()
    sentence: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A user as everything that waits for them will have left them, at the server's local time `now`."""

    config: UserConfig
    server: ServerConfig
    usage: Usage
    now: datetime


def standing(
    snapshot: Snapshot, user: UserSnapshot, waiting: tuple[Change, ...], now: datetime
) -> Standing | None:
    """The user at our instant `now`; None where too much of it is not known."""
    local, usage = local_now(snapshot, now), reading.counted(snapshot, user, now)
    if local is None or usage is None or user.config is None:
        return None
    config = expected_config(user.config, waiting, local.date())
    for change in waiting:
        if change.is_grant and change.day in (None, local.date()):
            usage = given(config, usage, local, grant_of(change))
    # where timekpr's own settings could not be read, nobody says that PlayTime is off
    return Standing(config, snapshot.config or ServerConfig(playtime_enabled=True), usage, local)


def check(at: Standing, grant: Grant) -> GrantCheck:
    """What `grant` would do."""
    seen = outlook(at.config, at.server, at.usage, at.now, grant)
    return GrantCheck(
        day=at.now.date(),
        gains_seconds=seen.gains_seconds,
        opened_gains_seconds=seen.opened_gains_seconds,
        swallowed_by=_swallowed_by(at, seen),
        needs=differences(user_values(at.config), seen.needs),
        sentence=_sentence(at, seen, grant),
    )


def differences(values: Mapping[str, Json], wanted: Mapping[str, Json]) -> tuple[DifferenceView, ...]:
    """What `wanted` would change, in words."""
    return tuple(DifferenceView.of(name, values[name], after) for name, after in wanted.items())


def expected_config(config: UserConfig, waiting: Iterable[Change], day: date) -> UserConfig:
    """As all that waits will have left it on `day`. What breaks a rule will be refused, and counts for nothing."""
    for change in waiting:
        if change.field not in USER_FIELDS or (change.until is not None and change.until < day):
            continue
        with suppress(Invalid):
            config = with_user_values(config, {change.field: change.after})
    return config


def _swallowed_by(at: Standing, seen: Outlook) -> str | None:
    if not seen.obstacles:
        return None
    return words.listed([_obstacle(at, seen, obstacle) for obstacle in seen.obstacles])


def _sentence(at: Standing, seen: Outlook, grant: Grant) -> str | None:
    said = _swallowed_by(at, seen)
    if said is None:
        return None
    said = said[0].upper() + said[1:]
    if seen.needs:
        offer = words.listed([*_opening(at, seen), *_raising(at, seen)])
        question = _("{why}: {offer} for today?").format(why=said, offer=offer)
        if seen.opened_gains_seconds < grant.seconds:
            more = _("That gives {time}.").format(time=words.exactly(seen.opened_gains_seconds))
            return f"{question} {more}"
        return question
    gives = _("it gives no more time") if seen.gains_seconds <= 0 else _("it gives {time}")
    result = _("{why}: {gives}.").format(why=said, gives=gives.format(time=words.exactly(seen.gains_seconds)))
    if seen.is_expressible:
        return result
    cannot = _(
        "It cannot be opened for this: timekpr keeps one interval for each hour of the clock. Change the hours by hand."
    )
    return f"{result} {cannot}"


def _opening(at: Standing, seen: Outlook) -> list[str]:
    if not seen.opened:
        return []
    first, *others = seen.opened
    minute = at.now.hour * 60 + at.now.minute
    if others:
        spans = words.listed([f"{clock(span.start)}–{clock(span.end)}" for span in seen.opened])
        return [_("also open {spans}").format(spans=spans)]
    if first.start > minute:
        return [_("also open until {time}").format(time=clock(first.end))]
    return [_("open from now until {time}").format(time=clock(first.end))]


def _raising(at: Standing, seen: Outlook) -> list[str]:
    caps = (
        ("week_limit_seconds", at.config.week_limit_seconds, _("allow {time} more this week")),
        ("month_limit_seconds", at.config.month_limit_seconds, _("allow {time} more this month")),
    )
    return [
        text.format(time=words.exactly(int(str(seen.needs[name])) - limit))
        for name, limit, text in caps
        if name in seen.needs
    ]


def _obstacle(at: Standing, seen: Outlook, obstacle: Obstacle) -> str:
    if obstacle is Obstacle.CLOSED_NOW:
        return _closed_now(at)
    if obstacle is Obstacle.HOURS:
        return _("hours end at {time}").format(time=clock(_end_of_hours(at)))
    if obstacle is Obstacle.WEEK_LIMIT:
        return _cap(at.config.week_limit_seconds - at.usage.spent_week_seconds, _("the week's limit"))
    if obstacle is Obstacle.MONTH_LIMIT:
        return _cap(at.config.month_limit_seconds - at.usage.spent_month_seconds, _("the month's limit"))
    if obstacle is Obstacle.TIME:
        left = time_left(at.config, at.server, at.usage, at.now).day_seconds
        if left == 0:
            return _("there is no time left today at all")
        return _("only {time} are left today in all").format(time=words.exactly(left))
    return {
        Obstacle.CLOSED_DAY: _("the day is closed"),
        Obstacle.MIDNIGHT: _("the day ends first"),
        Obstacle.PLAYTIME_OFF: _("PlayTime is switched off"),
        Obstacle.PLAYTIME_OVERRIDE: _("PlayTime's limits do not count while its override is on"),
    }[obstacle]


def _closed_now(at: Standing) -> str:
    minute = at.now.hour * 60 + at.now.minute
    spans = at.config.day(at.now.isoweekday()).hours
    later = next((span for span in spans if span.start > minute), None)
    if later is not None:
        return _("it is closed until {time}").format(time=clock(later.start))
    return _("hours ended at {time}").format(time=clock(spans[-1].end))


def _end_of_hours(at: Standing) -> int:
    """The minute at which what is open now ends."""
    end = at.now.hour * 60 + at.now.minute
    for span in at.config.day(at.now.isoweekday()).hours:
        if span.start <= end < span.end:
            end = span.end
    return end


def _cap(left_seconds: int, what: str) -> str:
    if left_seconds <= 0:
        return _("{limit} is reached").format(limit=what)
    return _("{limit} leaves {time}").format(limit=what, time=words.exactly(left_seconds))
