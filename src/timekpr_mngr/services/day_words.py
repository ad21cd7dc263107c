"""A day's plan in the parent's words. Pure."""

from datetime import date, datetime, timedelta

from timekpr_mngr.domain.day_plan import DayPlan, Kind, When, Window
from timekpr_mngr.domain.hours import Span
from timekpr_mngr.domain.time_left import Reason
from timekpr_mngr.domain.user import DAY_SECONDS
from timekpr_mngr.services import words
from timekpr_mngr.services.day_views import DayWords
from timekpr_mngr.texts import _, noop

ONE_DAY = timedelta(days=1)

ENDS = {
    Reason.HOURS: noop("then the hours end"),
    Reason.DAY_LIMIT: noop("then the day's limit is reached"),
    Reason.WEEK_LIMIT: noop("then the week's limit is reached"),
    Reason.MONTH_LIMIT: noop("then the month's limit is reached"),
}
NONE = {
    Reason.CLOSED_NOW: noop("closed now"),
    Reason.DAY_LIMIT: noop("the day's limit is reached"),
    Reason.WEEK_LIMIT: noop("the week's limit is reached"),
    Reason.MONTH_LIMIT: noop("the month's limit is reached"),
}


def day_words(plan: DayPlan, used_is_whole: bool | None = None) -> DayWords:
    """What there is to say of it, with times in the server's own zone."""
    return DayWords(
        limit=_limit(plan),
        hours=_hours(plan),
        given=_given(plan),
        used=_used(plan, used_is_whole),
        end=_end(plan),
        next=_next(plan),
    )


def _limit(plan: DayPlan) -> str | None:
    if not any(part.kind is not Kind.CLOSED for part in plan.parts):
        return None
    if plan.limit_seconds == 0:
        return _("no time")
    if plan.limit_seconds >= DAY_SECONDS:
        return _("no limit for the day")
    return _("{time} a day").format(time=words.exactly(plan.limit_seconds))


def _hours(plan: DayPlan) -> str:
    return words.hours(
        tuple(
            Span(part.start, part.end, part.kind is Kind.FREE)
            for part in plan.parts
            if part.kind is not Kind.CLOSED
        )
    )


def _given(plan: DayPlan) -> str | None:
    if not plan.given_seconds:
        return None
    text = _("{time} given") if plan.given_seconds > 0 else _("{time} taken")
    return text.format(time=words.exactly(abs(plan.given_seconds)))


def _used(plan: DayPlan, is_whole: bool | None) -> str | None:
    if plan.used_seconds is None:
        return None
    text = _("at least {time} used") if is_whole is False else _("{time} used")
    return text.format(time=words.duration(_by_minutes(plan.used_seconds)))


def _end(plan: DayPlan) -> str | None:
    window = plan.window
    if window is None:
        return _(NONE[plan.why_none]) if plan.why_none in NONE else None
    if plan.when is When.TODAY:
        if window.end is None:
            return _("nothing ends it today")
        return _("until {end}, {why}").format(end=_moment(window.end, plan), why=_(ENDS[window.rule]))
    if window.end is None:
        return _("from {start}, and nothing ends it that day").format(start=_moment(window.start, plan))
    return _("from {start} until {end} at most, {why}").format(
        start=_moment(window.start, plan), end=_moment(window.end, plan), why=_(ENDS[window.rule])
    )


def _next(plan: DayPlan) -> str | None:
    window = plan.next_window
    if window is None:
        return None
    return _("next: {window}").format(window=_between(window, plan))


def _between(window: Window, plan: DayPlan) -> str:
    start = _moment(window.start, plan)
    if window.end is None:
        return _("{start}, with no end that day").format(start=start)
    if window.end <= _midnight_after(window.start.date()):
        same_day = words.clock(_minute(window.end, window.start.date()))
        return f"{start}–{same_day}"
    return _("{start} until {end}").format(start=start, end=_moment(window.end, plan))


def _moment(instant: datetime, plan: DayPlan) -> str:
    """A local time as short as can be understood beside the day: `20:30`, `24:00`, `tomorrow 15:00`."""
    time = words.clock(_minute(instant, instant.date()))
    if instant == _midnight_after(plan.day):
        return words.clock(_minute(instant, plan.day))
    if instant.date() == plan.day:
        return time
    days = (instant.date() - plan.day).days
    if days == 1 and plan.when is When.TODAY:
        return _("tomorrow {time}").format(time=time)
    name = words.day(instant.isoweekday()) if days < 7 else words.calendar_day(instant.date(), plan.day)
    return _("{day} {time}").format(day=name, time=time)


def _minute(instant: datetime, day: date) -> int:
    """Minutes since that day's midnight: 1440 for the next one."""
    return 24 * 60 * (instant.date() - day).days + instant.hour * 60 + instant.minute


def _midnight_after(day: date) -> datetime:
    return datetime.combine(day + ONE_DAY, datetime.min.time())


def _by_minutes(seconds: int) -> int:
    return seconds // 60 * 60 if seconds >= 60 else seconds
