"""The command line. `main` is the program; each noun has its own file.

Exit status: 0 done (or queued), 2 usage, 3 refused or conflict, 4 service or server not reachable.
"""

import os
import sys

from timekpr_mngr import texts
from timekpr_mngr.cli.commands import command
from timekpr_mngr.cli.ending import status_of, told
from timekpr_mngr.errors import Invalid, TimekprMngrError

LANGUAGE = "TIMEKPR_MNGR_LANGUAGE"


def main() -> None:
    """Runs the program and ends it, always with words and never with a traceback for what is nobody's mistake."""
    try:
        _speak()
        command()(prog_name="timekpr-mngr")
    except TimekprMngrError as problem:
        told(problem)
        sys.exit(status_of(problem))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)


def _speak() -> None:
    """In the language that the environment names; what a command reads its settings from may name another."""
    try:
        texts.use(os.environ.get(LANGUAGE) or texts.DEFAULT)
    except ValueError as problem:
        raise Invalid("", f"{LANGUAGE} {problem}") from None
