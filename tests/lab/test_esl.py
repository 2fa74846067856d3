"""The lab's own session with an event socket."""

import socket
import threading
from collections.abc import Iterator

import pytest

from lab.errors import LabError
from lab.esl import Esl

GREETING = b"Content-Type: auth/request\n\n"


class OneTalk:
    """Says what it is given to the first who connects, and hears whether they hang up."""

    def __init__(self) -> None:
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        self.says = b""
        self.hung_up = threading.Event()
        threading.Thread(target=self._talk, daemon=True).start()

    def close(self) -> None:
        self._door.close()

    def _talk(self) -> None:
        link, _ = self._door.accept()
        with link:
            link.sendall(self.says)
            while link.recv(4096):
                pass
            self.hung_up.set()


@pytest.fixture
def server() -> Iterator[OneTalk]:
    talk = OneTalk()
    yield talk
    talk.close()


@pytest.mark.parametrize(
    ("says", "error"),
    [
        (b"\n\n", LabError),
        (b"\xff\n\n", UnicodeDecodeError),
        (GREETING + b"Reply-Text: -ERR invalid\n\n", LabError),
        (GREETING + b"Content-Length: many\n\n", ValueError),
    ],
    ids=["nothing", "no text", "refused", "no length"],
)
def test_a_log_in_that_fails_leaves_no_connection(
    server: OneTalk, says: bytes, error: type[Exception]
) -> None:
    server.says = says
    with pytest.raises(error) as failed:
        Esl("127.0.0.1", server.port, "pw")
    assert server.hung_up.wait(5), f"it holds on to the connection after {failed.value}"
