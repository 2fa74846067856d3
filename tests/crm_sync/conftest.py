"""Receivers of results, real ones, and messages for them."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Engine,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    select,
)

from storage.outbox import Taken

SECRET = "whsec_" + "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """An HTTP server on loopback. `answers`: statuses for the next requests; then 204."""

    url: str = ""
    requests: list[Request] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    by_id: dict[str, int] = field(default_factory=dict)
    hang: threading.Event | None = None
    connections: int = 0


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    state = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            state.connections += 1
            super().setup()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {key.lower(): value for key, value in self.headers.items()}
            state.requests.append(Request(self.path, headers, body))
            if state.hang is not None:
                state.hang.wait(5)
            status = state.by_id.get(headers["webhook-id"]) or (
                state.answers.pop(0) if state.answers else 204
            )
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("location", state.url + "elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False  # closing waits until every connection is closed
    state.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield state
    if state.hang is not None:
        state.hang.set()
    server.shutdown()
    thread.join()
    server.server_close()


CALLS = Table(
    "calls",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("idempotency_key", String(120), unique=True),
    Column("number", String(16)),
    Column("outcome", String(20)),
    Column("disposition", String(40)),
    Column("ended_at", DateTime(timezone=True)),
    Column("talk_seconds", Float),
    Column("final", Boolean),
    Column("remark", String(40), server_default="theirs"),
)


@pytest.fixture(params=["sqlite", "postgresql"])
def crm_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a CRM's database, with nothing in it."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'crm.db'}"


@pytest.fixture
def crm(crm_url: str) -> Iterator[Engine]:
    """The CRM's database with a table `calls`."""
    engine = create_engine(crm_url)
    CALLS.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def rows(crm: Engine) -> Callable[[], list[dict[str, Any]]]:
    """What stands in `calls`."""

    def read() -> list[dict[str, Any]]:
        with crm.connect() as connection:
            found = connection.execute(select(CALLS).order_by(CALLS.c.idempotency_key))
            return [dict(row) for row in found.mappings()]

    return read


@pytest.fixture
def message() -> Callable[..., Taken]:
    """`message(1, outcome="busy")`: a taken message, with what differs."""

    def make(number: int, attempts: int = 1, **changes: Any) -> Taken:
        payload = {
            "attempt_id": str(UUID(int=number)),
            "campaign": "spring",
            "number": f"+1212555{number:04d}",
            "outcome": "connected",
            "disposition": "sale",
            "agent": "ann",
            "note": 'she said: "later"; DROP TABLE calls',
            "ended_at": "2026-11-20T12:00:00.123456+00:00",
            "talk_seconds": 12.5,
            "final": True,
            "next_at": None,
            **changes,
        }
        key = f"{UUID(int=number)}:ended"
        return Taken(UUID(int=1000 + number), "attempt.ended", key, payload, attempts)

    return make
