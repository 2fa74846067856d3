"""A plain event-socket session for the lab's own needs: one command, one answer.

What dials is `connectors.freeswitch`; this one only asks a server what it has seen.
"""

import socket

from lab.closing import Closing
from lab.errors import LabError

SECONDS = 10.0


class Esl(Closing):
    """Raises `LabError` where the server turns us away, `OSError` where there is none."""

    def __init__(self, host: str, port: int, password: str) -> None:
        self._link = socket.create_connection((host, port), timeout=SECONDS)
        self._file = self._link.makefile("rb")
        try:
            self._log_in(password)
        except BaseException:
            self.close()
            raise

    def api(self, command: str) -> str:
        """What an API command answers."""
        return self._ask(f"api {command}").strip()

    def close(self) -> None:
        self._file.close()
        self._link.close()

    def _log_in(self, password: str) -> None:
        self._frame()
        if not self._ask(f"auth {password}").startswith("+OK"):
            host, port = self._link.getpeername()
            raise LabError(f"the FreeSWITCH at {host}:{port} refuses the password")

    def _ask(self, command: str) -> str:
        self._link.sendall(f"{command}\n\n".encode())
        head, body = self._frame()
        return body or head.get("Reply-Text", "")

    def _frame(self) -> tuple[dict[str, str], str]:
        head: dict[str, str] = {}
        while (line := self._file.readline().decode()) not in ("\n", ""):
            key, _, value = line.partition(":")
            head[key] = value.strip()
        if not head:
            raise LabError("the FreeSWITCH closed the connection")
        length = int(head.get("Content-Length", 0))
        return head, self._file.read(length).decode("utf-8", "replace")
