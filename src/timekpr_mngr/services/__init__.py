"""Use cases: the only door to what is below. Every call names who acts; permission and audit are here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if (
    TYPE_CHECKING
):  # what all of them need takes a second to import, and the command line wants the accounts alone
    from timekpr_mngr.link.session import Connector
    from timekpr_mngr.services.accounts import Accounts
    from timekpr_mngr.services.changes import Changes
    from timekpr_mngr.services.copies import Copies
    from timekpr_mngr.services.daily_backup import DailyBackup
    from timekpr_mngr.services.days import Days
    from timekpr_mngr.services.diagnostics import Diagnostics, Sources
    from timekpr_mngr.services.drift import Drifts
    from timekpr_mngr.services.enrolment import Enrolment
    from timekpr_mngr.services.findings import Findings
    from timekpr_mngr.services.fleet import Fleet
    from timekpr_mngr.services.grants import Grants
    from timekpr_mngr.services.history import History
    from timekpr_mngr.services.limits import Limits
    from timekpr_mngr.services.live import Live
    from timekpr_mngr.services.people import People
    from timekpr_mngr.services.permission import Permission
    from timekpr_mngr.services.raw_texts import RawTexts
    from timekpr_mngr.services.reports import Reports
    from timekpr_mngr.services.roles import Roles
    from timekpr_mngr.services.sent import Sent
    from timekpr_mngr.store import Store
    from timekpr_mngr.sync.engine import Engine
    from timekpr_mngr.sync.events import Events


@dataclass(frozen=True, slots=True)
class Services:
    """All of them, for pages, REST and integrations."""

    fleet: "Fleet"
    enrolment: "Enrolment"
    limits: "Limits"
    grants: "Grants"
    changes: "Changes"
    drift: "Drifts"
    history: "History"
    sent: "Sent"
    people: "People"
    copies: "Copies"
    raw: "RawTexts"
    days: "Days"
    reports: "Reports"
    findings: "Findings"
    accounts: "Accounts"
    roles: "Roles"
    live: "Live"
    permission: "Permission"
    diagnostics: "Diagnostics"
    daily_backup: "DailyBackup | None" = None  # None where there is none


def _utc_now() -> datetime:
    return datetime.now(UTC)


def build(
    store: "Store",
    engine: "Engine",
    events: "Events",
    connector: "Connector",
    now: Callable[[], datetime] = _utc_now,
    sources: "Sources | None" = None,
) -> Services:
    """The services over one store and one engine. `now` gives aware UTC; `sources` are for reports of bugs."""
    from timekpr_mngr.services.accounts import Accounts
    from timekpr_mngr.services.changes import Changes
    from timekpr_mngr.services.copies import Copies
    from timekpr_mngr.services.days import Days
    from timekpr_mngr.services.diagnostics import Diagnostics
    from timekpr_mngr.services.drift import Drifts
    from timekpr_mngr.services.enrolment import Enrolment
    from timekpr_mngr.services.findings import Findings
    from timekpr_mngr.services.fleet import Fleet
    from timekpr_mngr.services.grants import Grants
    from timekpr_mngr.services.history import History
    from timekpr_mngr.services.limits import Limits
    from timekpr_mngr.services.live import Live
    from timekpr_mngr.services.people import People
    from timekpr_mngr.services.permission import Permission
    from timekpr_mngr.services.raw_texts import RawTexts
    from timekpr_mngr.services.reports import Reports
    from timekpr_mngr.services.roles import Roles
    from timekpr_mngr.services.sent import Sent
    from timekpr_mngr.sync.events import FleetChanged

    permission = Permission(store)
    limits = Limits(store, engine, permission, now)
    people = People(store, engine, permission, now)
    return Services(
        fleet=Fleet(store, engine, connector, permission, now),
        enrolment=Enrolment(store, engine, now),
        limits=limits,
        grants=Grants(store, engine, permission, now),
        changes=Changes(store, engine, people, permission, now),
        drift=Drifts(store, engine, people, permission, now),
        history=History(store, engine, limits, permission, now),
        sent=Sent(store, permission),
        people=people,
        raw=RawTexts(limits, permission),
        copies=Copies(store, engine, limits, permission, now),
        days=Days(store, engine, permission, now),
        reports=Reports(store, engine, people, permission, now),
        findings=Findings(store, permission, now),
        accounts=Accounts(store, now),
        roles=Roles(store, now, lambda: events.publish(FleetChanged())),
        live=Live(events, engine, permission),
        permission=permission,
        diagnostics=Diagnostics(store, engine, now, sources),
    )
