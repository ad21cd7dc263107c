"""Tokens for the API. Only a hash of each is kept."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from timekpr_mngr.domain.account import Account, Token
from timekpr_mngr.errors import Exists, UnknownToken
from timekpr_mngr.store.accounts import Accounts, account_of
from timekpr_mngr.store.database import Database
from timekpr_mngr.store.schema import accounts, tokens
from timekpr_mngr.store.sign_ins import TOUCHED_EVERY


class Tokens:
    """Tokens by number, or by label: no two have the same."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, label: str, account: str, token_hash: str, now: datetime) -> Token:
        """Keeps a new token. Raises UnknownAccount, or Exists for a taken label."""
        await Accounts(self._database).get(account)
        row = {"label": label, "account": account, "token_hash": token_hash, "created_at": now}
        try:
            async with self._database.write() as connection:
                result = await connection.execute(insert(tokens).values(row).returning(tokens))
                return _token(result.one())
        except IntegrityError:
            raise Exists(f"There is a token with the label {label} already.") from None

    async def list(self, account: str | None = None) -> list[Token]:
        """All tokens, or an account's, in the order in which they were made."""
        query = select(tokens).order_by(tokens.c.id)
        if account is not None:
            query = query.where(tokens.c.account == account)
        async with self._database.read() as connection:
            return [_token(row) for row in await connection.execute(query)]

    async def revoke(self, id_or_label: int | str) -> None:
        """Ends a token. Digits are a label where one is so, else a number. Raises UnknownToken."""
        async with self._database.write() as connection:
            for condition in _conditions(id_or_label):
                done = await connection.execute(delete(tokens).where(condition))
                if done.rowcount:
                    return
        raise UnknownToken(f"There is no token with the label or number {id_or_label}.")

    async def account(self, token_hash: str, now: datetime) -> Account | None:
        """Whose token it is; None for an unknown or revoked one."""
        query = (
            select(accounts, tokens.c.id.label("token_id"), tokens.c.last_used_at)
            .join(tokens, tokens.c.account == accounts.c.name)
            .where(tokens.c.token_hash == token_hash)
        )
        async with self._database.read() as connection:
            row = (await connection.execute(query)).first()
        if row is None:
            return None
        if row.last_used_at is None or now - row.last_used_at >= TOUCHED_EVERY:
            await self._touch(row.token_id, now)
        return account_of(row)

    async def _touch(self, token_id: int, now: datetime) -> None:
        async with self._database.write() as connection:
            await connection.execute(update(tokens).where(tokens.c.id == token_id).values(last_used_at=now))


def _conditions(id_or_label: int | str) -> list[Any]:
    if isinstance(id_or_label, int):
        return [tokens.c.id == id_or_label]
    by_label = [tokens.c.label == id_or_label]
    if id_or_label.isascii() and id_or_label.isdigit() and len(id_or_label) < 10:
        return [*by_label, tokens.c.id == int(id_or_label)]
    return by_label


def _token(row: Row[Any]) -> Token:
    return Token(row.id, row.label, row.account, row.created_at, row.last_used_at)
