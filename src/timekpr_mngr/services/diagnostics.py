"""What whoever mends a bug needs to know of this installation, in one file that may be shown to strangers.

Nothing in it names a computer, an address, a person or an account: what goes in is chosen word by word, and what
somebody typed or a computer said is not looked at. A computer is `server-3`, by its number in the database.
"""

import asyncio
import io
import json
import os
import platform
import zipfile
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version

import timekpr_mngr
from timekpr_mngr.domain.account import Actor
from timekpr_mngr.domain.server import ServerStatus
from timekpr_mngr.domain.snapshot import Snapshot
from timekpr_mngr.errors import CannotStart, FailureCode, UnknownServer
from timekpr_mngr.logs import Recent
from timekpr_mngr.services import audit
from timekpr_mngr.services.permission import must_administer
from timekpr_mngr.settings import Settings
from timekpr_mngr.store import Store, StoreFailure
from timekpr_mngr.store.figures import DatabaseFigures, figures_at
from timekpr_mngr.store.store import where
from timekpr_mngr.sync.engine import Engine
from timekpr_mngr.texts import _, noop

CALLS_MAX = 1_000
PACKAGES = ("asyncssh", "jeepney", "nicegui", "fastapi", "uvicorn", "uvloop", "sqlalchemy", "cryptography")
SHOWN_AS_THEY_ARE = (
    "port",
    "language",
    "log_level",
    "log_format",
    "backup_keep",
    "backup_with_keys",
)
"""Settings that are nobody's own. Of every other one it is only said whether it is set."""

README = "README.txt"
INSIDE: Mapping[str, str] = {
    README: noop("this list"),
    "about.json": noop("versions of timekpr-mngr, Python, the system and the main libraries"),
    "settings.json": noop("the settings: harmless ones as they are, of all others only whether they are set"),
    "database.json": noop("its version and size, whether it is whole, and how many of each thing are in it"),
    "servers.json": noop(
        "each computer as a number: the state of its link, since when, why, and how many users"
    ),
    "sent.json": noop("the last calls to timekpr: which, when, the number answered and how long it took"),
    "log.json": noop(
        "the last lines of the log: our own sentences with gaps, and where in the program it was"
    ),
    "metrics.txt": noop("what /metrics says, which names nobody"),
}


@dataclass(frozen=True, slots=True)
class Sources:
    """What a running program knows besides its store."""

    settings: Settings | None = None
    recents: Callable[[], Sequence[Recent]] = tuple
    metrics: Callable[[], Awaitable[bytes]] | None = None


@dataclass(frozen=True, slots=True)
class Bundle:
    """A zip file, and what is inside: the name of each file, and what it holds in words."""

    name: str
    content: bytes
    inside: Mapping[str, str] = field(repr=False)


class Diagnostics:
    """Makes bundles of the running program."""

    def __init__(
        self, store: Store, engine: Engine, now: Callable[[], datetime], sources: Sources | None = None
    ) -> None:
        self._store = store
        self._engine = engine
        self._now = now
        self._sources = sources or Sources()

    async def bundle(self, actor: Actor) -> Bundle:
        """Of now. Where the store is in trouble it says so, and has the rest. Raises Forbidden."""
        must_administer(actor)
        sources, now = self._sources, self._now()
        try:
            found: DatabaseFigures | StoreFailure = await self._store.figures.all(CALLS_MAX)
        except StoreFailure as problem:
            found = problem
        ids = found.server_ids if isinstance(found, DatabaseFigures) else {}
        files = _files(found, sources.settings, now, is_running=True)
        files["servers.json"] = _json(
            self._server(name, status, ids) for name, status in self._engine.statuses()
        )
        files["log.json"] = _json(_line(one, ids) for one in sources.recents())
        if sources.metrics is not None:
            files["metrics.txt"] = (await sources.metrics()).decode()
        made = await asyncio.to_thread(_packed, files, now)
        await audit.note(self._store, actor, _("made a report for a bug"), made.name, now)
        return made

    def _server(self, name: str, status: ServerStatus, ids: Mapping[str, int]) -> dict[str, object]:
        try:
            snapshot = self._engine.snapshot(name)
        except UnknownServer:
            snapshot = None
        return {
            "server": _pseudonym(name, ids),
            "state": status.state.value,
            "since": status.since.isoformat(),
            "code": status.failure.code.value if status.failure is not None else None,
        } | (_read(snapshot) if snapshot is not None else {})


def bundle_at_rest(settings: Settings, now: datetime) -> Bundle:
    """What the data folder alone tells, without a running program; nothing in it is changed. `now` is aware. Blocks."""
    try:
        _folder, url = where(settings.data_dir, settings.database_url)
        found: DatabaseFigures | Exception = figures_at(url, CALLS_MAX)
    except Exception as problem:  # a database that cannot be read is what the report may be about
        found = problem
    return _packed(_files(found, settings, now, is_running=False), now)


