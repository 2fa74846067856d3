"""A file that another program appends lines to, read on from where one has left off.

Where that is stands in a small file of its own: the file's inode and how many bytes are done with.
A file that has been put aside for a new one (log rotation) is found by its inode, and read to its
end first.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from speech.files import write_whole

LONGEST = 64 * 1024  # bytes of a line; what is longer is none
BEGINNING = (0, 0)


class BadPosition(Exception):
    """What stands in the file of the position is none."""


@dataclass(frozen=True, slots=True)
class Line:
    """`text`, and where the next one begins, once this one is done with."""

    text: str
    inode: int
    after: int


@dataclass(frozen=True, slots=True)
class Followed:
    """`file` may not be there yet. `position` is written by `done`."""

    file: Path
    position: Path

    def lines(self) -> Iterator[Line]:
        """Whole lines that nobody is done with. Raises `BadPosition`, `OSError`."""
        inode, offset = self._done_with()
        for path in self._files(inode):
            found = path.stat().st_ino
            yield from _lines(path, found, offset if found == inode else 0)

    def done(self, line: Line) -> None:
        """From now on the next line is the first. Raises `OSError`."""
        write_whole(self.position, json.dumps([line.inode, line.after]).encode())

    def _done_with(self) -> tuple[int, int]:
        try:
            inode, offset = json.loads(self.position.read_bytes())
            return max(int(inode), 0), max(int(offset), 0)
        except FileNotFoundError:
            return BEGINNING
        except (ValueError, TypeError, OverflowError) as wrong:
            raise BadPosition(
                f"{self.position}: expected what was written there last, such as [131, 2048] (the "
                "file's inode, and how many bytes of it are done with); remove it to begin anew"
            ) from wrong

    def _files(self, inode: int) -> list[Path]:
        """The one that was read from last, if it was put aside; then the file itself."""
        if not self.file.exists():
            return []
        aside = [path for path in self.file.parent.glob(f"{self.file.name}*") if path.is_file()]
        last = [path for path in aside if path.stat().st_ino == inode and path != self.file]
        return [*last[:1], self.file]


def _lines(path: Path, inode: int, offset: int) -> Iterator[Line]:
    """From `offset` on; from the beginning where the file is shorter, as it was emptied. A line
    that is too long is empty; one that has no end yet is none."""
    with path.open("rb") as file:
        file.seek(offset if offset <= os.fstat(file.fileno()).st_size else 0)
        too_long = False
        while piece := file.readline(LONGEST):
            ended = piece.endswith(b"\n")
            if ended:
                text = "" if too_long else piece.decode("utf-8", errors="replace").rstrip("\r\n")
                yield Line(text, inode, file.tell())
            too_long = not ended
