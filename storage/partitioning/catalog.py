"""What PostgreSQL says of partitions: which tables have some, and which rows go where."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, text

BY_MONTH = {"attempts": "id", "attempt_events": "attempt_id"}
"""Tables that may be partitioned by month, and whose id says in which one a row was made."""
CUSTOMERS = "customers"
_STRATEGY = text("SELECT to_regclass(:name)::oid IN (SELECT partrelid FROM pg_partitioned_table)")
_PARTITIONS = text(
    "SELECT c.relname AS name, pg_get_expr(c.relpartbound, c.oid) AS bound "
    "FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
    "WHERE i.inhparent = to_regclass(:name) ORDER BY c.relname"
)
_RANGE = re.compile(r"FOR VALUES FROM \((MINVALUE|'[^']+')\) TO \('([^']+)'\)")


@dataclass(frozen=True, slots=True)
class Partition:
    """The part of a table whose ids are from `low` (None: from any) to below `high` (None: it takes
    whatever no other one takes)."""

    name: str
    low: UUID | None
    high: UUID | None

    @property
    def is_default(self) -> bool:
        return self.high is None


def is_partitioned(connection: Connection, table: str) -> bool:
    if connection.dialect.name != "postgresql":
        return False
    return bool(connection.execute(_STRATEGY, {"name": table}).scalar())


def months_of(connection: Connection, table: str) -> Sequence[Partition]:
    """The partitions of a table that is partitioned by month."""
    rows = connection.execute(_PARTITIONS, {"name": table})
    return [_partition(row.name, row.bound) for row in rows]


def hashed(connection: Connection, table: str) -> int:
    """Into how many partitions a table is hashed; 0: it is not partitioned."""
    return len(connection.execute(_PARTITIONS, {"name": table}).all())


def covers(partitions: Sequence[Partition], identity: UUID) -> bool:
    """Whether an id has a partition other than the one for whatever has none."""
    return any(
        (p.low is None or p.low <= identity) and identity < p.high
        for p in partitions
        if p.high is not None
    )


def _partition(name: str, bound: str) -> Partition:
    found = _RANGE.fullmatch(bound)
    if found is None:
        return Partition(name, None, None)
    low, high = found.groups()
    return Partition(name, None if low == "MINVALUE" else UUID(low.strip("'")), UUID(high))
