"""What the parts of the config editor take from a browser and say of a day, without a browser."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timekpr_mngr.domain.day_plan import Kind
from timekpr_mngr.domain.hours import WHOLE_DAY, Hours, Span
from timekpr_mngr.domain.user import DAY_SECONDS, MONTH_SECONDS, WEEK_SECONDS
from timekpr_mngr.errors import Invalid
from timekpr_mngr.web.ui.parts.limit_slider import stops
from timekpr_mngr.web.ui.parts.week_editor import sentence
from timekpr_mngr.web.ui.parts.week_grid import CELLS_MAX, Stroke, stroke_of

AFTERNOON: Hours = (Span(15 * 60, 20 * 60 + 30),)
FREE_MORNING: Hours = (Span(9 * 60, 10 * 60, True),)


def test_a_stroke_over_two_days_is_taken_as_it_was_painted() -> None:
    told = {"n": 7, "brush": "free", "cells": [[0, 15], [0, 16], [6, 23], [6, 23]]}
    assert stroke_of(told) == Stroke(Kind.FREE, {1: frozenset({15, 16}), 7: frozenset({23})})


@pytest.mark.parametrize(
    "told",
    [
        None,
        [],
        "allowed",
        {},
        {"brush": "allowed"},
        {"brush": "open", "cells": [[0, 0]]},
        {"brush": ["allowed"], "cells": [[0, 0]]},
        {"brush": "allowed", "cells": []},
        {"brush": "allowed", "cells": [[0, 0]] * (CELLS_MAX + 1)},
        {"brush": "allowed", "cells": [[0]]},
        {"brush": "allowed", "cells": [[0, 0, 0]]},
        {"brush": "allowed", "cells": [[7, 0]]},
        {"brush": "allowed", "cells": [[-1, 0]]},
        {"brush": "allowed", "cells": [[0, 24]]},
        {"brush": "allowed", "cells": [[0, -1]]},
        {"brush": "allowed", "cells": [[0, 1.0]]},
        {"brush": "allowed", "cells": [[True, 1]]},
        {"brush": "allowed", "cells": [["0", "1"]]},
        {"brush": "allowed", "cells": {"0": 1}},
        {"brush": "allowed", "cells": [{"0": 0, "1": 0}]},
    ],
)
def test_a_stroke_that_no_page_of_ours_paints_is_refused(told: Any) -> None:
    with pytest.raises(Invalid):
        stroke_of(told)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_whatever_stands_for_the_cells_gives_a_stroke_or_invalid(cells: Any) -> None:
    try:
        stroke = stroke_of({"brush": "closed", "cells": cells})
    except Invalid:
        return
    assert stroke.cells
    assert all(1 <= weekday <= 7 and hours <= set(range(24)) for weekday, hours in stroke.cells.items())


@pytest.mark.parametrize("whole", [DAY_SECONDS, WEEK_SECONDS, MONTH_SECONDS])
def test_a_slider_goes_from_nothing_to_no_limit_and_always_up(whole: int) -> None:
    found = stops(whole)
    assert (found[0], found[-1]) == (0, whole)
    assert found == sorted(set(found))
    assert all(stop % 900 == 0 for stop in found)


def test_a_days_slider_steps_by_quarters_of_an_hour_as_far_as_people_choose() -> None:
    assert stops(DAY_SECONDS)[:49] == [quarter * 900 for quarter in range(49)]


@pytest.mark.parametrize(
    ("hours", "limit", "said"),
    [
        ((), 7200, "Monday: closed all day, whatever the limit is."),
        (WHOLE_DAY, 0, "Monday: no time, unless you give some."),
        (FREE_MORNING, 0, "Monday: only the free hours, 09:00–10:00; else no time, unless you give some."),
        (WHOLE_DAY, DAY_SECONDS, "Monday: all day, without a limit."),
        (AFTERNOON, 6 * 3600, "Monday: 15:00–20:30, at most 6 h."),
        (
            AFTERNOON,
            3600 + 60,
            "Monday: 15:00–20:30, at most 1 h 1 min; started at 15:00, the limit ends it at 16:01.",
        ),
    ],
)
def test_a_day_is_said_as_it_is_meant(hours: Hours, limit: int, said: str) -> None:
    assert sentence("Monday", hours, limit) == said
