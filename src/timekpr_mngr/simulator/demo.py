"""A small family for `make demo`: three computers that live by themselves, in real time.

Emma is close to her limit on kids-pc, Noah comes and goes and plays, Mia watches films in the living room. The laptop
goes off soon after it was first read, so that there is one that cannot be reached. Noah is an administrator of kids-pc,
which is found. It is always afternoon there.
"""

import asyncio
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from timekpr_mngr.domain.server import Server
from timekpr_mngr.simulator.connector import SimulatedConnector
from timekpr_mngr.simulator.files import CONTROL, SERVER, USER_CONF
from timekpr_mngr.simulator.line import host_key_of
from timekpr_mngr.simulator.machine import Machine
from timekpr_mngr.simulator.session import SimulatedSession
from timekpr_mngr.timekpr.interface import get_user_information

SEED = 20_240
MINUTE, HOUR = 60, 3600
LAPTOP_STAYS_SECONDS = 6.0  # after it was first read
LOOK_AGAIN_SECONDS = 20.0
WORTH_LOGGING_IN_SECONDS = 3 * MINUTE

ZONES = (
    "Pacific/Auckland",
    "Pacific/Guadalcanal",
    "Australia/Brisbane",
    "Asia/Tokyo",
    "Asia/Shanghai",
    "Asia/Bangkok",
    "Asia/Dhaka",
    "Asia/Karachi",
    "Asia/Dubai",
    "Africa/Nairobi",
    "Africa/Cairo",
    "Africa/Lagos",
    "Africa/Accra",
    "Atlantic/Cape_Verde",
    "Atlantic/South_Georgia",
    "America/Sao_Paulo",
    "America/La_Paz",
    "America/Lima",
    "America/Costa_Rica",
    "America/Phoenix",
    "America/Los_Angeles",
    "Pacific/Gambier",
    "Pacific/Honolulu",
    "Pacific/Pago_Pago",
)
"""One for each hour of the day, more or less."""


@dataclass(frozen=True, slots=True)
class DemoServer:
    """What is entered to add one of the family's computers."""

    name: str
    host: str
    ssh_user: str = "timekpr-mngr"
    port: int = 22

    @property
    def host_key(self) -> str:
        """The key it shows, as an OpenSSH line."""
        return host_key_of(self.host)


SERVERS = (
    DemoServer("kids-pc", "kids-pc.home"),
    DemoServer("living-room", "living-room.home"),
    DemoServer("laptop", "laptop.home"),
)

NOT_YET_ADDED = DemoServer("attic", "attic.home")
"""One more that answers, to try the adding."""


