"""What python-ESL may be given to read: whole heads, in the one form that cannot hurt it.

It is C and believes its peer. A `Content-Length: -1` writes behind its memory, `%2d1` is the same
to it, 10**15 is an allocation that fails unseen; a read that ends with a line may be taken for the
end of a head, by a byte that an earlier read left behind it. So each frame is looked at before,
and is passed on in packets that end within no head.
"""

import re

from connectors.freeswitch import event as events
from connectors.freeswitch.codec import END, GREETING, MAX_HEAD, EslProtocolError, headers, length

PACKET = 20_480  # bytes; for each event it looks through all that it has
USUAL = re.compile(rb"Content-Length: ([0-9]{1,7})\nContent-Type: text/event-plain\n\n")
HEAD = re.compile(rb"(?:[A-Za-z][A-Za-z0-9-]{0,63}:[^\n\r\0]*\n)+")


class Gate:
    """Turns reads of any size into packets of whole frames."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._frame = 0  # bytes of the frame that begins what is held; 0 where that is not known
        self._begun = False

    def feed(self, data: bytes) -> list[bytes]:
        """The packets that `data` completes. Raises `EslProtocolError`."""
        self._held += data
        if not self._begun and self._held[: len(GREETING)] != GREETING[: len(self._held)]:
            raise EslProtocolError("the server does not greet as an event socket does")
        ready = 0  # bytes of whole frames that the next packet will hold
        packets: list[bytes] = []
        while size := self._next(ready):
            self._begun = True
            if ready and ready + size > PACKET:
                packets += self._take(ready)
                ready = 0
            ready += size
        return packets + self._take(ready)

    def _next(self, at: int) -> int:
        """The size of the frame that begins at `at`, once all of it is there."""
        size = self._frame or self._measure(at)
        whole = 0 < size <= len(self._held) - at
        self._frame = 0 if whole else size
        return size if whole else 0

    def _measure(self, at: int) -> int:
        if usual := USUAL.match(self._held, at):
            return usual.end() - at + int(usual[1])
        end = self._held.find(END, at)
        if (end if end >= 0 else len(self._held)) - at > MAX_HEAD:
            raise EslProtocolError(f"the head of a frame is longer than {MAX_HEAD} bytes")
        if end < 0:
            return 0
        head = bytes(self._held[at : end + 1])
        return end + len(END) - at + _body(head)

    def _take(self, size: int) -> list[bytes]:
        whole = bytes(self._held[:size])
        del self._held[:size]
        return [whole[at : at + PACKET] for at in range(0, size, PACKET)]


def _body(head: bytes) -> int:
    """The length of the body that follows a head, as python-ESL will see it, too."""
    if HEAD.fullmatch(head) is None:
        raise EslProtocolError("the head of a frame is not one of an event socket")
    told = headers(head[:-1].lower())
    if len(told) != head.count(b"\n"):
        raise EslProtocolError("a line of a head comes twice")
    if told.get("content-type") == events.KIND:
        raise EslProtocolError("an event came as JSON, which was not asked for")
    return length(told.get("content-length", "0"))
