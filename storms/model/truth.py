"""What the model knows of its own: every claim and every message is judged as it is seen."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from campaigns.leads import Attempt
from campaigns.orders import CampaignState
from crm_sync.adapter import Failed
from storage.outbox import Taken
from storms.model.site import HOURS, MIN_GAP, NAMES, PER_DAY, PER_LEAD


@dataclass(slots=True)
class Book:
    """What was asked of the database, against rules that are written down here once more."""

    wrongs: list[str] = field(default_factory=list)
    listed: set[str] = field(default_factory=set)
    wanted: dict[str, CampaignState] = field(
        default_factory=lambda: dict.fromkeys(NAMES, CampaignState.RUNNING)
    )
    _of_number: defaultdict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    _of_lead: Counter[UUID] = field(default_factory=Counter)

    def claimed(self, campaign: str, attempts: Sequence[Attempt]) -> None:
        """These attempts were committed just now."""
        if attempts and self.wanted[campaign] is not CampaignState.RUNNING:
            self.wrongs.append("a call was allowed for a campaign that is not to run")
        for attempt in attempts:
            self._judge(attempt, campaign)

    def _judge(self, attempt: Attempt, campaign: str) -> None:
        number, lead = attempt.order.candidate.number, attempt.order.candidate.lead_id
        at, before = attempt.placed_at, self._of_number[number]
        gap = (at - before[-1]).total_seconds() if before else MIN_GAP
        self._of_lead[lead] += 1
        before.append(at)
        breaks = {
            "a number on the do-not-call list was dialled": number in self.listed,
            "a number was dialled outside of the hours": not _is_open(campaign, at),
            "a number was called too often": len(before) > PER_DAY,
            "a lead was called too often": self._of_lead[lead] > PER_LEAD,
            "a number was called again too soon": gap < MIN_GAP,
        }
        self.wrongs += [why for why, broken in breaks.items() if broken]


def _is_open(campaign: str, at: datetime) -> bool:
    return any(opens <= f"{at:%H:%M}" < closes for opens, closes in HOURS[campaign])


class Temper(StrEnum):
    """What the receiver of results does with the next ones."""

    TAKES = "takes"
    REFUSES = "refuses"
    NO_ANSWER = "no answer"  # it has taken them, and nobody hears of it


class Receiver:
    """A CRM, as an adapter: it keeps what it was told under each key."""

    name, at_most = "model", 100

    def __init__(self) -> None:
        self.temper = Temper.TAKES
        self.told: dict[str, dict[str, Any]] = {}
        self.wrongs: list[str] = []
        self._confirmed: set[str] = set()

    def push(self, batch: Sequence[Taken]) -> dict[UUID, Failed]:
        if self.temper is Temper.REFUSES:
            return {message.id: Failed("it is busy") for message in batch}
        for message in batch:
            self._take(message)
        if self.temper is Temper.NO_ANSWER:
            return {message.id: Failed("it did not answer") for message in batch}
        self._confirmed |= {message.idempotency_key for message in batch}
        return {}

    def close(self) -> None:
        """There is nothing to close."""

    def _take(self, message: Taken) -> None:
        key = message.idempotency_key
        if self.told.setdefault(key, message.payload) != message.payload:
            self.wrongs.append("the receiver was told two things under one key")
        if key in self._confirmed:
            self.wrongs.append("the receiver was told again what it had confirmed")
