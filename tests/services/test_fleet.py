"""Servers: added, trusted, edited, checked and removed."""

from datetime import UTC, datetime

import asyncssh
import pytest

from tests.services.house import ADMIN, HOST, VIEWER, House, until
from timekpr_mngr.domain.change import Draft
from timekpr_mngr.domain.server import ServerState
from timekpr_mngr.errors import (
    ChangesWait,
    Exists,
    Forbidden,
    Invalid,
    ServerFailure,
    UnknownServer,
    UnknownUser,
)
from timekpr_mngr.link.ssh_keys import fingerprint
from timekpr_mngr.simulator.line import host_key_of


async def test_a_new_server_shows_its_key_and_waits_until_it_is_trusted(empty_home: House) -> None:
    fleet = empty_home.services.fleet
    added = await fleet.add(ADMIN, name="kids-pc", host=HOST, ssh_user="timekpr-mngr")
    assert added.state is ServerState.HOST_KEY_UNKNOWN
    assert added.public_key.startswith("ssh-ed25519 ")
    assert added.authorized_keys.startswith("restrict,command=")
    assert added.authorized_keys.rstrip().endswith(added.public_key.rstrip())
    await until(lambda: empty_home.engine.status("kids-pc").state is ServerState.HOST_KEY_UNKNOWN)

    seen = await fleet.server(ADMIN, "kids-pc")
    assert seen.fingerprint == fingerprint(host_key_of(HOST))
    assert not seen.host_key_trusted

    await fleet.trust(ADMIN, "kids-pc", seen.fingerprint)
    await empty_home.read()
    read = await fleet.server(ADMIN, "kids-pc")
    assert (read.state, read.host_key_trusted) == (ServerState.ONLINE, True)
    assert read.users == ("alice", "bob")
    assert read.time_zone == "Europe/Berlin"


async def test_another_key_than_the_one_shown_is_not_trusted(empty_home: House) -> None:
    fleet = empty_home.services.fleet
    await fleet.add(ADMIN, name="kids-pc", host=HOST, ssh_user="timekpr-mngr")
    await until(lambda: empty_home.engine.status("kids-pc").state is ServerState.HOST_KEY_UNKNOWN)
    other = fingerprint(host_key_of("another.home"))

    with pytest.raises(Invalid) as refusal:
        await fleet.trust(ADMIN, "kids-pc", other)

    assert refusal.value.field == "fingerprint"
    assert not (await fleet.server(ADMIN, "kids-pc")).host_key_trusted


async def test_a_fingerprint_that_is_given_at_once_needs_no_second_step(empty_home: House) -> None:
    fleet = empty_home.services.fleet
    await fleet.add(
        ADMIN, name="kids-pc", host=HOST, ssh_user="timekpr-mngr", host_key=fingerprint(host_key_of(HOST))
    )

    await empty_home.read()

    assert (await fleet.server(ADMIN, "kids-pc")).state is ServerState.ONLINE


async def test_a_fingerprint_that_does_not_fit_keeps_the_server_out(empty_home: House) -> None:
    fleet = empty_home.services.fleet
    wrong = fingerprint(host_key_of("another.home"))
    await fleet.add(ADMIN, name="kids-pc", host=HOST, ssh_user="timekpr-mngr", host_key=wrong)
    await empty_home.until_away()

    view = await fleet.server(ADMIN, "kids-pc")

    assert view.state is ServerState.HOST_KEY_UNKNOWN
    assert view.error is not None
    assert view.error.code == "host-key"


async def test_a_key_that_changed_stops_everything_until_somebody_compared_it(home: House) -> None:
    fleet = home.services.fleet
    home.line.host_key = host_key_of("an impostor")
    home.line.switch_off()
    home.line.switch_on()
    await home.until_away()

    seen = await fleet.learn_host_key(ADMIN, "kids-pc")
    assert not seen.host_key_trusted
    assert seen.fingerprint == fingerprint(home.line.host_key)

    await fleet.trust(ADMIN, "kids-pc", seen.fingerprint)
    await home.read()
    assert (await fleet.server(ADMIN, "kids-pc")).state is ServerState.ONLINE


async def test_looking_for_the_key_of_a_computer_that_is_off_says_so(home: House) -> None:
    home.line.switch_off()

    with pytest.raises(ServerFailure):
        await home.services.fleet.learn_host_key(ADMIN, "kids-pc")

    assert (await home.services.fleet.server(ADMIN, "kids-pc")).host_key_trusted


