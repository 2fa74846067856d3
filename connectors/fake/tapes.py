"""The recordings that the fake PBX was asked for."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

KEPT = 10_000  # calls whose recordings are remembered


@dataclass(slots=True)
class Recording:
    """A recording that was made. `stopped` is None when it went on to the end of the call."""

    call_id: UUID
    path: str
    started: datetime
    stopped: datetime | None = None


class Tapes:
    """All recordings by call, those of the latest `KEPT` calls."""

    def __init__(self) -> None:
        self.made: dict[UUID, list[Recording]] = {}

    def start(self, call_id: UUID, path: str, now: datetime) -> None:
        """A call has one recording at a time; asked for again, the one that runs goes on."""
        running = self._running(call_id)
        if running is not None and running.path == path:
            return
        self.stop(call_id, now)
        self.made.setdefault(call_id, []).append(Recording(call_id, path, now))
        while len(self.made) > KEPT:
            del self.made[next(iter(self.made))]

    def stop(self, call_id: UUID, now: datetime) -> None:
        running = self._running(call_id)
        if running is not None:
            running.stopped = now

    def _running(self, call_id: UUID) -> Recording | None:
        made = self.made.get(call_id)
        return made[-1] if made and made[-1].stopped is None else None
