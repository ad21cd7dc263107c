"""Values as people say and type them on a command line."""

import re
from typing import Any

from timekpr_mngr.errors import Invalid

_DURATION = re.compile(r"(?:(\d{1,4})h)?(?:(\d{1,6})m)?(?:(\d{1,8})s)?", re.ASCII)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_GROUPS = {"all": range(1, 8), "weekdays": range(1, 6), "weekend": range(6, 8)}
_SPAN = re.compile(r"(\d{1,2})(?::(\d\d))?-(\d{1,2})(?::(\d\d))?(!?)", re.ASCII)


def seconds(text: str, field: str = "time") -> int:
    """`30m`, `1h30m`, `900s`, `1h` → seconds. Raises Invalid."""
    match = _DURATION.fullmatch(text.strip().lower().replace(" ", ""))
    if match is None or not any(match.groups()):
        raise Invalid(field, f"{text!r} is no time: write it like 30m, 1h30m or 900s.")
    hours, minutes, rest = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + rest


def duration(value: int) -> str:
    """`5400` → `1 h 30 min`."""
    sign, rest = ("−", -value) if value < 0 else ("", value)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    parts = [f"{number} {unit}" for number, unit in ((hours, "h"), (minutes, "min"), (rest, "s")) if number]
    return sign + (" ".join(parts) or "0 min")


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
            raise Invalid("day", f"{part!r} is no day: write mon … sun, 1 … 7, weekdays, weekend or all.")
    return sorted(set(result))


def spans(text: str) -> list[dict[str, Any]]:
    """`9-12:30,14:00-20:30!` → REST's hours; `!` is time that is not counted; `none` and `all` are words."""
    if text.strip().lower() in ("none", ""):
        return []
    if text.strip().lower() == "all":
        return [{"from": "00:00", "to": "24:00", "unaccounted": False}]
    result = []
    for part in text.split(","):
        match = _SPAN.fullmatch(part.strip())
        if match is None:
            raise Invalid(
                "hours", f"{part!r} is no span: write it like 9:00-12:30, with ! behind uncounted time."
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


def hours(items: list[dict[str, Any]]) -> str:
    """REST's hours in words."""
    if not items:
        return "closed"
    if items == [{"from": "00:00", "to": "24:00", "unaccounted": False}]:
        return "all day"
    return ", ".join(
        f"{item['from']}–{item['to']}{' (not counted)' if item['unaccounted'] else ''}" for item in items
    )


def change(item: dict[str, Any]) -> str:
    """A change in one line."""
    where = item["server"] if item["user"] is None else f"{item['server']}/{item['user']}"
    parts = [f"#{item['id']}", where, f"{what(item)}:", item["state"]]
    if item["waits_for"]:
        parts.append(f"({item['waits_for']})")
    if item["gained_seconds"] is not None:
        parts.append(f"(gained {duration(item['gained_seconds'])})")
    if item["message"]:
        parts.append(f"– {item['message']}")
    return " ".join(parts)


def what(item: dict[str, Any]) -> str:
    """What a change asks for."""
    after = item["after"]
    if item["field"].startswith("grant.") and isinstance(after, dict):
        name = "PlayTime" if item["field"] == "grant.playtime" else "time"
        if "left_seconds" in after:
            return f"{name} left {duration(after['left_seconds'])}"
        given = after["seconds"]
        return f"{'+' if given > 0 else '−'}{duration(abs(given))} {name}"
    if item["field"].endswith("_seconds") and isinstance(after, int):
        return f"{item['field']} {duration(after)}"
    if item["field"].endswith(".hours") and isinstance(after, list):
        return f"{item['field']} {hours(after)}"
    return f"{item['field']} {after}"
