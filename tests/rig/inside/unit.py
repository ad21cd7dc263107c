"""What systemd would tell about a service of the host, under the names of systemd1's properties."""

import os
import signal

CLEAN_SIGNALS = {signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGPIPE}
CLD_EXITED, CLD_KILLED = 1, 2


class Unit:
    def __init__(self) -> None:
        self.state: dict[str, str | int] = {"ActiveState": "inactive", "SubState": "dead", "NRestarts": 0}

    def started(self, pid: int, now: int, again: bool = False) -> None:
        """now: µs. again: systemd restarts it by itself after a failure."""
        restarts = int(self.state["NRestarts"]) + 1 if again else 0
        self.state |= {
            "ActiveState": "active",
            "SubState": "running",
            "MainPID": pid,
            "Result": "success",
            "ExecMainStartTimestamp": now,
            "ExecMainCode": 0,
            "ExecMainStatus": 0,
            "ActiveEnterTimestamp": now,
            "InactiveExitTimestamp": now,
            "StateChangeTimestamp": now,
            "NRestarts": restarts,
        }

    def ended(self, status: int, now: int, wanted: bool, restarts: bool) -> bool:
        """status: as of waitpid. Returns whether systemd would start it again (Restart=on-failure)."""
        code = os.waitstatus_to_exitcode(status)
        failed = not wanted and code != 0 and -code not in CLEAN_SIGNALS
        self.state |= {
            "ActiveState": "inactive",
            "SubState": "dead",
            "MainPID": 0,
            "Result": "success",
            "ExecMainCode": CLD_KILLED if code < 0 else CLD_EXITED,
            "ExecMainStatus": abs(code),
            "ActiveExitTimestamp": now,
            "InactiveEnterTimestamp": now,
            "StateChangeTimestamp": now,
        }
        if failed:
            self.state["Result"] = "signal" if code < 0 else "exit-code"
            self.state |= (
                {"ActiveState": "activating", "SubState": "auto-restart", "InactiveExitTimestamp": now}
                if restarts
                else {"ActiveState": "failed", "SubState": "failed"}
            )
        return failed and restarts
