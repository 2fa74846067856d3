"""A segment: the rows that were noted as changed, as they are at one moment, and the keys of those
that are gone."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from storage.backup.digest import Count
from storage.backup.journal import Notes
from storage.backup.rows import Key, key_of, read_keys
from storage.backup.script import Head
from storage.backup.shape import Shape
from storage.backup.writing import write_end, write_gone, write_head, write_rows


def segment_of(
    connection: Connection, head: Head, notes: Notes, counts: Sequence[Count]
) -> Iterator[bytes]:
    """Its lines. `counts`: of the tables that the notes name; counted as the lines go by."""
    yield write_head(head)
    for count in counts:
        gone = set(notes.keys[count.shape])
        there = read_keys(connection, count.shape, notes.keys[count.shape])
        yield from write_rows(count.shape, _crossed_out(gone, count.shape, there), count)
        yield from write_gone(count.shape, gone)
    yield write_end(counts)


def _crossed_out(keys: set[Key], shape: Shape, lines: Iterator[bytes]) -> Iterator[bytes]:
    """The lines; their keys are taken out of `keys`."""
    for line in lines:
        keys.discard(key_of(line, shape))
        yield line
