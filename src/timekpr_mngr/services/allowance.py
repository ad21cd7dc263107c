"""A carer's minutes a day. `store.allowance` says what counts."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from timekpr_mngr.domain.account import Actor, Power
from timekpr_mngr.domain.change import Draft
from timekpr_mngr.domain.rights import Rights
from timekpr_mngr.errors import MinutesUsedUp
from timekpr_mngr.services import words
from timekpr_mngr.services.limits import Target
from timekpr_mngr.services.permission import forbidden
from timekpr_mngr.texts import _


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a carer may give a person a day, and what is left of that on the computer's present day."""

    most_seconds: int
    left_seconds: int


def most_of(actor: Actor, rights: Rights, target: Target, *drafts: Draft) -> int | None:
    """How much a day these may bring the person to, of what this account gives; None where there is no end to it.

    Raises Forbidden where it is more than to give and take time: to set what is left, and to open up, sets limits.
    """
    if rights.may(Power.LIMITS, target.server, target.user):
        return None
    is_plain = all(
        draft.field.startswith("grant.") and isinstance(draft.after, dict) and "seconds" in draft.after
        for draft in drafts
    )
    if target.user is None or not is_plain:
        raise forbidden(actor)
    return rights.most_seconds(target.server, target.user)


@contextlib.contextmanager
def in_words(most_seconds: int | None) -> Iterator[None]:
    """Says of MinutesUsedUp what is used up."""
    try:
        yield
    except MinutesUsedUp as problem:
        most, left = words.duration(most_seconds or 0), words.duration(problem.left_seconds)
        said = (
            _("You may give {most} a day, and {left} of it are left today. Nothing was given.")
            if problem.left_seconds
            else _("You may give {most} a day, and today all of it was given. Nothing was given.")
        )
        raise MinutesUsedUp(problem.left_seconds, said.format(most=most, left=left)) from None
