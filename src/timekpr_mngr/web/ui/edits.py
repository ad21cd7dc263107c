"""What a person has changed on a page and not sent yet. No markup here: fields are bound to it by name.

`base` are the values that the fields start from: what the server has, with what already waits for it put over it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from timekpr_mngr.domain.change import Change, Json
from timekpr_mngr.domain.field import day_of
from timekpr_mngr.errors import Invalid
from timekpr_mngr.services.views import DifferenceView
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.by_days import by_days


@dataclass(frozen=True, slots=True)
class Bound:
    """How one field is reached: `put` shows a value, `mark` an error or (None) none, `pend` what waits for it,
    `edited` whether it differs."""

    put: Callable[[Json], object]
    mark: Callable[[Invalid | None], None] = lambda _problem: None
    pend: Callable[[Change | None], None] = lambda _change: None
    edited: Callable[[bool], None] = lambda _edited: None


class Edits:
    """Values by field name, and which of them were edited."""

    def __init__(self, values: Mapping[str, Json], pending: Sequence[Change]) -> None:
        self._pending = _newest(pending)
        self.base = _with_pending(values, self._pending)
        self._edited: dict[str, Json] = {}
        self._unusable: dict[str, str] = {}
        self._bound: dict[str, Bound] = {}
        self._listeners: list[Callable[[], None]] = []

    def bind(self, name: str, bound: Bound) -> None:
        """A field of the page shows this value from now on."""
        self._bound[name] = bound
        bound.pend(self._pending.get(name))

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Calls the listener whenever something was edited, sent, or undone."""
        self._listeners.append(listener)

    def value(self, name: str) -> Json:
        """What the field holds now."""
        return self._edited.get(name, self.base[name])

    def set(self, name: str, value: Json) -> None:
        """A person typed a value that can be used."""
        self._unusable.pop(name, None)
        if value == self.base[name]:
            self._edited.pop(name, None)
        else:
            self._edited[name] = value
        self._tell(name)

    def put(self, name: str, value: Json) -> None:
        """A value from elsewhere on the page, as if it had been typed; its field shows it."""
        if name in self._bound:
            self._bound[name].put(value)
            self._bound[name].mark(None)
        self.set(name, value)

    def is_edited(self, name: str) -> bool:
        """Whether the field holds something else than its base."""
        return name in self._edited or name in self._unusable

    def set_unusable(self, name: str, why: str = "") -> None:
        """A person typed something that cannot be used as it is."""
        self._unusable[name] = why or _("cannot be used as it is")
        self._tell(name)

    def set_usable(self, name: str) -> None:
        """What stood there can be used now, and is no value of its own."""
        if self._unusable.pop(name, None) is not None:
            self._tell(name)

    @property
    def changed(self) -> dict[str, Json]:
        """The fields that differ, in the order of the page."""
        return {name: self._edited[name] for name in self.base if name in self._edited}

    @property
    def unusable(self) -> list[str]:
        """The fields that hold something which cannot be sent; then what is no field, such as the file's text."""
        fields = [name for name in self.base if name in self._unusable]
        return fields + [name for name in self._unusable if name not in self.base]

    @property
    def is_dirty(self) -> bool:
        """Whether leaving now would lose something."""
        return bool(self._edited or self._unusable)

    def words(self) -> list[str]:
        """What would be sent: `Monday to Friday: limit 3 h → 3 h 30 min`."""
        changed = [DifferenceView.of(name, self.base[name], value) for name, value in self.changed.items()]
        return [f"{one.what} {one.before_words} → {one.after_words}" for one in by_days(changed)]

    def undo(self) -> None:
        """Back to the base, all of it."""
        names = {*self._edited, *self._unusable}
        self._edited.clear()
        self._unusable.clear()
        for name in names & self._bound.keys():
            self._bound[name].put(self.base[name])
            self._bound[name].mark(None)
        for name in names:
            self._tell(name)

    def sent(self) -> None:
        """What was edited was queued: it is the base now."""
        self.base |= self._edited
        names = list(self._edited)
        self._edited.clear()
        for name in names:
            self._tell(name)

    def rebase(self, values: Mapping[str, Json], pending: Sequence[Change]) -> list[str]:
        """What the server has and what waits, read anew. What was typed stays.

        Gives the edited fields whose base moved under the person's hands.
        """
        self._pending = _newest(pending)
        base = _with_pending(values, self._pending)
        moved = [name for name in base if base[name] != self.base[name]]
        self.base = base
        collided = []
        for name in moved:
            if name in self._edited or name in self._unusable:
                if self._edited.get(name) == base[name]:
                    self._edited.pop(name)
                else:
                    collided.append(name)
            elif name in self._bound:
                self._bound[name].put(base[name])
        for name, bound in self._bound.items():
            bound.pend(self._pending.get(name))
        if moved:
            self._tell()
        return collided

    def mark(self, name: str, problem: Invalid) -> bool:
        """Shows an error at its field; False where no field of this name stands on the page."""
        if name not in self._bound:
            return False
        self._bound[name].mark(problem)
        return True

    def _tell(self, name: str | None = None) -> None:
        if name in self._bound:
            self._bound[name].edited(self.is_edited(name))
        for listener in self._listeners:
            listener()


def user_patch(changed: Mapping[str, Json]) -> dict[str, Json]:
    """Fields of a user as the body of REST's PATCH."""
    days: dict[int, dict[str, Json]] = {}
    playtime_days: dict[int, dict[str, Json]] = {}
    playtime: dict[str, Json] = {}
    patch: dict[str, Json] = {}
    for name, value in changed.items():
        weekday, key = day_of(name), name.rpartition(".")[2]
        if weekday is not None:
            group = playtime_days if name.startswith("playtime.") else days
            group.setdefault(weekday, {"day": weekday})[key] = value
        elif name.startswith("playtime."):
            playtime[key] = value
        else:
            patch[name] = value
    if days:
        patch["days"] = list(days.values())
    if playtime_days:
        playtime["days"] = list(playtime_days.values())
    if playtime:
        patch["playtime"] = playtime
    return patch


def field_at(path: str, changed: Mapping[str, Json]) -> str:
    """The field that a path into the patch means: `days[0].hours[1].to` → `days.6.hours`."""
    head, _bracket, rest = path.partition("[")
    if head in ("days", "playtime.days") and rest:
        index, _bracket, tail = rest.partition("]")
        prefix = f"{head}."
        order: list[int] = []
        for name in changed:
            weekday = day_of(name)
            if weekday is not None and name.startswith(prefix) and weekday not in order:
                order.append(weekday)
        key = tail.lstrip(".").partition("[")[0].partition(".")[0]
        if index.isdigit() and int(index) < len(order):
            return f"{prefix}{order[int(index)]}.{key}"
    if head.startswith("lockout"):
        return "lockout"
    return head


def _newest(pending: Sequence[Change]) -> dict[str, Change]:
    """By field, the last one asked for; grants are no field of a configuration."""
    return {change.field: change for change in sorted(pending, key=lambda one: one.id) if not change.is_grant}


def _with_pending(values: Mapping[str, Json], pending: Mapping[str, Change]) -> dict[str, Json]:
    return {name: pending[name].after if name in pending else value for name, value in values.items()}
