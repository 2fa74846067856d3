"""Writing what `script` reads: lines, from a head to an end."""

from collections.abc import Iterable, Iterator

import orjson

from storage.backup.cells import escape
from storage.backup.digest import Count
from storage.backup.rows import Key
from storage.backup.script import COPY, END, FORMAT, GONE, HEAD, OVER, Head
from storage.backup.shape import Shape


def write_head(head: Head) -> bytes:
    told = {
        "schema": head.schema,
        "program": head.program,
        "database": head.database,
        "taken_at": head.taken_at,
        "shapes": [shape.told() for shape in head.shapes],
        "after": head.after,
    }
    return HEAD + b"%d " % FORMAT + orjson.dumps(told) + b"\n"


def write_rows(shape: Shape, lines: Iterable[bytes], count: Count) -> Iterator[bytes]:
    yield COPY + f"{shape.table} ({', '.join(shape.columns)}) FROM stdin;\n".encode()
    for line in lines:
        count.add(line)
        yield line
    yield OVER


def write_gone(shape: Shape, keys: Iterable[Key]) -> Iterator[bytes]:
    yield GONE + shape.table.encode() + b"\n"
    for key in keys:
        yield ("\t".join(map(escape, key)) + "\n").encode("utf-8", "surrogatepass")
    yield OVER


def write_end(counts: Iterable[Count]) -> bytes:
    told = {count.shape.table: {"rows": count.rows, "digest": count.digest} for count in counts}
    return END + orjson.dumps(told) + b"\n"
