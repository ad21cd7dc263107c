"""`serve` and `demo`."""

import contextlib
import gc
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from timekpr_mngr import texts
from timekpr_mngr.cli.said import SAID, DataDir
from timekpr_mngr.texts import _

if TYPE_CHECKING:
    from timekpr_mngr.services import Services
    from timekpr_mngr.settings import Settings
    from timekpr_mngr.simulator.connector import SimulatedConnector

Host = Annotated[str | None, typer.Option("--host", help="The address to listen on (127.0.0.1).")]
Port = Annotated[int | None, typer.Option("--port", help="The port to listen on (8765).")]
Language = Annotated[
    str | None, typer.Option("--language", metavar="LANGUAGE", help="What it speaks: en, en_GB, en_US (en).")
]
BackupDir = Annotated[
    str | None, typer.Option("--backup-dir", metavar="FOLDER", help="Make a backup there every day.")
]
BackupKeep = Annotated[int | None, typer.Option("--backup-keep", help="How many of them stay (14).")]
BackupPassphrase = Annotated[
    str | None,
    typer.Option(
        "--backup-passphrase-file", metavar="FILE", help="The file whose first line is their passphrase."
    ),
]
BackupWithKeys = Annotated[
    bool, typer.Option("--backup-with-keys", help="Also the private keys that open the computers.")
]
TlsCert = Annotated[
    str | None,
    typer.Option("--tls-cert", metavar="FILE", help="Speak TLS with this certificate (PEM, with its chain)."),
]
TlsKey = Annotated[
    str | None,
    typer.Option("--tls-key", metavar="FILE", help="Its private key, where that is in another file."),
]
LogFormat = Annotated[
    str | None, typer.Option("--log-format", metavar="FORMAT", help="How the log looks: text, json (text).")
]

DEMO_ACCOUNT = "demo"


def serve(
    host: Host = None,
    port: Port = None,
    data_dir: DataDir = None,
    language: Language = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    backup_dir: BackupDir = None,
    backup_keep: BackupKeep = None,
    backup_passphrase_file: BackupPassphrase = None,
    backup_with_keys: BackupWithKeys = False,
    log_format: LogFormat = None,
) -> None:
    """Run the web application."""
    from timekpr_mngr.settings import Settings

    settings = Settings.load(
        host=host,
        port=port,
        data_dir=data_dir or SAID.data_dir,
        language=language,
        tls_cert=tls_cert,
        tls_key=tls_key,
        backup_dir=backup_dir,
        backup_keep=backup_keep,
        backup_passphrase_file=backup_passphrase_file,
        backup_with_keys=backup_with_keys or None,
        log_format=log_format,
    )

    with _importing():
        from timekpr_mngr import app

    app.serve(settings)


def demo(host: Host = None, port: Port = None, language: Language = None) -> None:
    """Run it with simulated computers and nothing kept: entered with one press."""
    import tempfile

    from timekpr_mngr.settings import Settings

    with tempfile.TemporaryDirectory(prefix="timekpr-mngr-demo-") as folder:
        settings = Settings.load(host=host, port=port, data_dir=folder, language=language)
        texts.use(settings.language)
        settings = settings.model_copy(update={"database_url": None, "backup_dir": None})

        with _importing():
            from timekpr_mngr import app
            from timekpr_mngr.simulator.demo import demo_connector

        print(
            _("This is the demo: its computers are simulated, and nothing is kept when it ends."), flush=True
        )
        family = demo_connector()
        app.serve(
            settings,
            family,
            prepare=lambda services: _prepare_demo(services, family.simulated, settings),
            demo_account=DEMO_ACCOUNT,
        )


@contextlib.contextmanager
def _importing() -> Iterator[None]:
    """Nothing of what is imported is garbage; to look for some in it, again and again, took a fifth of a start."""
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


async def _prepare_demo(services: "Services", family: "SimulatedConnector", settings: "Settings") -> None:
    """An account, the family's computers, what was used there, and what has happened."""
    import secrets
    from datetime import UTC, datetime

    from timekpr_mngr.cli import past, story
    from timekpr_mngr.domain.account import Account, Actor, Role, Source
    from timekpr_mngr.simulator.demo import SERVERS
    from timekpr_mngr.store import Store

    actor = Actor(Account(DEMO_ACCOUNT, Role.ADMIN, datetime.now(UTC)), Source.CLI)
    await services.accounts.add(actor, DEMO_ACCOUNT, Role.ADMIN.value, secrets.token_urlsafe(16))
    for server in SERVERS:
        await services.fleet.add(
            actor,
            name=server.name,
            host=server.host,
            port=server.port,
            ssh_user=server.ssh_user,
            host_key=server.host_key,
        )
    store = await Store.open(settings.data_dir, settings.database_url)
    try:
        await past.tell(services, store, actor, datetime.now(UTC))
    finally:
        await store.close()
    await story.tell(services, Actor(actor.account, Source.PAGE), family)
