"""Runs on a pretend machine with its own Python: reads requests, speaks to timekprd, prints what it said."""

import json
import sys
from datetime import datetime
from typing import Any

import dbus  # type: ignore[import-not-found]
from dbus.mainloop.glib import DBusGMainLoop  # type: ignore[import-not-found]
from gi.repository import GLib  # type: ignore[import-not-found]


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dbus.Boolean):
        return bool(value)
    return int(value) if isinstance(value, int) else str(value)


DBusGMainLoop(set_as_default=True)
bus = dbus.SystemBus()
signals: list[Any] = []


def call(interface: str, member: str, signature: str, args: list[Any]) -> Any:
    try:
        timekprd = bus.get_object("com.timekpr.server", "/com/timekpr/server", introspect=False)
        return plain(timekprd.get_dbus_method(member, interface)(*args, signature=signature))
    except dbus.DBusException as problem:
        return [-2, str(problem)]


def hear(users: list[str], seconds: float) -> dict[str, Any]:
    signals.clear()
    for user in users:
        call("com.timekpr.server.user.limits", "requestTimeLimits", "s", [user])
    loop = GLib.MainLoop()
    GLib.timeout_add(int(seconds * 1000), loop.quit)
    loop.run()
    at, information = {}, {}
    for user in users:
        at[user] = datetime.now().replace(microsecond=0).isoformat()  # noqa: DTZ005 - as timekprd does
        information[user] = call("com.timekpr.server.user.admin", "getUserInformation", "ss", [user, "R"])[2]
    return {"at": at, "information": information, "signals": signals}


bus.add_signal_receiver(
    lambda *body, path=None, member=None: signals.append([str(path), str(member), plain(body)]),
    path_keyword="path",
    member_keyword="member",
    bus_name="com.timekpr.server",
)
for line in sys.stdin:
    request = json.loads(line)
    if "hear" in request:
        answer: Any = hear(request["users"], request["hear"])
    else:
        answer = [call(*wanted) for wanted in request["calls"]]
    print(json.dumps(answer), flush=True)
