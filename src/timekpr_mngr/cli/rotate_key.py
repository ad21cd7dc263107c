"""`rotate-key`: on the data folder."""

from typing import Annotated

import typer

from timekpr_mngr.cli.said import DataDir
from timekpr_mngr.texts import _


def rotate_key(
    forget_older: Annotated[
        bool,
        typer.Option(
            "--forget-older",
            help="Remove the older keys, as after somebody saw them; the service must be stopped for it.",
        ),
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Encrypt private keys and other secrets anew, under a new key in secret.key."""
    from timekpr_mngr.cli.local import settings_of, who
    from timekpr_mngr.services import secret_key

    settings = settings_of(data_dir)
    secret_key.rotate(settings.data_dir, settings.database_url, who(), forget_older=forget_older)
    print(_("All secrets are under a new key, in {file}.").format(file=settings.data_dir / "secret.key"))
