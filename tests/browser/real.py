"""The application as a process of its own beside real computers of the rig, and what their daemon has in its files."""

from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.browser.stage import ADMIN, PASSWORD
from tests.end_to_end.conftest import add_server
from tests.end_to_end.service import Service
from tests.rig import TimekprHost


@dataclass
class RealHouse:
    """`hosts` are the computers by the name of their server. `url` and `log` are the application's."""

    service: Service
    hosts: dict[str, TimekprHost]

    @property
    def url(self) -> str:
        """Where its pages are."""
        return self.service.url

    @property
    def log(self) -> str:
        """Everything logged."""
        return self.service.log.read_text("utf-8")

    def setting(self, server: str, user: str, key: str) -> str:
        """A value in the user's file, as timekprd wrote it."""
        return _value(self.hosts[server].conf(user), key)

    def server_setting(self, server: str, key: str) -> str:
        """A value in timekpr.conf, as timekprd wrote it."""
        return _value(self.hosts[server].server_conf(), key)


@contextmanager
def real_house(folder: Path, hosts: dict[str, TimekprHost]) -> Iterator[RealHouse]:
    """Started, with an account and these computers, all of them online."""
    service = Service(folder)
    service.cli("account", "create", ADMIN, "--role", "admin", "--password-stdin", input=PASSWORD + "\n")
    service.start()
    try:
        for name, host in hosts.items():
            add_server(service, host, name)
        yield RealHouse(service, hosts)
    finally:
        service.kill()


def _value(text: str, key: str) -> str:
    parser = ConfigParser(interpolation=None, strict=True, allow_no_value=True)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(text)
    return next(parser[section][key] for section in parser.sections() if key in parser[section])
