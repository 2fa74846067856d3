"""What is due when: the fake PBX's only clock and its only queue.

Time is held in whole microseconds. A datetime has no finer grain, so a happening is due at
exactly the moment that `wake_at` names, and virtual time always gets on.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from typing import Any, TypeAlias

from connectors.calls import Event

Action: TypeAlias = Callable[[Any], None]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)


class Subject:
    """What happenings are about. Each turn of its life makes those planned before void."""

    __slots__ = ("turn",)

    def __init__(self) -> None:
        self.turn = 0


class Agenda:
    """Happenings in order of time, and the events that came of those already past."""

    __slots__ = ("_count", "_due", "_start", "events", "now")

    def __init__(self) -> None:
        self.now = 0  # microseconds since 1970
        self.events: list[Event] = []
        self._start = 0
        self._due: list[tuple[int, int, int, Subject, Action]] = []
        self._count = 0

    def run_until(self, moment: datetime) -> None:
        """Let everything happen that is due; a moment before the last one changes nothing."""
        until = (moment - _EPOCH) // _MICRO
        self._start = self._start or until
        due = self._due
        while due and due[0][0] <= until:
            self.now, _, turn, subject, action = heappop(due)
            if subject.turn == turn:
                action(subject)
        self.now = max(self.now, until)

    def plan(self, seconds: float, subject: Subject, action: Action) -> None:
        """`action(subject)` in `seconds` from now, unless the subject's turn changes before."""
        self.plan_at(self.now + round(seconds * 1_000_000), subject, action)

    def plan_at(self, when: int, subject: Subject, action: Action) -> None:
        """The same at `when`, in microseconds since 1970; what is past happens at once."""
        self._count += 1
        entry = (max(when, self.now), self._count, subject.turn, subject, action)
        heappush(self._due, entry)

    def wake_at(self) -> datetime | None:
        """When the next happening is due, or None when nothing is planned."""
        if self.events:
            return self.moment()
        due = self._due
        while due and due[0][2] != due[0][3].turn:
            heappop(due)
        return _EPOCH + timedelta(microseconds=due[0][0]) if due else None

    def moment(self) -> datetime:
        """Now, as events are stamped."""
        return _EPOCH + timedelta(microseconds=self.now)

    def seconds(self) -> float:
        """Since the first moment it was told of."""
        return (self.now - self._start) / 1_000_000
