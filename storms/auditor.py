"""Compares, now and then, what the database holds open with what the PBX really holds.

An attempt that is open while its call is gone waits for its result; how long the longest waited
is what a storm is judged by. In the end it counts what must be nothing.
"""

import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from uuid import UUID

from storage import attempts
from storage.errors import StorageError
from storms.invariants import breaks
from storms.served import Served
from storms.site import Site

LOOK = 0.5  # seconds
PAGE = 10_000_000


@dataclass(frozen=True, slots=True)
class Audit:
    """`doubles`: numbers dialled while on a call. `strangers`: calls without an attempt.
    `ghosts`: calls that are up though their attempts have ended."""

    placed: int
    doubles: int
    strangers: int
    ghosts: int
    longest: float
    broken: dict[str, int]

    @property
    def is_clean(self) -> bool:
        return self.is_clean_but()

    def is_clean_but(self, *rules: str) -> bool:
        """Whether nothing is amiss, whatever has become of these rules."""
        broken = self.broken.keys() - set(rules)
        return not (self.doubles or self.strangers or self.ghosts or broken)

    def __str__(self) -> str:
        told = (
            f"{self.placed} calls, {self.doubles} double dials, {self.strangers} without an "
            f"attempt, {self.ghosts} ghosts, results at most {self.longest:.1f} s late"
        )
        return told + (f", broken: {self.broken}" if self.broken else "")


class Auditor:
    """Looks while it is entered; `audit` at the end, when nothing is dialled any more."""

    def __init__(self, site: Site, served: Served, name: str, every: float = LOOK) -> None:
        """`every`: seconds from look to look."""
        self._site, self._served, self._name, self._every = site, served, name, every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._gone: dict[UUID, float] = {}
        self.longest = 0.0

    def audit(self) -> Audit:
        """Raises `StorageError` where the database is away."""
        rows = attempts.page(self._site.store, self._name, limit=PAGE)
        placed = self._served.ask(lambda witness: list(witness.placed))
        up = self._served.ask(lambda witness: witness.customers())
        known = {row.id for row in rows}
        return Audit(
            placed=len(placed),
            doubles=self._served.ask(lambda witness: len(witness.doubles)),
            strangers=len({one.call_id for one in placed} - known),
            ghosts=len(up),
            longest=self.longest,
            broken=breaks(self._site.store),
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(self._every):
            try:
                held = attempts.open_attempts(self._site.store, self._name)
            except StorageError:
                continue
            self._compare({one.attempt.attempt_id for one in held}, time.monotonic())

    def _compare(self, held: set[UUID], now: float) -> None:
        up = self._served.ask(lambda witness: witness.customers())
        waiting = held - up
        self._gone = {one: self._gone.get(one, now) for one in waiting}
        self.longest = max([self.longest, *(now - since for since in self._gone.values())])
