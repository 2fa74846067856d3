"""An Asterisk manager that lets anyone in and plays a stream of events, as fast as it is read.

It runs in threads of its own, so that its time is none of the client's (`time.thread_time`).
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from workers.bench.ami_stream import Stream
from workers.bench.rounds import BenchFailed

GREETING = b"Asterisk Call Manager/11.0.0\r\n"
BOOTED = "Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n"
LISTED = (
    "EventList: start\r\nMessage: list will follow\r\n\r\n"
    "Event: {event}\r\n{id}EventList: Complete\r\nListItems: 0\r\n"
)
ANSWERS = {
    "Challenge": "Challenge: 123456789\r\n",
    "Login": "Message: Authentication accepted\r\n",
    "CoreSettings": "AMIversion: 11.0.0\r\nAsteriskVersion: 22.10.1\r\n",
    "ShowDialPlan": LISTED.replace("{event}", "ShowDialPlanComplete"),
    "ListCommands": "ConfbridgeList: (Priv: all)\r\nStopMixMonitor: (Priv: all)\r\n",
    "CoreShowChannels": LISTED.replace("{event}", "CoreShowChannelsComplete"),
    "Ping": "Ping: Pong\r\n",
    "Logoff": "",
}


class AmiServer:
    """Takes one client after the other; `play` sends the stream to the one that is there."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host, self.port = self._listener.getsockname()
        self._client: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve, name="bench-ami", daemon=True)
        self._thread.start()

    def play(self) -> None:
        """Send the whole stream. Blocks until the client has taken it."""
        if self._client is None:
            raise BenchFailed("nobody is connected to the bench's AMI server")
        self._client.sendall(self._stream.data)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                self._client, _ = self._listener.accept()
            except OSError:
                return  # closed
            with self._client:
                self._answer(self._client)

    def _answer(self, client: socket.socket) -> None:
        """Until the client goes. Originates are swallowed: the stream tells what became of them."""
        client.sendall(GREETING)
        for action in _actions(client):
            known = ANSWERS.get(action["Action"])
            if known is not None:
                about = f"ActionID: {action['ActionID']}\r\n"
                text = f"Response: Success\r\n{about}{known.replace('{id}', about)}\r\n"
                client.sendall((text + BOOTED * (action["Action"] == "Login")).encode())


@contextmanager
def serving(stream: Stream) -> Iterator[AmiServer]:
    """A server that is gone afterwards."""
    server = AmiServer(stream)
    try:
        yield server
    finally:
        server.close()


def _actions(client: socket.socket) -> Iterator[dict[str, str]]:
    held = b""
    while True:
        try:
            data = client.recv(262_144)
        except ConnectionError:
            return
        if not data:
            return
        *whole, held = (held + data).split(b"\r\n\r\n")
        for block in whole:
            lines = (line.partition(": ") for line in block.decode().split("\r\n"))
            yield {key: value for key, _, value in lines}
