"""Where a server is on the network: a name or an address."""

import ipaddress
import re

from timekpr_mngr.errors import Invalid
from timekpr_mngr.texts import _

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_SCOPE = re.compile(r"[A-Za-z0-9._-]{1,32}")


def check_host(host: object) -> str:
    """A host name, an IPv4 or an IPv6 address (brackets around it are taken off). Raises Invalid for `host`."""
    if not isinstance(host, str):
        raise Invalid("host", _("The host is a name or an IP address."))
    bare = host.strip()
    if bare.startswith("[") and bare.endswith("]"):
        bare = bare[1:-1]
    address, _percent, scope = bare.partition("%")
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        parsed = None
    if parsed is not None and ("%" not in bare or (parsed.version == 6 and _SCOPE.fullmatch(scope))):
        return bare
    looks_numeric = bare.rstrip(".").rpartition(".")[2].isdigit()
    if len(bare) > 253 or looks_numeric or not _HOST_NAME.fullmatch(bare):
        raise Invalid(
            "host",
            _("The host is a name like kids-pc.lan or an IP address like 192.168.1.20, without a port."),
        )
    return bare
