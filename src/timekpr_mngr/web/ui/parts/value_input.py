"""The value of one field, whichever it is, to be typed."""

from nicegui import ui

from timekpr_mngr.domain.change import Json
from timekpr_mngr.domain.hours import Hours, from_json, to_json
from timekpr_mngr.domain.user import DAY_SECONDS, MONTH_SECONDS, WEEK_SECONDS
from timekpr_mngr.errors import Invalid
from timekpr_mngr.services import words
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.edits import Bound, Edits
from timekpr_mngr.web.ui.parts.activities_input import ActivitiesInput
from timekpr_mngr.web.ui.parts.fields import bound_duration, choice_field, switch_field, words_field
from timekpr_mngr.web.ui.parts.hours_input import HoursInput
from timekpr_mngr.web.ui.parts.lockout_input import LockoutInput
from timekpr_mngr.web.ui.parts.text import text

WHOLE = {"week_limit_seconds": WEEK_SECONDS, "month_limit_seconds": MONTH_SECONDS}


def value_input(edits: Edits, name: str) -> None:
    """Bound to the field of this name, in the same form in which its own page has it."""
    if name.endswith("_seconds"):
        whole = WHOLE.get(name, DAY_SECONDS) if name.endswith("limit_seconds") else None
        bound_duration(edits, name, words.field(name), enabled=True, whole=whole, visible_label=True)
    elif name.endswith(".hours"):
        _hours_input(edits, name)
    elif name == "lockout":
        LockoutInput(edits, enabled=True)
    elif name == "playtime.activities":
        ActivitiesInput(edits, enabled=True)
    elif name == "log_level":
        levels: dict[Json, str] = {level: _(word) for level, word in words.LOG_LEVELS.items()}
        choice_field(edits, name, "", levels, enabled=True)
    elif isinstance(edits.value(name), bool):
        switch_field(edits, name, "", enabled=True)
    else:
        words_field(edits, name, "", enabled=True)


def _hours_input(edits: Edits, name: str) -> None:
    def typed() -> None:
        if field.hours is None:
            edits.set_unusable(name)
        else:
            edits.set(name, to_json(field.hours))  # type: ignore[arg-type]

    text("h3", words.field(name))
    field = HoursInput(_hours(edits.value(name)), typed)
    edits.bind(name, Bound(put=lambda value: field.put(_hours(value)), mark=_tell))


def _tell(problem: Invalid | None) -> None:
    if problem is not None:
        ui.notify(problem.message, classes="bad", timeout=6000)


def _hours(value: Json) -> Hours:
    try:
        return from_json(value)
    except Invalid:
        return ()
