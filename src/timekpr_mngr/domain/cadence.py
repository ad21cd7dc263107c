"""When a server is due: for another try, for another look."""

RETRY_FIRST_SECONDS = 2.0
RETRY_CAP_SECONDS = 60.0
READ_EVERY_SECONDS = 50.0  # what somebody changes there is seen within a minute, the reading included
RETRIES_A_SECOND_MAX = 6
READS_A_SECOND_MAX = 12  # of all servers: from 600 of them on, each is looked at less often
FIRST_SAVE_RETRY_SECONDS = 2.0


def retry_seconds(failures: int, something_waits: bool, away: int = 1) -> float:
    """How long to wait after `failures` tries in a row that did not succeed (1 or more), with so many servers `away`.

    Doubles from 2 s to a cap of a minute; where a change waits, it stays at 2 s. Where very many are away, the others
    are not to notice it: all together are tried so many times a second at most.
    """
    if something_waits:
        return RETRY_FIRST_SECONDS
    doubled = RETRY_FIRST_SECONDS * 2.0 ** min(failures - 1, 10)
    return min(max(doubled, away / RETRIES_A_SECOND_MAX), RETRY_CAP_SECONDS)


def read_every_seconds(servers: int) -> float:
    """How often each of so many servers is looked at. What happens where somebody is logged in is told meanwhile."""
    return max(READ_EVERY_SECONDS, servers / READS_A_SECOND_MAX)
