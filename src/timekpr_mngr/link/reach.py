"""A server that has two addresses: the second is for when the first does not lead to it, as away from home."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from timekpr_mngr.domain.server import Server
from timekpr_mngr.errors import FailureCode, ServerFailure

T = TypeVar("T")

NOT_THERE = {FailureCode.UNREACHABLE, FailureCode.TIMEOUT, FailureCode.HOST_KEY}
"""What tells that the server is not at an address; another computer may be. Nothing was told to that one."""
NOBODY_THERE = NOT_THERE - {FailureCode.HOST_KEY}


async def reach(server: Server, attempt: Callable[[str], Awaitable[T]]) -> T:
    """What `attempt` gives for the first address where the server is. Raises ServerFailure: that of the second address
    where it led further than the first.
    """
    try:
        return await attempt(server.host)
    except ServerFailure as failure:
        if server.second_host is None or failure.failure not in NOT_THERE:
            raise
        first = failure
    try:
        return await attempt(server.second_host)
    except ServerFailure as second:
        if second.failure in NOBODY_THERE:
            raise first from None
        raise
