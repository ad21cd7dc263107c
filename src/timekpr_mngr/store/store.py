"""The store: one repository per noun over one database."""

import asyncio
import os
from pathlib import Path
from typing import Self

from sqlalchemy import URL, Connection, make_url, select, update
from sqlalchemy.exc import ArgumentError

from timekpr_mngr.errors import CannotStart
from timekpr_mngr.meters import SILENT, Meters
from timekpr_mngr.store.accounts import Accounts
from timekpr_mngr.store.audit import Audit
from timekpr_mngr.store.changes import Changes
from timekpr_mngr.store.daemon_runs import DaemonRuns
from timekpr_mngr.store.database import Database, sqlite_url
from timekpr_mngr.store.drift import Drifts
from timekpr_mngr.store.figures import Figures
from timekpr_mngr.store.findings import Findings
from timekpr_mngr.store.history import History
from timekpr_mngr.store.idempotency import Idempotency
from timekpr_mngr.store.opening import DATABASE_NAME, prepare
from timekpr_mngr.store.people import People
from timekpr_mngr.store.person_roles import PersonRoles
from timekpr_mngr.store.schema import ENCRYPTED
from timekpr_mngr.store.second_factors import SecondFactors
from timekpr_mngr.store.secrets import Secrets
from timekpr_mngr.store.sent_log import SentLog
from timekpr_mngr.store.servers import Servers
from timekpr_mngr.store.setup import Setup
from timekpr_mngr.store.sightings import Sightings
from timekpr_mngr.store.sign_ins import SignIns
from timekpr_mngr.store.snapshots import Snapshots
from timekpr_mngr.store.throttle import Throttle
from timekpr_mngr.store.tokens import Tokens
from timekpr_mngr.store.usage import Usage
from timekpr_mngr.store.users import Users
from timekpr_mngr.texts import _


class Store:
    """Everything that is kept. What a method wrote is on disk when it returns.

    Every method may raise StoreFailure where the database is in trouble. All instants are aware; they come back
    in UTC. Several processes may open the same store at once.
    """

    def __init__(self, database: Database, secrets: Secrets) -> None:
        self._database = database
        self._secrets = secrets
        self.servers = Servers(database, secrets)
        self.users = Users(database)
        self.snapshots = Snapshots(database)
        self.changes = Changes(database)
        self.idempotency = Idempotency(database)
        self.accounts = Accounts(database)
        self.sign_ins = SignIns(database)
        self.tokens = Tokens(database)
        self.throttle = Throttle(database)
        self.setup = Setup(database)
        self.audit = Audit(database)
        self.history = History(database)
        self.sent_log = SentLog(database)
        self.sightings = Sightings(database)
        self.drift = Drifts(database)
        self.usage = Usage(database)
        self.people = People(database)
        self.findings = Findings(database)
        self.daemon_runs = DaemonRuns(database)
        self.person_roles = PersonRoles(database)
        self.second_factors = SecondFactors(database, secrets)
        self.figures = Figures(database)

    @classmethod
    async def open(cls, data_dir: Path, url: str | None = None, meters: Meters = SILENT) -> Self:
        """Opens the store in `data_dir`, or the database at `url` with its key in `data_dir`.

        Makes what is missing and migrates what is older. Raises CannotStart, and then nothing was overwritten.
        """
        folder, address = where(data_dir, url)
        secrets = await asyncio.to_thread(prepare, folder, address)
        return cls(Database(address, meters), secrets)

    async def close(self) -> None:
        """Ends all connections to the database."""
        await self._database.close()

    async def rotate_secrets(self, *, forget_older: bool = False) -> None:
        """Puts a new key first in the key file and encrypts every secret with it.

        The older keys stay in the file, for copies of the database that were made before; with `forget_older` they go,
        which nobody may do while another process has the store open: it would still encrypt with one of them.
        """
        await asyncio.to_thread(self._secrets.add_key)
        await self._database.write(self._encrypt_again)
        if forget_older:
            await asyncio.to_thread(self._secrets.keep_newest)

    def _encrypt_again(self, connection: Connection) -> None:
        for column in ENCRYPTED:
            [key] = column.table.primary_key
            for name, token in connection.execute(select(key, column).where(column.is_not(None))).all():
                again = {column: self._secrets.rotated(token)}
                connection.execute(update(column.table).where(key == name).values(again))


def where(data_dir: Path, url: str | None) -> tuple[Path, URL]:
    """The data folder, absolute, and the address of its database. Raises CannotStart."""
    folder = Path(os.path.abspath(data_dir))
    try:
        address = make_url(url) if url else sqlite_url(str(folder / DATABASE_NAME))
    except ArgumentError:
        raise CannotStart(_("The database's address is not one that SQLAlchemy understands.")) from None
    if address.get_backend_name() not in ("sqlite", "postgresql") or not address.database:
        raise CannotStart(
            _("The database must be an SQLite file or a PostgreSQL database. Nothing was changed.")
        )
    return folder, address
