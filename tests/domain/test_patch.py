"""What REST shows of a configuration can be sent back as it is, and any part of it."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from tests.domain import strategies
from timekpr_mngr.domain.change import Json
from timekpr_mngr.domain.field import user_values, with_user_values
from timekpr_mngr.domain.server import ServerConfig
from timekpr_mngr.domain.user import Activity, UserConfig
from timekpr_mngr.errors import Invalid
from timekpr_mngr.services import patch
from timekpr_mngr.web.api.models import user_config_json


@given(strategies.configs)
@settings(max_examples=40, deadline=None)
def test_what_is_shown_is_what_is_taken(config: UserConfig) -> None:
    fields = patch.user(user_config_json(config), UserConfig())
    assert fields == user_values(config)
    assert with_user_values(UserConfig(), fields) == config


def hours(start: str, end: str) -> Json:
    return {"from": start, "to": end, "unaccounted": False}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"days": [{"day": 6, "hours": [hours("07:00", "25:00")]}]}, "days[0].hours[0].to"),
        ({"days": [{"day": 1}, {"day": 2, "limit_seconds": -1}]}, "days[1].limit_seconds"),
        ({"days": [{"day": 1}, {"day": 1}]}, "days[1].day"),
        ({"days": [{"day": 8}]}, "days[0].day"),
        ({"days": [{"limit_seconds": 1}]}, "days[0].day"),
        ({"days": [{"day": 1, "limit": 1}]}, "days[0].limit"),
        ({"days": {"1": {}}}, "days"),
        ({"playtime": {"days": [{"day": 1, "limit_seconds": "x"}]}}, "playtime.days[0].limit_seconds"),
        ({"playtime": {"days": [{"day": 1, "hours": []}]}}, "playtime.days[0].hours"),
        ({"playtime": {"activities": [{"mask": "100%"}]}}, "playtime.activities[0].mask"),
        ({"playtime": {"x": 1}}, "playtime.x"),
        ({"lockout": {"type": "reboot"}}, "lockout.type"),
        ({"lockout": {"x": 1}}, "lockout.x"),
        ({"x": 1}, "x"),
        ([], ""),
    ],
)
def test_what_cannot_be_taken_is_named_by_its_place(body: object, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        patch.user(body, UserConfig())
    assert caught.value.field == field


def test_what_somebody_set_against_our_rules_can_be_sent_back_and_not_anew() -> None:
    odd = UserConfig(playtime=replace(UserConfig().playtime, activities=(Activity("100%"),)))
    assert patch.user(user_config_json(odd), odd) == user_values(odd)
    with pytest.raises(Invalid):
        patch.user(user_config_json(odd), UserConfig())
    seldom = ServerConfig(poll_seconds=40)
    assert patch.server({"poll_seconds": 40}, seldom) == {"poll_seconds": 40}
    for other in (41, "40", 40.0, True):
        with pytest.raises(Invalid):
            patch.server({"poll_seconds": other}, seldom)


def test_some_days_are_enough() -> None:
    body = {"days": [{"day": 6, "limit_seconds": 60}]}
    assert patch.user(body, UserConfig()) == {"days.6.limit_seconds": 60}
