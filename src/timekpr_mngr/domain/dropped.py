"""Settings that timekprd itself drops while it saves one of them.

timekprd answers calls in one thread and looks after who is logged in in another, and both read a user's file with one
and the same parser. Where they do so at the same moment, what the slower one has not read yet is gone; it takes
timekpr's defaults for it and writes them: no limits at all, behind a yes. (Seen in the rig: 2 of 300 setters while
timekprd polled and saved without a pause; reckoned from that, about one of a million where it saves every 30 seconds.)
"""

from collections.abc import Collection, Mapping

from timekpr_mngr.domain.change import Change, Json
from timekpr_mngr.domain.drift import differences, split
from timekpr_mngr.domain.field import user_values
from timekpr_mngr.domain.user import UserConfig

DEFAULTS: Mapping[str, Json] = user_values(UserConfig())


def dropped(
    known: Mapping[str, Json],
    previous: Mapping[str, Json] | None,
    now: Mapping[str, Json],
    under_way: Collection[Change],
) -> dict[str, Json]:
    """The values that timekprd dropped of a user's settings as it answered our call, by field; {} where it did not.

    `known` is the last reading before that one call, `now` the first after it, `previous` what `.prev` holds. Every
    call copies the file there first. So `.prev` is as it was known only if nobody else called between; and what then
    holds a default, though none of our changes wants it, nobody chose.
    """
    if previous != known:
        return {}
    _, others = split(differences(known, now), under_way)
    if any(one.after != DEFAULTS[one.field] for one in others):
        return {}
    return {one.field: one.before for one in others}
