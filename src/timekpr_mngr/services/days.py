"""Days: what applies to a user on a date, and why; as it is, as it will be, or as it would be."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from timekpr_mngr.domain.account import Actor, Power
from timekpr_mngr.domain.change import Change, Json
from timekpr_mngr.domain.day_plan import DayPlan, When, Window, day_plan
from timekpr_mngr.domain.field import USER_FIELDS, user_values, with_user_values
from timekpr_mngr.domain.grant import grant_of
from timekpr_mngr.domain.hours import DAY_MINUTES
from timekpr_mngr.domain.lasting import lasting
from timekpr_mngr.domain.person import UserName
from timekpr_mngr.domain.server import ServerConfig
from timekpr_mngr.domain.snapshot import Snapshot
from timekpr_mngr.domain.swallow import given
from timekpr_mngr.domain.usage import Usage
from timekpr_mngr.domain.user import UserConfig
from timekpr_mngr.errors import Invalid, NeverRead
from timekpr_mngr.services import clock, reading
from timekpr_mngr.services.day_views import DayPlanView, WindowView
from timekpr_mngr.services.day_words import day_words
from timekpr_mngr.services.grant_check import expected_config
from timekpr_mngr.services.limits import known_user
from timekpr_mngr.services.permission import Permission
from timekpr_mngr.store import Store
from timekpr_mngr.sync.engine import Engine
from timekpr_mngr.texts import _

ONE_DAY = timedelta(days=1)
DAYS_AHEAD_MAX = 366
DAYS_BACK_MAX = 3660

_day_plan = lru_cache(maxsize=1024)(day_plan)
"""Dozens of pages ask for the same plan within a second."""


class Days:
    """The plan of a day. Who may see somebody may see it."""

    def __init__(
        self, store: Store, engine: Engine, permission: Permission, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._permission = permission
        self._engine = engine
        self._now = now

    async def plan(
        self, actor: Actor, server: str, user: str, day: date | None = None, *, with_waiting: bool = False
    ) -> DayPlanView:
        """What applies on `day`, by default the server's today; `with_waiting` when all that waits has arrived.

        On a day to come, what holds for a day only is over. Raises UnknownServer, UnknownUser, NeverRead, Invalid.
        """
        await self._permission.must(actor, Power.READ, server, user)
        known = self._known(server, user)
        day = known.checked(day)
        if known.local is not None and day < known.local.date():
            return await self._past(known, day)
        config, usage = await self._lasting(known, day), known.usage
        if with_waiting:
            waiting = await self._waiting(known)
            config = expected_config(config, waiting, day)
            usage = known.usage_after(config, waiting)
        plan = _day_plan(config, known.server_config, usage, day, known.local)
        return replace(known.view(plan), with_waiting=with_waiting)

    async def edited(
        self, actor: Actor, server: str, user: str, values: Mapping[str, Json], day: date | None = None
    ) -> DayPlanView:
        """The same with these values of the user's fields, over what is so and what waits: for an editor.

        What is no value of its field changes nothing; nor does any a day that is over.
        Raises UnknownServer, UnknownUser, NeverRead, Invalid.
        """
        known = self._known(server, user)
        day = known.checked(day)
        if known.local is not None and day < known.local.date():
            return await self._past(known, day)
        expected = expected_config(await self._lasting(known, day), await self._waiting(known), day)
        config = _with(expected, values)
        return known.view(_day_plan(config, known.server_config, known.usage, day, known.local))

    async def _waiting(self, known: "_Known") -> list[Change]:
        """What was asked for, and has not arrived."""
        return [one for one in await self._store.changes.open(known.server) if one.user == known.user]

    async def _lasting(self, known: "_Known", day: date) -> UserConfig:
        """The limits on a day that is not over: what is to hold for an earlier day only has been taken back by then."""
        if not self._engine.has_work(known.server):
            return known.config
        over = [
            change
            for change in await self._store.changes.for_a_day(known.server)
            if change.user == known.user and change.until is not None and change.until < day
        ]
        return _with(known.config, lasting(user_values(known.config), over)) if over else known.config

    async def _past(self, known: "_Known", day: date) -> DayPlanView:
        """A day that is over: the rules that were last seen on it, and what was used of it."""
        await self._engine.keep_usage()
        whose = UserName(known.server, known.user)
        record = next(iter((await self._store.usage.days([whose], day, day))[whose]), None)
        end = clock.in_our_utc(known.snapshot, datetime.combine(day + ONE_DAY, time()))
        version = await self._store.history.at(known.server, known.user, end) if end is not None else None
        plan = _day_plan(known.config, known.server_config, None, day, known.local)
        if version is not None:
            plan = _day_plan(_with(UserConfig(), version.values), known.server_config, None, day, known.local)
        if record is not None:
            plan = replace(plan, used_seconds=record.used_seconds, given_seconds=record.given_seconds)
        view = known.view(plan, record.is_whole if record is not None else None)
        return view if version is not None else _without_rules(view)

    def _known(self, server: str, user: str) -> "_Known":
        snapshot, found = known_user(self._engine, server, user)
        if found.config is None:
            reason = f" ({found.problem})" if found.problem else ""
            raise NeverRead(
                _("The settings of {user} could not be read from {server} yet{reason}.").format(
                    user=user, server=server, reason=reason
                )
            )
        now = self._now()
        local = clock.local_now(snapshot, now)
        return _Known(
            server=server,
            user=user,
            snapshot=snapshot,
            config=found.config,
            usage=reading.counted(snapshot, found, now),
            local=local.replace(microsecond=0) if local is not None else None,
            now=now,
        )


@dataclass(frozen=True, slots=True)
class _Known:
    """A user as last read, at our instant `now`, which is `local` there, to the second."""

    server: str
    user: str
    snapshot: Snapshot
    config: UserConfig
    usage: Usage | None
    local: datetime | None
    now: datetime

    @property
    def server_config(self) -> ServerConfig:
        """Where timekpr's own settings could not be read, nobody says that PlayTime is off."""
        return self.snapshot.config or ServerConfig(playtime_enabled=True)

    def checked(self, day: date | None) -> date:
        """The day, by default today. Raises Invalid, or NeverRead where it is not known which day it is there."""
        if day is None:
            return clock.today(self.snapshot, self.server, self.now)
        today = (self.local or self.now).date()
        if not -DAYS_BACK_MAX <= (day - today).days <= DAYS_AHEAD_MAX:
            raise Invalid(
                "date",
                _("A day is at most {ahead} days ahead and {back} ago.").format(
                    ahead=DAYS_AHEAD_MAX, back=DAYS_BACK_MAX
                ),
            )
        return day

    def usage_after(self, config: UserConfig, waiting: Sequence[Change]) -> Usage | None:
        """What counts when the grants for today have arrived."""
        usage = self.usage
        if usage is None or self.local is None:
            return usage
        for change in waiting:
            if change.is_grant and change.day in (None, self.local.date()):
                usage = given(config, usage, self.local, grant_of(change))
        return usage

    def view(self, plan: DayPlan, used_is_whole: bool | None = None) -> DayPlanView:
        """The plan for those who ask."""
        return DayPlanView(
            server=self.server,
            user=self.user,
            day=plan.day,
            when=plan.when.value if plan.when is not None else None,
            time_zone=self.snapshot.time_zone,
            parts=plan.parts,
            limit_seconds=plan.limit_seconds,
            week_limit_seconds=plan.week_limit_seconds,
            month_limit_seconds=plan.month_limit_seconds,
            playtime_limit_seconds=plan.playtime_limit_seconds,
            used_seconds=plan.used_seconds,
            used_is_whole=used_is_whole,
            given_seconds=plan.given_seconds,
            left_seconds=plan.left_seconds,
            playtime_left_seconds=plan.playtime_left_seconds,
            window=self._window(plan.window),
            why_none=plan.why_none.value if plan.why_none is not None else None,
            next_window=self._window(plan.next_window),
            now_minute=_minute(self.local, plan.day) if self.local and plan.when is When.TODAY else None,
            from_minute=_minute(plan.window.start, plan.day) if plan.window else None,
            until_minute=_minute(plan.window.end, plan.day) if plan.window else None,
            with_waiting=False,
            words=day_words(plan, used_is_whole),
        )

    def _window(self, window: Window | None) -> WindowView | None:
        start = clock.in_server_utc(self.snapshot, window.start) if window is not None else None
        if window is None or start is None:
            return None
        end = clock.in_server_utc(self.snapshot, window.end) if window.end is not None else None
        return WindowView(start, end, window.rule.value)


def _without_rules(view: DayPlanView) -> DayPlanView:
    """A day of before anything was read: nobody knows what applied."""
    words = replace(view.words, limit=None, hours=None)
    return replace(
        view,
        parts=(),
        limit_seconds=None,
        week_limit_seconds=None,
        month_limit_seconds=None,
        playtime_limit_seconds=None,
        words=words,
    )


def _with(config: UserConfig, values: Mapping[str, Json]) -> UserConfig:
    """With these values, as far as this version knows what they mean."""
    for name, value in values.items():
        if name in USER_FIELDS:
            with contextlib.suppress(Invalid):
                config = with_user_values(config, {name: value})
    return config


def _minute(instant: datetime | None, day: date) -> int:
    """The minute of that day, or its end where the instant lies beyond, or is none."""
    if instant is None or instant.date() > day:
        return DAY_MINUTES
    return instant.hour * 60 + instant.minute
