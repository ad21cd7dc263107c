"""Drift: every reading of a server is compared with what was known of it, and what is not ours is kept and shown.

What is seen is kept in the same transaction as the next step of a change, or by itself where nothing is under way, or
where a further call would take the trace of what a stranger did. So
after any interruption a change that may have been sent is still `sending` where its effect was not kept yet, and
explains it; a change that has ended was kept together with what it did.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import TypeVar

from timekpr_mngr.domain.change import Change, ChangeState, GrantKind, Json
from timekpr_mngr.domain.drift import Given, differences, hidden_between, split
from timekpr_mngr.domain.dropped import DEFAULTS, dropped
from timekpr_mngr.domain.field import server_values, user_values
from timekpr_mngr.domain.grant import reading_of
from timekpr_mngr.domain.server import ServerConfig
from timekpr_mngr.domain.snapshot import Snapshot, UserSnapshot
from timekpr_mngr.domain.user import UserConfig
from timekpr_mngr.store import Foreign, Known, Sighting, Store
from timekpr_mngr.timekpr.files import user_config
from timekpr_mngr.timekpr.malformed import Malformed

T = TypeVar("T")

NOT_TO_BE_TOLD = date.min
"""The day of a balance that tells nothing of grants, because PlayTime's override is on."""


class Watch:
    """What is known of one server. `unsaved` is what was seen and is not in the store yet."""

    def __init__(self, known: Known, sending: Iterable[Change], now: Callable[[], datetime]) -> None:
        self.unsaved: list[Sighting] = []
        self._values: dict[str | None, Mapping[str, Json]] = dict(known.values)
        self._configs: dict[str | None, UserConfig | ServerConfig] = {}
        self._files: dict[str, tuple[str, UserConfig]] = {}  # each user's as last read, and what it says
        self._given = dict(known.given)
        self._under_way = {change.id: change for change in sending}
        self._called: set[str] = set()
        self._dropped: dict[str, Mapping[str, Json]] = {}
        self._now = now

    @classmethod
    async def of(
        cls, store: Store, server: str, now: Callable[[], datetime], known: Known | None = None
    ) -> "Watch":
        """Goes on from what the store has of a server, which may have been looked up already. Raises StoreFailure."""
        if known is None:
            known = await store.sightings.known(server)
        changes = await store.changes.open(server)
        return cls(known, [change for change in changes if change.state is ChangeState.SENDING], now)

    def moved(self, change: Change) -> None:
        """A change took a step, or was noted anew: while it may have been sent, and its effect was not read, what it
        wants is ours."""
        if change.state is ChangeState.SENDING or _is_unread(change):
            self._under_way[change.id] = change
        else:
            self._under_way.pop(change.id, None)

    def called(self, user: str) -> None:
        """timekpr said yes to a limit of ours since the last reading."""
        self._called.add(user)

    def dropped(self, user: str) -> Mapping[str, Json]:
        """What timekprd itself dropped of a user's settings, and what is to be put back: the values by field."""
        return self._dropped.get(user, {})

    def give_up(self, user: str) -> None:
        """It cannot be put back: from the next reading on, it is a difference as any other."""
        self._dropped.pop(user, None)
        self._configs.pop(user, None)

    def look(self, snapshot: Snapshot) -> None:
        """Compares everything that was read."""
        if snapshot.config is not None:
            if self._is_new(None, snapshot.config):
                self._compare(None, server_values(snapshot.config), None)
            self._was_read(None)
        for user in snapshot.users.values():
            self.look_at(user)

    def look_at(self, user: UserSnapshot) -> None:
        """Compares one user."""
        if user.config is not None:
            if self._is_new(user.name, user.config):
                self._compare(user.name, user_values(user.config), user)
            self._files[user.name] = (user.config_text or "", user.config)
        self._called.discard(user.name)
        self._compare_given(user)
        if user.config is not None and user.control is not None:
            self._was_read(user.name)

    def given_by_others(self, user: str, kind: GrantKind, day: date, seconds: int) -> None:
        """Somebody else gave this (or, below zero, took it) while a grant of ours was on its way."""
        foreign = Foreign(f"grant.{kind.value}", None, {"seconds": seconds}, day)
        self.unsaved.append(Sighting(user, self._now(), foreign=(foreign,)))

    def _changes_of(self, user: str | None) -> list[Change]:
        return [change for change in self._under_way.values() if change.user == user]

    def _was_read(self, user: str | None) -> None:
        """From now on nothing is ours of what had ended before it could be read."""
        for change in self._changes_of(user):
            if change.state is not ChangeState.SENDING:
                del self._under_way[change.id]

    def _is_new(self, name: str | None, config: UserConfig | ServerConfig) -> bool:
        """Most readings find what the one before found: then nothing is worked out."""
        before, self._configs[name] = self._configs.get(name), config
        return before != config

    def _before(self, user: UserSnapshot) -> Mapping[str, Json] | None:
        """The values before timekpr's last save: most often that is the file as it was read last."""
        text, config = self._files.get(user.name, ("", None))
        if config is not None and text.strip() and text == user.previous_text:
            return user_values(config)
        return values_before(user)

    def _compare(self, name: str | None, values: Mapping[str, Json], user: UserSnapshot | None) -> None:
        known = self._values.get(name)
        missing: Mapping[str, Json] = {}
        if user is not None and known is not None:
            missing = self._dropped_since(user, known, values)
            values = {**values, **self._dropped[user.name]}
        if values == known:
            return
        under_way = self._changes_of(name)
        ours, others = split(differences(known or {}, values), under_way)
        set_by = {change.field: change.id for change in under_way}
        foreign = [Foreign(one.field, one.before, one.after) for one in others]
        if user is not None and known is not None:
            previous = self._before(user)
            previous = {**previous, **missing} if previous is not None else None
            hidden = hidden_between(known, previous, values, under_way)
            foreign += [
                Foreign(one.field, one.before, one.after, overwritten_by=change.id) for one, change in hidden
            ]
        self._values[name] = values
        self._keep(
            Sighting(
                name,
                self._now(),
                values,
                change_ids=_unique(set_by[one.field] for one in ours),
                ours=_unique(one.field for one in ours),
                foreign=tuple(foreign),
            )
        )

    def _dropped_since(
        self, user: UserSnapshot, known: Mapping[str, Json], values: Mapping[str, Json]
    ) -> Mapping[str, Json]:
        """What timekprd dropped by this reading, or had dropped by the last; `dropped` is then what is not back yet."""
        missing = self._dropped.get(user.name, {})
        if user.name in self._called and not missing:
            missing = dropped(known, self._before(user), values, self._changes_of(user.name))
        self._dropped[user.name] = {
            field: value for field, value in missing.items() if values[field] == DEFAULTS[field] != value
        }
        return missing

    def _keep(self, sighting: Sighting) -> None:
        """What several calls of ours brought about one after the other is one version."""
        last = self.unsaved[-1] if self.unsaved else None
        if last is not None and last.user == sighting.user and _is_ours(last) and _is_ours(sighting):
            self.unsaved.pop()
            sighting = replace(
                sighting,
                change_ids=_unique([*last.change_ids, *sighting.change_ids]),
                ours=_unique([*last.ours, *sighting.ours]),
            )
        self.unsaved.append(sighting)

    def _compare_given(self, user: UserSnapshot) -> None:
        if user.control is None or user.config is None:
            return
        day = user.control.last_checked.date()
        for kind in GrantKind:
            found = self._given_now(user, kind, day)
            if found is None or found == (before := self._given.get((user.name, kind))):
                continue
            self._given[user.name, kind] = found
            others = 0 if self._is_decided_by_delivery(user.name, kind) else _given_between(before, found)
            foreign = [Foreign(f"grant.{kind.value}", None, {"seconds": others}, day)] if others else []
            self.unsaved.append(Sighting(user.name, self._now(), foreign=tuple(foreign), given=(found,)))

    def _given_now(self, user: UserSnapshot, kind: GrantKind, day: date) -> Given | None:
        assert user.config is not None
        reading = reading_of(user, kind, day.isoweekday())
        if reading is None:
            return None
        if kind is GrantKind.PLAYTIME and user.config.playtime.override:
            return Given(kind, NOT_TO_BE_TOLD, 0)
        return Given(kind, day, reading.spent_seconds - reading.balance_seconds)

    def _is_decided_by_delivery(self, user: str, kind: GrantKind) -> bool:
        """Whether a grant of ours may be what moved it: delivery tells what was not its own (`given_by_others`)."""
        return any(
            change.field == f"grant.{kind.value}" or (change.is_grant and _is_being_prepared(change))
            for change in self._changes_of(user)
        )


