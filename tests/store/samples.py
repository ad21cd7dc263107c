"""Things to store, and programs that store them from processes of their own."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from timekpr_mngr.domain.account import Source
from timekpr_mngr.domain.change import Change, Draft, Json
from timekpr_mngr.domain.server import Server
from timekpr_mngr.store import Store

NOW = datetime(2025, 3, 29, 18, 30, 15, 123457, tzinfo=UTC)
TODAY = date(2025, 3, 29)
PRIVATE_KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n-----END-----\n"
SOURCE = str(Path(__file__).parents[2] / "src")


def server(name: str = "kids-pc") -> Server:
    """A server whose key is trusted."""
    return Server(
        name=name,
        host=f"{name}.lan",
        port=22,
        ssh_user="timekpr",
        public_key="ssh-ed25519 AAAApublic",
        host_key="ssh-ed25519 AAAAhost",
        fingerprint="SHA256:abc",
        expected_fingerprint=None,
        created_at=NOW,
    )


def week_limit(after: Json, before: Json = 604_800) -> Draft:
    """A change of one field."""
    return Draft("week_limit_seconds", before, after)


def grant(seconds: int = 900) -> Draft:
    """Time for today."""
    return Draft("grant.time", None, {"seconds": seconds}, TODAY, "homework is done")


async def queued(
    store: Store,
    *drafts: Draft,
    user: str | None = "emma",
    name: str = "kids-pc",
    request_id: str = "r-1",
    idempotency: tuple[str, str] | None = None,
    now: datetime = NOW,
) -> list[Change]:
    """Queues drafts as Anna does it."""
    found = await store.changes.queue(
        name,
        user,
        drafts,
        request_id=request_id,
        account="anna",
        source=Source.PAGE,
        now=now,
        idempotency=idempotency,
    )
    return found.changes


def python(program: str, *arguments: str | Path, before: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    """Starts a Python program that can import this package and these samples."""
    root = str(Path(__file__).parents[2])
    return subprocess.Popen(
        [*before, sys.executable, "-c", program, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": f"{SOURCE}:{root}"},
    )


def output(process: subprocess.Popen[str], seconds: float = 60) -> str:
    """What it printed, once it has ended well."""
    out, err = process.communicate(timeout=seconds)
    assert process.returncode == 0, err
    return out
