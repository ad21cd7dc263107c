"""What may be sent to timekpr: stricter than timekpr itself, which takes nonsense without a word.

Each check takes a JSON value and the place where it was found, and gives the value or raises Invalid that names the
place. Every rule has its source in design: timekpr.md.
"""

import re

from timekpr_mngr.domain.mask import repeats_repeats
from timekpr_mngr.domain.user import DAY_SECONDS, MONTH_SECONDS, WEEK_SECONDS, Activity, Lockout, LockoutType
from timekpr_mngr.errors import Invalid
from timekpr_mngr.texts import _

MASK_MIN = 2  # timekpr refuses masks of one character
TEXT_MAX = 200
POLL_MAX_SECONDS = 30
_WORD = re.compile(r"[A-Za-z0-9_-]{1,64}")
_USER = re.compile(r"[^\s;%\[\]=#:\x00-\x1f\x7f/][^;%\[\]\x00-\x1f\x7f/]{0,101}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def boolean(value: object, where: str) -> bool:
    """True or false, nothing that merely looks like it."""
    if not isinstance(value, bool):
        raise Invalid(where, _("This is either true or false."))
    return value


def whole(value: object, where: str, low: int, high: int, what: str) -> int:
    """A whole number within bounds; `what` names it in the message."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise Invalid(where, _("{what} is a whole number.").format(what=what))
    if not low <= value <= high:
        raise Invalid(where, _("{what} is between {low} and {high}.").format(what=what, low=low, high=high))
    return value


def day_limit(value: object, where: str) -> int:
    """Seconds a day; timekpr would clamp in silence."""
    return whole(value, where, 0, DAY_SECONDS, _("A day's limit in seconds"))


def week_limit(value: object, where: str) -> int:
    """Seconds a week."""
    return whole(value, where, 0, WEEK_SECONDS, _("A week's limit in seconds"))


def month_limit(value: object, where: str) -> int:
    """Seconds a month; timekpr's month has at most 31 days."""
    return whole(value, where, 0, MONTH_SECONDS, _("A month's limit in seconds"))


def lockout(kind: object, wake_from: object, wake_to: object, where: str) -> Lockout:
    """A lockout that every daemon enforces; an unknown word in the file would switch enforcement off."""
    if not isinstance(kind, str) or kind not in set(LockoutType):
        raise Invalid(
            f"{where}.type", _("The lockout type is one of {types}.").format(types=", ".join(LockoutType))
        )
    return Lockout(
        kind,
        whole(wake_from, f"{where}.wake_from", 0, 23, _("The first wake hour")),
        whole(wake_to, f"{where}.wake_to", 0, 23, _("The last wake hour")),
    )


def activity(mask: object, description: object, where: str) -> Activity:
    """A PlayTime activity; a `%` would stop enforcement for everybody on that server."""
    mask = _text(mask, f"{where}.mask", _("A mask"))
    if len(mask) < MASK_MIN:
        raise Invalid(f"{where}.mask", _("A mask has at least two characters; timekpr refuses shorter ones."))
    if ";" in mask:
        raise Invalid(f"{where}.mask", _("A mask holds no ; because timekpr's own tools would cut it there."))
    if mask != mask.strip() or mask[0] in "#;":
        raise Invalid(f"{where}.mask", _("A mask begins and ends with no space, and does not begin with #."))
    try:
        re.compile(
            f"^{mask}$"
        )  # as timekpr does: one that fails there matches nothing, one too large stops it
    except (re.error, OverflowError, RecursionError) as problem:
        raise Invalid(
            f"{where}.mask",
            _("The mask is a pattern that timekpr cannot use: {problem}.").format(problem=problem),
        ) from None
    if repeats_repeats(mask):
        raise Invalid(
            f"{where}.mask",
            _("A mask repeats nothing that repeats, or is a choice, itself: timekpr could hang over it."),
        )
    return Activity(mask, _text(description, f"{where}.description", _("A description")).strip())


def poll_seconds(value: object, where: str) -> int:
    """0 makes the daemon spin, -1 ends its worker (timekpr.md, 1), and near 45 it counts nobody: it takes such a pause
    for the computer's sleep (tried with 46)."""
    return whole(value, where, 1, POLL_MAX_SECONDS, _("The poll time in seconds"))


def save_seconds(value: object, where: str) -> int:
    """How often the daemon saves."""
    return whole(value, where, 1, 3600, _("The save time in seconds"))


def log_level(value: object, where: str) -> int:
    """1 normal, 2 debug, 3 everything."""
    return whole(value, where, 1, 3, _("The log level"))


def termination_seconds(value: object, where: str) -> int:
    """The countdown before the lockout acts."""
    return whole(value, where, 1, 3600, _("The countdown in seconds"))


def final_warning_seconds(value: object, where: str) -> int:
    """When the last warning begins to count down."""
    return whole(value, where, 0, 3600, _("The final warning in seconds"))


def final_notification_seconds(value: object, where: str) -> int:
    """When the last notification is shown."""
    return whole(value, where, 0, 86_400, _("The final notification in seconds"))


def session_types(value: object, where: str) -> tuple[str, ...]:
    """Words such as x11, wayland, mir, tty."""
    return _words(value, where, _WORD, _("A session type has letters, digits, _ and - only."))


def counted_session_types(value: object, where: str) -> tuple[str, ...]:
    """At least one: where no session is counted, nobody is limited."""
    types = session_types(value, where)
    if not types:
        raise Invalid(
            where, _("At least one type of session is counted; with none timekpr would limit nobody.")
        )
    return types


def user_names(value: object, where: str) -> tuple[str, ...]:
    """Logins; those that would break timekpr's list or its file are refused."""
    return _words(
        value, where, _USER, _("A user name holds no spaces at its start and none of ; % [ ] / in it.")
    )


def _words(value: object, where: str, pattern: re.Pattern[str], message: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise Invalid(where, _("This is a list of words."))
    for index, word in enumerate(value):
        if not isinstance(word, str) or not pattern.fullmatch(word):
            raise Invalid(f"{where}[{index}]", message)
        if word in value[:index]:
            raise Invalid(f"{where}[{index}]", _("{word} is in the list twice.").format(word=word))
    return tuple(value)


def _text(value: object, where: str, what: str) -> str:
    if not isinstance(value, str):
        raise Invalid(where, _("{what} is a text.").format(what=what))
    if len(value) > TEXT_MAX:
        raise Invalid(where, _("{what} has at most {most} characters.").format(what=what, most=TEXT_MAX))
    if '("' in value or '")' in value:
        raise Invalid(where, _('{what} holds no (" and no "): timekpr would cut it there.').format(what=what))
    if "%" in value:
        raise Invalid(
            where, _("{what} holds no %: timekpr would stop at it, and limit nobody there.").format(what=what)
        )
    if "[" in value or "]" in value:
        raise Invalid(where, _("{what} holds no [ and no ]: timekpr would cut it there.").format(what=what))
    if _CONTROL.search(value):
        raise Invalid(
            where, _("{what} holds no line breaks and no signs that cannot be seen.").format(what=what)
        )
    return value
