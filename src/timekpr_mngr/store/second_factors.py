"""Second factors: the encrypted seed of each account's codes, and the hashes of its recovery codes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from timekpr_mngr.store.database import Database, reading, upsert, writing
from timekpr_mngr.store.schema import recovery_codes, second_factors
from timekpr_mngr.store.secrets import Secrets


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """`seed` is None where a backup without keys was put back. Without `confirmed_at` nothing is asked for yet."""

    seed: str | None
    confirmed_at: datetime | None
    codes_left: int


class SecondFactors:
    """One an account at most."""

    def __init__(self, database: Database, secrets: Secrets) -> None:
        self._database = database
        self._secrets = secrets

    @reading
    def get(self, connection: Connection, account: str) -> SecondFactor | None:
        """The account's, None where it has none. Raises StoreFailure where the seed cannot be decrypted."""
        row = connection.execute(select(second_factors).where(second_factors.c.account == account)).first()
        if row is None:
            return None
        counted = select(func.count()).where(recovery_codes.c.account == account)
        seed = None if row.seed is None else self._secrets.decrypt(row.seed)
        return SecondFactor(seed, row.confirmed_at, connection.scalar(counted) or 0)

    @reading
    def confirmed(self, connection: Connection) -> set[str]:
        """The accounts that have one."""
        query = select(second_factors.c.account).where(second_factors.c.confirmed_at.is_not(None))
        return set(connection.scalars(query))

    @writing
    def begin(self, connection: Connection, account: str, seed: str) -> bool:
        """Keeps a seed that is still to be confirmed, in place of any other such; False where one is confirmed."""
        query = select(second_factors.c.confirmed_at).where(second_factors.c.account == account)
        if connection.scalar(query) is not None:
            return False
        row = {
            "account": account,
            "seed": self._secrets.encrypt(seed),
            "confirmed_at": None,
            "last_step": None,
        }
        upsert(connection, second_factors, row)
        return True

    @writing
    def confirm(
        self, connection: Connection, account: str, step: int, code_hashes: Iterable[str], now: datetime
    ) -> bool:
        """Asked for from now on, with these recovery codes; False where another was first."""
        waits = (second_factors.c.account == account) & second_factors.c.confirmed_at.is_(None)
        values = {"confirmed_at": now, "last_step": step}
        if connection.execute(update(second_factors).where(waits).values(values)).rowcount != 1:
            return False
        _replace_codes(connection, account, code_hashes)
        return True

    @writing
    def use_step(self, connection: Connection, account: str, step: int) -> bool:
        """Whether the code of this step counts: each does once, and none that is older than one that did."""
        fresh = or_(second_factors.c.last_step.is_(None), second_factors.c.last_step < step)
        those = (second_factors.c.account == account) & second_factors.c.confirmed_at.is_not(None) & fresh
        return connection.execute(update(second_factors).where(those).values(last_step=step)).rowcount == 1

    @writing
    def use_code(self, connection: Connection, account: str, code_hash: str) -> bool:
        """Whether it is one of the recovery codes; then it is one no more."""
        those = (recovery_codes.c.account == account) & (recovery_codes.c.code_hash == code_hash)
        return connection.execute(delete(recovery_codes).where(those)).rowcount == 1

    @writing
    def replace_codes(self, connection: Connection, account: str, code_hashes: Iterable[str]) -> None:
        """These recovery codes and no others."""
        _replace_codes(connection, account, code_hashes)

    @writing
    def remove(self, connection: Connection, account: str) -> bool:
        """Takes it away with its recovery codes; False where there was none."""
        connection.execute(delete(recovery_codes).where(recovery_codes.c.account == account))
        return (
            connection.execute(delete(second_factors).where(second_factors.c.account == account)).rowcount > 0
        )


def _replace_codes(connection: Connection, account: str, code_hashes: Iterable[str]) -> None:
    connection.execute(delete(recovery_codes).where(recovery_codes.c.account == account))
    rows = [{"account": account, "code_hash": code_hash} for code_hash in code_hashes]
    if rows:
        connection.execute(insert(recovery_codes), rows)
