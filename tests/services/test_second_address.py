"""A server with two addresses, one of which may lead nowhere or to another computer."""

import pytest

from tests.services.house import ADMIN, HOST, House, until
from timekpr_mngr.domain.server import ServerState
from timekpr_mngr.errors import FailureCode, Invalid, ServerFailure
from timekpr_mngr.link.ssh_keys import fingerprint
from timekpr_mngr.simulator.line import host_key_of
from timekpr_mngr.simulator.machine import Machine

NOWHERE = "kids-pc.vpn"


async def test_a_server_is_reached_by_its_second_address(empty_home: House) -> None:
    fleet = empty_home.services.fleet
    await fleet.add(ADMIN, name="kids-pc", host=NOWHERE, second_host=HOST, ssh_user="timekpr-mngr")
    shown = fingerprint(host_key_of(HOST))
    await until(lambda: empty_home.engine.status("kids-pc").state is ServerState.HOST_KEY_UNKNOWN)
    while (await fleet.server(ADMIN, "kids-pc")).fingerprint is None:
        await fleet.learn_host_key(ADMIN, "kids-pc")
    await fleet.trust(ADMIN, "kids-pc", shown)
    await empty_home.read()
    seen = await fleet.server(ADMIN, "kids-pc")
    assert (seen.host, seen.second_host, seen.state) == (NOWHERE, HOST, ServerState.ONLINE)


async def test_another_computer_at_the_first_address_is_passed_by(empty_home: House) -> None:
    """Away from home, the neighbour's computer may have the same address."""
    stranger = Machine("stranger.home", {"eve": "Eve"}, time_zone="UTC")
    empty_home.connector.add(stranger)
    await empty_home.services.fleet.add(
        ADMIN,
        name="kids-pc",
        host=stranger.name,
        second_host=HOST,
        ssh_user="timekpr-mngr",
        host_key=host_key_of(HOST),
    )
    await empty_home.read()
    assert (await empty_home.services.fleet.server(ADMIN, "kids-pc")).users == ("alice", "bob")


async def test_what_the_second_address_says_counts_only_where_it_leads_further(empty_home: House) -> None:
    stranger = Machine("stranger.home", {}, time_zone="UTC")
    empty_home.connector.add(stranger)
    add = empty_home.services.fleet.add
    pinned = host_key_of(HOST)
    await add(
        ADMIN,
        name="one",
        host=stranger.name,
        second_host=NOWHERE,
        ssh_user="timekpr-mngr",
        host_key=pinned,
    )
    await add(
        ADMIN,
        name="two",
        host=NOWHERE,
        second_host=stranger.name,
        ssh_user="timekpr-mngr",
        host_key=pinned,
    )
    for name in ("one", "two"):
        await empty_home.until_away(name)
        failure = empty_home.engine.status(name).failure
        assert failure is not None
        assert failure.code is FailureCode.HOST_KEY, name


async def test_a_second_address_is_checked_kept_and_taken_away(home: House) -> None:
    fleet = home.services.fleet
    with pytest.raises(Invalid) as problem:
        await fleet.edit(ADMIN, "kids-pc", second_host="$(reboot)")
    assert problem.value.field == "second_host"
    assert (await fleet.edit(ADMIN, "kids-pc", second_host=" 10.8.0.7 ")).second_host == "10.8.0.7"
    assert (await fleet.edit(ADMIN, "kids-pc", port=2200)).second_host == "10.8.0.7"
    assert (await fleet.edit(ADMIN, "kids-pc", second_host="")).second_host is None


async def test_without_a_second_address_the_failure_is_that_of_the_first(home: House) -> None:
    home.line.switch_off()
    await home.until_away()
    with pytest.raises(ServerFailure) as failure:
        await home.services.fleet.learn_host_key(ADMIN, "kids-pc")
    assert failure.value.failure is FailureCode.UNREACHABLE


async def test_a_key_seen_at_another_address_is_forgotten_with_it(empty_home: House) -> None:
    fleet = empty_home.services.fleet
    await fleet.add(ADMIN, name="kids-pc", host=HOST, ssh_user="timekpr-mngr")
    await fleet.learn_host_key(ADMIN, "kids-pc")
    edited = await fleet.edit(ADMIN, "kids-pc", host=NOWHERE)
    assert edited.fingerprint is None