def _given_between(before: Given | None, now: Given) -> int:
    """Seconds that somebody gave since. A day begins with nothing given, or with what was left of the day before, where
    the daemon was only asked and nobody logged in (design: timekpr.md, 0.4)."""
    if before is None or NOT_TO_BE_TOLD in (before.day, now.day) or now.day < before.day:
        return 0
    if now.day == before.day:
        return now.moved_seconds - before.moved_seconds
    return 0 if now.moved_seconds == before.moved_seconds else now.moved_seconds


def _is_unread(change: Change) -> bool:
    """Whether it ended while nobody could read what it did: it may be found there later."""
    found = change.note.get("found") if isinstance(change.note, dict) else None
    return change.state is ChangeState.UNCERTAIN and found is None


def _is_being_prepared(grant: Change) -> bool:
    """Whether its day is being begun, which moves PlayTime too, whatever it gives."""
    return isinstance(grant.note, dict) and "stale" in grant.note and "reading" not in grant.note


def values_before(user: UserSnapshot) -> Mapping[str, Json] | None:
    """The values before the last save of timekpr's, as its `.prev` has them; None where it cannot be read."""
    if user.previous_text is None:
        return None
    try:
        return user_values(user_config.parse(user.previous_text, user.name).config)
    except Malformed:
        return None


def _is_ours(sighting: Sighting) -> bool:
    return bool(sighting.ours) and not sighting.foreign


def _unique(items: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(items))
