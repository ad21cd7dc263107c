"""A part of a configuration as REST takes it (a nested object, any part of what is shown), as fields with values.

Every value is checked, and given as the field itself would show it; but one that is there already is left as it is,
whoever set it, so that all that is shown can be sent back. Invalid names the place in the object.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from timekpr_mngr.domain import rules
from timekpr_mngr.domain.change import Json
from timekpr_mngr.domain.field import SERVER_FIELDS, USER_FIELDS, Field
from timekpr_mngr.domain.server import ServerConfig
from timekpr_mngr.domain.user import UserConfig
from timekpr_mngr.errors import Invalid
from timekpr_mngr.texts import _

READ_ONLY = {"config_directory", "work_directory", "shared_directory", "log_directory"}
_PLAIN = {"week_limit_seconds", "month_limit_seconds", "track_inactive", "hide_tray_icon"}
_PLAYTIME = {"enabled", "override", "unaccounted_intervals", "activities"}

Part = tuple[str, object, str]
"""A field's name, the value given for it, and the place where it stood."""


def user(body: object, config: UserConfig) -> dict[str, Json]:
    """The fields that `body` sets, in its order. `config` fills in the parts of the lockout that are not given."""
    return _checked(_user_parts(body, config), USER_FIELDS, config)


def server(body: object, config: ServerConfig) -> dict[str, Json]:
    """The same for a server's settings."""
    return _checked(_server_parts(body), SERVER_FIELDS, config)


def _checked(parts: Iterator[Part], fields: Mapping[str, Field[Any]], config: Any) -> dict[str, Json]:
    result: dict[str, Json] = {}
    for name, value, where in parts:
        field = fields[name]
        is_there, shown = field.dump(config), json.dumps(value, sort_keys=True)
        if shown == json.dumps(is_there, sort_keys=True):  # true is no 1
            result[name] = is_there
        else:
            result[name] = field.dump(field.put(config, field.load(value, where)))
    return result


def _user_parts(body: object, config: UserConfig) -> Iterator[Part]:
    for key, value in _object(body, "").items():
        if key == "days":
            yield from _day_parts(value, "days", "days", ("limit_seconds", "hours"))
        elif key == "playtime":
            yield from _playtime_parts(value)
        elif key == "lockout":
            yield "lockout", _lockout(value, config), "lockout"
        elif key in _PLAIN:
            yield key, value, key
        else:
            raise Invalid(key, _("There is no setting {key}.").format(key=key))


def _playtime_parts(value: object) -> Iterator[Part]:
    for key, part in _object(value, "playtime").items():
        where = f"playtime.{key}"
        if key == "days":
            yield from _day_parts(part, "playtime.days", where, ("limit_seconds",))
        elif key in _PLAYTIME:
            yield where, part, where
        else:
            raise Invalid(where, _("PlayTime has no setting {key}.").format(key=key))


def _day_parts(value: object, prefix: str, where: str, keys: tuple[str, ...]) -> Iterator[Part]:
    if not isinstance(value, list):
        raise Invalid(where, _("Days are a list, each with its day from 1 (Monday) to 7."))
    seen: set[int] = set()
    for index, item in enumerate(value):
        here = f"{where}[{index}]"
        day = _object(item, here)
        number = rules.whole(day.get("day"), f"{here}.day", 1, 7, _("A day (1 is Monday)"))
        if number in seen:
            raise Invalid(f"{here}.day", _("This day is in the list twice."))
        seen.add(number)
        for key in day:
            if key not in ("day", *keys):
                raise Invalid(f"{here}.{key}", _("A day has no {unknown} here.").format(unknown=key))
        for key in keys:
            if key in day:
                yield f"{prefix}.{number}.{key}", day[key], f"{here}.{key}"


def _lockout(value: object, config: UserConfig) -> dict[str, object]:
    given = _object(value, "lockout")
    now = config.lockout
    return {"type": now.type, "wake_from": now.wake_from, "wake_to": now.wake_to, **given}


def _server_parts(body: object) -> Iterator[Part]:
    for key, value in _object(body, "").items():
        if key in READ_ONLY:
            raise Invalid(key, _("timekpr offers no way to set its directories: they can only be read."))
        if key not in SERVER_FIELDS:
            raise Invalid(key, _("There is no setting {key}.").format(key=key))
        yield key, value, key


def _object(value: object, where: str) -> dict[str, object]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise Invalid(where, _("This is an object with named values."))
    return value
