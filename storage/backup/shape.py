"""Which tables are kept, and what their columns hold: told at the head of every backup."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Table

from storage.backup.cells import TO_TEXT, kind_of
from storage.tables.all import TABLES


@dataclass(frozen=True, slots=True)
class Shape:
    """A table as a backup holds it. `kinds`: of its columns, in their order."""

    table: str
    columns: tuple[str, ...]
    kinds: tuple[str, ...]
    key: tuple[str, ...]

    @property
    def key_places(self) -> tuple[int, ...]:
        return tuple(self.columns.index(name) for name in self.key)

    @property
    def key_kinds(self) -> tuple[str, ...]:
        return tuple(self.kinds[place] for place in self.key_places)

    def told(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def shape_of(table: Table) -> Shape:
    columns = list(table.columns)
    return Shape(
        str(table.name),
        tuple(str(column.name) for column in columns),
        tuple(kind_of(column.type) for column in columns),
        tuple(str(column.name) for column in table.primary_key),
    )


def heard(told: Mapping[str, Any]) -> Shape:
    """The shape that a backup tells of. Raises `KeyError`, `TypeError`, `ValueError`.

    Whoever knows the recipient can make a file that opens with our key. So its names, which
    become part of statements, are those of tables and columns, and nothing else.
    """
    shape = Shape(
        str(told["table"]), tuple(told["columns"]), tuple(told["kinds"]), tuple(told["key"])
    )
    names = (shape.table, *shape.columns, *shape.key)
    if not all(_NAME.fullmatch(name) for name in names) or not set(shape.kinds) <= set(TO_TEXT):
        raise ValueError("no table of ours")
    return shape


_NAME = re.compile(r"(?!pg_|sqlite_)[a-z][a-z0-9_]{0,62}", re.ASCII)
SHAPES = tuple(shape_of(table) for table in TABLES)
