"""The service with a computer in memory, as a process: `python -m tests.cli.serving PORT DATA_DIR`.

Lines of its standard input switch the computer `off` and `on`, or say what somebody does on it: `week USER SECONDS`
sets a limit, `gives USER SECONDS` gives time.
"""

import sys
import threading
from collections.abc import Callable
from pathlib import Path

from tests.services.house import HOST, WEDNESDAY
from timekpr_mngr import app
from timekpr_mngr.settings import Settings
from timekpr_mngr.simulator.connector import SimulatedConnector
from timekpr_mngr.simulator.machine import Machine
from timekpr_mngr.timekpr.interface import set_time_left, set_time_limit_for_week


def main() -> None:
    """Serves until it is told to stop."""
    machine = Machine(HOST, {"alice": "Alice Berg", "bob": ""}, time_zone="Europe/Berlin")
    machine.set_clock(WEDNESDAY)
    connector = SimulatedConnector([machine])

    async def prepare(_: object) -> None:
        import asyncio

        loop, line = asyncio.get_running_loop(), connector.line(HOST)
        deeds: dict[str, Callable[..., object]] = {
            "off": line.switch_off,
            "on": line.switch_on,
            "week": lambda user, seconds: machine.call(set_time_limit_for_week(user, int(seconds))),
            "gives": lambda user, seconds: machine.call(set_time_left(user, "+", int(seconds))),
        }

        def obey() -> None:
            for words in map(str.split, sys.stdin):
                loop.call_soon_threadsafe(deeds[words[0]], *words[1:])

        threading.Thread(target=obey, daemon=True).start()

    app.serve(Settings.load(port=int(sys.argv[1]), data_dir=Path(sys.argv[2])), connector, prepare=prepare)


if __name__ == "__main__":
    main()
