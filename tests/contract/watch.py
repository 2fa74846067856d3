"""What a PBX has told, and waiting for what it is yet to tell."""

import asyncio
from collections.abc import Callable
from datetime import UTC, timedelta
from itertools import pairwise
from typing import TypeVar
from uuid import UUID

from connectors.calls import Event

E = TypeVar("E", bound=Event)
T = TypeVar("T")
SECONDS = 15.0  # of the wall, for whatever is waited for


class Watch:
    """Give it to `Pbx.open`; it keeps every event and wakes who waits."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._told = asyncio.Event()

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        self._told.set()

    def about(self, subject: UUID) -> list[Event]:
        """All events about one call or leg, in order."""
        return [event for event in self.events if subject_of(event) == subject]

    def of(self, kind: type[E], subject: UUID | None = None) -> list[E]:
        events = self.events if subject is None else self.about(subject)
        return [event for event in events if isinstance(event, kind)]

    async def one(self, kind: type[E], subject: UUID | None = None, seconds: float = SECONDS) -> E:
        """The first event of a kind, now or when it comes."""
        await self.until(lambda: self.of(kind, subject), seconds)
        return self.of(kind, subject)[0]

    async def until(self, condition: Callable[[], T], seconds: float = SECONDS) -> T:
        """Wait until the events make `condition` true; fail with all of them when it is late."""
        try:
            async with asyncio.timeout(seconds):
                while not (result := condition()):
                    self._told.clear()
                    await self._told.wait()
                return result
        except TimeoutError:
            told = "\n".join(map(str, self.events)) or "nothing"
            raise AssertionError(f"not within {seconds:g} s; the PBX told:\n{told}") from None

    def story(self, subject: UUID) -> str:
        """The names of the events about a call or leg, in the order in which they were told."""
        return " ".join(type(event).__name__ for event in self.about(subject))


def subject_of(event: Event) -> UUID | None:
    return getattr(event, "call_id", None) or getattr(event, "leg_id", None)


def assert_in_order(events: list[Event]) -> None:
    """A call's events follow the call's life, each step at most once, in times that never fall."""
    names = [type(event).__name__ for event in events]
    steps = [name for name in names if name in LIFE]
    assert steps == sorted(set(steps), key=LIFE.index), names
    assert "Ended" not in names[:-1], names
    for earlier, later in pairwise(events):
        assert earlier.at <= later.at, (earlier, later)
    for event in events:
        assert event.at.tzinfo is UTC or event.at.utcoffset() == timedelta(0), event


LIFE = ("Progress", "Ringing", "Answered", "Classified", "Ended")
"""The events that a call has at most once, in the order that they must come in."""