async def test_an_uploaded_key_is_used_without_its_passphrase(empty_home: House) -> None:
    pytest.importorskip("bcrypt")
    key = asyncssh.generate_private_key("ssh-ed25519", comment="mine")
    text = key.export_private_key("openssh", passphrase="open sesame").decode()

    view = await empty_home.services.fleet.add(
        ADMIN,
        name="kids-pc",
        host=HOST,
        ssh_user="timekpr-mngr",
        private_key=text,
        passphrase="open sesame",
        host_key=host_key_of(HOST),
    )

    assert view.public_key.split()[1] == key.export_public_key().decode().split()[1]
    kept = await empty_home.store.servers.private_key("kids-pc")
    assert asyncssh.import_private_key(kept).get_fingerprint() == key.get_fingerprint()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "Kids PC"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 64}, "name"),
        ({"name": 7}, "name"),
        ({"host": ""}, "host"),
        ({"host": "-oProxyCommand=x"}, "host"),
        ({"host": "a b"}, "host"),
        ({"port": 0}, "port"),
        ({"port": 65_536}, "port"),
        ({"port": "22"}, "port"),
        ({"ssh_user": ""}, "ssh_user"),
        ({"ssh_user": "-l root"}, "ssh_user"),
        ({"private_key": "not a key"}, "private_key"),
        ({"passphrase": "alone"}, "passphrase"),
        ({"host_key": "SHA256:short"}, "host_key"),
        ({"host_key": "not a key"}, "host_key"),
        ({"host_key": 1}, "host_key"),
    ],
)
async def test_a_server_that_cannot_be_is_not_added(
    empty_home: House, values: dict[str, object], field: str
) -> None:
    given: dict[str, object] = {"name": "kids-pc", "host": HOST, "ssh_user": "timekpr-mngr"}

    with pytest.raises(Invalid) as refusal:
        await empty_home.services.fleet.add(ADMIN, **(given | values))

    assert refusal.value.field == field
    assert await empty_home.services.fleet.servers(ADMIN) == []


async def test_two_servers_have_two_names(home: House) -> None:
    with pytest.raises(Exists):
        await home.add_server()


async def test_a_renamed_server_keeps_what_waits_for_it(home: House) -> None:
    home.line.switch_off()
    [grant] = (await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=900)).changes

    view = await home.services.fleet.edit(ADMIN, "kids-pc", new_name="study")
    home.line.switch_on()
    [settled] = await home.settled(grant)

    assert (view.name, view.pending, view.users) == ("study", 1, ("alice", "bob"))
    assert (settled.server, settled.state.value) == ("study", "applied")
    with pytest.raises(UnknownServer):
        await home.services.fleet.server(ADMIN, "kids-pc")


async def test_a_name_that_is_taken_leaves_both_servers_alive(home: House) -> None:
    home.connector.add(home.machine, "laptop.home")
    await home.add_server("laptop", "laptop.home")

    with pytest.raises(Exists):
        await home.services.fleet.edit(ADMIN, "laptop", new_name="kids-pc")

    for name in ("kids-pc", "laptop"):
        await home.read(name)
        assert (await home.services.fleet.server(ADMIN, name)).state is ServerState.ONLINE


async def test_a_server_moves_to_another_address_with_its_key_still_pinned(home: House) -> None:
    line = home.connector.add(home.machine, "moved.home")
    line.host_key = home.line.host_key
    home.line.switch_off()

    await home.services.fleet.edit(ADMIN, "kids-pc", host="moved.home", port=2222)

    await home.read()
    view = await home.services.fleet.server(ADMIN, "kids-pc")
    assert (view.state, view.host, view.port) == (ServerState.ONLINE, "moved.home", 2222)


async def test_a_server_with_waiting_changes_is_removed_only_when_asked_twice(home: House) -> None:
    home.line.switch_off()
    await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=900)

    with pytest.raises(ChangesWait):
        await home.services.fleet.remove(ADMIN, "kids-pc")
    await home.services.fleet.remove(ADMIN, "kids-pc", force=True)

    assert await home.services.fleet.servers(ADMIN) == []
    [change] = (await home.services.changes.list(ADMIN)).items
    assert change.state.value == "cancelled"


async def test_a_server_on_which_something_holds_for_a_day_is_removed_only_when_asked_twice(
    home: House,
) -> None:
    [held] = await home.store.changes.add(
        "kids-pc",
        "alice",
        [Draft("week_limit_seconds", 604_800, 7200, until=home.machine.now().date())],
        request_id="for a day",
        account="anna",
        source=ADMIN.source,
        now=home.clock(),
    )
    home.engine.wake("kids-pc")
    await home.settled(held)

    with pytest.raises(ChangesWait) as problem:
        await home.services.fleet.remove(ADMIN, "kids-pc")

    assert problem.value.lost == "alice has this for a day only, and it would stay: Limit for a week, 2 h."
    assert problem.value.message.endswith("Nothing was removed: with force kids-pc is.")
    assert [server.name for server in await home.services.fleet.servers(ADMIN)] == ["kids-pc"]
    await home.services.changes.keep(ADMIN, held.id)
    await home.services.fleet.remove(ADMIN, "kids-pc")
    assert await home.services.fleet.servers(ADMIN) == []


async def test_a_viewer_sees_servers_and_changes_none(home: House) -> None:
    fleet = home.services.fleet
    assert [view.name for view in await fleet.servers(VIEWER)] == ["kids-pc"]
    for attempt in (
        fleet.add(VIEWER, name="x", host=HOST, ssh_user="y"),
        fleet.edit(VIEWER, "kids-pc", port=23),
        fleet.trust(VIEWER, "kids-pc", "x"),
        fleet.learn_host_key(VIEWER, "kids-pc"),
        fleet.remove(VIEWER, "kids-pc"),
        fleet.hide(VIEWER, "kids-pc", "bob", True),
    ):
        with pytest.raises(Forbidden):
            await attempt


