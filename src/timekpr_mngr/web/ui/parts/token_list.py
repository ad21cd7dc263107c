"""Keys for programs: made, shown once, revoked."""

from nicegui import ui

from timekpr_mngr.domain.account import Power, Token
from timekpr_mngr.errors import Invalid
from timekpr_mngr.services import words
from timekpr_mngr.texts import _, counted, noop
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.card import card
from timekpr_mngr.web.ui.parts.confirm import confirm
from timekpr_mngr.web.ui.parts.copy_box import copy_box
from timekpr_mngr.web.ui.parts.notice import Notice
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.visit import Visit

SCOPES = {
    Power.READ: noop("look"),
    Power.GRANT: noop("give time"),
    Power.LIMITS: noop("set limits"),
    Power.ADMIN: noop("all that you may"),
}
DAYS = (30, 90, 365)
FOR_EVER = 0


class TokenList:
    """One's own tokens; for an admin all of them."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        with card(_("API tokens"), _("For programs that speak to timekpr-mngr in your name.")):
            self._new = element("div", "stack tight")
            self._list = element("div", "list")
            with element("div", "form"):
                self._label = ui.input(_("What is it for?")).without_auto_validation()
                self._label.props("outlined dense hide-bottom-space maxlength=64 autocomplete=off")
                self._scope = _choice(
                    _("It may"), {power.value: _(said) for power, said in self._scopes().items()}
                )
                self._scope.set_value(next(reversed(self._scopes())).value)
                days = {number: counted("{n} day", "{n} days", number) for number in DAYS}
                self._days = _choice(_("For"), {**days, FOR_EVER: _("as long as it is not revoked")})
                self._days.set_value(FOR_EVER)
                with element("div", "line end"):
                    button(_("Make a token"), self._make)

    def _scopes(self) -> dict[Power, str]:
        """What makes sense for this account; the last one is all of it."""
        own = self._visit.account.role.power
        return {
            power: said
            for power, said in SCOPES.items()
            if power is Power.ADMIN or own is None or own.covers(power)
        }

    async def refresh(self) -> None:
        """Draws the list."""
        found = await self._visit.do(self._visit.services.accounts.tokens)
        self._list.clear()
        with self._list:
            for token in found or []:
                self._line(token)

    def _line(self, token: Token) -> None:
        with element("div", "item"):
            with element("div", "grow"):
                text("div", token.label, "anywhere").style("font-weight: 560")
                text("div", " · ".join(self._facts(token)), "small muted")
            name = _("Revoke {label}").format(label=token.label)
            button(_("Revoke"), lambda: self._revoke(token.id, token.label), "word danger", name=name)

    def _facts(self, token: Token) -> list[str]:
        now = self._visit.now
        facts = [token.account]
        if token.scope is not Power.ADMIN:
            facts.append(_("may {what}").format(what=_(SCOPES[token.scope])))
        used = token.last_used_at
        facts.append(_("used {ago}").format(ago=words.ago(used, now)) if used else _("never used"))
        if token.expires_at is not None:
            over = token.expires_at <= now
            until = words.at(token.expires_at, self._visit.zone, now)
            facts.append((_("over since {when}") if over else _("until {when}")).format(when=until))
        return facts

    async def _make(self) -> None:
        self._label.error = None
        try:
            secret = await self._visit.act(
                lambda actor: self._visit.services.accounts.create_token(
                    actor, self._label.value or "", scope=self._scope.value, days=self._days.value or None
                )
            )
        except Invalid as problem:
            self._label.error = problem.message
            return
        if secret is None:
            return
        self._label.set_value("")
        self._new.clear()
        with self._new:
            Notice("good").show("good", _("Copy it now:"), _("it is not shown again."))
            copy_box(secret, _("the token"))
        await self.refresh()

    async def _revoke(self, token_id: int, label: str) -> None:
        if await confirm(
            _("Revoke {label}?").format(label=label), _("Whatever uses it is shut out at once."), _("Revoke")
        ):
            await self._visit.do(lambda actor: self._visit.services.accounts.revoke_token(actor, token_id))
            await self.refresh()


def _choice(label: str, options: dict[str, str] | dict[int, str]) -> ui.select:
    field = ui.select(options, label=label)
    field.props("outlined dense options-dense hide-bottom-space")
    return field
