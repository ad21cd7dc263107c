"""What happens in a run, as a function of its seed and nothing else."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from tests.faults.proxy import Cut, Direction
from timekpr_mngr.domain.change import Json

KID = "alice"
WEEKDAY = 3
"""Every run begins on a Wednesday."""

AFTERNOON, LATE = "2026-11-18 15:00:00", "2026-11-18 23:30:00"
NEXT_DAY = "2026-11-19 00:00:02"
AN_HOUR_BACK, AN_HOUR_ON = "2026-11-18 14:00:00", "2026-11-18 16:00:00"
DAY_LIMIT = 7_200


@dataclass(frozen=True, slots=True)
class Start:
    """The child's files as a run finds them. `is_stale`: they speak of the day before; `days` are the allowed ones.

    `login` is when the child is logged in: not, before the run long enough to be saved, or in this very moment.
    """

    clock: str = AFTERNOON
    is_stale: bool = False
    days: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7)
    limits: tuple[int, ...] = (DAY_LIMIT,) * 7
    spent_seconds: int = 3_600
    balance_seconds: int = 3_600
    playtime_limits: tuple[int, ...] = (3_600,) * 7
    playtime_balance_seconds: int = 0
    login: Literal["none", "settled", "fresh"] = "none"

    def limits_of(self, *weekdays: int) -> tuple[int, ...]:
        """The limits of days, 0 for those that are not allowed."""
        by_day = dict(zip(self.days, self.limits, strict=True))
        return tuple(by_day.get(weekday, 0) for weekday in weekdays)


@dataclass(frozen=True, slots=True)
class Wish:
    """One thing that a person asks for: a field's new value, or a grant (`after` as in `domain.change.Draft`).

    `user` None is a setting of the server.
    """

    field: str
    after: Json
    user: str | None = KID

    @property
    def is_grant(self) -> bool:
        return self.field.startswith("grant.")


TOO_MUCH = Wish("week_limit_seconds", 700_000)
"""More than a week has: nobody's page lets it through, an older version may have queued it."""


@dataclass(frozen=True, slots=True)
class Press:
    """Wishes of one user that are asked for at once. `step` 0 is before there is any link."""

    wishes: tuple[Wish, ...]
    step: int = 0


