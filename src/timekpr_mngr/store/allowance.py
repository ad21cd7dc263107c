"""How much of a carer's minutes are given, counted in the transaction that gives more.

What counts is what the account gave on a day of the computer, time and PlayTime together, to all users of the person:
as much as it asked for, from the moment in which it asked, whatever came of it on the computer.

- Never delivered (refused, expired, cancelled): it does not count. What is uncertain does, whatever is said to it: it
  may have arrived.
- Undone: what was really taken back does not count, once that was seen.
- Taken away: that gives no minutes to give. To undo what the account itself took counts only as far as it gives back
  more than was taken.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, Connection, select

from timekpr_mngr.domain.change import ChangeState, Draft, FollowsAs, Json
from timekpr_mngr.errors import MinutesUsedUp
from timekpr_mngr.store.follows import STANDING, Follows
from timekpr_mngr.store.schema import accounts, changes, person_users

UserKey = tuple[int, str]
"""The number of a server, and a login there."""


def check(
    connection: Connection,
    account: str,
    user: UserKey,
    drafts: Sequence[Draft],
    follows: Follows | None,
    most_seconds: int,
) -> None:
    """Raises MinutesUsedUp where these drafts give more than is left of `most_seconds` on their day.

    The account's row is held until the end of the transaction: two presses at once are counted one after the other.
    """
    connection.execute(select(accounts.c.name).where(accounts.c.name == account).with_for_update()).all()
    for day in {draft.day for draft in drafts if draft.day is not None}:
        wanted = sum(_gives(draft.after) for draft in drafts if draft.day == day)
        if follows is not None and follows.kind is FollowsAs.UNDO:
            wanted = max(0, wanted - _took(connection, follows.change_id))
        left = most_seconds - given_seconds(connection, account, user, day)
        if wanted > max(left, 0):
            raise MinutesUsedUp(max(left, 0))


def given_seconds(connection: Connection, account: str, user: UserKey, day: date) -> int:
    """How much of its minutes the account has given on that day."""
    mine = (
        (changes.c.account == account)
        & (changes.c.day == day)
        & changes.c.field.startswith("grant.", autoescape=True)
        & changes.c.state.in_([state.value for state in STANDING])
        & _is_of_the_person(connection, user)
    )
    query = select(changes.c.id, changes.c.after, changes.c.follows, changes.c.follows_as).where(mine)
    given = {}
    for row in connection.execute(query):
        took = _took(connection, row.follows) if row.follows_as == FollowsAs.UNDO.value else 0
        given[row.id] = max(0, _gives(row.after) - took)
    undone = select(changes.c.follows, changes.c.gained_seconds).where(
        changes.c.follows.in_(given),
        changes.c.follows_as == FollowsAs.UNDO.value,
        changes.c.state == ChangeState.APPLIED.value,
    )
    for number, gained_seconds in connection.execute(undone):
        given[number] = max(0, given[number] - max(0, -(gained_seconds or 0)))
    return sum(given.values())


def _gives(after: Json) -> int:
    seconds = after.get("seconds") if isinstance(after, dict) else None
    return max(0, seconds) if isinstance(seconds, int) else 0


def _took(connection: Connection, change_id: int) -> int:
    """How much a change took away; nothing where it itself only took back what was given."""
    after: Json = connection.scalar(select(changes.c.after).where(changes.c.id == change_id))
    if not isinstance(after, dict) or after.get("unused_only"):
        return 0
    seconds = after.get("seconds")
    return max(0, -seconds) if isinstance(seconds, int) else 0


def _is_of_the_person(connection: Connection, user: UserKey) -> ColumnElement[bool]:
    """Whether a change is for one of all users of the same person; who was never joined is one by themself."""
    server_id, login = user
    alone = (changes.c.server_id == server_id) & (changes.c.user == login)
    person = connection.scalar(select(person_users.c.person_id).filter_by(server_id=server_id, user=login))
    if person is None:
        return alone
    same = select(person_users.c.user).where(
        person_users.c.person_id == person,
        person_users.c.server_id == changes.c.server_id,
        person_users.c.user == changes.c.user,
    )
    return alone | same.exists()
