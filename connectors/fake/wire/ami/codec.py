"""AMI from the server's side: bytes in, actions out; events and responses in, bytes out.

As main/manager.c reads: a line ends at LF, with or without CR; an empty line ends the message; a
line of 1,024 bytes or a message of 128 lines is read to its end and is an error.
"""

from dataclasses import dataclass

MAX_LINE, MAX_LINES = 1023, 128
TOO_LONG = "Failed to parse message: line too long"
TOO_MANY = "Too many lines in message or allocation failure"

Packet = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Action:
    """What was asked for: headers in their order, or what is wrong with them."""

    headers: Packet
    wrong: str = ""

    def __getitem__(self, name: str) -> str:
        """The first header of that name, in whatever case; empty where there is none."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), "")

    @property
    def name(self) -> str:
        return self["Action"].lower()


class Reader:
    """Turns reads of any size into actions. Holds one line and one message at most."""

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[bytes] = []
        self._wrong = ""

    def feed(self, data: bytes) -> list[Action]:
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MAX_LINE:
            self._rest, self._wrong = b"x" * (MAX_LINE + 1), TOO_LONG
        return [action for line in lines if (action := self._take(line)) is not None]

    def _take(self, line: bytes) -> Action | None:
        line = line.removesuffix(b"\r")
        if len(line) > MAX_LINE:
            self._wrong = TOO_LONG
        elif line and len(self._lines) >= MAX_LINES:
            self._wrong = self._wrong or TOO_MANY
        elif line:
            self._lines.append(line)
        elif self._lines or self._wrong:
            lines, wrong = self._lines, self._wrong
            self._lines, self._wrong = [], ""
            return Action(tuple(map(_header, lines)), wrong)
        return None


def _header(line: bytes) -> tuple[str, str]:
    key, _, value = line.decode("utf-8", "replace").replace("\r", "").partition(":")
    return key.strip(), value.strip()


def encode(packet: Packet) -> bytes:
    """The bytes of a response or an event."""
    return ("".join(f"{key}: {value}\r\n" for key, value in packet) + "\r\n").encode()
