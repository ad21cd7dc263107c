"""What was used on the days on either side of midnight, and over days on which nobody was there."""

from datetime import date

from tests.contract.computers import At
from timekpr_mngr.domain.usage_days import Standing, UsageDay, followed
from timekpr_mngr.link.session import ServerSession
from timekpr_mngr.sync.usage import reading_of

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (date(2026, 11, day) for day in range(16, 21))
USED = {"TIME_SPENT_BALANCE": 2100, "TIME_SPENT_DAY": 3000, "TIME_SPENT_WEEK": 4000, "TIME_SPENT_MONTH": 5000}
A_FEW = 300  # seconds; less are counted while the test goes on, however busy this machine is


class Watched:
    """A user's days, as they are told from one reading to the next."""

    def __init__(self, kid: At, session: ServerSession) -> None:
        self._kid = kid
        self._session = session
        self._standing: Standing | None = None
        self.days: dict[date, UsageDay] = {}

    async def read(self) -> None:
        snapshot = await self._session.read()
        reading = reading_of(snapshot, snapshot.users[self._kid.name])
        assert reading is not None
        if (told := followed(self._standing, reading)) is not None:
            self._standing = told.standing
            self.days |= {day.day: day for day in told.days}

    async def has_read(self, day: date) -> bool:
        """Whether the computer told that time is used on this day."""
        await self.read()
        return day in self.days and self.days[day].used_seconds > 0


async def test_midnight_parts_the_time_of_who_is_at_the_computer(kid: At, session: ServerSession) -> None:
    kid.computer.set_clock("2026-11-17 23:50:00")
    kid.set_control(LAST_CHECKED="2026-11-17 23:49:59", **USED)
    watched = Watched(kid, session)
    kid.login()
    await kid.computer.until(lambda: watched.has_read(TUESDAY))
    kid.computer.set_clock("2026-11-17 23:59:55")
    await kid.computer.until(lambda: kid.control["LAST_CHECKED"] >= "2026-11-18 00:00", 15)
    await kid.computer.until(lambda: watched.has_read(WEDNESDAY))
    kid.logout()

    assert (watched.days[TUESDAY].is_whole, watched.days[WEDNESDAY].is_whole) == (True, False)
    assert 3000 <= watched.days[TUESDAY].used_seconds <= 3000 + A_FEW
    assert 0 < watched.days[WEDNESDAY].used_seconds <= A_FEW
    assert watched.days[TUESDAY].given_seconds == 900


async def test_who_was_away_for_days_is_told_by_the_file_that_did_not_move(
    kid: At, session: ServerSession
) -> None:
    kid.computer.set_clock("2026-11-17 14:00:00")
    kid.set_control(LAST_CHECKED="2026-11-17 13:59:59", **USED)
    watched = Watched(kid, session)
    await watched.read()
    kid.set_control(LAST_CHECKED="2026-11-17 20:00:00", **USED | {"TIME_SPENT_DAY": 5400})
    kid.computer.set_clock("2026-11-20 09:00:00")
    await watched.read()
    assert [(day.day, day.used_seconds, day.is_whole) for day in watched.days.values()] == [
        (TUESDAY, 5400, True),
        (WEDNESDAY, 0, True),
        (THURSDAY, 0, True),
        (FRIDAY, 0, False),
    ]


async def test_who_was_there_unseen_on_the_next_day_is_told_by_the_months_counter(
    kid: At, session: ServerSession
) -> None:
    kid.computer.set_clock("2026-11-16 14:00:00")
    kid.set_control(
        LAST_CHECKED="2026-11-16 13:59:59", **USED | {"TIME_SPENT_MONTH": 4000, "TIME_SPENT_DAY": 2000}
    )
    watched = Watched(kid, session)
    await watched.read()
    kid.set_control(LAST_CHECKED="2026-11-16 20:00:00", **USED)  # and that is not read
    kid.computer.set_clock("2026-11-17 10:00:00")
    kid.login()
    await kid.computer.until(lambda: watched.has_read(TUESDAY))
    kid.logout()
    assert watched.days[MONDAY].is_whole
    assert 3000 <= watched.days[MONDAY].used_seconds <= 3000 + A_FEW
