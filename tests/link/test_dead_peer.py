"""A computer that is switched off says nothing any more: the system notices, in a network of the test's own."""

import subprocess
import sys

import pytest

FALLS_SILENT = """
import asyncio, fcntl, socket, struct
from timekpr_mngr.link import tcp

SIOCSIFFLAGS, UP = 0x8914, 1

def loopback(up: bool) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as some:
        fcntl.ioctl(some, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", UP if up else 0))

async def main() -> None:
    tcp.KEEPALIVE_IDLE_SECONDS, tcp.KEEPALIVE_EVERY_SECONDS, tcp.UNACKNOWLEDGED_SECONDS = 1, 1, 2
    loopback(True)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        stream = await tcp.connect(*listening.getsockname())
        peer, _ = listening.accept()
        loopback(False)
        try:
            await asyncio.wait_for(asyncio.get_running_loop().sock_recv(stream, 1), 30)
        except OSError as problem:
            print(type(problem).__name__, problem.errno is not None)
        peer.close()

asyncio.run(main())
"""


@pytest.mark.rig
def test_a_connection_on_which_nobody_answers_ends_by_itself() -> None:
    said = subprocess.run(
        ["unshare", "--net", sys.executable, "-c", FALLS_SILENT],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert said.stdout == "TimeoutError True\n"  # of the network: a wait that was given up has no number
