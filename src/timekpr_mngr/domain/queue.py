"""What happens in a server's queue when something new is asked of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from timekpr_mngr.domain.change import Change, ChangeState, Draft, Json


@dataclass(frozen=True, slots=True)
class Chained:
    """What is to be stored: `superseded` are the numbers of the changes whose place new ones take.

    `drafts` are the new ones, each with the values beside its `before` that it may be made against.
    """

    superseded: tuple[int, ...]
    drafts: tuple[tuple[Draft, tuple[Json, ...]], ...]


def chained(open_changes: Iterable[Change], drafts: Sequence[Draft]) -> Chained:
    """Puts new drafts behind what waits, for one server and user.

    A queued change of the same field is superseded, and the draft inherits what that one was made against: the server
    still has it. What the draft itself was made against was seen by a person, and counts too. A change that is on its
    way stays, and its value before and after are both bases for the draft. Grants are never superseded: two queued
    +15 are +30 (design: product.md). What holds for a day only lines up behind what is to stay.
    """
    by_field: dict[str, list[Change]] = {}
    for change in open_changes:
        if change.state.is_open and not change.is_grant:
            by_field.setdefault(change.field, []).append(change)
    superseded: list[int] = []
    result: list[tuple[Draft, tuple[Json, ...]]] = []
    for draft in drafts:
        earlier = sorted(by_field.get(draft.field, ()), key=lambda change: change.id)
        waiting = [change for change in earlier if _gives_way(change, draft)]
        superseded.extend(change.id for change in waiting)
        result.append(_rebased(draft, earlier, waiting))
    return Chained(tuple(superseded), tuple(result))


def bases_of(change: Change) -> list[Json]:
    """Every value that the change may be made against; those beside `before` stand in its note."""
    kept = change.note.get("bases") if isinstance(change.note, dict) else None
    return [change.before, *(kept if isinstance(kept, list) else ())]


def note_of(bases: Sequence[Json]) -> Json:
    """The note of a new change with these bases beside its `before`; None where there are none."""
    return {"bases": list(bases)} if bases else None


def _gives_way(change: Change, draft: Draft) -> bool:
    return change.state is ChangeState.QUEUED and (draft.until is None or change.until is not None)


def _rebased(
    draft: Draft, earlier: Sequence[Change], waiting: Sequence[Change]
) -> tuple[Draft, tuple[Json, ...]]:
    if not earlier:
        return draft, ()
    sending = [change for change in earlier if change.state is ChangeState.SENDING]
    before = waiting[0].before if waiting else draft.before
    bases = [draft.before, *(base for change in waiting for base in bases_of(change))]
    bases += [value for change in sending for value in (*bases_of(change), change.after)]
    others: list[Json] = []
    for base in bases:
        if base != before and base not in others:
            others.append(base)
    return replace(draft, before=before), tuple(others)
