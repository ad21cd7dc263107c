"""`diagnostics`: a report for a bug, from the running service, or from the data folder alone."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from timekpr_mngr.cli.ending import NoService
from timekpr_mngr.cli.said import SAID, AsJson, DataDir, Url, ending, show
from timekpr_mngr.errors import Invalid
from timekpr_mngr.texts import _


def diagnostics(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="A new file, or a folder for it; else here.")
    ] = None,
    url: Url = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make one file for the report of a bug: how it runs here, without names and secrets."""
    with ending(as_json):
        content, name, note = _made(url, data_dir)
    path = _written(content, file or Path(), name)
    answer = {"file": str(path), "inside": _inside(content), "note": note}
    show(answer, as_json, _lines)


def _made(url: str | None, data_dir: str | None) -> tuple[bytes, str, str | None]:
    """The zip file, its name, and what to say besides."""
    from datetime import UTC, datetime

    from timekpr_mngr.cli.client import Service
    from timekpr_mngr.settings import ClientSettings

    now = datetime.now(UTC)
    note = _(
        "It is made from the data folder alone. With a token of an admin in TIMEKPR_MNGR_TOKEN the running service "
        "adds the state of each link, the last lines of its log and its metrics."
    )
    if ClientSettings.load(url=url or SAID.url).token:
        try:
            return Service.of(url or SAID.url).download("diagnostics"), _name(now), None
        except NoService as problem:
            note = _("{problem} So it is made from the data folder alone.").format(problem=problem)
    from timekpr_mngr import texts
    from timekpr_mngr.services.diagnostics import bundle_at_rest
    from timekpr_mngr.settings import Settings

    settings = Settings.load(data_dir=data_dir or SAID.data_dir)
    texts.use(settings.language)
    return bundle_at_rest(settings, now).content, _name(now), note


def _name(now: Any) -> str:
    return f"timekpr-mngr-report-{now:%Y%m%d-%H%M%S}.zip"


def _written(content: bytes, to: Path, name: str) -> Path:
    """Where it is now; nothing that is there is overwritten. Raises Invalid."""
    path = to / name if to.is_dir() else to
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(content)
    except FileExistsError:
        raise Invalid(
            "FILE", _("{file} is there already. Nothing was overwritten.").format(file=path)
        ) from None
    except OSError as error:
        raise Invalid(
            "FILE", _("{file} cannot be written: {why}.").format(file=path, why=error.strerror)
        ) from None
    return path


def _inside(content: bytes) -> str:
    """What the report says of itself."""
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read("README.txt").decode()


def _lines(answer: Any) -> Iterator[str]:
    yield _("{file} is there.").format(file=answer["file"])
    if answer["note"]:
        yield answer["note"]
    yield ""
    yield from answer["inside"].splitlines()
