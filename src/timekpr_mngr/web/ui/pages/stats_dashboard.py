"""The stats dashboard of one user: what is left, time to give, and what was used today and in the days before."""

from nicegui import ui

from timekpr_mngr.domain.account import Power
from timekpr_mngr.domain.server import ServerState
from timekpr_mngr.domain.time_left import Reason
from timekpr_mngr.domain.user import DAY_SECONDS, MONTH_SECONDS, WEEK_SECONDS, UserConfig
from timekpr_mngr.errors import UnknownPerson
from timekpr_mngr.services import Services, words
from timekpr_mngr.services.day_views import DayPlanView
from timekpr_mngr.services.live import Event
from timekpr_mngr.services.views import UserView
from timekpr_mngr.sync.events import ChangeMoved, ServerMoved, UserRead, UserTicked
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.frame import frame
from timekpr_mngr.web.ui.navigation import person_path, user_path
from timekpr_mngr.web.ui.page import page
from timekpr_mngr.web.ui.parts.answer import Answer
from timekpr_mngr.web.ui.parts.chart_span import span_in
from timekpr_mngr.web.ui.parts.day_bar import DayBar, scale
from timekpr_mngr.web.ui.parts.drift_inbox import DriftInbox
from timekpr_mngr.web.ui.parts.grant_dialog import GrantForm
from timekpr_mngr.web.ui.parts.grant_row import grant_row
from timekpr_mngr.web.ui.parts.icon import icon
from timekpr_mngr.web.ui.parts.ring import Ring
from timekpr_mngr.web.ui.parts.stat import Stat
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.parts.usage_history import UsageHistory
from timekpr_mngr.web.ui.parts.user_head import UserHead
from timekpr_mngr.web.ui.today import Today, after_lockout, today
from timekpr_mngr.web.ui.visit import Visit

CLOCK_SECONDS = 30.0
LOOK_BACK_SECONDS = 60.0
"""How often the days are told anew; what is used is kept once a minute."""


def register(services: Services) -> None:
    """Makes the page."""

    @page(services, "/server/{server}/stats/{user}")
    async def stats_dashboard(visit: Visit, server: str, user: str, days: str = "") -> None:
        view = await services.limits.user(visit.actor, server, user)
        title = _("{user} today").format(user=view.full_name or user)
        async with frame(visit, title=title, here="home", path=user_path(server, user, "stats")) as updates:
            plan = await visit.look(lambda actor: services.days.plan(actor, server, user))
            dashboard = _Dashboard(visit, view, plan)
            await _whole_person(visit, server, user)
            history = UsageHistory(
                visit,
                lambda actor, days: services.reports.user(actor, server, user, days),
                f"{user}-{server}",
            )
            await history.load(span_in(days))
            await dashboard.inbox.refresh()
            updates.subscribe(dashboard.inbox.handle)
            updates.subscribe(dashboard.handle)
            ui.timer(CLOCK_SECONDS, dashboard.refresh, immediate=False)
            ui.timer(LOOK_BACK_SECONDS, history.refresh, immediate=False)


