"""The fields of a configuration: what one change changes.

A day's limit is one field and its hours are another, so that two people who change different things change
different fields. Names are stable: they are stored, and REST shows them.

    days.1.limit_seconds … days.7.limit_seconds · days.1.hours … days.7.hours
    week_limit_seconds · month_limit_seconds · track_inactive · hide_tray_icon · lockout
    playtime.enabled · playtime.override · playtime.unaccounted_intervals
    playtime.days.1.limit_seconds … playtime.days.7.limit_seconds · playtime.activities

and for a server the names of `ServerConfig`, the directories left out. `grant.time` and `grant.playtime` are the
fields of grants; they stand in no configuration.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from timekpr_mngr.domain import hours, rules
from timekpr_mngr.domain.change import Json
from timekpr_mngr.domain.server import ServerConfig
from timekpr_mngr.domain.user import WEEKDAYS, Activity, Lockout, UserConfig
from timekpr_mngr.errors import Invalid
from timekpr_mngr.texts import _

C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Field(Generic[C]):
    """One field of a configuration `C`.

    `dump` gives its value as JSON. `load` checks a JSON value against the daemon's rules and gives what `put`
    takes; it raises Invalid that names `where`, the place at which the caller found the value.
    """

    name: str
    dump: Callable[[C], Json]
    load: Callable[[object, str], Any]
    put: Callable[[C, Any], C]


def user_values(config: UserConfig) -> dict[str, Json]:
    """Every field of a user's configuration with its JSON value."""
    return {field.name: field.dump(config) for field in USER_FIELDS.values()}


def server_values(config: ServerConfig) -> dict[str, Json]:
    """Every settable field of a server's configuration with its JSON value."""
    return {field.name: field.dump(config) for field in SERVER_FIELDS.values()}


def with_user_values(config: UserConfig, values: Mapping[str, Json]) -> UserConfig:
    """The configuration with these fields replaced. Raises Invalid that names the field."""
    for name, value in values.items():
        field = USER_FIELDS[name]
        config = field.put(config, field.load(value, name))
    return config


def with_server_values(config: ServerConfig, values: Mapping[str, Json]) -> ServerConfig:
    """The configuration with these fields replaced. Raises Invalid that names the field."""
    for name, value in values.items():
        field = SERVER_FIELDS[name]
        config = field.put(config, field.load(value, name))
    return config


def differing(first: Mapping[str, Json], second: Mapping[str, Json]) -> list[str]:
    """The names of the fields that hold different values, also of those that only one of the two has."""
    return [name for name in {**first, **second} if first.get(name) != second.get(name)]


def day_of(name: str) -> int | None:
    """The weekday that a field speaks of, or None: `days.6.hours` → 6."""
    return next((int(part) for part in name.split(".") if part.isdigit()), None)


def _replaced(items: tuple[Any, ...], position: int, item: Any) -> tuple[Any, ...]:
    return (*items[:position], item, *items[position + 1 :])


def _day_fields(weekday: int) -> list[Field[UserConfig]]:
    position = weekday - 1

    def put_day(config: UserConfig, **values: Any) -> UserConfig:
        return replace(
            config, days=_replaced(config.days, position, replace(config.days[position], **values))
        )

    def put_playtime_limit(config: UserConfig, value: int) -> UserConfig:
        limits = _replaced(config.playtime.limits, position, value)
        return replace(config, playtime=replace(config.playtime, limits=limits))

    return [
        Field(
            f"days.{weekday}.limit_seconds",
            lambda config: config.days[position].limit_seconds,
            rules.day_limit,
            lambda config, value: put_day(config, limit_seconds=value),
        ),
        Field(
            f"days.{weekday}.hours",
            lambda config: hours.to_json(config.days[position].hours),  # type: ignore[return-value, arg-type]
            hours.from_json,
            lambda config, value: put_day(config, hours=value),
        ),
        Field(
            f"playtime.days.{weekday}.limit_seconds",
            lambda config: config.playtime.limits[position],
            rules.day_limit,
            put_playtime_limit,
        ),
    ]


def _plain(name: str, load: Callable[[object, str], Any]) -> Field[Any]:
    def dump(config: Any) -> Json:
        value = getattr(config, name)
        return list(value) if isinstance(value, tuple) else value

    return Field(name, dump, load, lambda config, value: replace(config, **{name: value}))


def _playtime(name: str, load: Callable[[object, str], Any]) -> Field[UserConfig]:
    return Field(
        f"playtime.{name}",
        lambda config: getattr(config.playtime, name),
        load,
        lambda config, value: replace(config, playtime=replace(config.playtime, **{name: value})),
    )


def _load_lockout(value: object, where: str) -> Lockout:
    if not isinstance(value, dict):
        raise Invalid(where, _("The lockout has a type, wake_from and wake_to."))
    if unknown := sorted(set(map(str, value)) - {"type", "wake_from", "wake_to"}):
        raise Invalid(f"{where}.{unknown[0]}", _("The lockout has a type, wake_from and wake_to only."))
    return rules.lockout(value.get("type"), value.get("wake_from", 0), value.get("wake_to", 23), where)


def _load_activities(value: object, where: str) -> tuple[Activity, ...]:
    if not isinstance(value, list):
        raise Invalid(where, _("Activities are a list of masks with descriptions."))
    result = []
    for index, item in enumerate(value):
        here = f"{where}[{index}]"
        if not isinstance(item, dict):
            raise Invalid(here, _("An activity has a mask and a description."))
        if unknown := sorted(set(map(str, item)) - {"mask", "description"}):
            raise Invalid(f"{here}.{unknown[0]}", _("An activity has a mask and a description only."))
        result.append(rules.activity(item.get("mask"), item.get("description", ""), here))
    return tuple(result)


USER_FIELDS: dict[str, Field[UserConfig]] = {
    field.name: field
    for field in [
        *(field for weekday in WEEKDAYS for field in _day_fields(weekday)),
        _plain("week_limit_seconds", rules.week_limit),
        _plain("month_limit_seconds", rules.month_limit),
        _plain("track_inactive", rules.boolean),
        _plain("hide_tray_icon", rules.boolean),
        Field(
            "lockout",
            lambda config: {
                "type": config.lockout.type,
                "wake_from": config.lockout.wake_from,
                "wake_to": config.lockout.wake_to,
            },
            _load_lockout,
            lambda config, value: replace(config, lockout=value),
        ),
        _playtime("enabled", rules.boolean),
        _playtime("override", rules.boolean),
        _playtime("unaccounted_intervals", rules.boolean),
        Field(
            "playtime.activities",
            lambda config: [
                {"mask": a.mask, "description": a.description} for a in config.playtime.activities
            ],
            _load_activities,
            lambda config, value: replace(config, playtime=replace(config.playtime, activities=value)),
        ),
    ]
}

SERVER_FIELDS: dict[str, Field[ServerConfig]] = {
    field.name: field
    for field in [
        _plain("poll_seconds", rules.poll_seconds),
        _plain("save_seconds", rules.save_seconds),
        _plain("log_level", rules.log_level),
        _plain("termination_seconds", rules.termination_seconds),
        _plain("final_warning_seconds", rules.final_warning_seconds),
        _plain("final_notification_seconds", rules.final_notification_seconds),
        _plain("track_inactive", rules.boolean),
        _plain("session_types", rules.counted_session_types),
        _plain("excluded_session_types", rules.session_types),
        _plain("excluded_users", rules.user_names),
        _plain("playtime_enabled", rules.boolean),
        _plain("playtime_enhanced", rules.boolean),
    ]
}