async def test_a_hidden_user_is_out_of_view_and_comes_back(home: House) -> None:
    fleet = home.services.fleet

    await fleet.hide(ADMIN, "kids-pc", "bob", True)
    assert (await fleet.server(ADMIN, "kids-pc")).users == ("alice",)
    assert [(user.name, user.hidden) for user in await fleet.users(ADMIN, "kids-pc")] == [
        ("alice", False),
        ("bob", True),
    ]
    assert (await home.services.limits.user(ADMIN, "kids-pc", "bob")).hidden

    await fleet.hide(ADMIN, "kids-pc", "bob", False)
    assert (await fleet.server(ADMIN, "kids-pc")).users == ("alice", "bob")
    with pytest.raises(UnknownUser):
        await fleet.hide(ADMIN, "kids-pc", "nobody", True)


async def test_a_server_in_order_passes_every_check(home: House) -> None:
    home.machine.set_clock(datetime.now(UTC))
    await home.read()

    checks = await home.services.fleet.check(ADMIN, "kids-pc")

    assert all(check.ok for check in checks), checks


async def test_a_check_says_at_which_step_it_fails_and_what_to_do(home: House) -> None:
    home.line.switch_off()
    await home.until_away()

    network, *rest = await home.services.fleet.check(ADMIN, "kids-pc")

    assert network.ok is False
    assert network.fix
    assert {check.ok for check in rest} == {None}


async def test_a_key_that_nobody_trusted_is_a_failed_check(empty_home: House) -> None:
    fleet = empty_home.services.fleet
    await fleet.add(ADMIN, name="kids-pc", host=HOST, ssh_user="timekpr-mngr")
    await until(lambda: empty_home.engine.status("kids-pc").state is ServerState.HOST_KEY_UNKNOWN)

    network, host_key, login, *_ = await fleet.check(ADMIN, "kids-pc")

    assert (network.ok, host_key.ok, login.ok) == (True, False, None)


async def test_no_key_or_passphrase_is_written_into_the_audit(empty_home: House) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519").export_private_key("openssh").decode()
    await empty_home.services.fleet.add(ADMIN, name="kids-pc", host=HOST, ssh_user="x", private_key=key)
    await empty_home.services.fleet.edit(ADMIN, "kids-pc", private_key=key)

    assert "PRIVATE KEY" not in "\n".join(await empty_home.audit())


async def test_servers_come_in_pages_by_name(home: House) -> None:
    fleet = home.services.fleet
    for name in ("attic", "den", "loft"):
        await home.add_server(name, f"{name}.home", read=False)
    first = await fleet.page(ADMIN, limit=2)
    rest = await fleet.page(ADMIN, cursor=first.next, limit=2)
    assert [[view.name for view in page.items] for page in (first, rest)] == [
        ["attic", "den"],
        ["kids-pc", "loft"],
    ]
    assert (first.next, rest.next) == ("den", None)


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", ["attic", "kids-pc"]),
        ("ATT", ["attic"]),
        ("kids-pc.home", ["kids-pc"]),
        ("alice", ["kids-pc"]),  # a login
        ("berg kids", ["kids-pc"]),  # a full name, and a part of the server's
        ("berg attic", []),
        ("%", []),
        ("_", []),
    ],
)
async def test_servers_are_found_by_name_address_and_user(home: House, search: str, found: list[str]) -> None:
    await home.add_server("attic", "attic.home", read=False)
    page = await home.services.fleet.page(VIEWER, search=search)
    assert [view.name for view in page.items] == found


async def test_servers_are_found_by_where_they_stand_and_counted(home: House) -> None:
    fleet = home.services.fleet
    await home.add_server("attic", "attic.home", read=False)
    await until(lambda: home.engine.status("attic").failure is not None)
    overview = await fleet.overview(VIEWER)
    assert (overview.servers, overview.online) == (2, 1)

    async def standing(state: str) -> list[str]:
        return [view.name for view in (await fleet.page(ADMIN, state=state)).items]

    assert await standing("online") == ["kids-pc"]
    assert await standing("offline") == ["attic"]
    assert await standing("host-key-unknown") == []
    with pytest.raises(Invalid):
        await fleet.page(ADMIN, state="asleep")
    with pytest.raises(Invalid):
        await fleet.page(ADMIN, cursor="../etc")


async def test_servers_are_found_for_which_changes_wait(home: House) -> None:
    await home.add_server("attic", "attic.home", read=False)
    home.line.switch_off()
    await home.until_away()
    await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=60)
    [waiting] = (await home.services.fleet.page(ADMIN, state="waiting")).items
    assert (waiting.name, waiting.pending) == ("kids-pc", 1)
    assert (await home.services.fleet.overview(ADMIN)).waiting == 1
