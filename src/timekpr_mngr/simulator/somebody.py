"""What somebody does on a simulated computer itself, mostly in timekpr's own window: timekpr-mngr is not asked."""

from timekpr_mngr.simulator.files import USER_CONF
from timekpr_mngr.simulator.line import Line
from timekpr_mngr.simulator.machine import Machine
from timekpr_mngr.timekpr.interface import set_time_left, set_time_limits_for_days


def sets_limit(machine: Machine, user: str, weekday: int, seconds: int) -> None:
    """Sets the limit of one day, 1 for Monday; the window sends the whole week."""
    machine.call(set_time_limits_for_days(user, _limits_with(machine, user, weekday, seconds)))


def edits_limit(machine: Machine, user: str, weekday: int, seconds: int) -> None:
    """The same in the file itself: nobody is told, and it is found when it is read."""
    limits = _limits_with(machine, user, weekday, seconds)
    machine.set_values(USER_CONF, user, LIMITS_PER_WEEKDAYS=";".join(map(str, limits)))


def gives(machine: Machine, user: str, seconds: int) -> None:
    """Gives time today; takes it below zero."""
    machine.call(set_time_left(user, "+" if seconds > 0 else "-", abs(seconds)))


def comes_between(machine: Machine, line: Line, user: str, seconds: int) -> None:
    """The answer to our next grant is lost, and before it can be looked after, somebody gives time, too."""
    line.lose_answer("setTimeLeft")

    def give() -> None:
        forget()
        gives(machine, user, seconds)

    forget = line.on_cut(give)


def _limits_with(machine: Machine, user: str, weekday: int, seconds: int) -> list[int]:
    conf = USER_CONF.load(machine.files, user, machine.now())
    assert conf is not None
    limits = list(conf.wholes("LIMITS_PER_WEEKDAYS"))
    limits[weekday - 1] = seconds
    return limits