class DemoConnector:
    """The family's computers as a `Connector`. They begin to live at the first connection."""

    def __init__(self, connector: SimulatedConnector) -> None:
        self.simulated = connector
        self._random = random.Random(SEED)  # noqa: S311 -- children, no secrets
        self._lives: list[asyncio.Task[None]] = []
        self._laptop_read = asyncio.Event()

    async def host_key(self, host: str, port: int) -> str:
        """The key that the machine shows."""
        self._begin()
        return await self.simulated.host_key(host, port)

    async def open(self, server: Server, private_key: str) -> SimulatedSession:
        """Connects and signs in; every key fits."""
        self._begin()
        session = await self.simulated.open(server, private_key)
        if server.host == "laptop.home":
            self._laptop_read.set()
        return session

    async def close(self) -> None:
        """Ends the family's life."""
        for life in self._lives:
            life.cancel()
        await asyncio.gather(*self._lives, return_exceptions=True)
        self._lives.clear()

    def _begin(self) -> None:
        if self._lives:
            return
        machines = self.simulated.machines
        lives: list[Callable[[], Coroutine[Any, Any, None]]] = [
            *(machine.run for machine in machines.values()),
            lambda: self._emma(machines["kids-pc.home"]),
            lambda: self._noah(machines["kids-pc.home"]),
            lambda: self._mia(machines["living-room.home"]),
            self._laptop_goes_off,
        ]
        self._lives = [asyncio.create_task(life()) for life in lives]

    async def _emma(self, machine: Machine) -> None:
        """Stays until timekpr ends it, and is back when she was given time."""
        while True:
            if not logged_in(machine, "emma") and left_seconds(machine, "emma") > WORTH_LOGGING_IN_SECONDS:
                machine.login("emma", "wayland")
            await asyncio.sleep(LOOK_AGAIN_SECONDS)

    async def _noah(self, machine: Machine) -> None:
        """Plays, pauses with the screen locked, goes and comes back."""
        while True:
            if left_seconds(machine, "noah") > WORTH_LOGGING_IN_SECONDS:
                machine.login("noah")
                machine.start_program("noah", "minetest")
                await self._pass(60, 150)
                machine.session("noah", locked=True)
                await self._pass(20, 40)
                machine.session("noah", locked=False)
                machine.end_program("noah", "minetest")
                await self._pass(30, 90)
                machine.logout("noah")
            await self._pass(20, 60)

    async def _mia(self, machine: Machine) -> None:
        """Watches, and is called away now and then."""
        while True:
            if not logged_in(machine, "mia") and left_seconds(machine, "mia") > WORTH_LOGGING_IN_SECONDS:
                machine.login("mia", "wayland")
            await self._pass(90, 240)
            machine.session("mia", locked=True)
            await self._pass(15, 45)
            machine.session("mia", locked=False)

    async def _laptop_goes_off(self) -> None:
        await self._laptop_read.wait()
        await asyncio.sleep(LAPTOP_STAYS_SECONDS)
        self.simulated.line("laptop.home").switch_off()

    async def _pass(self, least_seconds: float, most_seconds: float) -> None:
        await asyncio.sleep(self._random.uniform(least_seconds, most_seconds))


