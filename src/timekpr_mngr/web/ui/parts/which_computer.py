"""Asks on which of a person's computers."""

from collections.abc import Sequence

from nicegui import ui

from timekpr_mngr.domain.change import Change
from timekpr_mngr.domain.person import UserName
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.person_today import Place
from timekpr_mngr.web.ui.visit import Visit

LOOKED_AT = 20
"""So many of a user's last changes are looked through for time that was given."""


async def which_computer(visit: Visit, question: str, places: Sequence[Place]) -> UserName | None:
    """The one that was chosen; None for none. The one that got time last stands first."""
    last = await _last_given(visit, [place.at for place in places])
    ordered = sorted(places, key=lambda place: place.at != last)
    with visit.client, ui.dialog() as dialog, ui.card().classes("dialog"):
        dialog.props["aria-label"] = question
        text("h2", question)
        with element("div", "choices"):
            for place in ordered:
                with button("", lambda at=place.at: dialog.submit(at), "place") as choice:
                    element("span", f"dot {place.dot}").props("aria-hidden=true")
                    with element("span", "grow"):
                        text("b", _label(place.at, places))
                        text(
                            "span", place.words + (_(" · as last time") if place.at == last else ""), "small"
                        )
                if place is ordered[0]:
                    choice.props("autofocus")
            button(_("Cancel"), lambda: dialog.submit(None), "quiet")
    chosen = await dialog
    dialog.delete()
    return chosen if isinstance(chosen, UserName) else None


async def _last_given(visit: Visit, users: Sequence[UserName]) -> UserName | None:
    """Who of them got time last, from anybody."""
    grants: list[Change] = []
    for server, user in users:
        found = await visit.look(
            lambda actor, server=server, user=user: visit.services.changes.list(  # type: ignore[misc]
                actor, server=server, user=user, limit=LOOKED_AT
            )
        )
        grants += [change for change in found.items if change.is_grant] if found is not None else []
    last = max(grants, key=lambda change: change.id, default=None)
    return UserName(last.server, last.user) if last is not None and last.user is not None else None


def _label(at: UserName, places: Sequence[Place]) -> str:
    """The computer, with the login where the person has two there."""
    if sum(place.at.server == at.server for place in places) > 1:
        return _("{server}, as {user}").format(server=at.server, user=at.user)
    return at.server
