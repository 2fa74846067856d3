"""AMI without I/O: bytes in, messages out; actions in, bytes out.

The wire, as `main/manager.c` reads and writes it. The server greets with one line. Then both
sides send messages: lines `Key: value` ended by CRLF, and an empty line. The server takes a bare
LF for a line's end as well, reads at most 1,024 bytes a line and 128 lines a message; hence
nothing but printable ASCII of at most 960 bytes may ever stand in a value that we send.

A message is decoded whole, so a UTF-8 character cannot be cut by a read; and only messages that
somebody `wants` are taken apart: what an event is stands in its first line.
"""

from collections.abc import Iterable

from connectors.pbx import CommandRefused

END = b"\r\n\r\n"
GREETING = b"Asterisk Call Manager/"
MAX_MESSAGE = 262_144  # bytes; the longest honest one is a few thousand
MAX_GREETING = 100
MAX_VALUE = 960  # bytes

Action = tuple[tuple[str, str], ...]


class AmiProtocolError(Exception):
    """What arrived is not AMI, or is larger than any message of an Asterisk."""


class Message:
    """One event or response. A header that is absent reads as the empty string.

    Headers are looked up where they are asked for: of an event's twenty, two or three are. One
    that repeats reads as its first value: what a dialplan adds to a UserEvent comes after the
    channel's own.
    """

    __slots__ = ("_text", "event")

    def __init__(self, block: bytes) -> None:
        self._text = f"\r\n{block.decode('utf-8', 'replace')}\r\n"
        self.event = self["Event"]  # empty for a response

    def __getitem__(self, key: str) -> str:
        mark = f"\r\n{key}:"
        start = self._text.find(mark)
        if start < 0:
            return ""
        start += len(mark)
        return self._text[start : self._text.find("\r\n", start)].removeprefix(" ")

    @property
    def headers(self) -> dict[str, str]:
        """All headers, in the order in which they came."""
        found: dict[str, str] = {}
        for line in self._text[2:-2].split("\r\n"):
            key, _, value = line.partition(":")
            found.setdefault(key, value.removeprefix(" "))
        return found

    @property
    def is_response(self) -> bool:
        return not self.event and "\r\nResponse:" in self._text

    def every(self, key: str) -> tuple[str, ...]:
        """All values of a header that repeats, as `Output` does in the answer to a command."""
        mark = f"{key}:"
        lines = self._text[2:-2].split("\r\n")
        return tuple(line[len(mark) :].removeprefix(" ") for line in lines if line.startswith(mark))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return f"Message({self.event or 'Response ' + self['Response']})"


class Decoder:
    """Turns reads of any size into messages. `wants`: events to keep; None keeps them all."""

    def __init__(self, wants: Iterable[str] | None = None) -> None:
        self.greeting = ""
        self._wants = None if wants is None else frozenset(name.encode() for name in wants)
        self._held = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """The wanted messages that `data` completes, in order.

        Raises `AmiProtocolError`; the link is then of no further use.
        """
        seen = max(0, len(self._held) - len(END) + 1)
        self._held += data
        if not self.greeting:
            self.greeting, seen = take_greeting(self._held), 0
            if not self.greeting:
                return []
        cut = self._held.rfind(END, seen)
        if cut < 0:
            self._bounded(MAX_MESSAGE)
            return []
        blocks = bytes(self._held[:cut]).split(END)
        del self._held[: cut + len(END)]
        self._bounded(MAX_MESSAGE)
        return [message for block in blocks if (message := self._read(block)) is not None]

    def _read(self, block: bytes) -> Message | None:
        block = block.strip(b"\r\n")
        if len(block) > MAX_MESSAGE:
            raise AmiProtocolError(f"a message is longer than {MAX_MESSAGE} bytes")
        if not block or self._unwanted(block):
            return None
        return Message(block)

    def _unwanted(self, block: bytes) -> bool:
        if self._wants is None or not block.startswith(b"Event: "):
            return False
        return block[7:71].partition(b"\r\n")[0] not in self._wants

    def _bounded(self, most: int) -> None:
        if len(self._held) > most:
            raise AmiProtocolError(f"a message is longer than {most} bytes")


def take_greeting(held: bytearray) -> str:
    """Take the first line off `held`; the empty string while it is not all there.

    Raises `AmiProtocolError` as soon as it cannot become the greeting of an Asterisk.
    """
    line, found, rest = bytes(held).partition(b"\r\n")
    if line[: len(GREETING)] != GREETING[: len(line)] or (found and len(line) <= len(GREETING)):
        raise AmiProtocolError("the server does not greet as an Asterisk manager does")
    if len(line) > MAX_GREETING:
        raise AmiProtocolError(f"the server's greeting is longer than {MAX_GREETING} bytes")
    if not found:
        return ""
    held[:] = rest
    return line.decode("ascii", "replace")


def encode(action: Action) -> bytes:
    """The bytes of an action.

    The last wall, behind `connectors.check`: raises `CommandRefused` if a value holds anything
    but printable ASCII, or is too long, without repeating it.
    """
    for key, value in action:
        if not key.isalnum() or not _harmless(key) or not _harmless(value):
            raise CommandRefused(
                f"not sent: a header of the AMI action {action[0][1]!r:.40} holds something other "
                f"than {MAX_VALUE} printable ASCII characters"
            )
    return "".join(f"{key}: {value}\r\n" for key, value in action).encode("ascii") + b"\r\n"


def _harmless(text: str) -> bool:
    return text.isascii() and text.isprintable() and len(text) <= MAX_VALUE
