"""Reading a backup to its end, without a database: whether a restore could read it."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storage.backup.folder import Chain
from storage.backup.keys import Identity
from storage.backup.merge import Merge
from storage.backup.proof import Proof
from storage.backup.script import Script
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
    with unsealed(chain.full, identities) as source:
        script = Script(source, chain.full)
        proof = Proof(script)

        def rows(shape: Shape, lines: Iterator[bytes]) -> None:
            _pass_over(telling(shape.table, proof.counted(shape, lines), tell))

        script.sections(rows, lambda _, keys: _pass_over(keys))
    proof.require()
    head, taken_at, merge = script.head, script.head.taken_at, Merge(None)
    for path in chain.segments:
        taken_at = merge.read(path, identities, head.schema)
        tell("segments", 1)
    held = {table: told.rows for table, told in script.end.items()}
    return Looked(taken_at, head.program, head.schema, head.database, len(chain.segments), held)


def _pass_over(lines: Iterator[Any]) -> None:
    """Read them all, and keep none."""
    deque(lines, maxlen=0)
