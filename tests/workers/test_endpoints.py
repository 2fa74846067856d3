"""What flows ask: real requests to a server on loopback, and everything that is no answer."""

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook

from campaigns.flow_effects import AskEndpoint
from workers.endpoints import LONGEST, Endpoints
from workers.settings import EndpointSettings, SettingsError
from workers.settings_file import load_settings

Soon = Callable[..., Awaitable[None]]
SECRET = "whsec_" + "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"
CALL = UUID(int=7)


@dataclass
class Server:
    """What it answers, and what it was asked."""

    url: str = ""
    status: int = 200
    body: bytes = b'{"offer": "0930", "count": 3, "ok": true}'
    asked: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    hold: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()
    state.hold.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            state.asked.append(({k.lower(): v for k, v in self.headers.items()}, body))
            state.hold.wait(10)
            self.send_response(state.status)
            self.send_header("location", f"{state.url}/elsewhere")
            self.send_header("content-length", str(len(state.body)))
            self.end_headers()
            self.wfile.write(state.body)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{http.server_port}/slots"
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield state
    state.hold.set()
    http.shutdown()
    thread.join()
    http.server_close()


@dataclass
class Bench:
    """Endpoints, and what they have told."""

    endpoints: Endpoints
    told: list[tuple[str, Mapping[str, str] | None]]

    async def answer(self, soon: Soon, **changes: Any) -> Mapping[str, str] | None:
        self.endpoints.ask(question(**changes))
        await soon(lambda: len(self.told) == 1)
        return self.told[0][1]


@pytest.fixture
async def bench(server: Server) -> AsyncIterator[Bench]:
    told: list[tuple[str, Mapping[str, str] | None]] = []
    known = EndpointSettings(url=server.url, secret=SecretStr(SECRET), allow_private=True)
    private = EndpointSettings(url="https://localhost/x", secret=SecretStr(SECRET))
    endpoints = Endpoints(
        {"slots": known, "private": private},
        "spring",
        lambda ask, got: told.append((ask.ticket, got)),
    )
    yield Bench(endpoints, told)
    await endpoints.close()


def question(**changes: Any) -> AskEndpoint:
    given: dict[str, Any] = {
        "node": "main",
        "call_id": CALL,
        "endpoint": "slots",
        "ticket": "4",
        "timeout": 5.0,
        "sent": {"day": "1224"},
        "into": {"found": "offer", "n": "count", "fine": "ok"},
    }
    return AskEndpoint(**{**given, **changes})


async def test_an_endpoint_is_asked_signed_and_its_fields_come_by_variable(
    bench: Bench, server: Server, soon: Soon
) -> None:
    assert await bench.answer(soon) == {"found": "0930", "n": "3", "fine": "true"}
    [(headers, body)] = server.asked
    assert Webhook(SECRET).verify(body.decode(), headers)
    assert headers["webhook-id"] == f"{CALL}:4"
    told = json.loads(body)
    assert told["type"] == "flow.asked"
    assert told["data"] == {
        "attempt_id": str(CALL),
        "campaign": "spring",
        "endpoint": "slots",
        "fields": {"day": "1224"},
    }


async def test_that_it_has_answered_is_enough_where_nothing_is_wanted(
    bench: Bench, server: Server, soon: Soon
) -> None:
    server.body, server.status = b"", 204
    assert await bench.answer(soon, into={}) == {}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b"{}"),
        (302, b'{"offer": "x", "count": 1, "ok": true}'),  # a redirect is not followed
        (200, b"not json"),
        (200, b'["offer"]'),
        (200, b'{"offer": "x", "count": 1}'),
        (200, b'{"offer": ["x"], "count": 1, "ok": true}'),
        (200, b'{"offer": "two\\nlines", "count": 1, "ok": true}'),
        (200, json.dumps({"offer": "x" * 201, "count": 1, "ok": True}).encode()),
        (200, b'{"offer": "' + b"x" * LONGEST + b'"}'),
        (200, b"[" * 30_000),
    ],
)
async def test_what_is_no_answer(
    bench: Bench, server: Server, soon: Soon, status: int, body: bytes
) -> None:
    server.status, server.body = status, body
    assert await bench.answer(soon) is None
    assert len(server.asked) == 1


async def test_one_that_takes_too_long_has_not_answered(
    bench: Bench, server: Server, soon: Soon
) -> None:
    server.hold.clear()
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert await bench.answer(soon, timeout=0.3) is None
    assert loop.time() - began < 3


async def test_nobody_is_asked_twice_and_nothing_is_told_after_the_end(
    bench: Bench, server: Server, soon: Soon
) -> None:
    server.hold.clear()
    bench.endpoints.ask(question())
    await soon(lambda: len(server.asked) == 1)
    await bench.endpoints.close()
    server.hold.set()
    assert bench.told == []


@pytest.mark.parametrize(
    ("endpoint", "why"),
    [
        ("other", "there is no [endpoints.other] in the settings"),
        ("private", "which is not an address of the open internet"),
    ],
)
async def test_who_is_not_asked_at_all(
    bench: Bench,
    server: Server,
    soon: Soon,
    caplog: pytest.LogCaptureFixture,
    endpoint: str,
    why: str,
) -> None:
    assert await bench.answer(soon, endpoint=endpoint, sent={"pin": "4711"}) is None
    assert server.asked == []
    assert why in caplog.text
    assert "4711" not in caplog.text


async def test_a_port_where_nobody_listens(soon: Soon) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
        known = EndpointSettings(url=url, secret=SecretStr(SECRET), allow_private=True)
        told: list[Any] = []
        endpoints = Endpoints({"slots": known}, "spring", lambda ask, got: told.append(got))
        endpoints.ask(question())
        await soon(lambda: told == [None])
        await endpoints.close()


# --- settings ---------------------------------------------------------------------------------


def settings_of(folder: Path, text: str) -> Any:
    (folder / "dialplane.toml").write_text(text)
    return load_settings(folder, {})


def test_endpoints_are_settings_by_name(tmp_path: Path) -> None:
    text = f'[endpoints.slots]\nurl = "https://example.com/slots"\nsecret = "{SECRET}"\n'
    found = settings_of(tmp_path, text).endpoints["slots"]
    assert (found.url, found.allow_private) == ("https://example.com/slots", False)
    assert SECRET not in repr(found)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('url = "http://example.com/"', "endpoints.slots.url: expected an https:// URL"),
        ('url = "ftp://x"', "endpoints.slots.url: expected an https:// URL"),
        ('url = "https://a/"\nport = 1', "no such key; expected one of allow_private, secret, url"),
    ],
)
def test_wrong_endpoints_are_told_with_their_key(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        settings_of(tmp_path, f'[endpoints.slots]\nsecret = "{SECRET}"\n{line}\n')
    assert said in str(wrong.value)
    assert SECRET not in str(wrong.value)


def test_a_secret_that_is_too_short_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as wrong:
        settings_of(tmp_path, '[endpoints.slots]\nurl = "https://a/"\nsecret = "whsec_c2hvcnQ="\n')
    assert "endpoints.slots.secret: expected whsec_" in str(wrong.value)
    assert "c2hvcnQ" not in str(wrong.value)
