"""What is set from outside, before anything starts.

A value is taken from the first of these that has it: an argument of the command line, the environment
(`TIMEKPR_MNGR_PORT`), the file `timekpr-mngr.toml` in the data folder, the default.
"""

import ipaddress
import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from timekpr_mngr import texts
from timekpr_mngr.errors import CannotStart, Invalid
from timekpr_mngr.texts import _

ENV_PREFIX = "TIMEKPR_MNGR_"
FILE_NAME = "timekpr-mngr.toml"
DEFAULT_DATA_DIR = Path("./data")
DEFAULT_URL = "http://127.0.0.1:8765"

LogLevel = Literal["debug", "info", "warning", "error", "critical"]
LogFormat = Literal["text", "json"]


class _Given(BaseSettings):
    """Settings that are read with `load`, which says in plain words what is wrong with them."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_ignore_empty=True, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    @classmethod
    def load(cls, **arguments: Any) -> Self:
        """The settings in force; an argument that is None counts as not given.

        Raises Invalid with every value that cannot be used, its `field` the first of them, or CannotStart
        where the settings file cannot be read.
        """
        given = {name: value for name, value in arguments.items() if value is not None}
        try:
            return cls(**given)
        except ValidationError as error:
            raise _in_words(error, given) from None


class Settings(_Given):
    """How the service runs. Made with `Settings.load()`."""

    host: str = "127.0.0.1"
    """The address to listen on, by number or name."""

    port: int = Field(default=8765, ge=1, le=65535)

    tls_key: Path | None = None
    """The private key of `tls_cert`, where it is not in the same file, always absolute."""

    tls_cert: Path | None = Field(default=None, validate_default=True)
    """The certificate with which the service speaks TLS by itself, always absolute; None where it does not."""

    data_dir: Path = DEFAULT_DATA_DIR
    """The folder of the database, its key and the settings file, always absolute. It need not exist yet."""

    database_url: str | None = Field(default=None, repr=False)
    """Another database than the SQLite file in `data_dir`, as SQLAlchemy writes it; may hold a password."""

    language: str = texts.DEFAULT
    """What the screens, the answers and the command line speak, such as `en` or `en_US`: see `texts.use`."""

    log_level: LogLevel = "info"
    log_format: LogFormat = "text"

    metrics_from: Annotated[list[str], NoDecode] = []
    """Addresses and networks that may read the metrics without a token."""

    trusted_proxies: Annotated[list[str], NoDecode] = []
    """Addresses and networks whose `X-Forwarded-…` and `X-Ingress-Path` headers are believed."""

    backup_passphrase_file: Path | None = None
    """The file whose first line is the passphrase of backups, always absolute."""

    backup_dir: Path | None = None
    """The folder that gets a backup every day, always absolute; none where it is not set."""

    backup_keep: int = Field(default=14, ge=1, le=10_000)
    """How many backups stay there; older ones are removed."""

    backup_with_keys: bool = False
    """Whether the private keys are in the backups too."""

    @property
    def scheme(self) -> str:
        """How the service is spoken to."""
        return "http" if self.tls_cert is None else "https"

    @property
    def is_heard_by_others(self) -> bool:
        """Whether what is said to the service may cross a network as it is. With a proxy that is the proxy's matter."""
        try:
            is_near = self.host == "localhost" or ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            is_near = False
        return not is_near and self.tls_cert is None and not self.behind_proxy

    @property
    def behind_proxy(self) -> bool:
        """Whether any forwarded header is believed at all."""
        return bool(self.trusted_proxies)

    @property
    def file(self) -> Path:
        """The settings file, whether it exists or not."""
        return self.data_dir / FILE_NAME

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then the file in the data folder that those two name."""
        data_dir = {**env_settings(), **init_settings()}.get("data_dir", DEFAULT_DATA_DIR)
        file = _read(_absolute(data_dir) / FILE_NAME)
        return init_settings, env_settings, InitSettingsSource(settings_cls, file)

    @field_validator("host")
    @classmethod
    def _host_is_bare(cls, host: str) -> str:
        host = host.strip().removeprefix("[").removesuffix("]")
        if not host or "/" in host or any(character.isspace() for character in host):
            raise ValueError(_("must be an address or a host name alone, such as 127.0.0.1 or 0.0.0.0"))
        return host

    @field_validator("data_dir", mode="before")
    @classmethod
    def _data_dir_is_a_folder(cls, data_dir: Any) -> Any:
        if not isinstance(data_dir, str | os.PathLike) or not str(data_dir).strip():
            raise ValueError(_("must be the path of a folder"))
        folder = _absolute(data_dir)
        if folder.exists() and not folder.is_dir():
            raise ValueError(_("{folder} is there, but is no folder").format(folder=folder))
        return folder

    @field_validator("backup_passphrase_file", "backup_dir", "tls_cert", "tls_key", mode="before")
    @classmethod
    def _paths_are_absolute(cls, path: Any) -> Any:
        if path is None:
            return None
        if not isinstance(path, str | os.PathLike) or not str(path).strip():
            raise ValueError(_("must be a path"))
        return _absolute(path)

    @field_validator("backup_dir")
    @classmethod
    def _backups_have_a_passphrase(cls, folder: Path | None, known: ValidationInfo) -> Path | None:
        if folder is not None and known.data.get("backup_passphrase_file") is None:
            raise ValueError(_("needs backup_passphrase_file, a file whose first line is the passphrase"))
        return folder

    @field_validator("tls_cert")
    @classmethod
    def _a_key_has_a_certificate(cls, certificate: Path | None, known: ValidationInfo) -> Path | None:
        if certificate is None and known.data.get("tls_key") is not None:
            raise ValueError(_("is needed beside tls_key"))
        return certificate

    @field_validator("database_url")
    @classmethod
    def _database_url_is_known(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("sqlite", "postgresql")):
            raise ValueError(
                _("must begin with sqlite or postgresql, such as postgresql+psycopg://user@host/name")
            )
        return url

    @field_validator("language")
    @classmethod
    def _language_is_spoken(cls, language: str) -> str:
        texts.check(language)
        return language

    @field_validator("log_level", "log_format", mode="before")
    @classmethod
    def _log_words_in_any_case(cls, word: Any) -> Any:
        return word.lower() if isinstance(word, str) else word

    @field_validator("trusted_proxies", "metrics_from", mode="before")
    @classmethod
    def _networks_with_commas(cls, networks: Any) -> Any:
        if isinstance(networks, str):
            return [part.strip() for part in networks.split(",") if part.strip()]
        return networks

    @field_validator("trusted_proxies", "metrics_from")
    @classmethod
    def _are_networks(cls, networks: list[str]) -> list[str]:
        for network in networks:
            try:
                ipaddress.ip_network(network)
            except ValueError:
                raise ValueError(
                    _("{network!r} is no address or network, such as 127.0.0.1 or 10.0.0.0/8").format(
                        network=network
                    )
                ) from None
        return networks


class ClientSettings(_Given):
    """How the command line reaches a running service. Made with `ClientSettings.load()`."""

    url: str = DEFAULT_URL
    """Where the service is, with no slash at its end."""

    token: str | None = Field(default=None, repr=False)

    @field_validator("url")
    @classmethod
    def _url_is_http(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(
                _("must be the http or https address of the service, such as {url}").format(url=DEFAULT_URL)
            )
        return url.rstrip("/")


def _read(file: Path) -> dict[str, Any]:
    """What the settings file says: nothing where there is none; where there is one, it must be right."""
    try:
        values = tomllib.loads(file.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CannotStart(
            _("{file} is not valid TOML: {error}. Nothing was started.").format(file=file, error=error)
        ) from None
    except OSError as error:
        raise CannotStart(
            _("{file} cannot be read: {why}. Nothing was started.").format(file=file, why=error.strerror)
        ) from None
    if "data_dir" in values:
        raise CannotStart(
            _(
                "{file} sets data_dir, but it lies in that folder itself: "
                "use --data-dir or {variable} and take the line out. Nothing was started."
            ).format(file=file, variable=f"{ENV_PREFIX}DATA_DIR")
        )
    return values


def _absolute(path: str | os.PathLike[str]) -> Path:
    return Path(os.path.abspath(Path(path).expanduser()))


def _in_words(error: ValidationError, given: dict[str, Any]) -> Invalid:
    """All that is wrong, a line each: the field, where its value came from, and what it should be."""
    lines = []
    for detail in error.errors(include_url=False, include_input=False):
        field = str(detail["loc"][0])
        says = detail["msg"].removeprefix("Value error, ").removeprefix("Input ")
        if detail["type"] == "extra_forbidden":
            says = _("is not a setting")
        lines.append(f"{field} ({_source(field, given)}) {says}")
    return Invalid(str(error.errors()[0]["loc"][0]), "; ".join(lines))


def _source(field: str, given: dict[str, Any]) -> str:
    if field in given:
        return "--" + field.replace("_", "-")
    environment = ENV_PREFIX + field.upper()
    if environment in {name.upper() for name in os.environ}:
        return environment
    return FILE_NAME
