"""The command line. `main` is the program; each noun has its own file.

Exit status: 0 done (or queued), 2 usage, 3 refused or conflict, 4 service or server not reachable.
"""

import sys

from timekpr_mngr.cli.commands import app
from timekpr_mngr.cli.ending import status_of, told
from timekpr_mngr.errors import TimekprMngrError


def main() -> None:
    """Runs the program and ends it, always with words and never with a traceback for what is nobody's mistake."""
    try:
        app(prog_name="timekpr-mngr")
    except TimekprMngrError as problem:
        told(problem)
        sys.exit(status_of(problem))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
