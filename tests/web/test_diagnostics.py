"""A house full of names and secrets: none of the secrets is ever logged, and a report for a bug has none of either."""

import io
import json
import logging
import zipfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh
import pyotp
import pytest
import pytest_asyncio

from tests.services.house import ADMIN, HOST
from tests.web.conftest import come_with_token
from tests.web.served import PASSWORD, PORT, Served, served, until
from tests.web.test_sign_in import sign_in
from timekpr_mngr.domain.account import Actor, Source
from timekpr_mngr.logs import QUIET, JsonFormatter, TextFormatter
from timekpr_mngr.services.diagnostics import INSIDE

PASSPHRASE = "open sesame opulently"
WRONG_PASSWORD = "wrong but telling"
NAMES = {
    "kids-pc",
    HOST,
    "attic-tower",
    "attic.example.net",
    "vpn-of-attic.example.net",
    "Europe/Berlin",
    "alice",
    "Alice Berg",
    "bob",
    "anna",
    "zacharias",
    "Alicia the First",
    "because grandma came",
    "10.0.0.7",
    "kitchen tablet",
}


@dataclass
class Story:
    """What happened, what was logged meanwhile (in both forms), and what nobody is to be told."""

    site: Served
    logged: list[io.StringIO]
    secrets: dict[str, str] = field(default_factory=dict)


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[list[io.StringIO]]:
    """All of the log, down to its last word, as the service writes it."""
    for name, least in QUIET.items():
        caplog.set_level(least, logger=name)
    root, texts = logging.getLogger(), []
    caplog.set_level(logging.DEBUG)
    handlers = []
    for formatter in (TextFormatter(), JsonFormatter()):
        texts.append(io.StringIO())
        handlers.append(logging.StreamHandler(texts[-1]))
        handlers[-1].setFormatter(formatter)
        root.addHandler(handlers[-1])
    yield texts
    for handler in handlers:
        root.removeHandler(handler)


@pytest_asyncio.fixture
async def story(tmp_path: Path, logged: list[io.StringIO]) -> AsyncIterator[Story]:
    """Two computers, people, accounts, sign-ins that fail and succeed, keys, tokens, and things that go wrong."""
    async with served(tmp_path / "data-of-zacharias") as site:
        told = Story(site, logged)
        await site.add_accounts()
        await site.add_server()
        await _keys(told)
        await _sign_ins(told)
        await come_with_token(site)
        await site.services.people.rename(ADMIN, "kids-pc/alice", "Alicia the First")
        given = {"seconds": 600, "reason": "because grandma came"}
        answer = await site.client.post("/servers/kids-pc/users/alice/grants", json=given)
        number = answer.json()["changes"][0]["id"]
        await until(lambda: _is_settled(site, number))
        site.connector.line(HOST).switch_off()
        await until(lambda: _is_offline(site))
        told.secrets["another token"] = site.client.headers["Authorization"].removeprefix("Bearer ")
        yield told