def demo_connector(now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> DemoConnector:
    """The family as it is at the start: what each has used this month, and who is logged in."""
    zone = afternoon_zone(now())
    computers = [
        kids_pc(zone, now),
        living_room(zone, now),
        laptop(zone, now),
        Machine(NOT_YET_ADDED.host, {"oma": "Oma Lotte"}, time_zone=zone, now=now),
    ]
    return DemoConnector(SimulatedConnector(computers))


def afternoon_zone(instant: datetime) -> str:
    """The zone in which it is nearest to four in the afternoon."""

    def distance(zone: str) -> int:
        local = instant.astimezone(ZoneInfo(zone))
        return abs(local.hour * 60 + local.minute - 16 * 60)

    return min(ZONES, key=distance)


def kids_pc(zone: str, now: Callable[[], datetime]) -> Machine:
    """Shared by Emma and Noah, with PlayTime for Noah."""
    machine = Machine(
        "kids-pc.home",
        {"emma": "Emma Berg", "noah": "Noah Berg"},
        time_zone=zone,
        now=now,
        timekpr={"TIMEKPR_PLAYTIME_ENABLED": True},
    )
    school, weekend = 2 * HOUR, 3 * HOUR + 30 * MINUTE
    limit(machine, "emma", [school] * 5 + [weekend] * 2, "7-20", week=16 * HOUR)
    used(machine, "emma", today_left=7 * MINUTE, other_days=95 * MINUTE)
    limit(machine, "noah", [90 * MINUTE] * 5 + [2 * HOUR] * 2, "7-18", lockout="lock")
    machine.set_values(
        USER_CONF,
        "noah",
        PLAYTIME_ENABLED=True,
        PLAYTIME_LIMITS_PER_WEEKDAYS=";".join([str(45 * MINUTE)] * 7),
    )
    activities(machine, "noah", ("minetest", "Minetest"), ("supertuxkart.*", "SuperTuxKart"))
    used(machine, "noah", today_left=58 * MINUTE, other_days=50 * MINUTE, playtime=21 * MINUTE)
    machine.administrators.add("noah")
    machine.login("emma", "wayland")
    machine.second()
    return machine


def living_room(zone: str, now: Callable[[], datetime]) -> Machine:
    """The television's computer; Mia's time is limited by the week."""
    machine = Machine("living-room.home", {"emma": "Emma Berg", "mia": "Mia Berg"}, time_zone=zone, now=now)
    limit(machine, "emma", [HOUR] * 7, "14-20")
    used(machine, "emma", today_left=38 * MINUTE, other_days=25 * MINUTE)
    limit(machine, "mia", [4 * HOUR] * 7, "9-21")
    this_week = used(machine, "mia", today_left=3 * HOUR, other_days=80 * MINUTE)
    machine.set_values(USER_CONF, "mia", LIMIT_PER_WEEK=this_week + 80 * MINUTE)
    machine.login("mia", "wayland")
    machine.second()
    return machine


def laptop(zone: str, now: Callable[[], datetime]) -> Machine:
    """Noah's for school; off most of the time."""
    machine = Machine("laptop.home", {"noah": "Noah Berg"}, time_zone=zone, now=now)
    machine.set_values(SERVER, TIMEKPR_SAVE_TIME=15)
    limit(machine, "noah", [HOUR] * 5 + [0, 0], "7-19")
    used(machine, "noah", today_left=25 * MINUTE, other_days=40 * MINUTE)
    return machine


def limit(
    machine: Machine,
    user: str,
    days: list[int],
    hours: str,
    *,
    week: int = 7 * 24 * HOUR,
    lockout: str = "terminate",
) -> None:
    """Limits for Monday to Sunday, and the same hours each day: `7-20` is from 7:00 to 20:59."""
    first, last = map(int, hours.split("-"))
    open_hours = ";".join(map(str, range(first, last + 1)))
    machine.set_values(
        USER_CONF,
        user,
        **{f"ALLOWED_HOURS_{day}": open_hours for day in range(1, 8)},
        LIMITS_PER_WEEKDAYS=";".join(map(str, days)),
        LIMIT_PER_WEEK=week,
        LOCKOUT_TYPE=lockout,
    )


def used(machine: Machine, user: str, *, today_left: int, other_days: int, playtime: int = 0) -> int:
    """What was used up to a minute ago, so that `today_left` of today's limit is left, and on each day before in
    this week and month. Gives the week's sum.
    """
    now = machine.now().replace(microsecond=0)
    conf = USER_CONF.load(machine.files, user, now)
    assert conf is not None
    spent = max(conf.wholes("LIMITS_PER_WEEKDAYS")[now.isoweekday() - 1] - today_left, 0)
    days_before = min(now.isoweekday(), now.day) - 1  # the daemon begins the week anew with the month
    week = spent + other_days * days_before
    machine.set_values(
        CONTROL,
        user,
        TIME_SPENT_BALANCE=spent,
        TIME_SPENT_DAY=spent,
        TIME_SPENT_WEEK=week,
        TIME_SPENT_MONTH=spent + other_days * (now.day - 1),
        LAST_CHECKED=now - timedelta(minutes=1),
        PLAYTIME_SPENT_BALANCE=playtime,
        PLAYTIME_SPENT_DAY=playtime,
    )
    return week


def activities(machine: Machine, user: str, *masks: tuple[str, str]) -> None:
    """The user's PlayTime activities."""
    conf = USER_CONF.load(machine.files, user, machine.now())
    assert conf is not None
    conf.activities = list(masks)
    USER_CONF.save(machine.files, user, conf)


def logged_in(machine: Machine, user: str) -> bool:
    """Whether the user has a session."""
    return any(session.user == user for session in machine.sessions)


def left_seconds(machine: Machine, user: str) -> int:
    """What timekprd says that is left today of the day's limit and hours."""
    data = machine.call(get_user_information(user, "S")).data
    assert isinstance(data, dict)
    return int(data["TIME_LEFT_DAY"][1])
