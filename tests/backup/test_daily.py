"""A backup a day: when it is time, what stays, and what is said when it fails."""

import asyncio
import logging
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.backup.family import MADE_AT, MUM, PASSPHRASE
from timekpr_mngr.services.backup import Backups, instant_in
from timekpr_mngr.services.daily_backup import DailyBackup, Plan, newest, rotate
from timekpr_mngr.web.ui.parts.backup_card import told

DAY = timedelta(days=1)


class Household:
    """The daily backup of a family, by a clock that only moves when it is told to."""

    def __init__(self, home: Path, shelf: Path, keep: int = 3) -> None:
        self.now = MADE_AT
        self.shelf = shelf
        self.passphrase = home.parent / "passphrase"
        self.passphrase.write_text(PASSPHRASE + "\n")
        plan = Plan(shelf, keep, self.passphrase)
        self.daily = DailyBackup(Backups(home, now=self.clock), plan, MUM, self.clock)

    def clock(self) -> datetime:
        """Now."""
        return self.now

    def turn(self, after: timedelta = timedelta()) -> float:
        """What it does after a while; gives how long it rests then."""
        self.now += after
        return self.daily._turn()

    @property
    def made(self) -> list[datetime]:
        """When those on the shelf were made."""
        return sorted(filter(None, (instant_in(path.name) for path in self.shelf.iterdir())))


@pytest.fixture
def house(home: Path, shelf: Path) -> Household:
    return Household(home, shelf)


def test_the_first_is_made_at_once_and_the_next_a_day_later(house: Household) -> None:
    house.turn()
    house.turn(timedelta(hours=23))
    assert house.made == [MADE_AT]

    house.turn(timedelta(hours=1))
    assert house.made == [MADE_AT, MADE_AT + DAY]


def test_it_rests_until_it_is_time_but_looks_at_the_clock_every_hour(house: Household) -> None:
    assert house.turn() == 3600
    assert house.turn(timedelta(hours=2)) == 3600
    assert house.turn(timedelta(hours=21, minutes=45)) == 900


def test_the_newest_stay(house: Household) -> None:
    for _ in range(5):
        house.turn(DAY)

    assert house.made == [MADE_AT + DAY * n for n in (3, 4, 5)]


def test_after_a_restart_it_knows_when_the_last_was_made(home: Path, shelf: Path) -> None:
    Household(home, shelf).turn()
    again = Household(home, shelf)

    again.turn(timedelta(hours=1))

    assert again.made == [MADE_AT]
    assert again.daily.last == MADE_AT


def test_other_files_are_left_alone(shelf: Path) -> None:
    others = [
        "letter.age",
        "timekpr-mngr-old.age",
        "timekpr-mngr-20251122T201500Z.age.txt",
        "x-20251122T201500Z.age",
    ]
    for name in others:
        (shelf / name).touch()
    (shelf / "timekpr-mngr-20240101T000000Z.age").mkdir()

    rotate(shelf, 1, MADE_AT)

    assert len(list(shelf.iterdir())) == len(others) + 1


def test_a_clock_that_was_wrong_stops_no_backup_and_costs_none_of_the_right_ones(house: Household) -> None:
    for year in (2037, 2038, 2039):
        (house.shelf / f"timekpr-mngr-{year}0101T000000Z.age").touch()

    house.turn()
    house.turn(DAY)

    assert newest(house.shelf, house.now) == MADE_AT + DAY
    assert house.made[:2] == [MADE_AT, MADE_AT + DAY]


def test_a_failure_is_said_once_and_tried_again_every_hour(
    house: Household, caplog: pytest.LogCaptureFixture
) -> None:
    house.passphrase.rename(house.passphrase.with_name("moved"))
    with caplog.at_level(logging.INFO):
        assert [house.turn() for _ in range(3)] == [3600, 3600, 3600]

    assert len(caplog.records) == 1
    assert "cannot be read" in (house.daily.problem or "")
    assert house.made == []


def test_once_it_works_again_nothing_is_wrong_any_more(
    house: Household, caplog: pytest.LogCaptureFixture
) -> None:
    house.shelf.rename(house.shelf.with_name("unplugged"))
    house.turn()
    assert "There is no folder" in (house.daily.problem or "")
    house.shelf.with_name("unplugged").rename(house.shelf)
    with caplog.at_level(logging.INFO):
        house.turn(timedelta(hours=1))

    assert house.daily.problem is None
    assert "made again" in caplog.text
    assert len(house.made) == 1


def test_a_passphrase_that_is_too_short_is_said_before_it_is_time(house: Household) -> None:
    house.turn()
    house.passphrase.write_text("short\n")
    house.turn(timedelta(hours=1))

    assert "12 characters" in (house.daily.problem or "")


def test_whatever_goes_wrong_the_service_goes_on(house: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("of all things")

    monkeypatch.setattr(Backups, "make", fails)

    assert house.turn() == 3600
    assert "in the log" in (house.daily.problem or "")


def test_the_passphrase_is_in_no_log(house: Household, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        house.turn()
        house.shelf.rename(house.shelf.with_name("unplugged"))
        house.turn(DAY)

    assert PASSPHRASE not in caplog.text


async def test_it_runs_beside_the_rest_until_it_is_ended(house: Household) -> None:
    running = asyncio.create_task(house.daily.run())
    while not house.made:  # noqa: ASYNC110 -- a folder tells nobody that there is something in it
        await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


def test_the_settings_page_says_how_the_last_one_went(house: Household) -> None:
    def said(daily: DailyBackup | None) -> tuple[str, str]:
        tone, strong, rest = told(daily, lambda moment: f"{moment:%d %b}")
        return tone, f"{strong} {rest}"

    assert said(None)[1].startswith("No backup is made by itself.")
    assert said(house.daily) == ("good", "A backup is made every day. There is none yet.")
    house.turn()
    assert said(house.daily) == ("good", "A backup is made every day. The last one was made 22 Nov.")
    house.passphrase.unlink()
    house.turn(DAY)
    tone, text = said(house.daily)
    assert tone == "over"
    assert "cannot be read" in text
    assert text.endswith("The last one was made 22 Nov.")