async def _keys(story: Story) -> None:
    """A key under a passphrase is uploaded; the other server's was made here."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    given = key.export_private_key("openssh", passphrase=PASSPHRASE).decode()
    await story.site.services.fleet.add(
        ADMIN,
        name="attic-tower",
        host="attic.example.net",
        second_host="vpn-of-attic.example.net",
        ssh_user="zacharias",
        private_key=given,
        passphrase=PASSPHRASE,
    )
    story.secrets |= {"uploaded key": given.splitlines()[1], "passphrase": PASSPHRASE}
    plain = key.export_private_key("openssh").decode()
    story.secrets["key without its passphrase"] = plain.splitlines()[1]


async def _sign_ins(story: Story) -> None:
    site, accounts = story.site, story.site.services.accounts
    await sign_in(site, password=WRONG_PASSWORD)
    await sign_in(site)
    cookie = next(value for name, value in site.client.cookies.items() if name == f"timekpr_mngr_{PORT}")
    site.client.cookies.clear()
    anna = Actor((await accounts.list(ADMIN))[0], Source.PAGE)
    new = await accounts.second_factors.begin(anna, PASSWORD)
    code = pyotp.TOTP(new.seed).now()
    recovery = await accounts.second_factors.confirm(anna, code)
    story.secrets |= {
        "password": PASSWORD,
        "wrong password": WRONG_PASSWORD,
        "cookie": cookie,
        "token": await accounts.create_token(ADMIN, "kitchen tablet", "ben"),
        "seed": new.seed,
        "recovery code": recovery[0],
    }


def _go_wrong(story: Story) -> None:
    """Something unforeseen, with the worst words in it."""
    words = " ".join([*NAMES, story.secrets["token"]])
    try:
        raise RuntimeError(words)
    except RuntimeError:
        logging.getLogger("timekpr_mngr.sync.server_actor").warning(
            "server %s: unexpected", "kids-pc", exc_info=True, extra={"server": "kids-pc", "code": words}
        )
    logging.getLogger("nicegui").warning("filled in before it is logged: " + words)  # noqa: G003 -- as others do


async def _is_settled(site: Served, number: int) -> bool:
    answer = await site.client.get(f"/changes/{number}")
    return bool(answer.json()["state"] not in ("queued", "sending"))


async def _is_offline(site: Served) -> bool:
    return (await site.services.fleet.server(ADMIN, "kids-pc")).state.value == "offline"


async def test_no_secret_is_logged_and_a_report_names_nobody(story: Story) -> None:
    for text in story.logged:
        assert "server kids-pc is gone (unreachable)" in text.getvalue()
        assert "a sign-in from" in text.getvalue()
        told = [what for what, secret in story.secrets.items() if secret in text.getvalue()]
        assert told == []

    _go_wrong(story)
    answer = await story.site.client.get("/diagnostics")
    assert answer.status_code == 200, answer.text
    files = unpacked(answer.content)
    assert set(files) == set(INSIDE)
    for name, content in files.items():
        words = [word for word in NAMES if word.casefold() in content.casefold()]
        told = [what for what, secret in story.secrets.items() if secret in content]
        assert (name, words, told) == (name, [], [])


async def test_a_report_tells_what_whoever_mends_it_needs(story: Story) -> None:
    _go_wrong(story)
    files = unpacked((await story.site.services.diagnostics.bundle(ADMIN)).content)
    parsed = {name: json.loads(text) for name, text in files.items() if name.endswith(".json")}

    assert parsed["about.json"]["is_running"] is True
    assert parsed["settings.json"]["port"] == PORT
    assert parsed["settings.json"]["data_dir"] == "set"
    assert parsed["settings.json"]["database_url"] == "not set"
    assert parsed["database.json"]["whole"] == "ok"
    assert parsed["database.json"]["revision"] == parsed["database.json"]["revision_wanted"]
    assert parsed["database.json"]["rows"]["servers"] == 2
    assert parsed["database.json"]["changes"] == {"applied": 1}
    states = {one["server"]: (one["state"], one["code"], one.get("users")) for one in parsed["servers.json"]}
    assert states["server-1"] == ("offline", "unreachable", 2)
    assert set(states) == {"server-1", "server-2"}
    call = next(one for one in parsed["sent.json"] if one["member"] == "setTimeLeft")
    assert (call["server"], call["user"], call["code"]) == ("server-1", "user-1", 0)
    assert call["duration_ms"] >= 0
    losses = {
        one["server"]: one["template"] for one in parsed["log.json"] if one.get("code") == "unreachable"
    }
    assert losses["server-1"] == "server %s is gone (%s): %s %s"
    wrong = next(one for one in parsed["log.json"] if one.get("problem") == "RuntimeError")
    assert wrong["frames"][-1].endswith(" _go_wrong")
    assert 'timekpr_mngr_servers{state="offline"} 1.0' in files["metrics.txt"]
    for name in files:
        assert name in files["README.txt"]
    said = await story.site.services.accounts.audit(ADMIN)
    assert said.items[0].what == "made a report for a bug"


def unpacked(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}
