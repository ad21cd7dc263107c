"""The config editor: everything that limits one user, each key as a fitting field."""

from datetime import date

from nicegui import ui

from timekpr_mngr.domain.account import Power
from timekpr_mngr.domain.change import Json
from timekpr_mngr.domain.field import user_values
from timekpr_mngr.domain.user import DAY_SECONDS, MONTH_SECONDS, WEEK_SECONDS, WEEKDAYS
from timekpr_mngr.errors import Invalid
from timekpr_mngr.services import Services, words
from timekpr_mngr.services.day_views import DayPlanView
from timekpr_mngr.services.live import Event
from timekpr_mngr.services.raw import UserFormat
from timekpr_mngr.services.views import UserView
from timekpr_mngr.sync.events import ChangeMoved, FleetChanged, ServerMoved, UserRead
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.edits import Edits, field_at, user_patch
from timekpr_mngr.web.ui.frame import frame
from timekpr_mngr.web.ui.navigation import user_path
from timekpr_mngr.web.ui.page import page
from timekpr_mngr.web.ui.parts.activities_input import ActivitiesInput
from timekpr_mngr.web.ui.parts.card import card
from timekpr_mngr.web.ui.parts.day_why import DayWhy
from timekpr_mngr.web.ui.parts.drift_inbox import DriftInbox
from timekpr_mngr.web.ui.parts.empty import empty
from timekpr_mngr.web.ui.parts.fields import switch_field
from timekpr_mngr.web.ui.parts.limit_input import LimitInput
from timekpr_mngr.web.ui.parts.lockout_input import LockoutInput
from timekpr_mngr.web.ui.parts.notice import Notice
from timekpr_mngr.web.ui.parts.raw_view import RawView, ReadFile, ReadOnlyFiles
from timekpr_mngr.web.ui.parts.save_bar import SaveBar
from timekpr_mngr.web.ui.parts.sent_list import SentList
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.parts.user_head import UserHead
from timekpr_mngr.web.ui.parts.week_editor import WeekEditor
from timekpr_mngr.web.ui.visit import Visit

CLOCK_SECONDS = 60.0


def register(services: Services) -> None:
    """Makes the page."""

    @page(services, "/server/{server}/user/{user}")
    async def config_editor(visit: Visit, server: str, user: str) -> None:
        view = await services.limits.user(visit.actor, server, user)
        title = _("{user} on {server}").format(user=view.full_name or user, server=server)
        async with frame(visit, title=title, here="servers", path=user_path(server, user)) as updates:
            editor = _Editor(visit, view)
            await editor.load()
            updates.subscribe(editor.inbox.handle)
            updates.subscribe(editor.handle)
            ui.timer(CLOCK_SECONDS, editor.tick, immediate=False)


