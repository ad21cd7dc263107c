"""timekpr's three files, read as the daemon reads them. None is ever uploaded (bus.md); `written` is for showing."""

import re
from enum import StrEnum


class FileKind(StrEnum):
    """Which of the three: /etc/timekpr/timekpr.conf, timekpr.USER.conf, USER.time."""

    SERVER = "server"
    USER = "user"
    CONTROL = "control"


_LAST_KEY = {  # begun by a line's end, which is looked for much faster than a line's beginning
    FileKind.SERVER: re.compile(r"\n *TIMEKPR_PLAYTIME_ENHANCED_ACTIVITY_MONITOR_ENABLED *="),
    FileKind.USER: re.compile(r"\n *PLAYTIME_LIMITS_PER_WEEKDAYS *="),
    FileKind.CONTROL: re.compile(r"\n *PLAYTIME_SPENT_DAY *="),
}


def is_complete(kind: FileKind | str, text: str) -> bool:
    """False for a file caught in the daemon's own save, which is not atomic: read it again (timekpr.md, 1).

    A file that stays so is one that somebody wrote by hand, or an old one: parse it as it is.
    """
    return text.endswith(("\n", "\r")) and bool(_LAST_KEY[FileKind(kind)].search(f"\n{text}"))
