"""Reading a backup to its end, without a database: whether a restore could read it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from storage.backup.digest import Count
from storage.backup.errors import BackupUnreadable
from storage.backup.folder import Chain
from storage.backup.keys import Identity
from storage.backup.merge import Merge
from storage.backup.rows import Key
from storage.backup.script import Script, Told
from storage.backup.shape import Shape
from storage.backup.take import Tell, nobody, telling
from storage.backup.unsealing import unsealed


@dataclass(frozen=True, slots=True)
class Looked:
    """What a backup holds. `rows`: of its whole part."""

    taken_at: datetime
    program: str
    schema: str
    database: str
    segments: int
    rows: dict[str, int]


def look(chain: Chain, identities: Sequence[Identity], tell: Tell = nobody) -> Looked:
    """Read everything, and compare it with what it says of itself. Raises `BackupUnreadable`."""
    counts: dict[str, Told] = {}

    def rows(shape: Shape, lines: Iterator[bytes]) -> None:
        count = Count(shape)
        for line in telling(shape.table, lines, tell):
            count.add(line)
        counts[shape.table] = Told(count.rows, count.digest)

    def gone(shape: Shape, keys: Iterator[Key]) -> None:
        counts[shape.table] = Told(sum(1 for _ in keys), "")

    with unsealed(chain.full, identities) as source:
        script = Script(source, chain.full)
        script.sections(rows, gone)
    if script.head.after is None and counts != script.end:
        raise BackupUnreadable(f"{chain.full}: its rows are not those that it says it has")
    head, taken_at, merge = script.head, script.head.taken_at, Merge(None)
    for path in chain.segments:
        taken_at = merge.read(path, identities, head.schema)
        tell("segments", 1)
    held = {table: told.rows for table, told in script.end.items()}
    return Looked(taken_at, head.program, head.schema, head.database, len(chain.segments), held)