class _Editor:
    """The page's fields over one set of edits."""

    def __init__(self, visit: Visit, view: UserView) -> None:
        self._visit, self._server, self._user = visit, view.server, view.name
        self._head = UserHead(visit, view, "user")
        self.inbox = DriftInbox(visit, server=view.server, user=view.name)
        self._edits: Edits | None = None
        if view.config is None:
            empty(
                "question",
                _("The limits were not read yet"),
                view.problem
                or _("As soon as {server} was read, they appear here.").format(server=view.server),
                _("To {server}").format(server=view.server),
                f"/server/{view.server}",
            )
            if view.config_text is not None:
                why = _("timekpr cannot read its settings like this, and so they cannot be edited here.")
                ReadOnlyFiles([ReadFile(f"timekpr.{view.name}.conf", view.config_text, why)])
            return
        self._edits = Edits(user_values(view.config), view.pending)
        self._sent = SentList(visit)
        self._sent.show_waiting([change for change in view.pending if not change.is_grant])
        self._collision = Notice()
        self._may = visit.may(Power.LIMITS, view.server, view.name)
        if not self._may:
            Notice("").show("", _("You may look here, not change anything."))
        self._fields(self._edits, view.today)
        self._raw = RawView(
            f"timekpr.{view.name}.conf",
            self._edits,
            UserFormat(view.name),
            view.config_text or "",
            enabled=self._may,
        )
        self._raw.show(view.config_text or "", [_counted_file(view)])
        if self._may:
            SaveBar(self._edits, self._save)

    async def handle(self, events: list[Event]) -> None:
        """Brings up to date what nobody is typing in."""
        moved = [
            event.change
            for event in events
            if isinstance(event, ChangeMoved) and self._is_mine(event.change.server, event.change.user)
        ]
        read = any(
            isinstance(event, UserRead) and self._is_mine(event.server, event.user) for event in events
        )
        server = any(isinstance(event, ServerMoved) and event.server == self._server for event in events)
        if not (moved or read or server or any(isinstance(event, FleetChanged) for event in events)):
            return
        view = await self._visit.look(
            lambda actor: self._visit.services.limits.user(actor, self._server, self._user)
        )
        if view is None:
            return
        self._head.show(view)
        if self._edits is None:
            if view.config is not None:
                ui.navigate.reload()
            return
        for change in moved:
            self._sent.advance(change)
        self._sent.show_waiting([change for change in view.pending if not change.is_grant])
        if view.config is not None:
            self._rebase(self._edits, user_values(view.config), view)
        self._raw.show(view.config_text or "", [_counted_file(view)])
        self._why.refresh()

    def _is_mine(self, server: str, user: str | None) -> bool:
        return server == self._server and user == self._user

    def _rebase(self, edits: Edits, values: dict[str, Json], view: UserView) -> None:
        if collided := edits.rebase(values, view.pending):
            what = words.listed(
                [f"{words.field(name)} {words.value(name, edits.base[name])}" for name in collided]
            )
            self._collision.show(
                "over",
                _("Changed meanwhile: {what}.").format(what=what),
                _("What you typed is still here; Save sends yours, Undo takes theirs."),
            )
        elif not edits.is_dirty:
            self._collision.hide()

    async def _save(self) -> None:
        edits = self._edits
        if edits is None:
            return
        changed = edits.changed
        try:
            accepted = await self._visit.act(
                lambda actor: self._visit.services.limits.change_user(
                    actor, self._server, self._user, user_patch(changed)
                )
            )
        except Invalid as problem:
            if not edits.mark(field_at(problem.field, changed), problem):
                self._visit.tell(problem.message, bad=True)
            return
        if accepted is None:
            return
        edits.sent()
        self._collision.hide()
        self._sent.press(accepted.changes)
        if not accepted.changes:
            self._visit.tell(
                _("Nothing to send: {server} has it like this already.").format(server=self._server)
            )

    async def load(self) -> None:
        """What has to be asked for before the page is shown."""
        await self.inbox.refresh()
        if self._edits is not None:
            await self._why.load()

    def tick(self) -> None:
        """Time has passed: what is left of today is less."""
        if self._edits is not None:
            self._why.refresh()

    async def _plan(self, day: date | None) -> DayPlanView:
        values = self._edits.changed if self._edits is not None else {}
        days = self._visit.services.days
        return await days.edited(self._visit.actor, self._server, self._user, values, day)

    def _day_chosen(self, weekday: int) -> None:
        self._why.choose(weekday)

    def _end(self) -> str:
        return words.value("lockout", self._edits.value("lockout") if self._edits is not None else None)

    def _fields(self, edits: Edits, today: date | None) -> None:
        enabled = self._may
        with element("div", "two"):
            with element("div", "stack"):
                with card(_("Week")):
                    WeekEditor(
                        edits,
                        chosen=today.isoweekday() if today is not None else 1,
                        enabled=enabled,
                        on_day=self._day_chosen,
                    )
                _playtime(edits, enabled=enabled)
            with element("div", "stack"):
                with card(_("What applies, and why")):
                    self._why = DayWhy(self._plan, self._end)
                    edits.subscribe(self._why.refresh)
                with card(_("At most"), _("Slide, or type it exactly: 1 h 30, 45 min, no limit.")):
                    _limits(edits, enabled=enabled)
                with card(
                    _("When time is up"), _("What the user sees after timekpr's warnings and countdown.")
                ):
                    LockoutInput(edits, enabled=enabled)
                with card(_("How time is counted")), element("div"):
                    switch_field(
                        edits,
                        "track_inactive",
                        _("On: time also passes while the screen is locked or another user is in front."),
                        enabled=enabled,
                    )
                    switch_field(
                        edits,
                        "hide_tray_icon",
                        _("On: no icon and no warnings; the end comes unannounced."),
                        enabled=enabled,
                    )


def _limits(edits: Edits, *, enabled: bool) -> None:
    with element("div", "limitrows"):
        for weekday in WEEKDAYS:
            day = words.day(weekday)
            LimitInput(
                edits,
                f"days.{weekday}.limit_seconds",
                day,
                _("Slider for {day}").format(day=day),
                whole=DAY_SECONDS,
                none=_("No time that day, unless you give some."),
                enabled=enabled,
            )
        for name, label, slider, whole in (
            ("week_limit_seconds", _("a week"), _("Slider for the week"), WEEK_SECONDS),
            ("month_limit_seconds", _("a month"), _("Slider for the month"), MONTH_SECONDS),
        ):
            nothing = _("No time at all: giving time does not help against this one.")
            LimitInput(edits, name, label, slider, whole=whole, none=nothing, enabled=enabled)


def _playtime(edits: Edits, *, enabled: bool) -> None:
    with card(
        _("PlayTime: games"),
        _("A limit of its own for the programs that you name. The server's own switch must be on too."),
        classes="late",
    ):
        with element("div"):
            switch_field(edits, "playtime.enabled", "", enabled=enabled, label=_("Use PlayTime"))
            switch_field(
                edits,
                "playtime.override",
                _(
                    "Time only passes while one of these programs runs; the PlayTime limits below do not count then."
                ),
                enabled=enabled,
            )
            switch_field(
                edits,
                "playtime.unaccounted_intervals",
                _("These programs may also run in free hours, when time is not counted."),
                enabled=enabled,
            )
        with element("div", "stack tight"):
            text("h3", _("PlayTime a day"))
            with element("div", "limitrows"):
                for weekday in WEEKDAYS:
                    day = words.day(weekday)
                    LimitInput(
                        edits,
                        f"playtime.days.{weekday}.limit_seconds",
                        day,
                        _("PlayTime slider for {day}").format(day=day),
                        whole=DAY_SECONDS,
                        none="",
                        enabled=enabled,
                    )
        ActivitiesInput(edits, enabled=enabled)


def _counted_file(view: UserView) -> ReadFile:
    return ReadFile(
        f"{view.name}.time",
        view.control_text,
        _(
            "What timekpr has counted. It can only be read: timekpr writes this file itself all the time, from what "
            "it has in memory. To give or take time, use the buttons of Today."
        ),
    )
