"""How the log looks: one line an event, for people or (as JSON) for programs. No secret is ever logged."""

import json
import logging
import sys
from datetime import UTC, datetime

QUIET = {
    "asyncssh": logging.WARNING,
    "uvicorn": logging.WARNING,
    "alembic": logging.WARNING,
    "httpx": logging.WARNING,
    "socketio": logging.WARNING,
    "engineio": logging.WARNING,
    "multipart": logging.WARNING,
}
"""Others' loggers, with the least that they may say; a request's address may hold a secret, so none is logged."""


def configure(level: str, *, as_json: bool) -> None:
    """Sends everything to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonFormatter() if as_json else logging.Formatter("%(levelname)s %(name)s: %(message)s")
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(max(least, logging.getLevelName(level.upper())))


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Time, level, who says it and what, and a traceback where there is one."""
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)
