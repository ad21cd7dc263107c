"""What a change is about."""

from enum import StrEnum


class ChangeKind(StrEnum):
    """What a change is about: time for today, a user's settings, or those of the server itself."""

    GRANT = "grant"
    USER = "user"
    SERVER = "server"
