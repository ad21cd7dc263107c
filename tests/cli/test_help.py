"""The help of commands, which is taken in before the language is known."""

from collections.abc import Iterator
from gettext import NullTranslations

import pytest

from timekpr_mngr import cli, texts
from timekpr_mngr.cli.commands import command


class Loud(NullTranslations):
    """English, but loud."""

    def gettext(self, message: str) -> str:
        return message.upper()


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    yield
    texts.use(texts.DEFAULT)


def help_of(said: pytest.CaptureFixture[str], *names: str) -> str:
    command()([*names, "--help"], prog_name="timekpr-mngr", standalone_mode=False)
    return said.readouterr().out


def test_commands_and_options_are_explained_in_the_language_in_force(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "Run the web application." in help_of(capsys, "serve")

    texts.use("en", Loud())

    assert "RUN THE WEB APPLICATION." in help_of(capsys, "serve")
    assert "THE PORT TO LISTEN ON (8765)." in help_of(capsys, "serve")
    assert "MAKE AN ACCOUNT." in help_of(capsys, "account")


def test_a_language_that_is_not_spoken_ends_with_2_and_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TIMEKPR_MNGR_LANGUAGE", "xx")

    with pytest.raises(SystemExit) as ended:
        cli.main()

    assert ended.value.code == 2
    assert (
        "TIMEKPR_MNGR_LANGUAGE must be a language that there is a translation for: en"
        in capsys.readouterr().err
    )
