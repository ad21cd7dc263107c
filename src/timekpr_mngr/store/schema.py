"""The tables. `migrations/` make them; a test holds the two together.

A removed server keeps its row, without its private key, so that what was changed on it can still be told.
"""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from timekpr_mngr.store.instant import Instant

REVISION = "0006"
"""The revision of `migrations/` that makes exactly these tables."""

_LIVE = text("removed_at IS NULL")
_OPEN = text("state IN ('queued', 'sending')")
_ASKS = text("state IN ('conflict', 'uncertain') AND answer IS NULL")
_FOR_A_DAY = text("until IS NOT NULL")
_OPEN_DRIFT = text("state = 'open'")
_STANDS = text("cleared_at IS NULL")

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _json() -> JSON:
    return JSON(none_as_null=True)


meta = Table(
    "meta",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

servers = Table(
    "servers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("port", Integer, nullable=False),
    Column("ssh_user", Text, nullable=False),
    Column("public_key", Text, nullable=False),
    Column("private_key", Text),  # encrypted; None once the server is removed
    Column("host_key", Text),
    Column("fingerprint", Text),
    Column("expected_fingerprint", Text),
    Column("created_at", Instant, nullable=False),
    Column("removed_at", Instant),
    Column("second_host", Text),
    Index("uq_servers_name", "name", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
)

hidden_users = Table(
    "hidden_users",
    metadata,
    Column("server_id", ForeignKey("servers.id", ondelete="CASCADE"), primary_key=True),
    Column("user", Text, primary_key=True),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("server_id", ForeignKey("servers.id", ondelete="CASCADE"), primary_key=True),
    Column("read_at", Instant, nullable=False),
    Column("body", Text, nullable=False),
)

changes = Table(
    "changes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("request_id", Text, nullable=False, index=True),
    Column("server_id", ForeignKey("servers.id"), nullable=False),
    Column("user", Text),
    Column("field", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("before", _json()),
    Column("after", _json()),
    Column("day", Date),
    Column("reason", Text),
    Column("account", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("settled_at", Instant),
    Column("message", Text),
    Column("gained_seconds", Integer),
    Column("note", _json()),
    Column("answer", Text),
    Column("answered_by", Text),
    Column("answered_at", Instant),
    Column("follows", Integer, index=True),  # another change; none is ever deleted
    Column("follows_as", Text),
    Column("until", Date),  # the server's day after which it is taken back by itself
    Index("ix_changes_server_id_user_id", "server_id", "user", "id"),
    Index("ix_changes_state_id", "state", "id"),
    Index("ix_changes_open", "server_id", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index("ix_changes_asks", "id", sqlite_where=_ASKS, postgresql_where=_ASKS),
    Index("ix_changes_until", "server_id", "id", sqlite_where=_FOR_A_DAY, postgresql_where=_FOR_A_DAY),
    sqlite_autoincrement=True,
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("account", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_hash", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("created_at", Instant, nullable=False, index=True),
)

accounts = Table(
    "accounts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("password_hash", Text),
    Column("created_at", Instant, nullable=False),
    Column("minutes_a_day", Integer),  # what a carer of everybody may give to each
)

account_people = Table(
    "account_people",
    metadata,
    Column("account", ForeignKey("accounts.name", ondelete="CASCADE"), primary_key=True),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("role", Text, nullable=False),
    Column("minutes_a_day", Integer),
)

second_factors = Table(
    "second_factors",
    metadata,
    Column("account", ForeignKey("accounts.name", ondelete="CASCADE"), primary_key=True),
    Column("seed", Text),  # encrypted; None after a restore from a backup without keys
    Column("confirmed_at", Instant),  # None until a first code was right: nothing is asked for before
    Column("last_step", Integer),  # the newest code's that was used: it and those before count no more
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("account", ForeignKey("accounts.name", ondelete="CASCADE"), primary_key=True),
    Column("code_hash", Text, primary_key=True),
)

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("account", ForeignKey("accounts.name", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("last_used_at", Instant, nullable=False),
    Column("address", Text),
    Column("agent", Text),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("label", Text, nullable=False),
    Column("account", ForeignKey("accounts.name", ondelete="CASCADE"), nullable=False, index=True),
    Column("token_hash", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("last_used_at", Instant),
    Column("scope", Text, nullable=False, server_default="admin"),
    Column("expires_at", Instant),
    UniqueConstraint("label"),
    UniqueConstraint("token_hash"),
    sqlite_autoincrement=True,
)

throttle = Table(
    "throttle",
    metadata,
    Column("key", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("failed_at", Instant, nullable=False, index=True),
)

setup_link = Table(
    "setup_link",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("expires_at", Instant, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("account", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("subject", Text, nullable=False),
)

config_history = Table(
    "config_history",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("server_id", ForeignKey("servers.id"), nullable=False),
    Column("user", Text),
    Column("seen_at", Instant, nullable=False),
    Column("field_values", _json(), nullable=False),
    Column("change_ids", _json(), nullable=False),  # those of ours that made it so; none: somebody else did
    Index("ix_config_history_server_id_user_id", "server_id", "user", "id"),
    sqlite_autoincrement=True,
)

drift = Table(
    "drift",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("server_id", ForeignKey("servers.id"), nullable=False),
    Column("user", Text),
    Column("field", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("known", _json()),
    Column("before", _json()),
    Column("after", _json()),
    Column("day", Date),
    Column("overwritten", Boolean, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("answered_by", Text),
    Column("answered_at", Instant),
    Column("change_id", ForeignKey("changes.id")),
    Index("ix_drift_server_id_user_id", "server_id", "user", "id"),
    Index("ix_drift_open", "server_id", "id", sqlite_where=_OPEN_DRIFT, postgresql_where=_OPEN_DRIFT),
    sqlite_autoincrement=True,
)

given = Table(
    "given",
    metadata,
    Column("server_id", ForeignKey("servers.id", ondelete="CASCADE"), primary_key=True),
    Column("user", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("day", Date, nullable=False),
    Column("moved_seconds", Integer, nullable=False),
)

sent_log = Table(
    "sent_log",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("server_id", ForeignKey("servers.id"), nullable=False),
    Column("user", Text),
    Column("at", Instant, nullable=False, index=True),
    Column("member", Text, nullable=False),
    Column("arguments", _json(), nullable=False),
    Column("code", Integer),  # None: no answer came
    Column("message", Text, nullable=False),
    Column("duration_ms", Float, nullable=False),
    Column("text", Text, nullable=False),  # all of it in lower case, to be searched
    Index("ix_sent_log_server_id_id", "server_id", "id"),
    sqlite_autoincrement=True,
)

people = Table(
    "people",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    sqlite_autoincrement=True,
)

person_users = Table(
    "person_users",
    metadata,
    Column("server_id", ForeignKey("servers.id", ondelete="CASCADE"), primary_key=True),
    Column("user", Text, primary_key=True),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
)

kept_apart = Table(
    "kept_apart",
    metadata,
    Column("user", Text, primary_key=True),  # a login whose users are not offered as one person again
)

usage_samples = Table(
    "usage_samples",
    metadata,
    Column("server_id", ForeignKey("servers.id", ondelete="CASCADE"), primary_key=True),
    Column("user", Text, primary_key=True),
    Column("at", Instant, primary_key=True),  # the beginning of five minutes
    Column("used_seconds", Integer, nullable=False),
    Column("playtime_seconds", Integer, nullable=False),
    Index("ix_usage_samples_at", "at"),
)

usage_days = Table(
    "usage_days",
    metadata,
    Column("server_id", ForeignKey("servers.id", ondelete="CASCADE"), primary_key=True),
    Column("user", Text, primary_key=True),
    Column("day", Date, primary_key=True),  # the server's own
    Column("used_seconds", Integer, nullable=False),
    Column("playtime_seconds", Integer, nullable=False),
    Column("given_seconds", Integer, nullable=False),
    Column("limit_seconds", Integer),  # None: it was not known
    Column("ran_out", Boolean, nullable=False),
    Column("read_at", Instant, nullable=False),
    Column("is_whole", Boolean, nullable=False),  # read after its end, so nothing of it is missing
)

findings = Table(
    "findings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("server_id", ForeignKey("servers.id", ondelete="CASCADE"), nullable=False),
    Column("user", Text),  # None: of the server itself
    Column("code", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("facts", _json(), nullable=False),
    Column("raised_at", Instant, nullable=False),
    Column("cleared_at", Instant),  # None: it stands
    Index("ix_findings_server_id_id", "server_id", "id"),
    Index("ix_findings_stands", "server_id", "id", sqlite_where=_STANDS, postgresql_where=_STANDS),
    sqlite_autoincrement=True,
)

daemon_runs = Table(
    "daemon_runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("server_id", ForeignKey("servers.id", ondelete="CASCADE"), nullable=False),
    Column("bus", Text, nullable=False),  # the id of the server's system bus: another one with every boot
    Column("owner", Text, nullable=False),  # timekprd's unique name on it: another one with every start
    Column("began_at", Instant),  # as systemd told it; None: it did not
    Column("seen_at", Instant, nullable=False),
    Column("gone_at", Instant),  # when it was seen to leave the bus
    UniqueConstraint("server_id", "bus", "owner"),
    sqlite_autoincrement=True,
)

ENCRYPTED = (servers.c.private_key, meta.c.value, second_factors.c.seed)
"""What `secrets` encrypts; each in a table with one key column. A backup holds it only where that was asked for."""
