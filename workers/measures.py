"""How a dialling process keeps up, and what its pacing expected: for those who watch it.

An event's lag is the time from its reading off the wire until what it leads to has been sent,
by the campaign's clock. Before it is read it may have waited in a socket for as long as the loop
was busy elsewhere, which is the loop's lag. What a PBX and the network add nobody here can see.
How late each turn was that dialler or crew had planned is counted beside them, by classes.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from campaigns.effects import AgentState, AttemptEnded, Effect, PacingDecided
from workers.lateness import Lateness

WINDOW = 30.0  # seconds; whoever looks more often than that misses no peak
BEAT = 0.1  # seconds between two looks at whether the loop is in time
STALE = 60.0  # seconds after which what pacing expected is of no use
ON_DUTY = (AgentState.READY, AgentState.RESERVED, AgentState.TALKING, AgentState.WRAP_UP)


class Lag:
    """How often something was waited for, and the worst wait of the last half minute to minute."""

    __slots__ = ("_before", "_now", "_turns", "count")

    def __init__(self) -> None:
        self.count = 0
        self._now = self._before = 0.0
        self._turns = time.monotonic() + WINDOW

    def see(self, seconds: float) -> None:
        """One more wait. Called for each event of a PBX, so it costs next to nothing."""
        self.count += 1
        if time.monotonic() >= self._turns:
            self._turn()
        self._now = max(self._now, seconds)

    @property
    def worst(self) -> float:
        """Seconds."""
        if time.monotonic() >= self._turns:
            self._turn()
        return max(self._now, self._before)

    def _turn(self) -> None:
        late = time.monotonic() - self._turns
        self._before = self._now if late < WINDOW else 0.0
        self._now, self._turns = 0.0, self._turns + WINDOW * (1 + late // WINDOW)


class Measures:
    """What one campaign's process has seen since it took the campaign over."""

    def __init__(self, events: Lag, turns: Lateness) -> None:
        """Both are kept by the loop: of the events it is told, and of the turns it has planned."""
        self._events, self._turns, self._loop = events, turns, Lag()
        self._ended: Counter[str] = Counter()
        self._foreseen: deque[tuple[datetime, float]] = deque(maxlen=256)  # when, what is idle
        self._predicted: tuple[datetime, float] | None = None

    def seen(self, effect: Effect) -> None:
        """Something is to be remembered."""
        if isinstance(effect, AttemptEnded):
            self._ended[effect.outcome.value] += 1
        elif isinstance(effect, PacingDecided) and (idle := foreseen(effect.view)) is not None:
            due = effect.at + timedelta(seconds=effect.view["seconds"])
            self._foreseen.append((due, idle))

    async def keep_time(self) -> None:
        """Look ten times a second whether the loop wakes when it should, until cancelled."""
        while True:
            due = time.monotonic() + BEAT
            await asyncio.sleep(BEAT)
            self._loop.see(max(0.0, time.monotonic() - due))

    def told(self, agents: Mapping[str, int], now: datetime) -> dict[str, Any]:
        """Plain JSON types. `agents`: how many there are now, by state."""
        return {
            "events": self._events.count,
            "event_lag": round(self._events.worst, 4),
            "loop_lag": round(self._loop.worst, 4),
            "turns": self._turns.told(),
            "ended": dict(self._ended),
            "idle": {"actual": idle(agents), "predicted": self._expected(now)},
        }

    def _expected(self, now: datetime) -> float | None:
        """What was expected, some time ago, of this moment."""
        while self._foreseen and self._foreseen[0][0] <= now:
            self._predicted = self._foreseen.popleft()
        if self._predicted is None or now - self._predicted[0] > timedelta(seconds=STALE):
            return None
        return self._predicted[1]


def idle(agents: Mapping[str, int]) -> float | None:
    """The share of the agents on duty (not paused) who wait for a call; None without any."""
    on_duty = sum(agents.get(state.value, 0) for state in ON_DUTY)
    return round(agents.get(AgentState.READY.value, 0) / on_duty, 4) if on_duty else None


def foreseen(view: Mapping[str, float]) -> float | None:
    """The same share as a decision expected it, at the end of the time it looked ahead; None: of
    a mode that looks ahead to nothing, or where nobody is on duty."""
    if "seconds" not in view or not (on_duty := view["free"] + view["busy"]):
        return None
    left = view["free"] - view["waiting"] + view["freed"] - view["answered"]
    return round(min(1.0, max(0.0, left / on_duty)), 4)
