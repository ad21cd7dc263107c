"""Where one is signed in."""

from timekpr_mngr.services import words
from timekpr_mngr.services.accounts import Session
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.card import card
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.visit import Visit


class SessionList:
    """One's own sessions, each to be ended."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        with card(_("Signed in"), _("What you do not know, end, and change the password.")):
            self._list = element("div", "list")
            with element("div", "line end") as self._end:
                button(_("End all others"), self._end_others)

    async def refresh(self) -> None:
        """Draws the list."""
        accounts, session = self._visit.services.accounts, self._visit.session
        found = await self._visit.do(lambda actor: accounts.sessions(actor, session)) or ()
        self._list.clear()
        with self._list:
            for one in found:
                self._line(one)
        self._end.set_visibility(any(not one.is_this for one in found))

    def _line(self, one: Session) -> None:
        now, zone = self._visit.now, self._visit.zone
        with element("div", "item"):
            with element("div", "grow"):
                text("div", one.browser).style("font-weight: 560")
                since = _("since {when}").format(when=words.at(one.since, zone, now))
                seen = _("last seen {ago}").format(ago=words.ago(one.last_used_at, now))
                text("div", " · ".join(part for part in (one.address, since, seen) if part), "small muted")
            if one.is_this:
                with element("span", "pill on"):
                    text("span", _("this one"))
                return
            name = _("End {browser}, {address}").format(browser=one.browser, address=one.address)
            button(_("End"), lambda: self._end_one(one.id), "word danger", name=name)

    async def _end_one(self, session_id: str) -> None:
        accounts = self._visit.services.accounts
        await self._visit.do(lambda actor: accounts.end_session(actor, session_id))
        await self.refresh()

    async def _end_others(self) -> None:
        accounts, session = self._visit.services.accounts, self._visit.session
        await self._visit.do(lambda actor: accounts.end_other_sessions(actor, session))
        await self.refresh()