@dataclass(frozen=True, slots=True)
class Act:
    """What happens at a labelled step, given by its number (from 1) or its label, of the `turn`-th life (from 0)."""

    what: str
    step: int | str
    turn: int = 0
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A run. `fault` names all that goes wrong in it; `cuts` befall one conversation each, in order."""

    seed: int
    family: str
    fault: str
    start: Start
    presses: tuple[Press, ...]
    acts: tuple[Act, ...] = ()
    cuts: tuple[Cut, ...] = ()
    latency_seconds: float = 0.0

    @property
    def wishes(self) -> tuple[Wish, ...]:
        return tuple(wish for press in self.presses for wish in press.wishes)

    @property
    def lives(self) -> int:
        """How many lives end by a kill."""
        return sum(act.what == "kill" for act in self.acts)


FAMILIES = ("settings", "grant", "mixed", "stale", "week", "stale-week", "playtime", "logged-in", "fresh")
HARD = (
    *(["kill"] * 3),
    *(["cut"] * 3),
    *(["late-call"] * 2),
    "cut-held",
    "daemon-killed",
    "daemon-stopped",
    "daemon-restarted",
    "sshd-restarted",
    "disk-here",
    "disk-there",
)
"""What breaks: each as often as it stands here, one to three of them in a run."""

SOFT = ("", "", "", "", "midnight", "clock-hour", "login", "logout", "foreign-field", "foreign-same-field",
        "foreign-grant", "cancel", "press-meanwhile", "slow")  # fmt: skip
"""What changes besides: one of these in a run, or nothing."""


def scenario(seed: int, faults: Sequence[str] | None = None, family: str | None = None) -> Scenario:
    """The run of a seed; `faults` and `family` only to look for one of a kind."""
    rng = random.Random(seed)
    soft = SOFT[seed % len(SOFT)]
    hard = [rng.choice(HARD) for _ in range(rng.choice([1, 2, 2, 3]))]
    chosen = [fault for fault in (soft, *hard) if fault] if faults is None else list(faults)
    family = family or _family(seed, chosen, rng)
    start = _start(family, rng)
    result = Scenario(seed, family, " + ".join(chosen), start, _presses(family, start, rng))
    for fault in sorted(
        chosen, key=lambda fault: fault != "kill"
    ):  # what else happens may be in any of the lives
        result = _FAULT[fault](result, rng)
    return result


def _family(seed: int, faults: Sequence[str], rng: random.Random) -> str:
    """One in which the fault can happen."""
    family = FAMILIES[(seed // len(SOFT) + seed) % len(FAMILIES)]
    if "logout" in faults:
        return "logged-in"
    if "foreign-same-field" in faults or "cancel" in faults:
        return rng.choice(["settings", "settings", "mixed"])
    if "foreign-grant" in faults and (family == "settings" or "week" in family):
        return "grant"  # timekprd's arithmetic while a week is not in order is another (timekpr.md, 0.8)
    return family


def plain(family: str, seed: int = 0) -> Scenario:
    """A run of a family in which nothing goes wrong."""
    rng = random.Random(seed)
    start = _start(family, rng)
    return Scenario(seed, family, "none", start, _presses(family, start, rng))


def _start(family: str, rng: random.Random) -> Start:
    if family in ("stale", "stale-week"):
        start = Start(is_stale=True, playtime_balance_seconds=rng.choice([0, 1_200, -1_200, 3_600]))
    elif family == "fresh":
        return Start(is_stale=True, login="fresh", playtime_balance_seconds=rng.choice([0, 1_200]))
    elif family == "logged-in":
        return Start(login="settled")
    elif rng.random() < 0.25:  # more used than there was
        start = Start(spent_seconds=7_900, balance_seconds=7_900)
    else:
        balance = rng.choice([0, 3_600, 3_600, -900])
        start = Start(balance_seconds=balance, playtime_balance_seconds=rng.choice([0, 600]))
    if family in ("week", "stale-week"):
        return replace(start, **_odd_week(rng))
    return start


def _odd_week(rng: random.Random) -> dict[str, Any]:
    days = rng.choice([(3, 6), (6, 3), (2, 3, 4), (3,), (5, 3, 1, 7), (2, 4, 6)])
    limits = tuple(rng.choice([1_000, 3_000, 6_000, 7_200]) for _ in days)
    return {"days": days, "limits": limits}


def _presses(family: str, start: Start, rng: random.Random) -> tuple[Press, ...]:
    kinds: dict[str, Callable[[], list[Wish]]] = {
        "settings": lambda: _settings(rng, rng.randint(1, 4)),
        "grant": lambda: _grants(rng, rng.randint(1, 2)),
        "mixed": lambda: [*_settings(rng, 2), *_grants(rng, 1), *_settings(rng, 1)],
        "stale": lambda: _grants(rng, rng.randint(1, 2)),
        "week": lambda: _grants(rng, 1) if rng.random() < 0.5 else [_day_wish(rng)],
        "stale-week": lambda: _grants(rng, 1),
        "playtime": lambda: [_grant(rng, "playtime"), *_grants(rng, rng.randint(0, 1))],
        "logged-in": lambda: [*_grants(rng, 1), *_settings(rng, rng.randint(0, 1))],
        "fresh": lambda: _grants(rng, rng.randint(1, 2)),
    }
    presses = (
        [Press((wish,)) for wish in kinds[family]()]
        if rng.random() < 0.5
        else [Press(tuple(kinds[family]()))]
    )
    presses = [split for press in presses for split in _apart(press)]
    if rng.random() < 0.15:
        presses.append(Press((_server_wish(rng),)))
    if family == "settings" and rng.random() < 0.2:
        presses.append(Press((TOO_MUCH,)))
    return tuple(presses)


def _apart(press: Press) -> list[Press]:
    """One press cannot ask for two values of a field: what repeats a field is a press of its own."""
    rest, seen, own = [], set(), []
    for wish in press.wishes:
        if wish.field in seen and not wish.is_grant:
            own.append(Press((wish,)))
            continue
        seen.add(wish.field)
        rest.append(wish)
    return [Press(tuple(rest)), *own]


def _settings(rng: random.Random, count: int) -> list[Wish]:
    return [_setting(rng) for _ in range(count)]


def _setting(rng: random.Random) -> Wish:
    wishes: list[Callable[[], Wish]] = [
        lambda: Wish("week_limit_seconds", rng.choice([100_000, 200_000, 300_000])),
        lambda: Wish("month_limit_seconds", rng.choice([900_000, 1_000_000])),
        lambda: _day_wish(rng),
        lambda: Wish(f"days.{rng.choice([1, 2, 5, 6])}.hours", _hours(rng)),
        lambda: Wish("lockout", {"type": rng.choice(["lock", "suspend"]), "wake_from": 0, "wake_to": 23}),
        lambda: Wish("track_inactive", True),
        lambda: Wish("hide_tray_icon", True),
        lambda: Wish("playtime.enabled", True),
        lambda: Wish(f"playtime.days.{rng.choice([1, 2])}.limit_seconds", rng.choice([60, 600, 1_800])),
    ]
    return rng.choice(wishes)()


def _day_wish(rng: random.Random) -> Wish:
    """Not today's limit: what a grant does depends on it, and it has runs of its own in tests/sync."""
    return Wish(f"days.{rng.choice([1, 2, 4, 5, 6, 7])}.limit_seconds", rng.choice([0, 1_800, 5_400, 9_000]))


