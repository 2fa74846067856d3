"""What a restore drill has shown, and how far behind the followed folder ever was."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from storage.backup.folder import listed
from storage.backup.keys import identities_in
from storage.backup.script import Script
from storage.backup.unsealing import unsealed
from storms.truth import Placed

LOST, DOWN = 5.0, 600.0  # seconds: RPO and RTO


@dataclass(frozen=True, slots=True)
class Drill:
    """What was seen. `lost`: seconds of calls that the restored database does not know; `oldest`:
    how far behind the folder ever was. `rate`: calls a second up to the loss."""

    full_seconds: float
    full_bytes: int
    segments: int
    lost: float
    lost_calls: int
    oldest: float
    rate: float
    down: float
    restored_seconds: float
    again: int
    broken: dict[str, Any]

    def __str__(self) -> str:
        broken = f", broken: {self.broken}" if self.broken else ""
        return (
            f"RPO {self.lost:.1f} s ({self.lost_calls} calls, of {self.rate:.0f} a second), never "
            f"more than {self.oldest:.1f} s; RTO {self.down:.0f} s (restored and checked in "
            f"{self.restored_seconds:.0f} s, {self.segments} segments); whole backup "
            f"{self.full_bytes / 1e6:.0f} MB in {self.full_seconds:.0f} s under load; "
            f"{self.again} called again{broken}"
        )

    @property
    def holds(self) -> bool:
        in_time = max(self.lost, self.oldest) <= LOST and self.down <= DOWN
        return in_time and self.rate > 0 and not (self.again or self.broken)


@dataclass(frozen=True, slots=True)
class After:
    """Of the restored site. `missing`: calls of the book that it does not know."""

    missing: list[Placed]
    down: float
    again: int
    broken: dict[str, int]


def oldest(folder: Path, key: Path) -> float:
    """Had the database been lost the moment before a segment was there, what was before it counts:
    the longest from a segment's moment to when the next one had its name. 0 of less than two."""
    identities, moments = identities_in(key), []
    for path in listed(folder)[1]:
        with unsealed(path, identities) as source:
            moments.append((Script(source, path).head.taken_at.timestamp(), path.stat().st_mtime))
    return max((there - before for (before, _), (_, there) in pairwise(moments)), default=0.0)
