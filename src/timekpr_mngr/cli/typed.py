"""What a person types on a command line: times, days, hours, values, whom it is about."""

import re
from typing import Any

from timekpr_mngr.errors import Invalid
from timekpr_mngr.texts import _

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_GROUPS = {"all": range(1, 8), "weekdays": range(1, 6), "weekend": range(6, 8)}
SWITCH = {"on": True, "off": False}
_DURATION = r"(?:(\d{1,4})h)?(?:(\d{1,6})m)?(?:(\d{1,8})s)?"
_SPAN = r"(\d{1,2})(?::(\d\d))?-(\d{1,2})(?::(\d\d))?(!?)"


def seconds(text: str, field: str = "time") -> int:
    """`30m`, `1h30m`, `900s`, `1h` → seconds. Raises Invalid."""
    match = re.fullmatch(_DURATION, text.strip().lower().replace(" ", ""), re.ASCII)
    if match is None or not any(match.groups()):
        raise Invalid(field, _("{text!r} is no time: write it like 30m, 1h30m or 900s.").format(text=text))
    hours, minutes, rest = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + rest


def days(text: str) -> list[int]:
    """`sat`, `6`, `mon,wed`, `weekdays`, `weekend`, `all` → ISO weekdays. Raises Invalid."""
    result: list[int] = []
    for part in text.lower().split(","):
        word = part.strip()
        if word in DAY_GROUPS:
            result += DAY_GROUPS[word]
        elif (word[:3] in DAYS and word == word[:3]) or (word.endswith("day") and word[:3] in DAYS):
            result.append(DAYS.index(word[:3]) + 1)
        elif word in ("1", "2", "3", "4", "5", "6", "7"):
            result.append(int(word))
        else:
            raise Invalid(
                "day",
                _("{part!r} is no day: write mon … sun, 1 … 7, weekdays, weekend or all.").format(part=part),
            )
    return sorted(set(result))


def spans(text: str) -> list[dict[str, Any]]:
    """`9-12:30,14:00-20:30!` → REST's hours; `!` is time that is not counted; `none` and `all` are words."""
    if text.strip().lower() in ("none", ""):
        return []
    if text.strip().lower() == "all":
        return [{"from": "00:00", "to": "24:00", "unaccounted": False}]
    result = []
    for part in text.split(","):
        match = re.fullmatch(_SPAN, part.strip(), re.ASCII)
        if match is None:
            raise Invalid(
                "hours",
                _("{part!r} is no span: write it like 9:00-12:30, with ! behind uncounted time.").format(
                    part=part
                ),
            )
        start_hour, start, end_hour, end, free = match.groups()
        result.append(
            {
                "from": f"{int(start_hour):02d}:{start or '00'}",
                "to": f"{int(end_hour):02d}:{end or '00'}",
                "unaccounted": bool(free),
            }
        )
    return result


def lockout(text: str, field: str = "lockout") -> dict[str, Any]:
    """`lock`, `suspendwake:7-20` → REST's lockout. Raises Invalid."""
    kind, colon, hours = text.partition(":")
    result: dict[str, Any] = {"type": kind}
    if colon:
        first, _hyphen, last = hours.partition("-")
        if not first.isdecimal() or not last.isdecimal():
            raise Invalid(field, _("Wake hours are written like suspendwake:7-20."))
        result |= {"wake_from": int(first), "wake_to": int(last)}
    return result


def value(field: str, text: str) -> Any:
    """What is typed for a field by REST's name: a time, hours, `on`, `off`, a lockout, else JSON or text.

    Raises Invalid.
    """
    import json

    if field.endswith("hours") and not text.startswith("["):
        return spans(text)
    if field == "lockout" and not text.startswith("{"):
        return lockout(text)
    if text in SWITCH:
        return SWITCH[text]
    try:
        return json.loads(text)
    except ValueError:
        return seconds(text, field) if field.endswith("_seconds") else text


def whose(text: str) -> tuple[str, ...]:
    """`SERVER/USER`, or `SERVER` alone for its own settings → where REST has it. Raises Invalid."""
    server, slash, user = text.partition("/")
    if not server or (slash and not user):
        raise Invalid(
            "",
            _("{text!r} names nobody: write SERVER/USER, or SERVER for its own settings.").format(text=text),
        )
    return ("servers", server, "users", user) if user else ("servers", server)
