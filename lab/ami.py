"""A plain AMI session for the lab's own needs: one action at a time, no reconnecting.

What dials is `connectors.asterisk`; this one only asks a server whether it is up.
"""

import socket
import time
from collections import deque
from collections.abc import Callable, Mapping

from lab.closing import Closing
from lab.errors import LabError

Message = dict[str, str]


class Ami(Closing):
    """Raises `LabError` when the server does not let us in or falls silent."""

    def __init__(self, host: str, port: int, user: str, secret: str, seconds: float = 5.0) -> None:
        self._seconds = seconds
        self._buffer = b""
        self._events: deque[Message] = deque()
        self._socket = socket.create_connection((host, port), timeout=seconds)
        try:
            self._log_in(user, secret)
        except BaseException:
            self.close()
            raise

    def action(self, name: str, headers: Mapping[str, str] | None = None) -> Message:
        """Send an action and return its response; events that come before it are kept."""
        lines = [f"Action: {name}", *(f"{key}: {value}" for key, value in (headers or {}).items())]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        deadline = time.monotonic() + self._seconds
        while "Event" in (message := self._next(deadline)):
            self._events.append(message)
        return message

    def command(self, text: str) -> str:
        """What the server's command line prints for `text`."""
        answer = self.action("Command", {"Command": text})
        return answer.get("Output", answer.get("Message", ""))

    def event(self, wanted: Callable[[Message], bool], seconds: float = 5.0) -> Message:
        """The first event, of those not yet taken, that is `wanted`; others are dropped."""
        deadline = time.monotonic() + seconds
        while True:
            message = self._events.popleft() if self._events else self._next(deadline)
            if wanted(message):
                return message

    def close(self) -> None:
        self._socket.close()

    def _log_in(self, user: str, secret: str) -> None:
        self._read_until(b"\r\n")
        answer = self.action("Login", {"Username": user, "Secret": secret})
        if answer.get("Response") != "Success":
            raise LabError(f"the AMI refused the account '{user}'")

    def _next(self, deadline: float) -> Message:
        return _parse(self._read_until(b"\r\n\r\n", deadline).decode(errors="replace"))

    def _read_until(self, mark: bytes, deadline: float | None = None) -> bytes:
        end = deadline or time.monotonic() + self._seconds
        while mark not in self._buffer:
            self._socket.settimeout(max(0.001, end - time.monotonic()))
            try:
                chunk = self._socket.recv(65536)
            except TimeoutError:
                raise LabError("the AMI said nothing of what was waited for in time") from None
            if not chunk:
                raise LabError("the AMI closed the connection")
            self._buffer += chunk
        found, _, self._buffer = self._buffer.partition(mark)
        return found


def _parse(text: str) -> Message:
    """The headers; those that are repeated (a command's output) joined by line ends."""
    message: Message = {}
    for line in text.split("\r\n"):
        key, _, value = line.partition(":")
        value = value.removeprefix(" ")
        message[key] = f"{message[key]}\n{value}" if key in message else value
    return message
