"""What roles are called, in a person's words."""

from timekpr_mngr.domain.account import FOR_PEOPLE, Role
from timekpr_mngr.services import words
from timekpr_mngr.services.roles import AccountRoles
from timekpr_mngr.texts import _, noop

ROLES = {
    Role.ADMIN: noop("may change everything"),
    Role.PARENT: noop("sets limits for everybody"),
    Role.CARER: noop("gives everybody so much time a day"),
    Role.VIEWER: noop("may look at everybody"),
    Role.MEMBER: noop("has a part with certain people only"),
}
"""What an account is to everybody."""
CALLED = {Role.PARENT: noop("parent"), Role.CARER: noop("carer"), Role.VIEWER: noop("viewer")}
"""What an account is to one person."""
EXPLAINED = {
    Role.PARENT: noop("sees them, gives time, sets limits"),
    Role.CARER: noop("sees them, gives so much time a day"),
    Role.VIEWER: noop("sees them"),
}


def options_for_people() -> dict[str, str]:
    """The roles for a single person, by their words, with none at all first."""
    roles = {role.value: f"{_(CALLED[role])}: {_(EXPLAINED[role])}" for role in FOR_PEOPLE}
    return {"": _("as to everybody"), **roles}


def options_for_everybody() -> dict[str, str]:
    """The roles for everybody."""
    return {role.value: f"{role.value}: {_(said)}" for role, said in ROLES.items()}


def role_words(found: AccountRoles) -> str:
    """All that an account may do: `may look at everybody; parent of Emma`."""
    account = found.account
    general = _(ROLES[account.role])
    if account.minutes_a_day is not None:
        general = _("{what} ({time})").format(what=general, time=words.duration(account.minutes_a_day * 60))
    if account.is_admin or not found.people:
        return general
    named = [
        _("{role} of {person}").format(role=_(CALLED[one.role]), person=one.name)
        + (f" ({words.duration(one.minutes_a_day * 60)})" if one.minutes_a_day is not None else "")
        for one in found.people
    ]
    return words.listed(named) if account.role is Role.MEMBER else f"{general}; {words.listed(named)}"
