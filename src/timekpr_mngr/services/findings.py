"""Is it enforcing? What was found on the servers, and how timekprd ran there."""

from collections.abc import Callable
from datetime import datetime

from timekpr_mngr.domain.account import Actor, Power
from timekpr_mngr.domain.bus_facts import restarts
from timekpr_mngr.domain.enforcing import RESTARTS_WITHIN
from timekpr_mngr.domain.finding import KeptFinding, Severity
from timekpr_mngr.errors import Invalid
from timekpr_mngr.services import finding_words
from timekpr_mngr.services.finding_views import FindingPage, FindingView, RunsView
from timekpr_mngr.services.paging import before_id, by_id, checked_limit, page_of
from timekpr_mngr.services.permission import Permission
from timekpr_mngr.store import Store
from timekpr_mngr.texts import _

STATES = {"open": True, "cleared": False}


class Findings:
    """The findings, as they are raised and cleared by the engine."""

    def __init__(self, store: Store, permission: Permission, now: Callable[[], datetime]) -> None:
        self._store = store
        self._permission = permission
        self._now = now

    async def list(
        self,
        actor: Actor,
        *,
        state: str | None = None,
        server: str | None = None,
        severity: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> FindingPage:
        """What fits everything given, newest first; `cursor` is the `next` of the page before. `open` is what stands.

        Users who are out of view are left out, but for what stops everybody. Who sees single people is told what is
        found of them, and of their computers that nobody is limited there. Raises Invalid.
        """
        rights = await self._permission.rights(actor)
        found = await self._store.findings.page(
            stands=_stands(state),
            server=server,
            severity=_severity(severity),
            users=rights.users,
            before_id=before_id(cursor),
            limit=checked_limit(limit) + 1,
        )
        page = page_of(found, limit, by_id)
        return FindingPage(tuple(map(_view, page.items)), page.next)

    async def runs(self, actor: Actor, server: str) -> RunsView:
        """How timekprd ran, for who sees everybody. Raises Forbidden, UnknownServer."""
        await self._permission.must(actor, Power.READ, server, None)
        await self._store.servers.get(server)
        kept = (await self._store.daemon_runs.list(server)).get(server, [])
        late = [at for at in restarts(kept) if at > self._now() - RESTARTS_WITHIN]
        last = kept[-1] if kept else None
        return RunsView(
            runs=tuple(reversed(kept)),
            restarts=len(late),
            last_restart=max(late, default=None),
            began_at=last.run.began_at if last is not None and last.gone_at is None else None,
        )


def _view(kept: KeptFinding) -> FindingView:
    finding = kept.finding
    return FindingView(
        id=kept.id,
        server=kept.server,
        user=finding.user,
        code=finding.code,
        severity=finding.severity,
        sentence=finding_words.sentence(finding),
        fix=finding_words.fix(finding),
        raised_at=kept.raised_at,
        cleared_at=kept.cleared_at,
    )


def _stands(state: str | None) -> bool | None:
    if state is None:
        return None
    if state not in STATES:
        raise Invalid("state", _("A state is one of {states}.").format(states=", ".join(STATES)))
    return STATES[state]


def _severity(value: str | None) -> Severity | None:
    if value is None:
        return None
    if value not in set(Severity):
        raise Invalid("severity", _("A severity is one of {words}.").format(words=", ".join(Severity)))
    return Severity(value)
