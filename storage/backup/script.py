"""The text of a backup: for each table the form of PostgreSQL's COPY, between a head and an end.

    -- dialplane backup 1 {"schema": "0010", "taken_at": ..., "shapes": [...], ...}
    COPY leads ("id", "list_name", ...) FROM stdin;
    0192...<tab>spring<tab>...
    \\.
    -- end {"leads": {"rows": 1, "digest": "..."}, ...}

A segment holds the rows that have changed since the file before it, and before those of a table
the keys of rows that are gone (`-- gone leads`). Whoever has the key can read it with `age` and
`gunzip`, without Dialplane.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import orjson

from storage.backup.cells import split, unescape
from storage.backup.errors import BackupUnreadable
from storage.backup.rows import Key
from storage.backup.shape import Shape, heard

T = TypeVar("T")
FORMAT = 1
HEAD, GONE, END, OVER = b"-- dialplane backup ", b"-- gone ", b"-- end ", b"\\.\n"
COPY = b"COPY "


@dataclass(frozen=True, slots=True)
class Head:
    """What a backup says of itself. `taken_at`: by the database's clock; all that was committed
    before is in it. `after`: of a segment, the number of the file before it."""

    schema: str
    program: str
    database: str
    taken_at: datetime
    shapes: tuple[Shape, ...]
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What a backup says of a table at its end."""

    rows: int
    digest: str


class Script:
    """Reads a backup from its head to its end. Raises `BackupUnreadable`."""

    def __init__(self, source: BinaryIO, path: Path) -> None:
        self.path = path
        self._source = source
        self.head = self._guarded(self._read_head)
        self._shapes = {shape.table: shape for shape in self.head.shapes}
        self.end: Mapping[str, Told] = {}

    def sections(
        self,
        rows: Callable[[Shape, Iterator[bytes]], None],
        gone: Callable[[Shape, Iterator[Key]], None],
    ) -> None:
        """Give each table's lines to `rows` and keys to `gone`, which must take all of them."""
        while True:
            line = self._source.readline()
            if line.startswith(COPY):
                rows(self._shape(line.split()[1]), self._lines())
            elif line.startswith(GONE):
                gone(self._shape(line.split()[2]), self._keys())
            else:
                self.end = self._guarded(partial(_read_end, line))
                return

    def _lines(self) -> Iterator[bytes]:
        for line in self._source:
            if line == OVER:
                return
            yield line
        raise self._damaged()

    def _keys(self) -> Iterator[Key]:
        for line in self._lines():
            yield tuple(map(unescape, split(line)))

    def _shape(self, name: bytes) -> Shape:
        shape = self._shapes.get(name.decode(errors="replace"))
        if shape is None:
            raise self._damaged()
        return shape

    def _read_head(self) -> Head:
        line = self._source.readline()
        if not line.startswith(HEAD):
            raise ValueError("no head")
        number, _, told = line[len(HEAD) :].partition(b" ")
        if int(number) != FORMAT:
            raise BackupUnreadable(
                f"{self.path}: it was made by a newer Dialplane (its form is {int(number)}, this "
                f"program knows {FORMAT}); restore it with that one"
            )
        return _head(orjson.loads(told))

    def _guarded(self, read: Callable[[], T]) -> T:
        try:
            return read()
        except (ValueError, KeyError, TypeError, AttributeError) as wrong:
            raise self._damaged() from wrong

    def _damaged(self) -> BackupUnreadable:
        return BackupUnreadable(
            f"{self.path}: what is in it is no backup as Dialplane writes them; take another one"
        )


def _head(told: Mapping[str, Any]) -> Head:
    return Head(
        schema=str(told["schema"]),
        program=str(told["program"]),
        database=str(told["database"]),
        taken_at=datetime.fromisoformat(told["taken_at"]),
        shapes=tuple(heard(shape) for shape in told["shapes"]),
        after=told["after"],
    )


def _read_end(line: bytes) -> dict[str, Told]:
    if not line.startswith(END):
        raise ValueError("no end")
    told = orjson.loads(line[len(END) :])
    return {table: Told(each["rows"], each["digest"]) for table, each in told.items()}
