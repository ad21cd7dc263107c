"""How computers are reached that are to be measured, the rig's and simulated ones alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from timekpr_mngr.domain.server import Server


@dataclass(frozen=True, slots=True)
class Computers:
    """Running ones, as the store would have them, and the private key that all accept.

    `users` are two of each or more, by the computer's name; the first of them is logged in.
    """

    servers: Sequence[Server]
    private_key: str
    users: Mapping[str, Sequence[str]]
