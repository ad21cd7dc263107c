"""Changes that are made after another change, and those that stand."""

from dataclasses import dataclass

from timekpr_mngr.domain.change import Answer, ChangeState, FollowsAs

STANDING = {ChangeState.QUEUED, ChangeState.SENDING, ChangeState.APPLIED, ChangeState.UNCERTAIN}
"""In these a change is not made a second time: it will be, is, or may be on the server."""


@dataclass(frozen=True, slots=True)
class Follows:
    """That a change is made after another one, and why; `answer` is what a person said to that one's question."""

    change_id: int
    kind: FollowsAs
    answer: Answer | None = None
