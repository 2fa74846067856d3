"""ESL without I/O: bytes in, frames out; actions in, bytes out.

The wire, as mod_event_socket reads and writes it. A frame is lines `Key: value` ended by LF, an
empty line and, where there is a Content-Length, a body of so many bytes. The server begins with
`auth/request`. Each command has one answer (`command/reply`, or `api/response` with a body), in
the order of the commands; events come in between, as JSON bodies. The server takes a command up
to its empty line, each line as a header: hence no line end may ever stand in what we send.
"""

from dataclasses import dataclass
from uuid import UUID

from connectors.pbx import CommandRefused

END = b"\n\n"
GREETING = b"Content-"
MAX_HEAD = 16_384  # bytes; the longest honest one has a few hundred
MAX_BODY = 16_777_216  # bytes; the channels of a full server, as JSON
MAX_COMMAND = 1_500  # bytes; an originate has 600


class EslProtocolError(Exception):
    """What arrived is not ESL, or is larger than anything of a FreeSWITCH."""


@dataclass(frozen=True, slots=True)
class Action:
    """An API command. `verb` and `call_id` tell what its answer is about.

    One that runs in the `background` is answered twice: it was taken, and what came of it.
    """

    verb: str
    call_id: UUID
    command: str
    background: bool = False

    @property
    def id(self) -> str:
        return f"{self.verb}:{self.call_id}"


@dataclass(frozen=True, slots=True)
class Frame:
    """What the server sent at one time."""

    headers: dict[str, str]
    body: bytes = b""

    @property
    def kind(self) -> str:
        return self.headers.get("Content-Type", "")

    @property
    def text(self) -> str:
        """What it answers to a command."""
        if self.kind == "api/response":
            return self.body.decode("utf-8", "replace").strip()
        return self.headers.get("Reply-Text", "").strip()


class Decoder:
    """Turns reads of any size into frames."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._head: dict[str, str] | None = None
        self._wanted = 0  # bytes of a body that is not all there
        self._seen = 0
        self._begun = False

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that `data` completes, in order.

        Raises `EslProtocolError`; the link is then of no further use.
        """
        self._held += data
        if not self._begun and self._held[: len(GREETING)] != GREETING[: len(self._held)]:
            raise EslProtocolError("the server does not greet as an event socket does")
        frames = []
        while (frame := self._next()) is not None:
            self._begun = True
            frames.append(frame)
        return frames

    def _next(self) -> Frame | None:
        if self._head is None:
            self._head = self._take_head()
        if self._head is None or len(self._held) < self._wanted:
            return None
        frame = Frame(self._head, bytes(self._held[: self._wanted]))
        del self._held[: self._wanted]
        self._head, self._wanted = None, 0
        return frame

    def _take_head(self) -> dict[str, str] | None:
        end = self._held.find(END, max(0, self._seen - 1))
        self._seen = len(self._held) if end < 0 else 0
        if (end if end >= 0 else len(self._held)) > MAX_HEAD:
            raise EslProtocolError(f"the head of a frame is longer than {MAX_HEAD} bytes")
        if end < 0:
            return None
        head = headers(bytes(self._held[:end]))
        del self._held[: end + len(END)]
        self._wanted = _length(head.get("Content-Length", "0"))
        return head


def headers(block: bytes) -> dict[str, str]:
    """The lines of a head; of one that repeats, the first counts."""
    found: dict[str, str] = {}
    for line in block.decode("utf-8", "replace").split("\n"):
        key, _, value = line.partition(":")
        found.setdefault(key, value.strip())
    return found


def _length(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise EslProtocolError("the length of a body cannot be read")
    if int(text) > MAX_BODY:
        raise EslProtocolError(f"a body is longer than {MAX_BODY} bytes")
    return int(text)


def encode(action: Action) -> bytes:
    """The bytes of an action. Raises `CommandRefused`: see `line`."""
    if action.background:
        return line(f"bgapi {action.command}", f"Job-UUID: {action.id}")
    return line(f"api {action.command}")


def line(*lines: str) -> bytes:
    """The bytes of a command.

    The last wall, behind `connectors.check`: raises `CommandRefused` if a line holds anything but
    printable ASCII, or is too long, without repeating it.
    """
    for text in lines:
        if not (text.isascii() and text.isprintable() and 0 < len(text) <= MAX_COMMAND):
            raise CommandRefused(
                f"not sent: a line of an ESL command holds something other than {MAX_COMMAND} "
                "printable ASCII characters"
            )
    return "\n".join(lines).encode("ascii") + END
