"""What stays of a configuration when changes that hold for a day only are over."""

from collections.abc import Iterable, Mapping

from timekpr_mngr.domain.change import Change, ChangeState, Json

MAY_BE_THERE = (ChangeState.SENDING, ChangeState.APPLIED, ChangeState.UNCERTAIN)


def lasting(values: Mapping[str, Json], for_a_day: Iterable[Change]) -> dict[str, Json]:
    """The values as they are to be once these changes, newest first, have been taken back.

    What somebody set since is nobody's to take back, and stays.
    """
    result = dict(values)
    for change in for_a_day:
        if change.state in MAY_BE_THERE and result.get(change.field) == change.after:
            result[change.field] = change.stood
    return result
