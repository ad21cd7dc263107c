"""/etc/timekpr/timekpr.conf: the daemon's own settings. What is in force is what was there when the daemon started."""

from dataclasses import dataclass
from functools import lru_cache

from timekpr_mngr.domain.flaw import Flaw, FlawKind
from timekpr_mngr.domain.server import ServerConfig
from timekpr_mngr.texts import _
from timekpr_mngr.timekpr.files.ini import Ini

DEFAULT = ServerConfig()
_KEPT_MAX = 16 * 1024  # characters: timekpr's own has some 4,000


@dataclass(frozen=True, slots=True)
class ServerFile:
    """The server's file. `text` is the file as it came; `problems` are sentences for a person, `flaws` those of them
    that are not in `config`.
    """

    config: ServerConfig
    problems: tuple[str, ...]
    text: str
    flaws: tuple[Flaw, ...] = ()


def parse(text: str) -> ServerFile:
    """The server's file. Raises Malformed where the daemon throws the file away and goes by its defaults.

    Most servers have the same one: the last ones are kept.
    """
    config, flaws = _kept(text) if len(text) <= _KEPT_MAX else _parsed(text)
    return ServerFile(config, tuple(_problems(config, flaws)), text, flaws)


def _parsed(text: str) -> tuple[ServerConfig, tuple[Flaw, ...]]:
    ini = Ini(text)

    def whole(name: str, default: int) -> int:
        return ini.whole("GENERAL", name, default)

    def words(name: str, default: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(ini.items("SESSION", name, ";".join(default)))

    def folder(name: str, default: str) -> str:
        return ini.text("DIRECTORIES", name, default)

    config = ServerConfig(
        log_level=whole("TIMEKPR_LOGLEVEL", DEFAULT.log_level),
        poll_seconds=whole("TIMEKPR_POLLTIME", DEFAULT.poll_seconds),
        save_seconds=whole("TIMEKPR_SAVE_TIME", DEFAULT.save_seconds),
        track_inactive=ini.boolean("GENERAL", "TIMEKPR_TRACK_INACTIVE", DEFAULT.track_inactive),
        termination_seconds=whole("TIMEKPR_TERMINATION_TIME", DEFAULT.termination_seconds),
        final_warning_seconds=whole("TIMEKPR_FINAL_WARNING_TIME", DEFAULT.final_warning_seconds),
        final_notification_seconds=whole(
            "TIMEKPR_FINAL_NOTIFICATION_TIME", DEFAULT.final_notification_seconds
        ),
        session_types=words("TIMEKPR_SESSION_TYPES_CTRL", DEFAULT.session_types),
        excluded_session_types=words("TIMEKPR_SESSION_TYPES_EXCL", DEFAULT.excluded_session_types),
        excluded_users=words("TIMEKPR_USERS_EXCL", DEFAULT.excluded_users),
        playtime_enabled=ini.boolean("PLAYTIME", "TIMEKPR_PLAYTIME_ENABLED", DEFAULT.playtime_enabled),
        playtime_enhanced=ini.boolean(
            "PLAYTIME", "TIMEKPR_PLAYTIME_ENHANCED_ACTIVITY_MONITOR_ENABLED", DEFAULT.playtime_enhanced
        ),
        config_directory=folder("TIMEKPR_CONFIG_DIR", DEFAULT.config_directory),
        work_directory=folder("TIMEKPR_WORK_DIR", DEFAULT.work_directory),
        shared_directory=folder("TIMEKPR_SHARED_DIR", DEFAULT.shared_directory),
        log_directory=folder("TIMEKPR_LOGFILE_DIR", DEFAULT.log_directory),
    )
    return config, tuple(_flaws(ini))


_kept = lru_cache(maxsize=256)(_parsed)


def _flaws(ini: Ini) -> list[Flaw]:
    flaws = [Flaw(FlawKind.STOPS_ALL, tuple(dict.fromkeys(ini.fatal)))] if ini.fatal else []
    if ini.unreadable:
        flaws.append(Flaw(FlawKind.UNREADABLE, tuple(dict.fromkeys(ini.unreadable))))
    return flaws


def _problems(config: ServerConfig, flaws: tuple[Flaw, ...]) -> list[str]:
    keys_of = {flaw.kind: ", ".join(flaw.keys) for flaw in flaws}
    problems = []
    if (keys := keys_of.get(FlawKind.STOPS_ALL)) is not None:
        problems.append(
            _("timekpr breaks off at the value of {keys}: nothing is enforced on this server.").format(
                keys=keys
            )
        )
    if config.poll_seconds < 0:
        problems.append(
            _("The poll time is below 0: timekpr's worker ends at once, and nothing is enforced.")
        )
    elif config.poll_seconds == 0:
        problems.append(
            _("The poll time is 0: timekpr looks hundreds of times a second and keeps the computer busy.")
        )
    if not set(config.session_types) - set(config.excluded_session_types):
        problems.append(_("No session type is counted: timekpr limits nobody on this server."))
    if (keys := keys_of.get(FlawKind.UNREADABLE)) is not None:
        problems.append(_("timekpr cannot read {keys} and goes by its defaults there.").format(keys=keys))
    return problems
