"""ESL from the server's side: bytes in, commands out; replies and events in, bytes out.

As mod_event_socket reads: a command is its lines up to an empty one, each ended by LF, with or
without CR; a Content-Length among them is followed by a body of so many bytes.
"""

from dataclasses import dataclass

MAX_HEAD = 65_536  # bytes; an originate with all its variables has a thousand
MAX_BODY = 262_144

Headers = dict[str, str]


class TooLarge(Exception):
    """A command that no client has a use for; the connection is of no further use either."""


@dataclass(frozen=True, slots=True)
class Command:
    """What was asked for: its first line, the headers after it, and a body."""

    line: str
    headers: Headers
    body: str = ""

    @property
    def verb(self) -> str:
        return self.line.partition(" ")[0].lower()

    @property
    def rest(self) -> str:
        return self.line.partition(" ")[2].strip()


class Reader:
    """Turns reads of any size into commands."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._seen = 0

    def feed(self, data: bytes) -> list[Command]:
        """Raises `TooLarge`; what came before it is lost with it."""
        self._held += data.replace(b"\r", b"")
        found = []
        while (command := self._next()) is not None:
            if command.line:
                found.append(command)
        return found

    def _next(self) -> Command | None:
        end = self._held.find(b"\n\n", max(0, self._seen - 1))
        if (end if end >= 0 else len(self._held)) > MAX_HEAD:
            raise TooLarge
        self._seen = len(self._held) if end < 0 else 0
        if end < 0:
            return None
        line, *rest = bytes(self._held[:end]).decode("utf-8", "replace").lstrip("\n").split("\n")
        headers = dict(map(_header, rest))
        length = _length(headers.get("content-length", ""))
        if len(self._held) < end + 2 + length:
            return None
        body = bytes(self._held[end + 2 : end + 2 + length])
        del self._held[: end + 2 + length]
        return Command(line.strip(), headers, body.decode("utf-8", "replace"))


def _header(line: str) -> tuple[str, str]:
    key, _, value = line.partition(":")
    return key.strip().lower(), value.strip()


def _length(text: str) -> int:
    if not text.isascii() or not text.isdecimal():
        return 0
    if len(text) > 9 or int(text) > MAX_BODY:
        raise TooLarge
    return int(text)


def reply(text: str, **headers: str) -> bytes:
    """A `command/reply`; an underscore in a further header's name is a dash."""
    more = "".join(f"{key.replace('_', '-')}: {value}\n" for key, value in headers.items())
    return f"Content-Type: command/reply\nReply-Text: {text}\n{more}\n".encode()


def response(text: str) -> bytes:
    """An `api/response`."""
    body = text.encode()
    return f"Content-Type: api/response\nContent-Length: {len(body)}\n\n".encode() + body


def event(kind: str, body: bytes) -> bytes:
    return f"Content-Length: {len(body)}\nContent-Type: text/event-{kind}\n\n".encode() + body


GREETING = b"Content-Type: auth/request\n\n"
UNKNOWN = "-ERR command not found"
_BYE = b"Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n"
GOODBYE = f"Content-Type: text/disconnect-notice\nContent-Length: {len(_BYE)}\n\n".encode() + _BYE
