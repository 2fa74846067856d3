"""How a table is compared with its backup: the number of its rows and the sum of their hashes.

A sum does not depend on the order in which rows come. JSON is hashed as it reads, not as it is
written: PostgreSQL puts keys and blanks in an order of its own, has no -0.0, and writes 1e16 out.
"""

import re
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import orjson

from storage.backup.cells import unescape
from storage.backup.shape import Shape

_BITS = 128
_MASK = (1 << _BITS) - 1
_NULL = b"\\N"
_TWO_WAYS = re.compile(rb"-0\.0|\de\+?\d")  # what may hold a number that is written in two ways


@dataclass(slots=True)
class Count:
    """Of one table, as its rows go by."""

    shape: Shape
    rows: int = 0
    _sum: int = 0
    _json: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        self._json = tuple(n for n, kind in enumerate(self.shape.kinds) if kind == "json")

    def add(self, line: bytes) -> None:
        plain = self._read(line) if self._json else line
        number = int.from_bytes(blake2b(plain, digest_size=_BITS // 8).digest(), "big")
        self._sum = (self._sum + number) & _MASK
        self.rows += 1

    @property
    def digest(self) -> str:
        return f"{self._sum:032x}"

    def _read(self, line: bytes) -> bytes:
        cells = line[:-1].split(b"\t")
        for place in self._json:
            if cells[place] != _NULL:
                cells[place] = _as_it_reads(cells[place])
        return b"\t".join(cells) + b"\n"


def _as_it_reads(cell: bytes) -> bytes:
    text = unescape(cell.decode()) if b"\\" in cell else cell
    read = orjson.loads(text)
    plain = _in_one_way(read) if _TWO_WAYS.search(cell) else read
    return orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)


def _in_one_way(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _in_one_way(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_in_one_way(each) for each in value]
    if isinstance(value, float):
        return int(value) if 1e16 <= abs(value) < 2**63 else value + 0.0
    return value
