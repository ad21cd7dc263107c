"""Taking back: the change that makes undone what another one did."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from timekpr_mngr import texts
from timekpr_mngr.domain.change import Change, ChangeState, Draft, Json
from timekpr_mngr.domain.grant import Reading, grant_of, moved_besides, moved_between
from timekpr_mngr.domain.user import DAY_SECONDS
from timekpr_mngr.errors import NotNow
from timekpr_mngr.texts import _, noop

NOTHING = noop("There is nothing to take back.")
OTHERWISE = noop("It is {state}. There is nothing to take back.")
CANNOT_TELL = noop(
    "It cannot be told how much it gave or took, so it cannot be taken back by itself. Nothing was changed."
)
_NOT_APPLIED = {
    ChangeState.QUEUED: noop("It still waits: cancel it instead."),
    ChangeState.SENDING: noop("It is on its way: wait until it has arrived."),
    ChangeState.CONFLICT: noop("It was not sent, so there is nothing to take back."),
    ChangeState.UNCERTAIN: noop("It is not known whether it arrived: answer that first."),
}


def inverse(change: Change, today: date | None) -> Draft:
    """What takes `change` back. `today` is the server's own day, None where it is not known.

    A setting goes back to what it was, against what the change made of it: where it moved since, the merge finds out at
    delivery. A grant is taken back for the day for which it was given: what it gave only as far as it is not used yet,
    what it took in full. Raises NotNow where there is nothing to take back, or too late.
    """
    if change.state is not ChangeState.APPLIED:
        why = _NOT_APPLIED.get(change.state, OTHERWISE)
        raise NotNow(_(why).format(state=_(change.state.value)))
    if change.is_grant:
        return _of_grant(change, today)
    if change.stood is None or change.stood == change.after:
        raise NotNow(_(NOTHING))
    return Draft(change.field, before=change.after, after=change.stood)


def inverse_of_given(field: str, given_seconds: int, day: date | None, today: date | None) -> Draft:
    """What takes back time that was given (negative: taken) on `day`. Raises NotNow where that day is over."""
    if day is not None and today is not None and day < today:
        raise NotNow(
            _("It was for {day}; that day is over on the computer. There is nothing to take back.").format(
                day=texts.full_date(day)
            )
        )
    if given_seconds == 0:
        raise NotNow(_(NOTHING))
    after: dict[str, Json]
    if given_seconds > 0:
        after = {"seconds": -min(given_seconds, DAY_SECONDS), "unused_only": True}
    else:
        after = {"seconds": min(-given_seconds, DAY_SECONDS)}
    return Draft(field, before=None, after=after, day=day or today)


def _of_grant(change: Change, today: date | None) -> Draft:
    return inverse_of_given(change.field, _given_seconds(change), change.day, today)


def _given_seconds(change: Change) -> int:
    """By how much the grant moved *time spent − time balance*: by what was read around it, or else by what was asked.

    Raises NotNow where neither tells."""
    noted = _Noted.of(change)
    try:
        grant = grant_of(change)
    except (AssertionError, KeyError, TypeError, ValueError):  # as another version asked for it
        raise NotNow(_(CANNOT_TELL)) from None
    if grant.unused_only and noted.amount_seconds is not None:
        grant = replace(grant, seconds=noted.amount_seconds)
    if noted.before is not None and noted.after is not None:
        besides = moved_besides(grant, noted.before, noted.after)
        return moved_between(noted.before, noted.after) - besides
    if grant.operation == "=" or (grant.unused_only and noted.amount_seconds is None):
        raise NotNow(_(CANNOT_TELL))
    return grant.seconds if grant.operation == "+" else -grant.seconds


@dataclass(frozen=True, slots=True)
class _Noted:
    """What delivery wrote down of a grant, as far as it can be read."""

    before: Reading | None
    after: Reading | None
    amount_seconds: int | None

    @classmethod
    def of(cls, change: Change) -> "_Noted":
        before, after = (_reading(value) for value in change.readings)
        amount = change.note.get("amount_seconds") if isinstance(change.note, dict) else None
        return cls(before, after, amount if isinstance(amount, int) else None)


def _reading(value: Json) -> Reading | None:
    if not isinstance(value, Mapping):
        return None
    try:
        return Reading.from_json(value)
    except (KeyError, TypeError, ValueError):  # as another version wrote it down
        return None
