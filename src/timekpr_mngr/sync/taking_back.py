"""What was to hold for a day is taken back when that day is over by the server's own clock, or when it is next seen.

Taking back is a change like any other, made once: it follows what it takes back, is merged, logged and kept in the
history. Of several for one field the newest goes first, and each goes back to what stood there before it. What
somebody changed since is left alone, and the change says so.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from timekpr_mngr import texts
from timekpr_mngr.domain.change import Change, ChangeState, Draft, FollowsAs, Json
from timekpr_mngr.domain.field import USER_FIELDS, user_values
from timekpr_mngr.domain.snapshot import Snapshot
from timekpr_mngr.errors import NotNow
from timekpr_mngr.store import Follows, Store
from timekpr_mngr.texts import _, noop

MAY_BE_THERE = (ChangeState.APPLIED, ChangeState.UNCERTAIN)
LEFT_ALONE = noop("It was changed since, so it is left as it is and not taken back.")
WAS_SO_BEFORE = noop("It was so before, so nothing is taken back.")


def due(for_a_day: Iterable[Change], today: date | None) -> list[Change]:
    """What of the changes that hold for a day (newest first) is to be taken back, the newest of each field: those
    before it wait for it. `today` is the server's own day; where it is not known nothing is due."""
    if today is None:
        return []
    newest: dict[tuple[str | None, str], Change] = {}
    for change in for_a_day:
        newest.setdefault((change.user, change.field), change)
    return [change for change in newest.values() if _is_due(change, today)]


async def take_back(
    store: Store, changes: Sequence[Change], snapshot: Snapshot, now: datetime
) -> list[Change]:
    """Queues what takes these back, by what was just read of their server. Gives what moved.

    Where an edit waits for the same field it goes first; where the field cannot be read, it is looked at again later.
    """
    moved: list[Change] = []
    for change in changes:
        value = _value(change, snapshot)
        if value is None:
            continue
        if change.stood == change.after:
            moved += await _left(store, change, _(WAS_SO_BEFORE), now)
        elif value != change.after:
            moved += await _left(store, change, _(LEFT_ALONE), now)
        else:
            moved += await _queued(store, change, now)
    return moved


def too_late(change: Change) -> str:
    """What is said of a change that was to hold for a day, and was not sent before that day was over."""
    assert change.until is not None
    return _("It was to hold until the end of {day}; that day is over on the computer.").format(
        day=texts.full_date(change.until)
    )


def _is_due(change: Change, today: date) -> bool:
    return change.state in MAY_BE_THERE and change.until is not None and change.until < today


def _value(change: Change, snapshot: Snapshot) -> Json:
    user = snapshot.users.get(change.user or "")
    if user is None or user.config is None or change.field not in USER_FIELDS:
        return None
    return user_values(user.config)[change.field]


async def _left(store: Store, change: Change, message: str, now: datetime) -> list[Change]:
    try:
        return await store.changes.keep(change.id, message=message, now=now)
    except NotNow:  # a person was there at the same moment
        return []


async def _queued(store: Store, change: Change, now: datetime) -> list[Change]:
    assert change.until is not None
    draft = Draft(
        change.field,
        before=change.after,
        after=change.stood,
        reason=_("It was to hold until the end of {day}.").format(day=texts.full_date(change.until)),
    )
    return await store.changes.add(
        change.server,
        change.user,
        [draft],
        request_id=uuid.uuid4().hex,
        account=change.account,
        source=change.source,
        now=now,
        follows=Follows(change.id, FollowsAs.BACK),
    )