def _files(
    found: DatabaseFigures | Exception, settings: Settings | None, now: datetime, *, is_running: bool
) -> dict[str, str]:
    files = {
        "about.json": _json(_about(now, is_running)),
        "settings.json": _json(_shown(settings) if settings is not None else {}),
    }
    if not isinstance(found, DatabaseFigures):
        return files | {"database.json": _json(_trouble(found))}
    told = asdict(found)
    calls, _ids = told.pop("calls"), told.pop("server_ids")
    for call in calls:
        call["server"] = f"server-{call.pop('server_id')}"
        call["user"] = None if call["user"] is None else f"user-{call['user']}"
        call["at"] = call["at"].isoformat()
    return files | {"database.json": _json(told), "sent.json": _json(calls)}


def _about(now: datetime, is_running: bool) -> dict[str, object]:
    return {
        "timekpr-mngr": timekpr_mngr.__version__,
        "made_at": now.isoformat(),
        "is_running": is_running,
        "python": platform.python_version(),
        "system": _system(),
        "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processors": os.cpu_count(),
        "packages": {package: _version(package) for package in PACKAGES},
    }


def _system() -> str | None:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME")
    except OSError:
        return None


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _shown(settings: Settings) -> dict[str, object]:
    shown: dict[str, object] = {name: getattr(settings, name) for name in SHOWN_AS_THEY_ARE}
    rest = set(type(settings).model_fields) - set(SHOWN_AS_THEY_ARE)
    shown |= {name: "set" if name in settings.model_fields_set else "not set" for name in sorted(rest)}
    return shown | {"is_heard_by_others": settings.is_heard_by_others, "behind_proxy": settings.behind_proxy}


def _trouble(problem: Exception) -> dict[str, object]:
    """The kind of what went wrong, and SQLite's name for it: its words may hold the path of a file."""
    kinds, cause = [], problem.__cause__ or problem
    cause = getattr(cause, "orig", None) or cause
    if not isinstance(problem, CannotStart | StoreFailure):
        kinds.append(type(problem).__name__)
    return {"problem": [*kinds, type(cause).__name__], "sqlite": getattr(cause, "sqlite_errorname", None)}


def _read(snapshot: Snapshot) -> dict[str, object]:
    users = list(snapshot.users.values())
    return {
        "read_at": snapshot.read_at.isoformat(),
        "users": len(users),
        "logged_in": sum(bool(user.sessions) for user in users),
        "not_readable": sum(user.config is None for user in users),
        "strangers": len(snapshot.strangers),
        "flaws": sorted({flaw.kind.value for flaw in snapshot.flaws}),
        "has_time_zone": snapshot.time_zone is not None,
    }


def _line(one: Recent, ids: Mapping[str, int]) -> dict[str, object]:
    told = {
        "at": one.at,
        "level": one.level,
        "logger": one.logger,
        "template": one.template,
        "code": one.code if one.code in set(FailureCode) else None,
        "server": _pseudonym(one.server, ids) if one.server is not None else None,
        "problem": one.problem,
        "frames": list(one.frames),
    }
    return {name: value for name, value in told.items() if value}


def _pseudonym(server: str, ids: Mapping[str, int]) -> str:
    """One that is not there any more, or was named otherwise, has no number."""
    return f"server-{ids[server]}" if server in ids else "server-?"


def _json(value: object) -> str:
    if not isinstance(value, Mapping) and isinstance(value, Iterable):
        return "[\n" + ",\n".join(json.dumps(one) for one in value) + "\n]\n"  # a line each
    return json.dumps(value, indent=1) + "\n"


def _packed(files: Mapping[str, str], now: datetime) -> Bundle:
    inside = {name: _(words) for name, words in INSIDE.items() if name in files or name == README}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {README: _readme(inside), **files}.items():
            entry = zipfile.ZipInfo(name, now.timetuple()[:6])
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return Bundle(f"timekpr-mngr-report-{now:%Y%m%d-%H%M%S}.zip", packed.getvalue(), inside)


def _readme(inside: Mapping[str, str]) -> str:
    lines = [
        _("What somebody who looks into a bug of timekpr-mngr needs to know of this installation."),
        "",
        *(f"{name}: {words}" for name, words in inside.items()),
        "",
        _(
            "No names, addresses, accounts, passwords, keys, settings of users or times used are in it. A computer is "
            "a number, and so is a user. Look through it before you send it, all the same."
        ),
    ]
    return "\n".join(lines) + "\n"
