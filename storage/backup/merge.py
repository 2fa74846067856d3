"""Many segments as one: of each row only what was told last."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from storage.backup.errors import BackupUnreadable
from storage.backup.folder import number_of
from storage.backup.keys import Identity
from storage.backup.proof import Proof
from storage.backup.rows import Key, delete_keys, key_of, write_rows
from storage.backup.script import Head, Script
from storage.backup.shape import Shape
from storage.backup.unsealing import unsealed

MOST = 200_000  # rows that are held in memory


class Merge:
    """Takes segments in, and puts them into the database when there are many rows, or `flush`."""

    def __init__(self, connection: Connection | None) -> None:
        """`connection`: None only reads them."""
        self._connection = connection
        self._rows: dict[Shape, dict[Key, bytes | None]] = {}

    def read(self, path: Path, identities: Sequence[Identity], schema: str) -> datetime:
        """One more segment, which must follow on what is there; its moment."""
        with unsealed(path, identities) as source:
            script = Script(source, path)
            head: Head = script.head
            if head.after != number_of(path) - 1 or head.schema != schema:
                raise BackupUnreadable(f"{path}: it does not belong to the file before it")
            proof = Proof(script)
            script.sections(lambda s, lines: self._changed(s, proof.counted(s, lines)), self._gone)
        proof.require()
        if sum(map(len, self._rows.values())) > MOST:
            self.flush()
        return head.taken_at

    def flush(self) -> None:
        """Deleted first, all tables, then inserted: no two versions of a row ever meet."""
        if self._connection is not None:
            for shape, rows in self._rows.items():
                delete_keys(self._connection, shape, rows)
                write_rows(self._connection, shape, _there(rows.values()))
        self._rows.clear()

    def _changed(self, shape: Shape, lines: Iterator[bytes]) -> None:
        held = self._rows.setdefault(shape, {})
        for line in lines:
            held[key_of(line, shape)] = line

    def _gone(self, shape: Shape, keys: Iterator[Key]) -> None:
        self._rows.setdefault(shape, {}).update(dict.fromkeys(keys))


def _there(lines: Iterable[bytes | None]) -> Iterator[bytes]:
    return (line for line in lines if line is not None)
