"""The way of the older programs, on the same computers: connect, fetch each file, ask timekpra, one after the other.

Written afresh here for the comparison, with the quickest SSH library there is and no pause anywhere: what such a
program can reach at best.
"""

import time

import asyncssh

from bench.figure import Figure, Section, quantile
from bench.fleet import USERS, Fleet
from tests.rig import TimekprHost

FILES = (
    "/etc/timekpr/timekpr.conf",
    *(f"/var/lib/timekpr/config/timekpr.{user}.conf" for user in USERS),
    *(f"/var/lib/timekpr/work/{user}.time" for user in USERS),
)


async def measured(fleet: Fleet, rounds: int) -> Section:
    """Wall time by server, the servers one after the other."""
    servers = [await _read(host) for _ in range(rounds) for host in fleet.hosts]
    figures = [
        Figure("a server, median", quantile(servers, 0.5), "ms"),
        Figure("a server, p95", quantile(servers, 0.95), "ms"),
    ]
    return Section(f"The same the older programs' way, serially, {rounds} rounds", figures)


async def _read(host: TimekprHost) -> float:
    """Milliseconds for one server. It needs root there, for the files and for timekpra alike."""
    start = time.perf_counter()
    async with asyncssh.connect(
        host.address,
        host.port,
        username="root",
        client_keys=[str(host.key)],
        known_hosts=str(host.known_hosts),
        agent_path=None,
        config=None,
    ) as connection:
        async with connection.start_sftp_client() as sftp:
            for path in FILES:
                async with sftp.open(path, "rb") as file:
                    await file.read()
        for user in USERS:
            told = await connection.run(f"timekpra --userinfo {user}", check=True)
            assert "TIME_SPENT_BALANCE" in str(told.stdout)
    return (time.perf_counter() - start) * 1000
