"""What is set from outside: which source wins, and what is said about a value that cannot be used."""

import os
from pathlib import Path

import pytest

from timekpr_mngr.errors import CannotStart, Invalid
from timekpr_mngr.settings import ClientSettings, Settings


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("TIMEKPR_MNGR_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def write_file(folder: Path, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "timekpr-mngr.toml").write_text(text, "utf-8")


def test_with_nothing_given_it_listens_on_this_computer_only_and_keeps_its_data_here(tmp_path: Path) -> None:
    settings = Settings.load()

    assert (settings.host, settings.port) == ("127.0.0.1", 8765)
    assert settings.data_dir == tmp_path / "data"
    assert not settings.data_dir.exists()
    assert settings.database_url is None
    assert not settings.behind_proxy


def test_the_environment_wins_over_the_file_and_an_argument_over_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_file(tmp_path / "data", 'port = 1001\nlog_level = "debug"\nhost = "::1"\n')
    monkeypatch.setenv("TIMEKPR_MNGR_PORT", "1002")
    monkeypatch.setenv("TIMEKPR_MNGR_HOST", "0.0.0.0")

    settings = Settings.load(host="192.0.2.7")

    assert (settings.host, settings.port, settings.log_level) == ("192.0.2.7", 1002, "debug")


def test_an_argument_of_none_counts_as_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIMEKPR_MNGR_PORT", "1002")

    assert Settings.load(port=None, data_dir=None).port == 1002


def test_the_file_is_looked_for_in_the_data_folder_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_file(tmp_path / "a", "port = 1001")
    write_file(tmp_path / "b", "port = 1002")
    monkeypatch.setenv("TIMEKPR_MNGR_DATA_DIR", "a")

    assert Settings.load().port == 1001
    assert Settings.load(data_dir=tmp_path / "b").port == 1002


def test_a_data_folder_is_absolute_and_knows_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    assert Settings.load(data_dir="~/kids").data_dir == tmp_path / "home" / "kids"
    assert Settings.load(data_dir="x/../y").data_dir == tmp_path / "y"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("127.0.0.1", ["127.0.0.1"]),
        ("127.0.0.1, 10.0.0.0/8", ["127.0.0.1", "10.0.0.0/8"]),
        ("fd00::/8,", ["fd00::/8"]),
        ("", []),
    ],
)
def test_trusted_proxies_are_separated_by_commas_in_the_environment(
    given: str, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIMEKPR_MNGR_TRUSTED_PROXIES", given)

    settings = Settings.load()

    assert settings.trusted_proxies == expected
    assert settings.behind_proxy == bool(expected)


def test_trusted_proxies_are_a_list_in_the_file(tmp_path: Path) -> None:
    write_file(tmp_path / "data", 'trusted_proxies = ["127.0.0.1", "::1"]')

    assert Settings.load().trusted_proxies == ["127.0.0.1", "::1"]


def test_the_language_is_english_unless_another_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings.load().language == "en"

    monkeypatch.setenv("TIMEKPR_MNGR_LANGUAGE", "en-US")

    assert Settings.load().language == "en-US"


def test_a_log_level_may_be_written_in_capitals() -> None:
    assert Settings.load(log_level="WARNING").log_level == "warning"


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("port", 0, "port (--port) should be greater than or equal to 1"),
        ("port", 70000, "port (--port) should be less than or equal to 65535"),
        ("port", "http", "port (--port) should be a valid integer"),
        ("host", "http://0.0.0.0", "host (--host) must be an address or a host name alone"),
        ("host", " ", "host (--host) must be an address or a host name alone"),
        ("data_dir", "", "data_dir (--data-dir) must be the path of a folder"),
        ("data_dir", "/dev/null", "data_dir (--data-dir) /dev/null is there, but is no folder"),
        ("database_url", "mysql://db", "database_url (--database-url) must begin with sqlite or postgresql"),
        ("log_level", "loud", "log_level (--log-level) should be 'debug', 'info'"),
        (
            "language",
            "xx",
            "language (--language) must be a language that there is a translation for: en, en_GB",
        ),
        ("log_format", "xml", "log_format (--log-format) should be 'text' or 'json'"),
        ("trusted_proxies", "10.0.0.1/8", "trusted_proxies (--trusted-proxies) '10.0.0.1/8' is no address"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_its_source(field: str, value: object, says: str) -> None:
    with pytest.raises(Invalid) as caught:
        Settings.load(**{field: value})

    assert caught.value.field == field
    assert caught.value.message.startswith(says)


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_file(tmp_path / "data", 'log_level = "loud"\nprot = 80\n')
    monkeypatch.setenv("TIMEKPR_MNGR_PORT", "-1")

    with pytest.raises(Invalid) as caught:
        Settings.load(host="")

    for part in (
        "host (--host) must",
        "port (TIMEKPR_MNGR_PORT) should",
        "log_level (timekpr-mngr.toml) should",
        "prot (timekpr-mngr.toml) is not a setting",
    ):
        assert part in caught.value.message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("port = ", "is not valid TOML"),
        ('data_dir = "/srv"', "lies in that folder itself"),
    ],
)
def test_a_file_that_cannot_be_used_stops_the_start(tmp_path: Path, text: str, says: str) -> None:
    write_file(tmp_path / "data", text)

    with pytest.raises(CannotStart, match=says) as caught:
        Settings.load()

    assert str(tmp_path / "data" / "timekpr-mngr.toml") in caught.value.message


def test_a_file_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "data" / "timekpr-mngr.toml").mkdir(parents=True)

    with pytest.raises(CannotStart, match="cannot be read"):
        Settings.load()


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIMEKPR_MNGR_DATABASE_URL", "postgresql://me:sesame@db/x")
    monkeypatch.setenv("TIMEKPR_MNGR_TOKEN", "sesame")

    assert "sesame" not in repr(Settings.load())
    assert "sesame" not in repr(ClientSettings.load())


def test_the_client_speaks_to_this_computer_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ClientSettings.load().url == "http://127.0.0.1:8765"
    assert ClientSettings.load().token is None

    monkeypatch.setenv("TIMEKPR_MNGR_URL", "https://time.example/kids/")
    monkeypatch.setenv("TIMEKPR_MNGR_TOKEN", "t0ken")

    assert ClientSettings.load().url == "https://time.example/kids"
    assert ClientSettings.load(token="other").token == "other"


@pytest.mark.parametrize("url", ["time.example", "ftp://time.example", "http://", ""])
def test_a_client_address_must_be_http(url: str) -> None:
    with pytest.raises(Invalid, match=r"url \(--url\) must be the http or https address"):
        ClientSettings.load(url=url)
