"""USER.time: how much time a user has used, as timekpr last saved it."""

from datetime import datetime

from timekpr_mngr.domain.usage import Control
from timekpr_mngr.domain.user import DAY_SECONDS, MONTH_SECONDS, WEEK_SECONDS
from timekpr_mngr.texts import _
from timekpr_mngr.timekpr.files.ini import Ini
from timekpr_mngr.timekpr.malformed import Malformed

TIME_FORMAT = "%Y-%m-%d %H:%M:%S"


def parse(text: str, user: str) -> Control:
    """The file of `user`. A figure that cannot be read is 0, and all are clamped, as the daemon does (timekpr.md, 1).

    Raises Malformed where the daemon throws the file away, and where LAST_CHECKED cannot be read: then nobody can
    tell which day the figures speak of.
    """
    ini = Ini(text)

    def seconds(section: str, key: str, most: int) -> int:
        return max(-most, min(ini.whole(section, key, 0), most))

    return Control(
        balance_seconds=seconds(user, "TIME_SPENT_BALANCE", DAY_SECONDS),
        spent_day_seconds=seconds(user, "TIME_SPENT_DAY", DAY_SECONDS),
        spent_week_seconds=seconds(user, "TIME_SPENT_WEEK", WEEK_SECONDS),
        spent_month_seconds=seconds(user, "TIME_SPENT_MONTH", MONTH_SECONDS),
        last_checked=_instant(ini.text(user, "LAST_CHECKED", "")),
        playtime_balance_seconds=seconds(f"{user}.PLAYTIME", "PLAYTIME_SPENT_BALANCE", DAY_SECONDS),
        playtime_spent_day_seconds=seconds(f"{user}.PLAYTIME", "PLAYTIME_SPENT_DAY", DAY_SECONDS),
    )


def _instant(text: str) -> datetime:
    try:
        return datetime.strptime(text, TIME_FORMAT)  # noqa: DTZ007 - the server's local time
    except ValueError:
        raise Malformed(_("LAST_CHECKED is {text!r}, which is no time.").format(text=text[:40])) from None
