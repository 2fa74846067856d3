"""The hopper: the leads that will be dialled next. They are not claimed until they are dialled."""

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import count, islice
from uuid import UUID

from campaigns.leads import Candidate

LOOK_AGAIN = timedelta(seconds=5)
ENOUGH = 50  # candidates of one set of skills that may wait for an agent who has them
SOONEST = timedelta(seconds=0.25)


class Hopper:
    """A short queue of candidates, refilled before it runs dry.

    Low enough that a change of priorities is felt soon, high enough that a refill (a query of
    some milliseconds) never holds up a call: `depth` covers several seconds of dialling.
    """

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.refilling = False
        self.ask_at: datetime | None = None  # the list had no more: when to ask again
        self._queue: deque[Candidate] = deque()
        self._held: set[UUID] = set()
        self._parked: dict[frozenset[str], deque[tuple[int, Candidate]]] = defaultdict(deque)
        self._turns = count()

    def __len__(self) -> int:
        return len(self._queue)

    @property
    def waiting(self) -> int:
        """All candidates that it holds: those in the queue, and those that want a skill."""
        return len(self._queue) + sum(map(len, self._parked.values()))

    @property
    def has_parked(self) -> bool:
        """Whether candidates wait for an agent with their skills."""
        return any(self._parked.values())

    @property
    def parked(self) -> dict[str, int]:
        """How many candidates wait for which skills, for people to see."""
        return {" + ".join(sorted(skills)): len(q) for skills, q in self._parked.items() if q}

    @property
    def plenty(self) -> frozenset[frozenset[str]]:
        """Sets of skills of which enough candidates wait: more would crowd the others out."""
        return frozenset(skills for skills, q in self._parked.items() if len(q) >= ENOUGH)

    @property
    def held(self) -> frozenset[UUID]:
        """Leads that are queued, shown to an agent, or being claimed: not to be offered again."""
        return frozenset(self._held)

    def wants(self, now: datetime) -> int:
        """How many candidates to ask for now; 0 while a refill is under way or pointless."""
        if self.refilling or len(self._queue) > self.depth // 2:
            return 0
        if self.ask_at is not None and now < self.ask_at:
            return 0
        return self.depth - len(self._queue)

    def refill(
        self, candidates: Iterable[Candidate], next_due: datetime | None, now: datetime
    ) -> None:
        """Take what the list gave; when that is not enough, ask again soon after.

        `next_due`: when the next lead of the list may be called, if any is known. The list is
        asked again by `LOOK_AGAIN` at the latest, since leads may be added to it.
        """
        fresh = [c for c in candidates if c.lead_id not in self._held]
        self._queue.extend(fresh)
        self._held.update(c.lead_id for c in fresh)
        self.refilling = False
        latest = now + LOOK_AGAIN
        self.ask_at = min(max(next_due, now + SOONEST), latest) if next_due else latest
        if len(self._queue) > self.depth // 2:
            self.ask_at = None

    def pop(self, able: Sequence[frozenset[str]] = ()) -> Candidate | None:
        """The next candidate: of the parked whose skills one of those `able` has, the one that
        was set aside first; else the head of the queue."""
        heads = [
            (parked[0][0], skills)
            for skills, parked in self._parked.items()
            if parked and any(skills <= agent for agent in able)
        ]
        if heads:
            return self._parked[min(heads)[1]].popleft()[1]
        return self._queue.popleft() if self._queue else None

    def peek(self, most: int) -> list[Candidate]:
        """The candidates at the head of the queue, which stay there."""
        return list(islice(self._queue, most))

    def park(self, candidate: Candidate) -> None:
        """Set aside a candidate whom nobody free can take: the others go past it."""
        self._parked[candidate.skills].append((next(self._turns), candidate))

    def let_go(self, lead_id: UUID) -> None:
        """A candidate that was popped is settled: the list may offer its lead again."""
        self._held.discard(lead_id)

    def put_back(self, candidate: Candidate, last: bool = False) -> None:
        """Return a candidate nobody could take; `last` puts it behind the others."""
        (self._queue.append if last else self._queue.appendleft)(candidate)
        self._held.add(candidate.lead_id)
