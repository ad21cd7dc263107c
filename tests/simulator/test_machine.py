"""A simulated machine's clock and its files, where no real computer is needed to say what is right."""

import asyncio
from datetime import UTC, datetime

import pytest

from timekpr_mngr.simulator.machine import Machine
from timekpr_mngr.timekpr import interface as timekpr

NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)


@pytest.fixture
def machine() -> Machine:
    return Machine("pc", now=lambda: NOON, time_zone="Europe/Berlin")


def test_the_clock_shows_the_zones_time_and_moves(machine: Machine) -> None:
    assert machine.now() == datetime(2026, 11, 18, 13, 0)  # noqa: DTZ001 -- a server's local time
    machine.set_clock("2026-11-19 08:30:00")
    machine.advance(90)
    assert machine.aware_now().isoformat() == "2026-11-19T08:31:30+01:00"


def test_a_day_at_the_computer_is_counted_to_the_second(machine: Machine) -> None:
    machine.login("alice")
    machine.advance(3)  # the first poll
    machine.advance(7200)
    machine.logout("alice")
    machine.advance(3)

    assert "\nTIME_SPENT_DAY = 7200\n" in machine.control("alice")


def test_a_new_user_is_known_once_the_daemon_is_asked_for_its_users(machine: Machine) -> None:
    machine.add_person("carol", "Carol Example")
    assert machine.call(timekpr.set_track_inactive("carol", True)).code == -1

    listed = machine.call(timekpr.get_user_list()).data

    assert listed == [["alice", ""], ["bob", ""], ["carol", "Carol Example"]]
    assert machine.call(timekpr.set_track_inactive("carol", True)).ok


def test_a_deleted_conf_is_made_anew_and_the_time_used_zeroed(machine: Machine) -> None:
    machine.login("alice")
    machine.advance(63)
    machine.logout("alice")
    machine.advance(3)
    del machine.files["/var/lib/timekpr/config/timekpr.alice.conf"]

    machine.call(timekpr.get_user_list())

    assert "\nTIME_SPENT_DAY = 0\n" in machine.control("alice")


def test_a_poll_time_below_zero_stops_the_worker(machine: Machine) -> None:
    machine.login("alice")
    machine.advance(6)
    machine.call(timekpr.set_server_poll_seconds(-1))
    before = machine.control("alice")

    machine.advance(60)

    assert machine.control("alice") == before


async def test_real_time_passes_while_it_runs() -> None:
    machine = Machine("pc", timekpr={"TIMEKPR_POLLTIME": 1, "TIMEKPR_SAVE_TIME": 1})
    machine.login("alice")
    life = asyncio.create_task(machine.run())

    for _ in range(100):
        await asyncio.sleep(0.1)
        if "\nTIME_SPENT_DAY = 0\n" not in machine.control("alice"):
            break

    assert "\nTIME_SPENT_DAY = 0\n" not in machine.control("alice")
    life.cancel()