class _Dashboard:
    def __init__(self, visit: Visit, view: UserView, plan: DayPlanView | None) -> None:
        self._visit, self._server, self._user = visit, view.server, view.name
        self._head = UserHead(visit, view, "stats")
        self.inbox = DriftInbox(visit, server=view.server, user=view.name)
        with element("div", "two"):
            with element("div", "stack"):
                self._now(visit, view)
                self._stats()
            with element("div", "stack"):
                with element("section", "card"):
                    if visit.may(Power.GRANT, view.server, view.name):
                        GrantForm(visit, view.server, view.name, self._answer, headline=_("Another amount"))
                    else:
                        text("h2", _("Time today"))
                        text("p", _("You may look here, not give time."), "muted")
                _explanation()
        self._show(view, plan)

    async def handle(self, events: list[Event]) -> None:
        """Brings the numbers up to date where an event is about this user."""
        about = False
        for event in events:
            if isinstance(event, ChangeMoved):
                if (event.change.server, event.change.user) == (self._server, self._user):
                    self._answer.advance(event.change)
                    about = True
            elif isinstance(event, UserRead | UserTicked):
                about = about or (event.server, event.user) == (self._server, self._user)
            elif isinstance(event, ServerMoved):
                about = about or event.server == self._server
        if about:
            await self.refresh()

    async def refresh(self) -> None:
        """Everything as it is now."""
        view = await self._visit.look(
            lambda actor: self._visit.services.limits.user(actor, self._server, self._user)
        )
        plan = await self._visit.look(
            lambda actor: self._visit.services.days.plan(actor, self._server, self._user)
        )
        if view is not None:
            self._show(view, plan)

    def _now(self, visit: Visit, view: UserView) -> None:
        with element("section", "card"):
            with element("div", "who"):
                self._ring = Ring()
                with element("div"):
                    with element("div", "state"):
                        self._dot = element("span", "dot").props("aria-hidden=true")
                        self._state = ui.label()
                    self._why = text("div", "", "why")
            with element("div", "day"):
                self._bar = DayBar()
                scale()
            self._answer = Answer(visit)
            if visit.may(Power.GRANT, view.server, view.name):
                grant_row(visit, view.server, view.name, self._answer)

    def _stats(self) -> None:
        with element("div", "stats"):
            self._left = Stat(_("Left today"))
            self._row = Stat(_("Left in a row"))
            self._day = Stat(_("Used today"))
            self._week = Stat(_("This week"))
            self._month = Stat(_("This month"))
            self._balance = Stat(_("Balance today"))
            self._playtime_left = Stat(_("PlayTime left"))
            self._playtime = Stat(_("PlayTime used"))
            self._seen = Stat(_("Last seen"))

    def _show(self, view: UserView, plan: DayPlanView | None) -> None:
        now = today(view, self._visit.zone, self._visit.now)
        self._head.show(view)
        self._ring.show(
            now.left_seconds, now.total_seconds, running=now.running, stale=now.stale, unlimited=now.unlimited
        )
        self._dot.classes(replace=f"dot {now.dot}")
        self._state.set_text(now.state)
        self._why.text = _why(view, now)
        self._bar.show(plan, running=now.running, stale=now.stale)
        self._answer.wait_for(view.pending)
        self._show_left(view, now, plan)
        self._show_used(view, stale=now.stale)
        self._show_playtime(view, stale=now.stale)
        self._show_seen(view)

    def _show_left(self, view: UserView, now: Today, plan: DayPlanView | None) -> None:
        left = view.time_left
        if left is None:
            self._left.show("–", _("not known"))
            self._row.show("–", _("not known"))
            return
        until = ""
        if now.running and plan is not None and plan.until_minute is not None:
            until = _("until {time} at this pace").format(time=words.clock(plan.until_minute))
        unlimited = left.reason == Reason.UNLIMITED
        self._left.show(
            _("no limit") if unlimited else words.roughly(left.day_seconds),
            until,
            stale=now.stale,
        )
        in_a_row = _("no end in sight") if unlimited else words.roughly(left.continuous_seconds)
        self._row.show(in_a_row, _("with no break from now"), stale=now.stale)

    def _show_used(self, view: UserView, *, stale: bool) -> None:
        usage, config = view.usage, view.config
        if usage is None:
            for stat in (self._day, self._week, self._month, self._balance):
                stat.show("–", _("not known"))
            return
        age = words.ago(usage.as_of, self._visit.now)
        limit = config.day(view.today.isoweekday()).limit_seconds if config and view.today else DAY_SECONDS
        self._day.show(words.roughly(usage.spent_day_seconds), _of(limit, DAY_SECONDS, age), stale=stale)
        week, month = _caps(config)
        self._week.show(words.roughly(usage.spent_week_seconds), _of(week, WEEK_SECONDS), stale=stale)
        self._month.show(words.roughly(usage.spent_month_seconds), _of(month, MONTH_SECONDS), stale=stale)
        given = usage.spent_day_seconds - usage.balance_seconds
        below = (
            _("{time} given today")
            if given > 0
            else _("{time} taken today")
            if given < 0
            else _("nothing given or taken")
        ).format(time=words.roughly(abs(given)))
        self._balance.show(words.roughly(usage.balance_seconds), below, stale=stale)

    def _show_playtime(self, view: UserView, *, stale: bool) -> None:
        config, usage, left = view.config, view.usage, view.time_left
        is_on = left is not None and left.playtime_seconds is not None
        self._playtime_left.set_visibility(is_on)
        self._playtime.set_visibility(is_on)
        if left is None or left.playtime_seconds is None:
            return
        self._playtime_left.show(words.roughly(left.playtime_seconds), "", stale=stale)
        limit = config.playtime.limits[view.today.weekday()] if config and view.today else DAY_SECONDS
        used = words.roughly(usage.playtime_spent_day_seconds) if usage else "–"
        self._playtime.show(used, _of(limit, DAY_SECONDS), stale=stale)

    def _show_seen(self, view: UserView) -> None:
        if view.counted and view.server_state is ServerState.ONLINE:
            self._seen.show(_("now"), _("signed in and counted"))
        elif view.usage is not None:
            zone, now = self._visit.zone, self._visit.now
            self._seen.show(words.at(view.usage.as_of, zone, now), words.ago(view.usage.as_of, now))
        else:
            self._seen.show("–", _("not known"))


async def _whole_person(visit: Visit, server: str, user: str) -> None:
    """The way to all computers of whose user this is."""
    try:
        person = await visit.services.people.get(visit.actor, f"{server}/{user}")
    except UnknownPerson:  # out of view
        return
    if len(person.users) > 1:
        with element("div", "note"):
            icon("person")
            text("div", _("{name} has more than one computer.").format(name=person.name), "grow")
            ui.link(_("All of them together"), person_path(person.id)).classes("act")


def _explanation() -> None:
    with element("div", "note"):
        icon("info")
        text(
            "div",
            _(
                "What was used is counted by timekpr itself and cannot be edited: "
                "giving time, or setting what is left, moves the balance and leaves the counters as they are."
            ),
            "grow",
        )


def _why(view: UserView, now: Today) -> str:
    if view.config is None or not now.running:
        return now.why
    first, *rest = now.why.split("\n")
    return "\n".join([f"{first}, {after_lockout(view.config.lockout.type)}", *rest])


def _of(limit: int, whole: int, age: str = "") -> str:
    text_ = _("no limit") if limit >= whole else _("of {time}").format(time=words.duration(limit))
    return f"{text_} · {age}" if age else text_


def _caps(config: UserConfig | None) -> tuple[int, int]:
    return (
        (config.week_limit_seconds, config.month_limit_seconds) if config else (WEEK_SECONDS, MONTH_SECONDS)
    )
