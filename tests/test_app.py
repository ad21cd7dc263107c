"""What the program asks of the system before it serves."""

import resource
from collections.abc import Iterator

import pytest

from timekpr_mngr.app import OPEN_FILES, open_many_files


@pytest.fixture
def few_files() -> Iterator[None]:
    """As most systems start a program."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(1024, soft), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("few_files")
def test_it_may_have_more_connections_than_a_program_is_given_that_does_not_ask() -> None:
    open_many_files()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert soft == (OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)) > 1024
