# mypy: disable-error-code="import-not-found,import-untyped,no-any-unimported"
"""Objects on the system bus that stand in for systemd's own: declared as XML, answered from Python.

What a property is and whether its changes are signalled is said by the XML, as by the real services'
introspection (`busctl introspect --xml-interface`, systemd 252).
"""

import json
import os
from collections.abc import Callable
from typing import Any

from gi.repository import Gio, GLib

LOOK_MILLISECONDS = 100
PROPERTIES = "org.freedesktop.DBus.Properties"

Values = Callable[[], dict[str, Any]]  # an interface's properties now; {} where the object is gone
Method = Callable[..., Any]  # takes the call's arguments; gives the reply's, as a tuple


class BusError(Exception):
    """An error reply, with its D-Bus name."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


class Bus:
    def __init__(self) -> None:
        self.connection = Gio.bus_get_sync(Gio.BusType.SYSTEM)
        self.caller = ""  # whose call is being answered
        self.on_name_gone: Callable[[str], None] = lambda name: None
        self.connection.signal_subscribe(
            "org.freedesktop.DBus",
            "org.freedesktop.DBus",
            "NameOwnerChanged",
            "/org/freedesktop/DBus",
            None,
            Gio.DBusSignalFlags.NONE,
            self._name_owner_changed,
        )

    def own(self, name: str) -> None:
        if self._ask_bus("RequestName", GLib.Variant("(su)", (name, 4))) != 1:  # 4: do not queue
            raise SystemExit(f"{name} has an owner already")

    def caller_is_root(self) -> bool:
        return bool(self._ask_bus("GetConnectionUnixUser", GLib.Variant("(s)", (self.caller,))) == 0)

    def signal(self, path: str, interface: str, member: str, arguments: GLib.Variant) -> None:
        self.connection.emit_signal(None, path, interface, member, arguments)

    def _ask_bus(self, method: str, arguments: GLib.Variant) -> Any:
        reply = self.connection.call_sync(
            "org.freedesktop.DBus",
            "/org/freedesktop/DBus",
            "org.freedesktop.DBus",
            method,
            arguments,
            None,
            Gio.DBusCallFlags.NONE,
            -1,
            None,
        )
        return reply.unpack()[0]

    def _name_owner_changed(self, *event: Any) -> None:
        name, _, new_owner = event[5].unpack()
        if not new_owner:
            self.on_name_gone(name)


class Interface:
    """One interface of one object."""

    def __init__(self, bus: Bus, path: str, xml: str, values: Values = dict, **methods: Method) -> None:
        self.bus, self.path, self.values, self.methods = bus, path, values, methods
        info = Gio.DBusNodeInfo.new_for_xml(f"<node>{xml}</node>").interfaces[0]
        self.name = info.name
        self.signatures = {p.name: p.signature for p in info.properties}
        self.announced = [p.name for p in info.properties if announces_changes(p)]
        self.replies = {m.name: "".join(a.signature for a in m.out_args) for m in info.methods}
        self.last = self.values()
        self.registration = bus.connection.register_object(path, info, self._call, self._get, None)

    def remove(self) -> None:
        self.bus.connection.unregister_object(self.registration)

    def announce_changes(self, aloud: bool = True) -> None:
        """Send PropertiesChanged for what differs since the last look; not aloud: only look."""
        now, before = self.values(), self.last
        changed = {
            name: GLib.Variant(self.signatures[name], now[name])
            for name in self.announced
            if name in now and now[name] != before.get(name)
        }
        self.last = now
        if changed and aloud:
            self.bus.signal(
                self.path,
                PROPERTIES,
                "PropertiesChanged",
                GLib.Variant("(sa{sv}as)", (self.name, changed, [])),
            )

    def _call(
        self,
        _connection: Any,
        sender: str,
        _path: str,
        _interface: str,
        method: str,
        arguments: GLib.Variant,
        invocation: Any,
    ) -> None:
        self.bus.caller = sender
        try:
            reply = self.methods[method](*arguments.unpack())
        except BusError as error:
            invocation.return_dbus_error(error.name, str(error))
            return
        signature = self.replies[method]
        invocation.return_value(GLib.Variant(f"({signature})", reply) if signature else None)

    def _get(
        self, _connection: Any, _sender: str, _path: str, _interface: str, name: str
    ) -> GLib.Variant | None:
        values = self.values()
        return GLib.Variant(self.signatures[name], values[name]) if name in values else None


class JsonFile:
    """A file that the outside rewrites whole and that is looked at again when it has changed."""

    def __init__(self, path: str, default: Any) -> None:
        self.path, self.value = path, default
        self.stamp: tuple[int, int] | None = None

    def changed(self) -> bool:
        """Look: whether it has changed since the last look."""
        try:
            info = os.stat(self.path)
        except FileNotFoundError:
            return False
        stamp = (info.st_mtime_ns, info.st_ino)
        if stamp == self.stamp:
            return False
        with open(self.path) as handle:
            self.value = json.load(handle)
        self.stamp = stamp
        return True


def announces_changes(property_info: Any) -> bool:
    for annotation in property_info.annotations:
        if annotation.key == "org.freedesktop.DBus.Property.EmitsChangedSignal":
            return bool(annotation.value == "true")
    return True


def label(text: str) -> str:
    """A name as an element of an object's path, as sd-bus escapes it."""
    return (
        "".join(
            c if c.isascii() and (c.isalpha() or (c.isdigit() and n > 0)) else f"_{ord(c):02x}"
            for n, c in enumerate(text)
        )
        or "_"
    )


def interface_xml(name: str, rows: str) -> str:
    """An interface from rows: `property Name type [const|silent]`, `method Name in out`, `signal Name arguments`.

    Arguments are types with commas between, or `-` for none. A property's changes are announced unless it is const
    or silent.
    """
    parts = []
    for row in rows.strip().splitlines():
        kind, member, *rest = row.split()
        if kind == "property":
            emits = {"const": "const", "silent": "false"}.get("".join(rest[1:]), "true")
            parts.append(
                f'<property name="{member}" type="{rest[0]}" access="read"><annotation '
                f'name="org.freedesktop.DBus.Property.EmitsChangedSignal" value="{emits}"/></property>'
            )
        elif kind == "method":
            parts.append(
                f'<method name="{member}">{arguments_xml(rest[0], "in")}{arguments_xml(rest[1], "out")}'
                "</method>"
            )
        else:
            parts.append(f'<signal name="{member}">{arguments_xml(rest[0], "")}</signal>')
    return f'<interface name="{name}">{"".join(parts)}</interface>'


def arguments_xml(types: str, direction: str) -> str:
    direction = f' direction="{direction}"' if direction else ""
    return "".join(f'<arg type="{type_}"{direction}/>' for type_ in types.split(",") if type_ != "-")


def run(look: Callable[[], None]) -> None:
    """Serve for ever, with a look at the files now and then."""

    def again() -> bool:
        try:
            look()
        except (ValueError, OSError) as problem:
            print(problem, flush=True)
        return True

    GLib.timeout_add(LOOK_MILLISECONDS, again)
    GLib.MainLoop().run()
