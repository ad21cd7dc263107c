"""Who is signed in, and from where. Only a hash of each session's token is kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from timekpr_mngr.domain.account import Account
from timekpr_mngr.errors import UnknownAccount
from timekpr_mngr.store.accounts import account_of
from timekpr_mngr.store.database import Database, reading, writing
from timekpr_mngr.store.schema import accounts, sign_ins
from timekpr_mngr.texts import _

TOUCHED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SignIn:
    """One session of an account. `agent` is what the browser calls itself."""

    token_hash: str
    account: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime
    address: str | None
    agent: str | None


class SignIns:
    """Sessions by the hash of their token."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @writing
    def add(
        self,
        connection: Connection,
        token_hash: str,
        account: str,
        now: datetime,
        expires: datetime,
        address: str | None,
        agent: str | None,
    ) -> None:
        """Keeps a new session and forgets those that have expired. Raises UnknownAccount."""
        row = {
            "token_hash": token_hash,
            "account": account,
            "created_at": now,
            "expires_at": expires,
            "last_used_at": now,
            "address": address,
            "agent": agent,
        }
        try:
            connection.execute(delete(sign_ins).where(sign_ins.c.expires_at <= now))
            connection.execute(insert(sign_ins).values(row))
        except IntegrityError:
            raise UnknownAccount(_("There is no account named {account}.").format(account=account)) from None

    async def account(self, token_hash: str, now: datetime) -> Account | None:
        """Whose session it is; None for an unknown or expired one. Notes the use, at most once a minute."""
        account, last_used_at = await self._found(token_hash, now)
        if last_used_at is not None and now - last_used_at >= TOUCHED_EVERY:
            await self._touch(token_hash, now)
        return account

    @writing
    def remove(self, connection: Connection, token_hash: str) -> None:
        """Ends a session; one that is not there is no error."""
        connection.execute(delete(sign_ins).where(sign_ins.c.token_hash == token_hash))

    @writing
    def remove_all(self, connection: Connection, account: str, except_hash: str | None = None) -> None:
        """Ends all sessions of an account, but for one."""
        statement = delete(sign_ins).where(sign_ins.c.account == account)
        if except_hash is not None:
            statement = statement.where(sign_ins.c.token_hash != except_hash)
        connection.execute(statement)

    @reading
    def list(self, connection: Connection, account: str) -> list[SignIn]:
        """An account's sessions, the last used first, expired ones among them."""
        query = select(sign_ins).where(sign_ins.c.account == account).order_by(sign_ins.c.last_used_at.desc())
        return [SignIn(**row._mapping) for row in connection.execute(query)]

    @reading
    def _found(
        self, connection: Connection, token_hash: str, now: datetime
    ) -> tuple[Account | None, datetime | None]:
        query = (
            select(accounts, sign_ins.c.last_used_at)
            .join(sign_ins, sign_ins.c.account == accounts.c.name)
            .where(sign_ins.c.token_hash == token_hash, sign_ins.c.expires_at > now)
        )
        row = connection.execute(query).first()
        return (None, None) if row is None else (account_of(row), row.last_used_at)

    @writing
    def _touch(self, connection: Connection, token_hash: str, now: datetime) -> None:
        statement = update(sign_ins).where(sign_ins.c.token_hash == token_hash).values(last_used_at=now)
        connection.execute(statement)
