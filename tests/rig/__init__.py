"""Pretend machines that run the real timekprd, D-Bus and sshd. See README.md."""

from .ability import why_not
from .host import HostError, TimekprHost, hosts, make_key

__all__ = ["HostError", "TimekprHost", "hosts", "make_key", "why_not"]
