"""What somebody changed on a server, of one user or of its settings: each with two answers."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from nicegui.element import Element

from timekpr_mngr.domain.account import Power
from timekpr_mngr.domain.drift import Drift
from timekpr_mngr.services import words
from timekpr_mngr.services.change_search import ASKS
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.asking import Field, field_of
from timekpr_mngr.web.ui.parts.button import button, link_button
from timekpr_mngr.web.ui.parts.icon import icon
from timekpr_mngr.web.ui.parts.text import element, named, text
from timekpr_mngr.web.ui.visit import Visit

SHOWN_ONE_BY_ONE = 3

Answer = Callable[[Sequence[Drift]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Answers:
    """What can be said to drift, and that it is wanted one by one."""

    adopt: Answer
    revert: Answer
    open: Answer


class DriftGroup(Element):
    """All of it belongs to the same user of the same server; never empty. Of the fields `asked` a conflict asks.

    Many are shown in short, to be answered together, until somebody wants them `one_by_one`.
    """

    def __init__(
        self,
        visit: Visit,
        items: Sequence[Drift],
        asked: Collection[Field],
        answers: Answers,
        *,
        one_by_one: bool,
    ) -> None:
        super().__init__("section")
        first = items[0]
        headline = _("Somebody changed this on {server}").format(server=first.server)
        self.classes("card asks")
        named(self, f"{headline}, {first.user}" if first.user else headline)
        self._visit, self._asked, self._answers = visit, asked, answers
        together = [item for item in items if field_of(item) not in asked and not item.overwritten]
        in_short = len(together) > SHOWN_ONE_BY_ONE and not one_by_one
        with self:
            with element("div", "line"):
                icon("warning", "soon")
                text("h2", headline, "grow")
                with element("span", "pill"):
                    text("span", first.user or _("its settings"))
            with element("ul", "list dense" if in_short else "list"):
                for item in items:
                    if in_short and item in together:
                        with element("li"):
                            _what(item)
                    else:
                        self._item(item)
            if visit.may(Power.LIMITS, first.server, first.user) and len(together) > 1:
                with element("div", "line wrap" if in_short else "line wrap end"):
                    kind = "" if in_short else "quiet"
                    button(_("Keep all"), lambda: answers.adopt(together), kind)
                    button(_("Change all back"), lambda: answers.revert(together), kind)
                    if in_short:
                        button(_("One by one"), lambda: answers.open(items), "quiet")

    def _item(self, item: Drift) -> None:
        with element("li", "drift"):
            with element("div", "grow"):
                _what(item)
                text("div", self._said(item), "small muted")
            if field_of(item) in self._asked:
                link = f"/changes?state={ASKS}&server={quote(item.server)}"
                link_button(_("Answer"), link).props["aria-label"] = _("Answer: {what}").format(
                    what=words.field(item.field)
                )
            elif self._visit.may(Power.LIMITS, item.server, item.user):
                keep, back = _labels(item)
                with element("div", "line answers"):
                    for label, answer in ((keep, self._answers.adopt), (back, self._answers.revert)):
                        button(
                            label,
                            lambda answer=answer: answer([item]),
                            name=f"{label}: {words.field(item.field)}",
                        )

    def _said(self, item: Drift) -> str:
        seen = _("seen {when}").format(when=words.at(item.seen_at, self._visit.zone, self._visit.now))
        if field_of(item) in self._asked:
            return _("{seen}; a change from here wanted something else").format(seen=seen)
        if item.overwritten:
            return _("{seen}; a change from here took its place before anybody saw it").format(seen=seen)
        if not item.is_grant and item.before != item.known:
            return _("{seen}; in between it was {value}").format(
                seen=seen, value=words.value(item.field, item.before)
            )
        return seen


def _what(item: Drift) -> None:
    with element("div", "what"):
        text("b", words.field(item.field))
        if not item.is_grant:
            text("del", f" {words.value(item.field, item.known)}")
            text("span", " → ", "muted")
        text("span", f" {words.value(item.field, item.after)}")


def _labels(item: Drift) -> tuple[str, str]:
    """What keeping is called, and what changing back is."""
    if item.overwritten:
        return _("Set theirs again"), _("Keep ours")
    if not item.is_grant:
        return _("Keep it"), _("Change it back")
    seconds = item.after.get("seconds") if isinstance(item.after, dict) else None
    took = isinstance(seconds, int) and seconds < 0
    return _("Keep it"), _("Give it back") if took else _("Take it back")
