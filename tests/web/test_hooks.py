"""What a PBX posts is kept, once, where it is from a PBX and is what it says."""

import asyncio
import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook
from starlette.types import ASGIApp

from storage import hooks
from storage.engine import Store
from tests.connectors.freeswitch.test_cdr import RECORD
from tests.databases import set_up
from web import posted
from web.app import make_app
from workers.overview import Lookout
from workers.settings import HookSettings, Settings

OLD, NEW = ("whsec_" + base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
PASSWORD = "a-password-that-nobody-guesses-0123"
CALL = str(uuid4())
ENDED: dict[str, Any] = {"call_id": CALL, "ended_at": "2026-11-27T12:00:09+01:00", "cause": "17"}
ANSWER = {
    "call_id": CALL, "at": "2026-11-27T11:00:09Z", "flow": "survey", "question": "visit",
    "answer": "good",
}  # fmt: skip

Ask = Callable[..., Any]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    taken = HookSettings(secrets=(SecretStr(NEW), SecretStr(OLD)), password=SecretStr(PASSWORD))
    url = SecretStr(f"sqlite:///{tmp_path / 'site.db'}")
    return Settings(home=tmp_path, database_url=url, recordings=tmp_path, hooks=taken)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    store = set_up(settings.database_url.get_secret_value())
    yield store
    store.close()


@pytest.fixture
def app(settings: Settings, store: Store) -> Iterator[ASGIApp]:
    lookout = Lookout(settings)
    yield make_app(settings, lookout)
    lookout.close()


@pytest.fixture
def ask(app: ASGIApp) -> Ask:
    """`await ask(method, path, content, headers)`, from another machine."""

    async def asked(
        method: str, path: str, content: Any = b"", headers: dict[str, str] | None = None
    ) -> httpx.Response:
        transport = httpx.ASGITransport(app, client=("203.0.113.9", 40000))
        async with httpx.AsyncClient(transport=transport, base_url="http://site") as client:
            return await client.request(method, path, content=content, headers=headers)

    return asked


def signed(
    body: bytes, secret: str = NEW, told_id: str = "msg-1", age: float = 0
) -> dict[str, str]:
    at = datetime.now(UTC) - timedelta(seconds=age)
    return {
        "webhook-id": told_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(told_id, at, body.decode()),
    }


def basic(node: str = "main", password: str = PASSWORD) -> dict[str, str]:
    shown = base64.b64encode(f"{node}:{password}".encode()).decode()
    return {"authorization": f"Basic {shown}"}


def body(kind: str = "call.ended", **data: Any) -> bytes:
    told = {"type": kind, "timestamp": "2026-11-27T11:00:10Z", "data": data or ENDED}
    return json.dumps(told).encode()


@pytest.mark.parametrize("secret", [OLD, NEW])
async def test_a_signed_post_is_kept_once(ask: Ask, store: Store, secret: str) -> None:
    told = body()
    first = await ask("POST", "/pbx/main/hooks", told, signed(told, secret))
    again = await ask("POST", "/pbx/main/hooks", told, signed(told, secret))
    assert (first.status_code, first.json()) == (202, {"kept": True})
    assert (again.status_code, again.json()) == (200, {"kept": False})
    [kept] = hooks.take(store)
    assert (kept.node, kept.kind) == ("main", "call.ended")
    assert kept.body == {
        "call_id": CALL,
        "ended_at": "2026-11-27T11:00:09+00:00",
        "answered_at": None,
        "cause": "17",
        "sip": "",
    }


async def test_an_answer_in_a_flow_is_kept_as_it_was_posted(ask: Ask, store: Store) -> None:
    told = body("flow.answered", **ANSWER)
    assert (await ask("POST", "/pbx/main/hooks", told, signed(told))).status_code == 202
    [kept] = hooks.take(store)
    assert (kept.kind, kept.body) == ("flow.answered", ANSWER)


@pytest.mark.parametrize(
    "shown",
    [
        lambda: {},
        lambda: {"webhook-id": "msg-1"},
        lambda: {**signed(body()), "webhook-id": "msg-2"},
        lambda: signed(body(), age=600),
        lambda: signed(body(), age=-600),
        lambda: signed(body() + b" "),
        lambda: signed(body(), "whsec_" + base64.b64encode(b"3" * 32).decode()),
        lambda: {**signed(body()), "webhook-signature": "v1,"},
        lambda: {**signed(body()), "webhook-timestamp": "now"},
        lambda: basic(password="a-password-that-is-another-0123"),
        lambda: basic(node="west"),
        lambda: {"authorization": "Basic %%%"},
        lambda: {"authorization": f"Bearer {PASSWORD}"},
    ],
)
async def test_what_is_not_from_a_pbx_is_not_kept(
    ask: Ask, store: Store, shown: Callable[[], dict[str, str]]
) -> None:
    """Signed as the test begins: it may be collected minutes before, and they are good for five."""
    answer = await ask("POST", "/pbx/main/hooks", body(), shown())
    assert answer.status_code == 401
    assert hooks.due(store) == 0


async def test_a_site_without_secrets_takes_nothing(
    settings: Settings, store: Store, tmp_path: Path
) -> None:
    closed = settings.model_copy(update={"hooks": HookSettings()})
    transport = httpx.ASGITransport(make_app(closed, Lookout(closed)))
    async with httpx.AsyncClient(transport=transport, base_url="http://site") as client:
        for headers in (signed(body()), basic()):
            answer = await client.post("/pbx/main/hooks", content=body(), headers=headers)
            assert answer.status_code == 401


@pytest.mark.parametrize(
    ("told", "field"),
    [
        (b"{", "the post"),
        (body("call.begun"), "the post"),
        (body(**dict(ENDED, cause="17\r\nAction: Originate")), "data.cause"),
        (body(**dict(ENDED, call_id="mine")), "data.call_id"),
        (body(**dict(ENDED, ended_at="2026-11-27T12:00:09")), "data.ended_at"),
        (body(**dict(ENDED, more=1)), "data.more"),
        (body("recording.ready", call_id=CALL, path="../../etc/passwd"), "data.path"),
        (body("recording.ready", call_id=CALL, path="/etc/passwd"), "data.path"),
        (body("opted_out", number="12125550100"), "data.number"),
        (body("flow.answered", **dict(ANSWER, answer="${SHELL(id)}")), "data.answer"),
        (body("flow.answered", **dict(ANSWER, flow="a/b")), "data.flow"),
        (body("opted_out", call_id=CALL, number="+12125550100"), "data"),
    ],
)
async def test_a_post_that_is_not_what_it_says_is_told_which_field(
    ask: Ask, store: Store, told: bytes, field: str
) -> None:
    answer = await ask("POST", "/pbx/main/hooks", told, signed(told))
    assert answer.status_code == 422
    assert field in answer.json()["detail"]
    assert "Originate" not in answer.text
    assert hooks.due(store) == 0


async def test_a_node_that_the_site_has_not_posts_in_vain(ask: Ask) -> None:
    answer = await ask("POST", "/pbx/other/hooks", body(), signed(body()))
    assert answer.status_code == 404


async def test_a_post_without_end_is_given_up(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    too_long = b" " * (posted.LONGEST + 1)
    assert (await ask("POST", "/pbx/main/hooks", too_long, basic())).status_code == 413

    async def drip() -> Any:
        yield b"{"
        await asyncio.sleep(60)

    monkeypatch.setattr(posted, "SECONDS", 0.05)
    assert (await ask("POST", "/pbx/main/hooks", drip(), basic())).status_code == 408


async def test_a_record_of_mod_json_cdr_is_kept_under_its_calls_id(ask: Ask, store: Store) -> None:
    told = json.dumps(RECORD).encode()
    for kept in (True, False):
        answer = await ask("POST", "/pbx/main/cdr", told, basic())
        assert answer.json() == {"kept": kept}
    [hook] = hooks.take(store)
    assert (hook.kind, hook.body["cause"]) == ("call.ended", "NORMAL_CLEARING")


@pytest.mark.parametrize("told", [b"", b"nonsense", b"[" * 50_000, b"[1]", b'{"variables": {}}'])
async def test_what_is_no_record_is_told(ask: Ask, told: bytes) -> None:
    assert (await ask("POST", "/pbx/main/cdr", told, basic())).status_code == 422


async def test_where_the_database_is_away_the_pbx_is_told_to_post_again(
    settings: Settings, tmp_path: Path
) -> None:
    away = SecretStr(f"sqlite:///{tmp_path / 'no' / 'such' / 'site.db'}")
    lost = settings.model_copy(update={"database_url": away})
    transport = httpx.ASGITransport(make_app(lost, Lookout(lost)))
    async with httpx.AsyncClient(transport=transport, base_url="http://site") as client:
        answer = await client.post("/pbx/main/hooks", content=body(), headers=signed(body()))
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"


async def test_who_calls_is_told_to_a_pbx_alone(ask: Ask) -> None:
    path = "/pbx/main/caller?number=%2B12125550123"
    refused = await ask("GET", path)
    assert (refused.status_code, refused.headers["www-authenticate"][:6]) == (401, "Basic ")
    assert "hooks.password" in refused.json()["detail"]
    assert (await ask("GET", path, headers=signed(b""))).status_code == 401
    answer = await ask("GET", path, headers=basic())
    assert answer.json() == {"known": False, "campaign": "", "line": "", "do_not_call": False}
    assert (await ask("GET", f"{path}&only=line", headers=basic())).text == ""
    assert (await ask("GET", "/pbx/main/caller?number=1", headers=basic())).status_code == 422
