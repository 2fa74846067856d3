"""The stream as greenswitch may be given it: see the numbers in greenswitch_transport."""

from typing import BinaryIO

from connectors.freeswitch.codec import END, GREETING, MAX_HEAD, EslProtocolError

PRINTABLE = bytes(c if c == 10 or 32 <= c < 127 else ord("?") for c in range(256))
LAST = b"\nEnd: ."  # greenswitch cuts off white space at the end, and an empty value with it


class Lines:
    """The file that it reads from. `why`: what was wrong, which greenswitch keeps to itself."""

    def __init__(self, file: BinaryIO) -> None:
        self.why: Exception | None = None
        self._file = file
        self._begun = False
        self._size = 0  # bytes of the head that is being read

    def readline(self) -> bytes:
        """A line of a head, which cannot become more than one; nothing at the end."""
        try:
            return self._line(self._file.readline(MAX_HEAD + 1))
        except (OSError, EslProtocolError) as error:
            self.why = error
            raise

    def read(self, size: int) -> bytes:
        """A whole body. Raises `EOFError` where the stream ends within it."""
        body = self._file.read(size)
        if len(body) < size:
            raise EOFError
        return body

    def close(self) -> None:
        self._file.close()

    def _line(self, line: bytes) -> bytes:
        if line in (b"", b"\n"):
            self._size = 0
            return line
        self._size += len(line)
        if self._size > MAX_HEAD:
            raise EslProtocolError(f"the head of a frame is longer than {MAX_HEAD} bytes")
        if not self._begun and not line.startswith(GREETING):
            raise EslProtocolError("the server does not greet as an event socket does")
        self._begun = True
        key, colon, value = line.partition(b":")
        if not colon and line.endswith(b"\n"):
            raise EslProtocolError("a line of a head has no value")
        return harmless(key + b": " + value) if line.endswith(b"\n") else b""


def harmless(text: bytes) -> bytes:
    """Lines of which greenswitch makes what they say, and no more lines."""
    return text.translate(PRINTABLE).replace(b"%", b"%25")


def parts(body: bytes) -> tuple[str, str]:
    """The headers of a plain event, harmless, and what follows them. Raises `EslProtocolError`."""
    head, _, rest = body.partition(END)
    if b": " not in head.partition(b"\n")[0]:
        raise EslProtocolError("an event has no headers")
    return (harmless(head) + LAST).decode("ascii"), rest.decode("utf-8", "replace")
