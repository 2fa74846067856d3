"""The lines of a text of any length, of which none fills the memory."""

from collections.abc import Iterator
from typing import TextIO

LONGEST_LINE = 1_000_000


class TooLong(Exception):
    """A line was passed over; the text says why."""


class Lines:
    """The lines of a file; it goes on after one that is too long, of which `TooLong` tells.

    `read` counts all of them, from how many have been read before; `quoted`: whether a quote is
    open since it was last set to False.
    """

    def __init__(self, text: TextIO, read: int = 0) -> None:
        self._text = text
        self.read = read
        self.quoted = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._text.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        self.read += 1
        self.quoted ^= line.count('"') % 2 == 1
        if len(line) < LONGEST_LINE or line.endswith("\n"):
            return line
        while line and not line.endswith("\n"):
            line = self._text.readline(LONGEST_LINE)
            self.quoted ^= line.count('"') % 2 == 1
        raise TooLong(f"the line is longer than {LONGEST_LINE} characters")