def _hours(rng: random.Random) -> Json:
    spans: list[list[Json]] = [
        [],
        [{"from": "08:00", "to": "20:30", "unaccounted": False}],
        [
            {"from": "07:00", "to": "08:00", "unaccounted": False},
            {"from": "15:30", "to": "19:00", "unaccounted": False},
        ],
    ]
    return rng.choice(spans)


def _server_wish(rng: random.Random) -> Wish:
    name = rng.choice(["final_notification_seconds", "final_warning_seconds"])
    return Wish(name, rng.choice([11, 22, 33, 44, 55]), user=None)


def _grants(rng: random.Random, count: int) -> list[Wish]:
    return [_grant(rng, "time") for _ in range(count)]


def _grant(rng: random.Random, kind: str) -> Wish:
    if rng.random() < 0.15:
        return Wish(f"grant.{kind}", {"left_seconds": rng.choice([0, 600, 1_800])})
    return Wish(f"grant.{kind}", {"seconds": rng.choice([900, 900, 300, 1_800, 61, 7, -600, -5])})


def _step(scenario: Scenario, rng: random.Random) -> int:
    """One of the labelled steps of a run in which nothing goes wrong; there are about so many."""
    grants = sum(wish.is_grant for wish in scenario.wishes)
    settings = len(scenario.wishes) - grants
    steps = 4 + 11 * grants + 7 * settings + (22 if "week" in scenario.family else 0)
    return rng.randint(1, steps + (11 if scenario.start.is_stale and grants else 0))


def _byte(scenario: Scenario, rng: random.Random, direction: Direction) -> int:
    """A byte of a conversation: one time in four of its handshake, else anywhere.

    A conversation about one change sends some 7,900 bytes up and 159,000 down (three times all files), and some 1,700
    and 55,000 to 104,000 more for each further one; putting a week in order takes 3,000 up.
    """
    if rng.random() < 0.25:
        return rng.randint(1, 3_000)
    wishes = len(scenario.wishes)
    if direction == "up":
        return rng.randint(1, 6_200 + 1_500 * wishes + (3_000 if "week" in scenario.family else 0))
    return rng.randint(1, 100_000 + 55_000 * wishes)


def _act(scenario: Scenario, rng: random.Random, what: str, **args: Any) -> Scenario:
    """Something that happens at some step of some life."""
    act = Act(what, _step(scenario, rng), rng.randint(0, scenario.lives), args)
    return replace(scenario, acts=(*scenario.acts, act))


def _killed(scenario: Scenario, rng: random.Random) -> Scenario:
    act = Act("kill", _step(scenario, rng), scenario.lives)
    return replace(scenario, acts=(*scenario.acts, act))


def _slow(scenario: Scenario, rng: random.Random) -> Scenario:
    """What was sent arrives late; of one who was killed, when the next one already looks."""
    return replace(scenario, latency_seconds=rng.choice([0.03, 0.1, 0.2]))


def _cut(scenario: Scenario, rng: random.Random) -> Scenario:
    direction: Direction = "up" if rng.random() < 0.5 else "down"
    return replace(scenario, cuts=(*scenario.cuts, Cut(direction, _byte(scenario, rng, direction))))


def _cut_held(scenario: Scenario, rng: random.Random) -> Scenario:
    """Our side is cut, and the computer gets the last of it late."""
    cut = Cut("up", max(4_000, _byte(scenario, rng, "up")), rng.choice([0.2, 0.6, 1.0]))
    return replace(scenario, cuts=(*scenario.cuts, cut))


def _late_call(scenario: Scenario, rng: random.Random) -> Scenario:
    """A call arrives when its sender is long cut off, or was killed, and somebody already looks what became of it."""
    member = rng.choice(_members(scenario))
    turn = scenario.lives
    held = Act("hold", f"call {member}: before", turn, {"seconds": rng.choice([0.5, 1.0, 2.0])})
    killed = [Act("kill", f"call {member}: sent", turn)] if rng.random() < 0.5 else []
    return replace(scenario, acts=(*scenario.acts, held, *killed))


def _members(scenario: Scenario) -> list[str]:
    """Methods of timekprd that the run will surely call."""
    start = scenario.start
    members = [_member(wish.field) for wish in scenario.wishes if not is_bad(wish)]
    if start.is_stale and start.login == "none":
        members.append("getUserInformation")
        members.extend(["setPlayTimeLeft"] if start.playtime_balance_seconds else [])
    return members + (["setAllowedDays"] if len(start.days) < 7 else [])


