# mypy: disable-error-code="import-not-found"
"""Stand-ins for systemd itself (about timekpr.service only), systemd-timedated and systemd-hostnamed.

They tell the truth about the host: its timekprd, its clock, its time zone, its name. What a test wants otherwise it
writes to a JSON file: {"org.freedesktop.timedate1": {"NTPSynchronized": false}}.

usage: machine.py SERVICES.json PRETENCE.json
"""

import os
import platform
import socket
import sys
import time
from typing import Any

from standin import Bus, BusError, Interface, JsonFile, interface_xml, label, run

SYSTEMD, TIMEDATE, HOSTNAME = (f"org.freedesktop.{name}" for name in ("systemd1", "timedate1", "hostname1"))
UNIT_NAME = "timekpr.service"

MANAGER_XML = interface_xml(
    SYSTEMD + ".Manager",
    """
    method GetUnit s o
    method LoadUnit s o
    method Subscribe - -
    method Unsubscribe - -
    property Version s const
    property Architecture s const
    property SystemState s silent
    property NFailedUnits u
""",
)

UNIT_XML = interface_xml(
    SYSTEMD + ".Unit",
    """
    property Id s const
    property Names as const
    property Description s const
    property LoadState s const
    property ActiveState s
    property SubState s
    property UnitFileState s silent
    property StateChangeTimestamp t
    property InactiveExitTimestamp t
    property ActiveEnterTimestamp t
    property ActiveExitTimestamp t
    property InactiveEnterTimestamp t
""",
)

SERVICE_XML = interface_xml(
    SYSTEMD + ".Service",
    """
    property Type s const
    property Restart s const
    property RestartUSec t const
    property MainPID u
    property Result s
    property NRestarts u
    property ExecMainStartTimestamp t
    property ExecMainCode i
    property ExecMainStatus i
""",
)

TIMEDATE_XML = interface_xml(
    TIMEDATE,
    """
    property Timezone s
    property LocalRTC b
    property CanNTP b silent
    property NTP b
    property NTPSynchronized b silent
    property TimeUSec t silent
    property RTCTimeUSec t silent
""",
)

HOSTNAME_XML = interface_xml(
    HOSTNAME,
    """
    property Hostname s
    property StaticHostname s
    property PrettyHostname s
    property DefaultHostname s const
    property HostnameSource s
    property IconName s
    property Chassis s
    property Deployment s
    property Location s
    property KernelName s const
    property KernelRelease s const
    property KernelVersion s const
    property OperatingSystemPrettyName s const
    property OperatingSystemCPEName s const
    property HomeURL s const
    property HardwareVendor s const
    property HardwareModel s const
    property FirmwareVersion s const
""",
)

# what init.py tells of timekprd, under the names of the two interfaces' properties
NEVER_STARTED = {
    "ActiveState": "inactive",
    "SubState": "dead",
    "MainPID": 0,
    "Result": "success",
    "NRestarts": 0,
    "ExecMainStartTimestamp": 0,
    "ExecMainCode": 0,
    "ExecMainStatus": 0,
    "StateChangeTimestamp": 0,
    "InactiveExitTimestamp": 0,
    "ActiveEnterTimestamp": 0,
    "ActiveExitTimestamp": 0,
    "InactiveEnterTimestamp": 0,
}


