"""Where it is noon now."""

from datetime import UTC, datetime


def noon_zone() -> str:
    """A time zone in which no midnight is near: it would cap what is left, and a press would be asked about."""
    offset = 11 - datetime.now(UTC).hour
    return f"Etc/GMT{-offset:+d}" if offset else "Etc/GMT"
