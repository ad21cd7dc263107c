"""What becomes of everything that is asked for: a plain reference, independent of the program.

It knows nothing of links, kills and read-backs, for none of them may make a difference. Of a grant whose answer was
lost it knows, as nobody else does, whether it arrived (`Lost`); `state` of one that nobody can tell about is the set of
states that are honest.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from timekpr_mngr.domain.change import ChangeState, Json

DAY_SECONDS = 86_400
TIME, PLAYTIME = "grant.time", "grant.playtime"
LIMIT_OF = {TIME: "days.{}.limit_seconds", PLAYTIME: "playtime.days.{}.limit_seconds"}

Place = tuple[str | None, str]
"""Whose field (None: the server's own), and its name."""

Grant = tuple[str, int]
"""`+` and seconds to add, `-` and seconds to take, or `=` and the seconds that are to be left."""


@dataclass
class Lost:
    """A grant that was sent and never answered, and what moved since."""

    arrived: bool
    effect: int
    foreign: int = 0
    used: int = 0
    day_gone: bool = False


@dataclass
class Asked:
    """One change. A setting has `bases`, the values that it may replace; a grant has a `grant` and its `day`."""

    place: Place
    state: ChangeState | frozenset[ChangeState] = ChangeState.QUEUED
    after: Json = None
    bases: list[Json] = field(default_factory=list)
    legal: bool = True
    grant: Grant | None = None
    day: int = 0
    lost: Lost | None = None

    @property
    def is_open(self) -> bool:
        return self.state in (ChangeState.QUEUED, ChangeState.SENDING)


@dataclass
class Account:
    """Time used today, and timekpr's balance: time used less time given."""

    spent: int = 0
    balance: int = 0

    def move(self, grant: Grant, limit: int) -> int:
        """timekpr's arithmetic: an overdraft is forgiven first. Gives by how much *spent − balance* moved."""
        operation, seconds = grant
        before = self.balance
        start = limit if operation == "=" else min(self.balance, limit)
        moved = start + seconds if operation == "-" else start - seconds
        self.balance = max(-DAY_SECONDS, min(moved, DAY_SECONDS))
        return before - self.balance

    def use(self, spent: int) -> int:
        """Time that is used counts for both. Gives how much that was."""
        used, self.spent = spent - self.spent, spent
        self.balance += used
        return used


class Model:
    """One server with a child who is given time, and the settings of everybody there."""

    def __init__(self, child: str, values: dict[Place, Json], spent: int, weekday: int) -> None:
        self.child = child
        self.values = dict(values)
        self.seen = dict(values)
        self.asked: list[Asked] = []
        self.accounts = {TIME: Account(spent, spent), PLAYTIME: Account()}
        self.day = weekday
        self.is_stale = False
        self.refused: set[Place] = set()
        self.ambiguous = False  # whether numbers met by chance so that nobody could tell

    # -- what a person asks for -----------------------------------------------------------------------------------

    def press(self, place: Place, after: Json, legal: bool = True) -> Asked:
        """A setting, made against the value that was last seen. What waits for the same field gives way to it."""
        bases = [self.seen[place]]
        for earlier in [asked for asked in self.asked if asked.is_open and asked.place == place]:
            bases += earlier.bases
            if earlier.state is ChangeState.QUEUED:
                earlier.state = ChangeState.SUPERSEDED
            else:
                bases.append(earlier.after)
        return self._ask(Asked(place, after=after, bases=bases, legal=legal))

    def give(self, kind: str, grant: Grant) -> Asked:
        """A grant, for today alone."""
        return self._ask(Asked((self.child, kind), grant=grant, day=self.day))

    def look(self) -> None:
        """The person sees what stands on the server."""
        self.seen = dict(self.values)

    def can_cancel(self) -> list[int]:
        """Places in `asked` of what surely still waits: a grant of another day may have expired meanwhile."""
        return [
            index
            for index, asked in enumerate(self.asked)
            if asked.state is ChangeState.QUEUED and (asked.grant is None or asked.day == self.day)
        ]

    # -- what happens there ---------------------------------------------------------------------------------------

    def deliver(self) -> None:
        """The server can be reached: all that waits comes to its end, in order."""
        for asked in [asked for asked in self.asked if asked.is_open]:
            asked.state = self._granted(asked) if asked.grant else self._merged(asked)

    def lose(self, asked: Asked, arrived: bool) -> None:
        """It was sent, and the link broke before it arrived or just after."""
        asked.state = ChangeState.SENDING
        if asked.grant is None:
            if arrived:
                self.values[asked.place] = asked.after
            return
        self._begin_day(by_us=True)
        account = self.accounts[asked.place[1]]
        before = account.balance
        effect = account.move(asked.grant, self._limit(asked.place[1]))
        if not arrived:
            account.balance = before
        asked.lost = Lost(arrived or effect == 0, effect)

    def edit(self, place: Place, value: Json) -> None:
        """A stranger sets something in timekpr's own window."""
        self.values[place] = value

    def grant(self, kind: str, grant: Grant) -> None:
        """A stranger gives time in timekpr's own window, which has begun the day when it opened."""
        self._begin_day(by_us=False)
        moved = self.accounts[kind].move(grant, self._limit(kind))
        for lost in self._lost() if kind == TIME else ():
            lost.foreign += moved
            self.ambiguous |= abs(lost.foreign) in (0, abs(lost.effect))

    def use(self, spent: int) -> None:
        """The child is at the computer, which begins the day; `spent` is what timekpr has counted today."""
        if self.is_stale:
            self._begin_day(by_us=True)
        used = self.accounts[TIME].use(spent)
        for lost in self._lost():
            lost.used += used
            self.ambiguous |= lost.effect < 0 <= lost.effect + lost.used

    def night(self, counted: bool) -> None:
        """Midnight. Where the child is logged in timekpr begins the day by itself, else its file is now stale."""
        self.day += 1
        self.is_stale = True
        if counted:
            self._begin_day(by_us=True)

    # -- how it comes out -----------------------------------------------------------------------------------------

    def given(self, kind: str) -> int:
        """Time spent less the balance."""
        return self.accounts[kind].spent - self.accounts[kind].balance

    def _ask(self, asked: Asked) -> Asked:
        self.asked.append(asked)
        return asked

    def _merged(self, asked: Asked) -> ChangeState:
        theirs = self.values[asked.place]
        if theirs == asked.after:
            return ChangeState.APPLIED
        if theirs not in asked.bases:
            return ChangeState.CONFLICT
        if not asked.legal or asked.place in self.refused:
            return ChangeState.REFUSED
        self.values[asked.place] = asked.after
        return ChangeState.APPLIED

    def _granted(self, asked: Asked) -> ChangeState | frozenset[ChangeState]:
        assert asked.grant is not None
        lost = asked.lost
        if asked.day < self.day:
            if lost is not None and (lost.foreign or lost.day_gone):
                return frozenset({ChangeState.EXPIRED, ChangeState.UNCERTAIN})
            return ChangeState.APPLIED if lost is not None and lost.arrived else ChangeState.EXPIRED
        if lost is not None and lost.foreign:
            return ChangeState.UNCERTAIN
        if lost is None or not lost.arrived:
            self._begin_day(by_us=True)
            self.accounts[asked.place[1]].move(asked.grant, self._limit(asked.place[1]))
        return ChangeState.APPLIED

    def _begin_day(self, by_us: bool) -> None:
        """timekpr's own window leaves yesterday's PlayTime in the day that it begins; nobody else does."""
        if not self.is_stale:
            return
        self.is_stale = False
        self.accounts[TIME] = Account()
        if by_us:
            self.accounts[PLAYTIME] = Account()
        for lost in self._lost():
            lost.day_gone = True

    def _lost(self) -> Iterator[Lost]:
        return (asked.lost for asked in self.asked if asked.is_open and asked.lost is not None)

    def _limit(self, kind: str) -> int:
        limit = self.values[self.child, LIMIT_OF[kind].format((self.day - 1) % 7 + 1)]
        assert isinstance(limit, int)
        return limit
