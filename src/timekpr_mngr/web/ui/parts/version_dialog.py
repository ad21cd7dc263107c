"""One version beside another, and the way back to it."""

from collections import Counter
from collections.abc import Sequence

from nicegui import ui
from nicegui.element import Element

from timekpr_mngr.domain.account import Power
from timekpr_mngr.domain.change import Change
from timekpr_mngr.services import words
from timekpr_mngr.services.views import VersionView
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.differences import differences
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.visit import Visit

NOW = 0


class VersionDialog(Element):
    """Shows first what differs from now. `sent` are the changes that bring it back, once that was pressed."""

    def __init__(
        self,
        visit: Visit,
        server: str,
        user: str | None,
        version: VersionView,
        others: Sequence[VersionView],
        dialog: ui.dialog,
    ) -> None:
        super().__init__("div")
        self.classes("stack")
        self._visit, self._server, self._user, self._version = visit, server, user, version
        self._dialog = dialog
        self._others = {other.id: other for other in others if other.id != version.id}
        with self:
            text("h2", _("As it was: {when}").format(when=self._when(version)))
            options = {NOW: _("now")} | self._named()
            self._against = ui.select(
                options, value=NOW, label=_("Compared with"), on_change=self.refresh
            ).props("outlined dense options-dense hide-bottom-space behavior=menu")
            self._part = element("div", "stack tight")
            with element("div", "line end wrap"):
                button(_("Close"), dialog.close, "quiet")
                self._bring = button(_("Bring it back"), self._bring_back, "main")
            self._bring.set_visibility(False)

    async def refresh(self) -> None:
        """What differs from what is chosen."""
        against = self._against.value or None
        found = await self._visit.do(
            lambda actor: self._visit.services.history.compare(
                actor, self._server, self._user, self._version.id, against
            )
        )
        self._part.clear()
        may_bring = against is None and self._visit.may(Power.LIMITS, self._server, self._user)
        self._bring.set_visibility(bool(found) and may_bring)
        if found is None:
            return
        with self._part:
            if found:
                differences(
                    found, _("Then"), _("Now") if against is None else self._when(self._others[against])
                )
            else:
                text(
                    "p",
                    _("No difference: it is like this now.")
                    if against is None
                    else _("No difference between the two."),
                    "muted",
                )
            if found and may_bring:
                text(
                    "p",
                    _("To bring it back sets what differs as it was then. Anything else stays."),
                    "small muted",
                )

    def _when(self, version: VersionView) -> str:
        return words.moment(version.seen_at, self._visit.zone)

    def _named(self) -> dict[int, str]:
        """The others by their moment; where two are of the same minute, with what each changed."""
        moments = Counter(map(self._when, self._others.values()))
        return {
            id_: " · ".join([when, *(other.changed[:1] if moments[when] > 1 else ())])
            for id_, other in self._others.items()
            for when in [self._when(other)]
        }

    async def _bring_back(self) -> None:
        accepted = await self._visit.do(
            lambda actor: self._visit.services.history.bring_back(
                actor, self._server, self._user, self._version.id
            )
        )
        if accepted is None:
            return
        if not accepted.changes:
            self._visit.tell(_("{server} has it like this already.").format(server=self._server))
        self._dialog.submit(accepted.changes)


async def version_dialog(
    visit: Visit, server: str, user: str | None, version: VersionView, others: Sequence[VersionView]
) -> tuple[Change, ...]:
    """Gives the changes that bring it back; none where it was only looked at."""
    with visit.client, ui.dialog() as dialog, ui.card().classes("dialog wide"):
        dialog.props["aria-label"] = _("Compare and bring back")
        content = VersionDialog(visit, server, user, version, others, dialog)
        await content.refresh()
    changes = await dialog
    dialog.delete()
    return changes or ()
