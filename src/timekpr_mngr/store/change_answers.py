"""What a person said to a change that asks."""

from datetime import datetime

from sqlalchemy import Connection, update

from timekpr_mngr.domain.change import ANSWERS, Answer, Change
from timekpr_mngr.errors import NotNow
from timekpr_mngr.store import change_rows as rows
from timekpr_mngr.store.change_query import ASKS
from timekpr_mngr.store.schema import changes
from timekpr_mngr.texts import _


def note(connection: Connection, change_id: int, answer: Answer, account: str, now: datetime) -> bool:
    """Whether it was noted now; False where the same was noted before. Raises UnknownChange, NotNow."""
    values = {"answer": answer.value, "answered_by": account, "answered_at": now}
    done = connection.execute(update(changes).where(changes.c.id == change_id, ASKS).values(values))
    if done.rowcount == 1:
        return True
    change = rows.one(connection, change_id)
    if change.state not in ANSWERS:
        raise NotNow(_("This change asks nothing. Nothing was changed."))
    if change.answer is not answer:
        raise NotNow(answered_already(change))
    return False


def answered_already(change: Change) -> str:
    """To who says something else."""
    return _("{name} has answered this already. Nothing was changed.").format(name=change.answered_by)
