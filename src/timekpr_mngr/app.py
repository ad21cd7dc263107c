"""The composition root: everything is made here and handed to what needs it."""

import asyncio
import contextlib
import gc
import logging
import resource
import secrets
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import uvicorn
from fastapi import FastAPI
from starlette.routing import Mount, Route

from timekpr_mngr import logs, services, texts
from timekpr_mngr.domain.account import Account, Actor, Role, Source
from timekpr_mngr.errors import CannotStart
from timekpr_mngr.integrations.metrics import CONTENT_TYPE, Metrics
from timekpr_mngr.link.connect import SshConnector
from timekpr_mngr.link.session import Connector
from timekpr_mngr.services import Services
from timekpr_mngr.services.backup import Backups
from timekpr_mngr.services.daily_backup import DailyBackup, Plan
from timekpr_mngr.services.diagnostics import Sources
from timekpr_mngr.services.loop_lag import LoopLag
from timekpr_mngr.services.readiness import Readiness
from timekpr_mngr.settings import Settings
from timekpr_mngr.store import Store
from timekpr_mngr.store.alone import alone
from timekpr_mngr.sync.engine import Engine
from timekpr_mngr.sync.events import Events
from timekpr_mngr.texts import _
from timekpr_mngr.web import ui as screens
from timekpr_mngr.web.api import PREFIX, NothingHere, make_api
from timekpr_mngr.web.auth import API, Authentication, Cookies
from timekpr_mngr.web.headers import SecurityHeaders
from timekpr_mngr.web.sessions import Sessions
from timekpr_mngr.web.sign_in import SETUP, Door
from timekpr_mngr.web.tls import Certificate
from timekpr_mngr.web.ui.mounting import mount
from timekpr_mngr.web.watching import watching

GARBAGE = 10_000, 20, 50
"""How often garbage is looked for. Python's own (700, 10, 10) took a fifth of the start of 1,000 servers."""
STOP_SECONDS = 3  # for requests that are under way
OPEN_FILES = (
    65_536  # each computer takes one, and each page that is open; most systems give 1,024 to who does not ask
)

Prepare = Callable[[Services], Awaitable[None]]
log = logging.getLogger(__name__)


def create_app(
    settings: Settings,
    connector: Connector | None = None,
    *,
    store: Store | None = None,
    metrics: Metrics | None = None,
    prepare: Prepare | None = None,
    demo_account: str | None = None,
) -> FastAPI:
    """The whole application; it comes to life in its lifespan, and then `app.state.services` are there.

    `connector` opens servers (over SSH where none is given). A `store` that is given stays open at the end; `metrics`
    are those that it tells already. `prepare` runs before the first request. With `demo_account` everybody enters as
    that one, with one press.
    """
    sessions = Sessions()
    cookies = Cookies(settings.port)
    figures = metrics or Metrics()
    link = connector or SshConnector(figures)
    readiness = Readiness()
    recents = logs.Recents()

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            stack.enter_context(logs.kept_in(recents))
            kept = store or await _opened(stack, settings, figures)
            events = Events()
            engine = Engine(kept, link, events, meters=figures)
            sources = Sources(settings, lambda: recents.all, figures.text)
            built = services.build(kept, engine, events, link, sources=sources)
            ours = replace(built, daily_backup=_daily_backup(settings))
            app.state.services = ours
            screens.register(ours)
            ours.accounts.on_session_ended(sessions.ended)
            stack.push_async_callback(engine.stop)
            await engine.start()
            stack.callback(figures.watch(engine, kept, events))
            if prepare is not None:
                await prepare(ours)
            await _in_background(stack, sessions.watch(ours.accounts))
            if ours.daily_backup is not None:
                await _in_background(stack, ours.daily_backup.run())
            lag = LoopLag(figures)
            await _in_background(stack, lag.run())
            readiness.started(kept, lag)
            stack.callback(readiness.stopping)
            yield

    app = FastAPI(lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.add_middleware(Authentication, cookies=cookies, sessions=sessions)
    app.add_middleware(SecurityHeaders)
    app.state.readiness = readiness
    app.include_router(
        watching(
            readiness,
            figures.text,
            CONTENT_TYPE,
            settings.metrics_from,
            lambda: getattr(app.state, "services", None),
        )
    )
    app.include_router(Door(cookies, secrets.token_bytes(32), demo_account).router())
    app.mount(PREFIX, make_api(lambda: app.state.services))
    app.router.routes += [Route(API, NothingHere()), Mount(API, app=NothingHere())]
    app.router.default = NothingHere()  # for paths that no mount matches: those with a line break in them
    mount(app)
    return app


def serve(
    settings: Settings,
    connector: Connector | None = None,
    *,
    prepare: Prepare | None = None,
    demo_account: str | None = None,
) -> None:
    """Runs until it is told to stop, by SIGTERM or SIGINT. Raises CannotStart."""
    texts.use(settings.language)
    open_many_files()
    logs.configure(settings.log_level, settings.log_format)
    with (
        contextlib.closing(_listening(settings.host, settings.port)) as listener,
        asyncio.Runner(loop_factory=_loop_factory()) as runner,
    ):
        runner.run(_serve(settings, connector, listener, prepare, demo_account))


async def _serve(
    settings: Settings,
    connector: Connector | None,
    listener: socket.socket,
    prepare: Prepare | None,
    demo_account: str | None,
) -> None:
    metrics = Metrics()
    store = await Store.open(settings.data_dir, settings.database_url, metrics)
    try:
        certificate = Certificate(settings.tls_cert, settings.tls_key) if settings.tls_cert else None
        with alone(settings.data_dir, _taken(settings.data_dir)):
            app = create_app(
                settings, connector, store=store, metrics=metrics, prepare=prepare, demo_account=demo_account
            )
            gc.collect()
            gc.freeze()  # before the server is made: NiceGUI looks for it among what is not frozen
            gc.set_threshold(*GARBAGE)
            config = uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="on",
                timeout_graceful_shutdown=STOP_SECONDS,
                server_header=False,
                proxy_headers=settings.behind_proxy,
                forwarded_allow_ips=settings.trusted_proxies,
                ssl_context_factory=(lambda _config, _default: certificate.context) if certificate else None,
            )
            async with contextlib.AsyncExitStack() as stack:
                if certificate is not None:
                    await _in_background(stack, certificate.watch())
                await _Server(config, lambda: _tell(app, settings), app.state.readiness).serve([listener])
            if config.loaded_app is None or not hasattr(app.state, "services"):
                raise CannotStart(
                    _("timekpr-mngr could not start; the lines above say why. Nothing was changed.")
                )
    finally:
        await store.close()


