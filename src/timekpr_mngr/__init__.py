"""Administers timekpr-next's screen-time limits on many computers, over SSH."""

__version__ = "0.1.0"