class Machine:
    def __init__(self, bus: Bus, services: JsonFile, pretence: JsonFile) -> None:
        self.bus, self.services, self.pretence = bus, services, pretence
        self.subscribers: set[str] = set()
        bus.on_name_gone = self.subscribers.discard
        services.changed()
        pretence.changed()
        self.loaded: dict[str, list[Interface]] = {}
        self.load(UNIT_NAME)
        Interface(
            bus,
            "/org/freedesktop/systemd1",
            MANAGER_XML,
            self.manager_values,
            GetUnit=self.get_unit,
            LoadUnit=self.load,
            Subscribe=self.subscribe,
            Unsubscribe=self.unsubscribe,
        )
        self.timedate = Interface(bus, "/org/freedesktop/timedate1", TIMEDATE_XML, self.timedate_values)
        self.hostname = Interface(bus, "/org/freedesktop/hostname1", HOSTNAME_XML, self.hostname_values)

    def look(self) -> None:
        if self.pretence.changed():
            self.hostname.announce_changes()
        self.timedate.announce_changes()
        for interface in self.loaded[UNIT_NAME]:
            interface.announce_changes(aloud=bool(self.subscribers))  # systemd is silent without subscribers

    def pretended(self, interface: str, values: dict[str, Any]) -> dict[str, Any]:
        return {**values, **self.pretence.value.get(interface, {})}

    def load(self, name: str) -> tuple[str]:
        path = f"/org/freedesktop/systemd1/unit/{label(name)}"
        if name not in self.loaded:
            self.loaded[name] = [
                Interface(self.bus, path, UNIT_XML, lambda: self.unit_values(name)),
                Interface(self.bus, path, SERVICE_XML, lambda: self.service_values(name)),
            ]
        return (path,)

    def get_unit(self, name: str) -> tuple[str]:
        if name != UNIT_NAME:
            raise BusError("org.freedesktop.systemd1.NoSuchUnit", f"Unit {name} not loaded.")
        return self.load(name)

    def subscribe(self) -> tuple[()]:
        if self.bus.caller in self.subscribers:
            raise BusError("org.freedesktop.systemd1.AlreadySubscribed", "Client is already subscribed.")
        self.subscribers.add(self.bus.caller)
        return ()

    def unsubscribe(self) -> tuple[()]:
        if self.bus.caller not in self.subscribers:
            raise BusError("org.freedesktop.systemd1.NotSubscribed", "Client is not subscribed.")
        self.subscribers.discard(self.bus.caller)
        return ()

    def manager_values(self) -> dict[str, Any]:
        failed = self.unit_values(UNIT_NAME)["ActiveState"] == "failed"
        return self.pretended(
            SYSTEMD + ".Manager",
            {
                "Version": "252",
                "Architecture": platform.machine().replace("_", "-"),
                "SystemState": "degraded" if failed else "running",
                "NFailedUnits": int(failed),
            },
        )

    def state(self, name: str) -> dict[str, Any]:
        self.services.changed()
        return NEVER_STARTED | (self.services.value.get("timekprd", {}) if name == UNIT_NAME else {})

    def unit_values(self, name: str) -> dict[str, Any]:
        known = name == UNIT_NAME
        state = {
            key: value for key, value in self.state(name).items() if key.endswith(("State", "Timestamp"))
        }
        del state["ExecMainStartTimestamp"]
        return self.pretended(
            SYSTEMD + ".Unit",
            state
            | {
                "Id": name,
                "Names": [name],
                "Description": "Timekpr-nExT daemon service" if known else name,
                "LoadState": "loaded" if known else "not-found",
                "UnitFileState": "enabled" if known else "",
            },
        )

    def service_values(self, name: str) -> dict[str, Any]:
        keys = ("MainPID", "Result", "NRestarts", "ExecMainStartTimestamp", "ExecMainCode", "ExecMainStatus")
        state = {key: value for key, value in self.state(name).items() if key in keys}
        return self.pretended(
            SYSTEMD + ".Service",
            state | {"Type": "simple", "Restart": "on-failure", "RestartUSec": 30_000_000},
        )

    def timedate_values(self) -> dict[str, Any]:
        now = time.time_ns() // 1000
        return self.pretended(
            TIMEDATE,
            {
                "Timezone": os.readlink("/etc/localtime").split("zoneinfo/")[-1],
                "LocalRTC": False,
                "CanNTP": True,
                "NTP": True,
                "NTPSynchronized": True,
                "TimeUSec": now,
                "RTCTimeUSec": now // 1_000_000 * 1_000_000,
            },
        )

    def hostname_values(self) -> dict[str, Any]:
        with open("/etc/hostname") as handle:
            static = handle.read().strip()
        release = platform.freedesktop_os_release()
        return self.pretended(
            HOSTNAME,
            {
                "Hostname": socket.gethostname(),
                "StaticHostname": static,
                "PrettyHostname": "",
                "DefaultHostname": "localhost",
                "HostnameSource": "static",
                "IconName": "computer-desktop",
                "Chassis": "desktop",
                "Deployment": "",
                "Location": "",
                "KernelName": platform.system(),
                "KernelRelease": platform.release(),
                "KernelVersion": platform.version(),
                "OperatingSystemPrettyName": release["PRETTY_NAME"],
                "OperatingSystemCPEName": release.get("CPE_NAME", ""),
                "HomeURL": release.get("HOME_URL", ""),
                "HardwareVendor": "",
                "HardwareModel": "",
                "FirmwareVersion": "",
            },
        )


def main() -> None:
    bus = Bus()
    machine = Machine(bus, JsonFile(sys.argv[1], {}), JsonFile(sys.argv[2], {}))
    for name in (SYSTEMD, TIMEDATE, HOSTNAME):
        bus.own(name)
    run(machine.look)


if __name__ == "__main__":
    main()
