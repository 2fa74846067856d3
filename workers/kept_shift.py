"""A simulated shift that keeps the history of its attempts, and is judged by it as a site is."""

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from campaigns.call_life import CallState
from campaigns.effects import AttemptEnded, AttemptNoted, Effect
from campaigns.leads import Attempt
from campaigns.periods import day_of, period_of
from campaigns.spec.campaign import Campaign
from campaigns.windows import closes
from storage import campaigns
from storage.bulk import insert_rows
from storage.engine import Store, open_store
from storage.history import AGENT_LOST
from storage.invariants.check import check
from storage.migrate import create_or_upgrade
from storage.tables.attempts import ATTEMPT_EVENTS, ATTEMPTS
from workers.lead_book import ZONES
from workers.shift import Shift

SEEN = ("I1", "I2", "I3", "I5", "I6", "I7", "I9")
"""What a shift can break: it has no list of do-not-call, no second worker, and tells nobody."""
_BLANK = {
    "opted_out_at": None,
    "callback_at": None,
    "recording": None,
    "note": "",
    "token": 1,
    "campaign_version": 1,
    "disposed_at": None,
}
_OF_RESULT = {f.name for f in fields(AttemptEnded)} & set(ATTEMPTS.c.keys())


class KeptShift(Shift):
    """A shift whose attempts that have ended are kept as rows."""

    def __init__(self, campaign: Campaign, *given: Any, **more: Any) -> None:
        super().__init__(campaign, *given, **more)
        self._rows: dict[UUID, dict[str, Any]] = {}
        self._lines: dict[UUID, list[dict[str, Any]]] = defaultdict(list)

    def broken(self) -> int:
        """How many rows break an invariant. Calls that are still on are not judged."""
        over = [row for row in self._rows.values() if row["ended_at"] is not None]
        lines = [line for row in over for line in self._lines[row["id"]]]
        with _store_of_its_own() as store:
            campaigns.apply(store, self._campaign, "", self.now)
            with store.writing() as connection:
                insert_rows(connection, ATTEMPTS, over)
                insert_rows(connection, ATTEMPT_EVENTS, lines)
            return sum(checked.rows for checked in check(store, names=SEEN))

    def _placed(self, attempts: Sequence[Attempt]) -> None:
        for attempt in attempts:
            self._rows[attempt.attempt_id] = self._row(attempt)
            self._tell(attempt.attempt_id, attempt.placed_at, CallState.PLACED)

    def _watch(self, effect: Effect) -> None:
        super()._watch(effect)
        if isinstance(effect, AttemptNoted):
            self._tell(effect.attempt_id, effect.at, effect.state)
        elif isinstance(effect, AttemptEnded):
            told = {name: getattr(effect, name) for name in _OF_RESULT}
            self._rows[effect.attempt_id] |= told | {"state": CallState.ENDED}
            self._tell(effect.attempt_id, effect.ended_at, CallState.ENDED)
            if effect.agent_lost:
                self._tell(effect.attempt_id, effect.ended_at, AGENT_LOST)

    def _row(self, attempt: Attempt) -> dict[str, Any]:
        order, campaign, at = attempt.order, self._campaign, attempt.placed_at
        period = period_of(campaign.abandonment, day_of(campaign.windows, at))
        return _BLANK | {
            "id": attempt.attempt_id,
            "campaign": campaign.name,
            "customer_id": order.candidate.lead_id,
            "node": order.node,
            "trunk": order.trunk,
            "caller_id": order.caller_id,
            "open_until": closes(campaign.windows, ZONES, at) or at,
            "period": period.first,
            "stored_at": at,
            "ended_at": None,
        }

    def _tell(self, attempt_id: UUID, at: datetime, what: str) -> None:
        line = {"attempt_id": attempt_id, "at": at, "what": str(what), "token": 1, "detail": ""}
        self._lines[attempt_id].append(line | {"stored_at": at})


@contextmanager
def _store_of_its_own() -> Iterator[Store]:
    """An SQLite database that goes when it has been asked."""
    with tempfile.TemporaryDirectory(prefix="dialplane-shift-") as folder:
        store = open_store(f"sqlite:///{folder}/shift.db")
        try:
            create_or_upgrade(store)
            yield store
        finally:
            store.close()
