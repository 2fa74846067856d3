"""A list of leads in memory, under the same rules as the tables: the simulator's database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from random import Random
from uuid import UUID

from campaigns.due_again import due_again
from campaigns.effects import AttemptEnded
from campaigns.leads import NOTHING, Attempt, Candidate, DialOrder, Particulars, Refusal
from campaigns.retry import after, tried
from campaigns.rules import OPEN, LeadFacts, why_not
from campaigns.spec.campaign import Campaign

FIRST, DIGITS = 2_000_000_000, 12
ZONES = ("UTC",)  # of every number; the campaign's own zone, if it names one, goes first


@dataclass(slots=True)
class _Lead:
    candidate: Candidate
    state: str = OPEN
    next_at: datetime | None = None
    tries: dict[str, int] = field(default_factory=dict)
    attempts: list[datetime] = field(default_factory=list)


class LeadBook:
    """Gives retries that are due before fresh leads; makes fresh ones as long as it may.

    `fresh`: how many leads the list holds; None: it never runs dry, so that a simulated shift
    measures the dialler and not the list. `prefixes`: where there are several, each lead has a
    number with one of them, which is its segment.
    """

    def __init__(
        self,
        campaign: Campaign,
        seed: int,
        fresh: int | None = None,
        prefixes: Sequence[str] = (),
        told: Particulars = NOTHING,
    ) -> None:
        """`told`: what a flow is told of every customer."""
        self._campaign, self._told = campaign, told
        self._rng = Random(f"leads/{seed}")
        self._left = fresh
        self._prefixes = prefixes if len(prefixes) > 1 else ()
        self._mix = Random(f"segments/{seed}")  # of its own: the list is the same whoever calls it
        self._leads: dict[UUID, _Lead] = {}
        self._retries: list[tuple[datetime, int, UUID]] = []
        self._dialling: set[str] = set()

    def candidates(self, count: int, now: datetime) -> tuple[list[Candidate], datetime | None]:
        """Up to `count` leads to dial, and when the next of those that wait falls due."""
        found: list[Candidate] = []
        while len(found) < count and self._retries and self._retries[0][0] <= now:
            found.append(self._leads[heappop(self._retries)[2]].candidate)
        while len(found) < count and self._left != 0:
            found.append(self._fresh())
        if self._retries:
            return found, self._retries[0][0]
        return found, now + timedelta(seconds=1) if self._dialling else None

    def claim(
        self, orders: Iterable[DialOrder], now: datetime
    ) -> tuple[list[Attempt], list[Refusal]]:
        """The same decision as `storage.claims.claim`."""
        attempts: list[Attempt] = []
        refusals: list[Refusal] = []
        for order in orders:
            lead = self._leads[order.candidate.lead_id]
            facts = self._facts(lead, now)
            why = why_not(facts, self._campaign, now)
            if why is None:
                attempts.append(self._place(lead, order, now))
            else:
                refusals.append(Refusal(order, why))
                self._wait(lead, due_again(why, facts, self._campaign, now))
        return attempts, refusals

    def record(self, ended: AttemptEnded) -> None:
        """File a result and decide on the retry."""
        lead = self._leads[ended.lead_id]
        self._dialling.discard(ended.number)
        lead.state = OPEN
        lead.tries = tried(lead.tries, ended.outcome, ended.disposition)
        what = after(
            self._campaign,
            ended.outcome,
            ended.disposition,
            tries=lead.tries,
            total=len(lead.attempts),
            now=ended.ended_at,
        )
        if what.at is None:
            lead.state = "done"
        else:
            self._wait(lead, what.at)

    def _place(self, lead: _Lead, order: DialOrder, now: datetime) -> Attempt:
        lead.state = "dialling"
        lead.attempts.append(now)
        self._dialling.add(order.candidate.number)
        return Attempt(self._new_id(), order, now, self._told)

    def _facts(self, lead: _Lead, now: datetime) -> LeadFacts:
        last = lead.attempts[-1] if lead.attempts else None
        return LeadFacts(
            state=lead.state,
            next_at=lead.next_at,
            zones=ZONES,
            do_not_call=False,
            selected=True,  # nothing is known of these leads that a filter could ask
            twin=False,
            attempts_total=len(lead.attempts),
            placed=tuple(lead.attempts),
            last_attempt_at=last,
            live_elsewhere=lead.candidate.number in self._dialling,
        )

    def _wait(self, lead: _Lead, until: datetime) -> None:
        lead.next_at = until
        heappush(self._retries, (until, len(lead.attempts), lead.candidate.lead_id))

    def _fresh(self) -> Candidate:
        if self._left is not None:
            self._left -= 1
        lead_id = self._new_id()
        count = len(self._leads)
        segment = self._mix.choice(self._prefixes) if self._prefixes else ""
        number = f"{segment}{count:0{DIGITS - len(segment)}}" if segment else f"+1{FIRST + count}"
        candidate = Candidate(lead_id, number, segment=segment)
        self._leads[lead_id] = _Lead(candidate)
        return candidate

    def _new_id(self) -> UUID:
        return UUID(int=self._rng.getrandbits(128), version=4)
