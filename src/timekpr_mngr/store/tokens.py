"""Tokens for the API. Only a hash of each is kept."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from timekpr_mngr.domain.account import Account, Power, Role, Token
from timekpr_mngr.errors import Exists, UnknownAccount, UnknownToken
from timekpr_mngr.store.database import Database, reading, writing
from timekpr_mngr.store.schema import accounts, tokens
from timekpr_mngr.store.sign_ins import TOUCHED_EVERY
from timekpr_mngr.texts import _


class Tokens:
    """Tokens by number, or by label: no two have the same."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @writing
    def add(
        self,
        connection: Connection,
        label: str,
        account: str,
        token_hash: str,
        now: datetime,
        scope: Power = Power.ADMIN,
        expires: datetime | None = None,
    ) -> Token:
        """Keeps a new token. Raises UnknownAccount, or Exists for a taken label."""
        if connection.scalar(select(accounts.c.name).where(accounts.c.name == account)) is None:
            raise UnknownAccount(_("There is no account named {account}.").format(account=account))
        row = {
            "label": label,
            "account": account,
            "token_hash": token_hash,
            "created_at": now,
            "scope": scope.value,
            "expires_at": expires,
        }
        try:
            return _token(connection.execute(insert(tokens).values(row).returning(tokens)).one())
        except IntegrityError:
            raise Exists(_("There is a token with the label {label} already.").format(label=label)) from None

    @reading
    def list(self, connection: Connection, account: str | None = None) -> list[Token]:
        """All tokens, or an account's, in the order in which they were made."""
        query = select(tokens).order_by(tokens.c.id)
        if account is not None:
            query = query.where(tokens.c.account == account)
        return [_token(row) for row in connection.execute(query)]

    @writing
    def revoke(self, connection: Connection, id_or_label: int | str) -> None:
        """Ends a token. Digits are a label where one is so, else a number. Raises UnknownToken."""
        for condition in _conditions(id_or_label):
            done = connection.execute(delete(tokens).where(condition))
            if done.rowcount:
                return
        raise UnknownToken(
            _("There is no token with the label or number {id_or_label}.").format(id_or_label=id_or_label)
        )

    async def found(self, token_hash: str, now: datetime) -> tuple[Account, Token] | None:
        """Whose token it is, and which; None for one that is unknown, revoked or over. Notes the use, at most once a
        minute.
        """
        found = await self._found(token_hash)
        if found is None or (found[1].expires_at is not None and found[1].expires_at <= now):
            return None
        account, token = found
        if token.last_used_at is None or now - token.last_used_at >= TOUCHED_EVERY:
            await self._touch(token.id, now)
        return account, token

    @reading
    def _found(self, connection: Connection, token_hash: str) -> tuple[Account, Token] | None:
        row = connection.execute(WITH_HASH, {"hash": token_hash}).first()
        if row is None:
            return None
        owner = Account(row.account, Role(row.role), row.account_created_at, row.minutes_a_day)
        return owner, _token(row)

    @writing
    def _touch(self, connection: Connection, token_id: int, now: datetime) -> None:
        connection.execute(update(tokens).where(tokens.c.id == token_id).values(last_used_at=now))


def _conditions(id_or_label: int | str) -> list[Any]:
    if isinstance(id_or_label, int):
        return [tokens.c.id == id_or_label]
    by_label = [tokens.c.label == id_or_label]
    if id_or_label.isascii() and id_or_label.isdigit() and len(id_or_label) < 10:
        return [*by_label, tokens.c.id == int(id_or_label)]
    return by_label


def _token(row: Row[Any]) -> Token:
    return Token(
        row.id, row.label, row.account, row.created_at, row.last_used_at, Power(row.scope), row.expires_at
    )


WITH_HASH = (
    select(
        tokens, accounts.c.role, accounts.c.created_at.label("account_created_at"), accounts.c.minutes_a_day
    )
    .join(accounts, accounts.c.name == tokens.c.account)
    .where(tokens.c.token_hash == bindparam("hash"))
)
"""What every request asks, built once."""
