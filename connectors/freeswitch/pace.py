"""How many originates may be on their way: back-pressure by the latency of their acknowledgements.

A FreeSWITCH with more to do than it can says so by answering late, and falls over when it is fed
on. So few originates may be unacknowledged at a time: one more with each prompt answer, half as
many after a late one. Pure; the time is told.
"""

PROMPT = 0.25  # seconds; a server that is well answers in a hundredth of that
FIRST, MOST = 16.0, 64.0


class Pace:
    def __init__(self) -> None:
        self._window = FIRST
        self._under_way = 0
        self._calm_from = 0.0  # answers to what was sent before it are about the past

    @property
    def room(self) -> bool:
        """Whether another one may go out."""
        return self._under_way < int(self._window)

    def sent(self) -> None:
        self._under_way += 1

    def acknowledged(self, sent: float, now: float) -> None:
        """The one that was sent at `sent` has been answered."""
        self._under_way -= 1
        if now - sent <= PROMPT:
            self._window = min(MOST, self._window + 1)
        elif sent >= self._calm_from:
            self._window, self._calm_from = max(1.0, self._window / 2), now