class _Server(uvicorn.Server):
    """Tells when it is there, and ends on a signal without passing it on."""

    def __init__(
        self, config: uvicorn.Config, tell: Callable[[], Awaitable[None]], readiness: Readiness
    ) -> None:
        super().__init__(config)
        self._tell = tell
        self._readiness = readiness

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """From now on nobody is to be sent here."""
        self._readiness.stopping()
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As usual, and then a word about where it is."""
        await super().startup(sockets)
        if self.started:
            await self._tell()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The second Ctrl-C does not wait for anybody."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)


async def _tell(app: FastAPI, settings: Settings) -> None:
    """Says where to go; while there is no account, also the link that makes the first."""
    accounts = app.state.services.accounts
    address = _address(settings)
    lines = [_("timekpr-mngr is at {address}").format(address=address)]
    if settings.host in ("0.0.0.0", "::"):  # noqa: S104
        elsewhere = f"{settings.scheme}://{socket.gethostname()}:{settings.port}"
        lines.append(_("From other computers: {address}").format(address=elsewhere))
    if settings.is_heard_by_others:
        lines.append(
            _(
                "Passwords cross the network unencrypted: see --tls-cert, or put it behind a proxy with TLS or a VPN."
            )
        )
    if not await accounts.has_any():
        link = f"{address}{SETUP}?token={await accounts.setup_link()}"
        lines.append(
            _("There is no account yet. Make the first one within an hour: {link}").format(link=link)
        )
    print("\n".join(lines), flush=True)  # noqa: T201 -- for whoever started it, and not for the log


def _address(settings: Settings) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104
    return f"{settings.scheme}://{f'[{host}]' if ':' in host and not host.startswith('[') else host}:{settings.port}"


def open_many_files() -> None:
    """As many connections as the system lets this program have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _listening(host: str, port: int) -> socket.socket:
    """A socket at the address. Raises CannotStart where it is taken, forbidden or unknown."""
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError):
        raise CannotStart(
            _("No address is known by the name {host}. Nothing was started.").format(host=host)
        ) from None
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise CannotStart(_why_not_listening(host, port, error)) from None
    return listener


def _why_not_listening(host: str, port: int, error: OSError) -> str:
    match error:
        case PermissionError():
            return _(
                "Port {port} may only be used by root. Choose one above 1023, with --port. Nothing was started."
            ).format(port=port)
        case OSError(errno=98):
            return _(
                "Port {port} on {host} is taken, perhaps by another timekpr-mngr. End that one or choose "
                "another port, with --port. Nothing was started."
            ).format(port=port, host=host)
    return _("It is not possible to listen on {host}, port {port}: {why}. Nothing was started.").format(
        host=host, port=port, why=error.strerror
    )


def _daily_backup(settings: Settings) -> DailyBackup | None:
    if settings.backup_dir is None or settings.backup_passphrase_file is None:
        return None
    plan = Plan(
        folder=settings.backup_dir,
        keep=settings.backup_keep,
        passphrase_file=settings.backup_passphrase_file,
        with_keys=settings.backup_with_keys,
    )
    itself = Actor(Account("timekpr-mngr", Role.ADMIN, datetime.now(UTC)), Source.CLI)
    return DailyBackup(Backups(settings.data_dir, settings.database_url), plan, itself)


def _taken(data_dir: Path) -> str:
    return _(
        "Another timekpr-mngr is serving the data in {data_dir} already. End it first, or choose another folder with "
        "--data-dir. Nothing was started."
    ).format(data_dir=data_dir)


async def _opened(stack: contextlib.AsyncExitStack, settings: Settings, metrics: Metrics) -> Store:
    store = await Store.open(settings.data_dir, settings.database_url, metrics)
    stack.push_async_callback(store.close)
    return store


async def _in_background(stack: contextlib.AsyncExitStack, work: Awaitable[None]) -> None:
    task = asyncio.ensure_future(work)

    async def end() -> None:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    stack.push_async_callback(end)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # not on every platform
        return None
    return uvloop.new_event_loop
