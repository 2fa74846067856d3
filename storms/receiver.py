"""A CRM that misbehaves in every way that an HTTP receiver can, and counts its effects."""

import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from types import TracebackType
from typing import Any, Self

WELL, DOWN, HANGS = 204, 0, -1
HANG_SECONDS = 30.0
Effect = tuple[str, str]  # what has happened, and to which attempt
TWICE = 0.3  # of results arrive, are answered as if they had not, and come once more


class Receiver:
    """`mood` is the status of each answer, or `DOWN` or `HANGS`."""

    def __init__(self, seed: int) -> None:
        self.mood = WELL
        self.keys: Counter[str] = Counter()  # deliveries that have arrived, by idempotency key
        self.effects: dict[Effect, set[str]] = {}  # the keys under which each was told
        self._chance = Random(seed)
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}/results"

    def take(self, key: str, about: Effect) -> int:
        """The status of the answer; 0: there is none."""
        mood = self.mood
        if mood == HANGS:
            self._over.wait(HANG_SECONDS)
            return DOWN
        if mood != WELL:
            return mood
        with self._lock:
            self.keys[key] += 1
            self.effects.setdefault(about, set()).add(key)
            again = self.keys[key] == 1 and self._chance.random() < TWICE
            return 500 if again else WELL

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        take = self.take

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                data = body["data"]
                status = take(data["idempotency_key"], (body["type"], data["attempt_id"]))
                if status == DOWN:
                    self.connection.close()
                    return
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Nobody reads it."""

        return Handler
