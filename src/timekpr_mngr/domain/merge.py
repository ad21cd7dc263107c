"""Whether a change may still be made: what it was based on, what stands there now, what is wanted."""

from typing import Literal

from timekpr_mngr.domain.change import Change, Json
from timekpr_mngr.domain.queue import bases_of

Verdict = Literal["send", "already", "conflict"]


def merge(change: Change, theirs: Json) -> Verdict:
    """`theirs` is the field's value on the server now. Somebody else's value is never overwritten unseen.

    `already` where it is what is wanted, `send` where it is what the change was made against, or a value that a
    change before it left or was to leave there.
    """
    if theirs == change.after:
        return "already"
    return "send" if theirs in bases_of(change) else "conflict"
