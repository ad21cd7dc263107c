"""Where a person stands on all of their computers, in the parent's words. Pure: no IO, no clock of its own."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, tzinfo

from timekpr_mngr.domain.person import UserName
from timekpr_mngr.domain.server import ServerState
from timekpr_mngr.services import words
from timekpr_mngr.services.day_views import DayPlanView
from timekpr_mngr.services.person_views import PersonNow
from timekpr_mngr.services.views import UserView
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.today import Today, today

NO_BREAK = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Place:
    """How it is on one of several computers. `dot` is the shape beside it, as in Today."""

    at: UserName
    dot: str
    words: str


@dataclass(frozen=True, slots=True)
class PersonToday:
    """What a person's card shows. `now` is of the user who stands for all of them.

    `next` is when they can play next, "" where that is not known; `places` are none where there is one computer.
    """

    now: Today
    state: str
    why: str
    next: str
    places: tuple[Place, ...]


def foremost(views: Collection[UserView]) -> UserView:
    """The user who stands for all: where they play and it ends first; else where they are, or the best known."""
    if playing := [view for view in views if is_playing(view)]:
        return min(playing, key=_left)
    return max(
        views,
        key=lambda view: (
            bool(view.logged_in),
            view.server_state is ServerState.ONLINE,
            view.time_left is not None,
            _left(view),
        ),
    )


def is_playing(view: UserView) -> bool:
    """Whether somebody is known to use the computer as this user, with the screen open."""
    return bool(view.counted and not view.locked)


def person_today(
    person: PersonNow, views: Collection[UserView], plan: DayPlanView | None, zone: tzinfo, now: datetime
) -> PersonToday:
    """Everything that a card says at `now`. `plan` is the day of the foremost user; `zone` is the reader's."""
    first = foremost(views)
    here = today(first, zone, now)
    state, why = here.state, here.why
    if here.is_away and len(views) > 1:  # each computer has a line of its own
        all_seen = all(view.server_state is ServerState.ONLINE for view in views)
        state = _("Away") if all_seen else _("Away, as far as is known")
    if plan is not None:
        why = _why(person, here, plan)
    return PersonToday(
        now=here,
        state=state,
        why=why,
        next=_sentence(plan.words.next) if plan is not None and plan.words.next else "",
        places=tuple(_place(view, zone, now) for view in views) if len(views) > 1 else (),
    )


def _why(person: PersonNow, here: Today, plan: DayPlanView) -> str:
    rules = [plan.words.limit or _("closed today"), _given(plan), _used(person)]
    lines = [words.BETWEEN_FACTS.join(part.replace(" ", NO_BREAK) for part in rules if part)]
    if plan.words.end and not here.stale:
        starts_now = plan.window is not None and plan.window.end is not None and not here.running
        end = _("from now {until}").format(until=plan.words.end) if starts_now else plan.words.end
        lines.append(end)
    if (left := person.playtime_left_seconds) is not None:
        lines.append(_("PlayTime: {time} left").format(time=words.duration(left // 60 * 60)))
    return "\n".join(_sentence(line) for line in lines if line)


def _given(plan: DayPlanView) -> str:
    """Today, and less than a minute is not worth a word."""
    given = plan.given_seconds or 0
    if abs(given) < 60:
        return ""
    time = words.duration(abs(given) // 60 * 60)
    return (_("{time} given") if given > 0 else _("{time} taken")).format(time=time)


def _used(person: PersonNow) -> str:
    """Today, on all of the person's computers."""
    if person.used_seconds is None:
        return ""
    time = words.duration(person.used_seconds // 60 * 60)
    if not person.used_is_whole:
        return _("at least {time} used").format(time=time)
    return (_("{time} used in all") if len(person.users) > 1 else _("{time} used")).format(time=time)


def _place(view: UserView, zone: tzinfo, now: datetime) -> Place:
    here = today(view, zone, now)
    parts = [_where(view, zone, now)]
    if here.unlimited:
        parts.append(_("no limit"))
    elif here.left_seconds is not None:
        left = words.duration(here.left_seconds // 60 * 60)
        parts.append((_("{time} left, when last seen") if here.stale else _("{time} left")).format(time=left))
    return Place(UserName(view.server, view.name), here.dot, words.BETWEEN_FACTS.join(parts))


def _where(view: UserView, zone: tzinfo, now: datetime) -> str:
    if view.server_state is ServerState.HOST_KEY_UNKNOWN:
        return _("waits for your trust")
    if view.server_state is ServerState.CONNECTING:
        return _("connecting")
    if view.server_state is ServerState.OFFLINE:
        return _("not reachable since {since}").format(since=words.at(view.server_since, zone, now))
    if not view.logged_in:
        return _("away")
    if view.locked:
        return _("screen locked")
    return _("playing") if view.counted else _("signed in, not counted")


def _sentence(said: str) -> str:
    return said[:1].upper() + said[1:]


def _left(view: UserView) -> int:
    return view.time_left.day_seconds if view.time_left is not None else 0
