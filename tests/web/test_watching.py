"""What other programs watch this one by."""

import re
import time
from pathlib import Path

import httpx
import pytest

from tests.first_start import started_once
from tests.services.house import ADMIN, HOST
from tests.web.served import PORT, URL, Served, served, until
from timekpr_mngr.app import create_app
from timekpr_mngr.settings import Settings
from timekpr_mngr.simulator.connector import SimulatedConnector
from timekpr_mngr.store import Store


def figure(text: str, name: str, **labels: str) -> float:
    """The value of a series; its labels in the order in which they stand there."""
    inside = ",".join(f'{label}="{value}"' for label, value in labels.items())
    series = re.escape(name + (f"{{{inside}}}" if inside else ""))
    [value] = re.findall(rf"^{series} (\S+)$", text, re.MULTILINE)
    return float(value)


async def test_health_and_readiness_need_no_session_and_look_at_no_cookie(site: Served) -> None:
    site.client.cookies.set(f"timekpr_mngr_{PORT}", "no-session")

    for path in ("/healthz", "/readyz"):
        answer = await site.client.get(path)
        assert (answer.status_code, answer.text) == (200, "ok\n")
        assert answer.headers["cache-control"] == "no-store"
        assert (await site.client.head(path)).status_code == 200


async def test_without_the_store_it_is_alive_and_not_ready(tmp_path: Path) -> None:
    store = await Store.open(started_once(tmp_path / "data"))
    async with served(tmp_path / "data", store=store) as site:
        site.client.cookies.set(f"timekpr_mngr_{PORT}", "x" * 40)
        await store.close()

        assert (await site.client.get("/healthz")).status_code == 200
        answer = await site.client.get("/readyz")
        assert (answer.status_code, answer.text) == (503, "not ready: the store does not answer\n")


async def test_it_is_not_ready_before_it_has_started_nor_while_it_ends(tmp_path: Path) -> None:
    app = create_app(Settings.load(data_dir=tmp_path / "new", port=PORT), SimulatedConnector([]))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL) as client:
        early = await client.get("/readyz")
        assert (early.status_code, early.text) == (503, "not ready: starting\n")
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/metrics", headers={"Authorization": "Bearer tkm_x"})).status_code == 503

    async with served(tmp_path / "data") as site:
        assert (await site.client.get("/readyz")).status_code == 200
    async with site.another_client() as client:
        late = await client.get("/readyz")
    assert (late.status_code, late.text) == (503, "not ready: stopping\n")


async def test_a_loop_that_was_held_up_is_not_ready_until_it_has_caught_up(
    site: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timekpr_mngr.services.readiness.LATE_SECONDS", 0.3)
    time.sleep(0.6)

    answer = await site.client.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "not ready: the event loop is stuck\n")
    await until(lambda: _is_ready(site))


async def test_metrics_are_not_for_everybody(api: Served) -> None:
    await api.services.accounts.add(ADMIN, "kim", "member", "correct horse battery")
    async with api.another_client() as stranger:
        for headers, status in (
            ({}, 401),
            ({"Authorization": "Bearer tkm_wrong"}, 401),
            ({"Authorization": f"Bearer {await api.token('kim')}"}, 403),
            ({"Authorization": f"Bearer {await api.token('ben')}"}, 200),
        ):
            answer = await stranger.get("/metrics", headers=headers)
            assert answer.status_code == status, headers
            assert answer.text.startswith("# HELP") == (status == 200)


async def test_an_address_that_was_named_needs_no_token_unless_a_proxy_says_it(tmp_path: Path) -> None:
    async with served(tmp_path / "data", metrics_from=["10.0.0.7", "fd00::/8"]) as site:
        assert (await site.client.get("/metrics")).status_code == 200
        handed_on = await site.client.get("/metrics", headers={"X-Forwarded-For": "10.0.0.7"})
        assert handed_on.status_code == 401
    async with served(tmp_path / "other", metrics_from=["10.0.0.8"]) as site:
        assert (await site.client.get("/metrics")).status_code == 401


async def test_metrics_tell_of_links_changes_and_the_store_and_of_nobody(api: Served) -> None:
    before = (await api.client.get(f"{URL}/metrics")).text
    assert figure(before, "timekpr_mngr_servers", state="online") == 1
    assert figure(before, "timekpr_mngr_servers_failing", code="auth") == 0

    given = await api.client.post("/servers/kids-pc/users/alice/grants", json={"seconds": 600})
    number = given.json()["changes"][0]["id"]
    await until(lambda: _is_applied(api, number))
    online = (await api.client.get(f"{URL}/metrics")).text
    assert figure(online, "timekpr_mngr_press_to_confirmed_seconds_count", kind="grant") == 1
    assert figure(online, "timekpr_mngr_changes_settled_total", kind="grant", state="applied") == 1
    assert figure(online, "timekpr_mngr_connects_total", outcome="ok") == 1
    assert figure(online, "timekpr_mngr_read_seconds_count") >= 1
    assert figure(online, "timekpr_mngr_store_transactions_total", kind="write", outcome="ok") > 3
    assert figure(online, "timekpr_mngr_event_loop_lag_seconds_count") >= 1
    assert figure(online, "timekpr_mngr_oldest_waiting_change_age_seconds") == 0
    assert figure(online, "process_resident_memory_bytes") > 1e6

    api.connector.line(HOST).switch_off()
    await until(lambda: _is(api, "offline"))
    await api.client.post("/servers/kids-pc/users/alice/grants", json={"seconds": 600})
    away = (await api.client.get(f"{URL}/metrics")).text
    assert figure(away, "timekpr_mngr_servers", state="offline") == 1
    assert figure(away, "timekpr_mngr_links_lost_total", code="unreachable") == 1
    assert figure(away, "timekpr_mngr_changes_waiting", state="queued") == 1
    assert figure(away, "timekpr_mngr_oldest_waiting_change_age_seconds") > 0

    for name in ("kids-pc", "alice", "Alice Berg", "anna", "10.0.0."):
        assert name not in away


async def _is_applied(site: Served, number: int) -> bool:
    return bool((await site.client.get(f"/changes/{number}")).json()["state"] == "applied")


async def _is_ready(site: Served) -> bool:
    return (await site.client.get("/readyz")).status_code == 200


async def _is(site: Served, state: str) -> bool:
    return bool((await site.client.get("/servers/kids-pc")).json()["state"] == state)
