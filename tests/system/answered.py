"""What a site asks over HTTP while flows go on: a voice that says texts as tones, and endpoints."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook

from tests.system.tuned import LOWEST, beep

SECRET = "whsec_" + "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"


@dataclass
class Answering:
    """`sounds`: texts that are said, each with its hertz; any other one, such as a voice is tried
    out with, is no prompt's. `answers`: of endpoints by name; one without is down."""

    sounds: dict[str, int] = field(default_factory=dict)
    answers: dict[str, Mapping[str, str] | None] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    url: str = ""

    def settings(self) -> str:
        """What `dialplane.toml` says of it."""
        lines = ["[speech]", 'engine = "http"', f'url = "{self.url}/say"']
        for name in self.answers:
            lines += [f"[endpoints.{name}]", f'url = "{self.url}/ask"', f'secret = "{SECRET}"']
            lines += ["allow_private = true"]
        return "\n".join([*lines, ""])

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[str, bytes]:
        """The kind of what is answered, and that; the kind is empty where nothing is."""
        if path == "/say":
            text = " ".join(json.loads(body)["text"].split())
            return "audio/wav", beep(self.sounds.get(text, LOWEST // 2))
        told: Any = Webhook(SECRET).verify(body, {**headers})
        endpoint = told["data"]["endpoint"]
        self.asked.add(endpoint)
        answer = self.answers[endpoint]
        return ("", b"") if answer is None else ("application/json", json.dumps(answer).encode())


@contextmanager
def answering() -> Iterator[Answering]:
    """One that answers on loopback."""
    it = Answering()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            kind, answer = it.answer(self.path, headers, body)
            self.send_response(200 if kind else 503)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    it.url = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield it
    http.shutdown()
    thread.join()
    http.server_close()
