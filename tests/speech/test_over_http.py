"""A voice on the web, spoken to over real sockets."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from speech import over_http
from speech.errors import SpeechError
from speech.over_http import OverHttp
from tests.speech.sounds import file_of, tone

SECRET = "s3cret-of-the-voice"
SOUND = file_of(tone(), 22_050).getvalue()


class Voice(BaseHTTPRequestHandler):
    """A server; how it behaves, the path says."""

    asked: list[tuple[dict[str, Any], dict[str, str]]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append((body, dict(self.headers)))  # type: ignore[attr-defined]
        getattr(self, f"_{self.path.strip('/')}")()

    def _good(self) -> None:
        self._answer(200, "audio/wav; rate=22050", SOUND)

    def _elsewhere(self) -> None:
        self.send_response(302)
        self.send_header("location", "/good")
        self.end_headers()

    def _broken(self) -> None:
        self._answer(500, "audio/wav", SOUND)

    def _page(self) -> None:
        self._answer(200, "text/html", b"<html>log in</html>")

    def _huge(self) -> None:
        self._answer(200, "audio/wav", b"x" * 3000)

    def _slow(self) -> None:
        """A byte now and then, until nobody listens any more."""
        self.send_response(200)
        self.send_header("content-type", "audio/wav")
        self.end_headers()
        try:
            while not self.server.over.wait(0.05):  # type: ignore[attr-defined]
                self.wfile.write(b"x")
        except OSError:
            self.close_connection = True

    def _silent(self) -> None:
        self.server.over.wait(10)  # type: ignore[attr-defined]

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing is logged."""


class Server(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Voice)
        self.asked: list[tuple[dict[str, Any], dict[str, str]]] = []
        self.over = threading.Event()

    def engine(self, path: str, seconds: float = 5.0) -> OverHttp:
        return OverHttp(f"http://127.0.0.1:{self.server_port}/{path}", SECRET, seconds)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.05,))
        thread.start()
        yield made
        made.over.set()
        made.shutdown()
        thread.join()


def test_a_text_is_posted_and_its_sound_comes_back(server: Server) -> None:
    assert server.engine("good").say("Zoë, <b>1</b>", "es-MX", "ana") == SOUND
    [(body, headers)] = server.asked
    assert body == {"text": "Zoë, <b>1</b>", "language": "es-MX", "voice": "ana"}
    assert headers["authorization"] == f"Bearer {SECRET}"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("elsewhere", "answered 302; redirects are not followed"),
        ("broken", "answered 500"),
        ("page", "answered with 'text/html', and not with audio/wav"),
        ("huge", "a sound of more than 0 MB"),
        ("slow", r"no sound within 0\.5 s"),
        ("silent", r"no sound within 0\.5 s"),
    ],
)
def test_what_is_no_sound_in_time_is_told(
    server: Server, monkeypatch: pytest.MonkeyPatch, path: str, why: str
) -> None:
    monkeypatch.setattr(over_http, "LARGEST", 2000)
    with pytest.raises(SpeechError, match=rf"^127\.0\.0\.1: {why}$") as told:
        server.engine(path, 0.5).say("Hello.", "en", "")
    assert SECRET not in str(told.value)
    assert len(server.asked) == 1


def test_a_server_that_is_not_there_is_told() -> None:
    with socket.socket() as taken:  # bound, so that it is nobody else's, and not listened on
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/good"
        with pytest.raises(SpeechError, match=r"^127\.0\.0\.1: ConnectError"):
            OverHttp(url, SECRET).say("Hello.", "en", "")


def test_a_url_that_cannot_be_put_into_a_request_is_told() -> None:
    with pytest.raises(SpeechError, match=r"^localhost: InvalidURL"):
        OverHttp("http://localhost:9/a\nb", SECRET).say("Hello.", "en", "")