def _member(field: str) -> str:
    if field.endswith(".limit_seconds"):
        return "setPlayTimeLimitsForDays" if field.startswith("playtime.") else "setTimeLimitForDays"
    return "setAllowedHours" if field.endswith(".hours") else _SETTERS[field]


_SETTERS = {
    "grant.time": "setTimeLeft",
    "grant.playtime": "setPlayTimeLeft",
    "week_limit_seconds": "setTimeLimitForWeek",
    "month_limit_seconds": "setTimeLimitForMonth",
    "lockout": "setLockoutType",
    "track_inactive": "setTrackInactive",
    "hide_tray_icon": "setHideTrayIcon",
    "playtime.enabled": "setPlayTimeEnabled",
    "final_notification_seconds": "setTimekprFinalNotificationTime",
    "final_warning_seconds": "setTimekprFinalWarningTime",
}


def _midnight(scenario: Scenario, rng: random.Random) -> Scenario:
    late = replace(scenario, start=replace(scenario.start, clock=LATE))
    return _act(late, rng, "clock", to=NEXT_DAY)


def _foreign_field(scenario: Scenario, rng: random.Random) -> Scenario:
    """Somebody else changes what nobody here asks for."""
    asked = {wish.field for wish in scenario.wishes}
    others = [wish for wish in (_setting(rng) for _ in range(80)) if wish.field not in asked]
    if "week" in scenario.family:  # a day that is not allowed has no limit of its own to be changed
        others = [wish for wish in others if not wish.field.startswith("days.")]
    return _act(scenario, rng, "foreign-setting", field=others[0].field, value=others[0].after)


def _foreign_same_field(scenario: Scenario, rng: random.Random) -> Scenario:
    asked = [wish for wish in scenario.wishes if not wish.is_grant and wish.user == KID and not is_bad(wish)]
    if not asked:
        return _foreign_field(scenario, rng)
    mine = rng.choice(asked)
    others = [wish for wish in (_setting(rng) for _ in range(400)) if wish.field == mine.field]
    theirs = next((wish for wish in others if wish.after != mine.after), mine)
    return _act(scenario, rng, "foreign-setting", field=theirs.field, value=theirs.after)


def is_bad(wish: Wish) -> bool:
    """Whether it is a value that no computer takes."""
    return wish == TOO_MUCH


def _pressed_meanwhile(scenario: Scenario, rng: random.Random) -> Scenario:
    """The same and more is asked for while the first is on its way."""
    wishes = [_setting(rng) if wish.user == KID and not wish.is_grant else wish for wish in scenario.wishes]
    again = [replace(wish, after=_another(wish, rng)) for wish in wishes]
    presses = [Press((wish,), _step(scenario, rng)) for wish in again[:2]]
    return replace(scenario, presses=(*scenario.presses, *presses))


def _another(wish: Wish, rng: random.Random) -> Json:
    return {"seconds": rng.choice([120, 240, -60])} if wish.is_grant else wish.after


_FAULT: dict[str, Callable[[Scenario, random.Random], Scenario]] = {
    "kill": _killed,
    "cut": _cut,
    "cut-held": _cut_held,
    "slow": _slow,
    "late-call": _late_call,
    "daemon-killed": lambda s, rng: _act(s, rng, "daemon-killed", seconds=rng.choice([0.0, 0.3, 0.8])),
    "daemon-stopped": lambda s, rng: _act(s, rng, "daemon-stopped", seconds=rng.choice([0.3, 1.0, 2.5])),
    "daemon-restarted": lambda s, rng: _act(s, rng, "daemon-restarted"),
    "sshd-restarted": lambda s, rng: _act(s, rng, "sshd-restarted", seconds=rng.choice([0.0, 0.4])),
    "disk-here": lambda s, rng: _act(s, rng, "disk-here", seconds=rng.choice([0.3, 0.8])),
    "disk-there": lambda s, rng: _act(s, rng, "disk-there", seconds=rng.choice([0.3, 0.8])),
    "midnight": _midnight,
    "clock-hour": lambda s, rng: _act(s, rng, "clock", to=rng.choice([AN_HOUR_BACK, AN_HOUR_ON])),
    "login": lambda s, rng: _act(s, rng, "login"),
    "logout": lambda s, rng: _act(s, rng, "logout"),
    "foreign-field": _foreign_field,
    "foreign-same-field": _foreign_same_field,
    "foreign-grant": lambda s, rng: _act(
        s, rng, "foreign-grant", operation=rng.choice(["+", "+", "-"]), seconds=rng.choice([300, 480, 900])
    ),
    "cancel": lambda s, rng: _act(s, rng, "cancel", which=rng.randint(0, 2)),
    "press-meanwhile": _pressed_meanwhile,
}
