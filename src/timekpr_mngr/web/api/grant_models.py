"""What is answered of a grant before it is given."""

from datetime import date
from typing import Self

from timekpr_mngr.services.grant_check import GrantCheck
from timekpr_mngr.web.api.history_models import DifferenceOut
from timekpr_mngr.web.api.models import Answer


class GrantCheckOut(Answer):
    """What a grant would really do on `day`, the server's own, after all that waits; what is not known is null.

    `swallowed_by` and `sentence` are null where nothing is in its way. `needs` are the changes, for that day only, with
    which it gives `opened_gains_seconds`: `open_up` makes them.
    """

    day: date | None
    gains_seconds: int | None
    opened_gains_seconds: int | None
    swallowed_by: str | None
    needs: list[DifferenceOut]
    sentence: str | None

    @classmethod
    def of(cls, check: GrantCheck) -> Self:
        """From the services."""
        return cls(
            day=check.day,
            gains_seconds=check.gains_seconds,
            opened_gains_seconds=check.opened_gains_seconds,
            swallowed_by=check.swallowed_by,
            needs=list(map(DifferenceOut.of, check.needs)),
            sentence=check.sentence,
        )
