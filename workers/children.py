"""The worker processes of one supervisor: started, restarted when they die, ended with it.

Short jobs have one process. Dialling has one process for each campaign dialled here, and one
more that stands ready, so that a campaign that starts, or loses its worker, need not wait for a
process to start. There are at most as many as the settings say (`dial_workers`). Who dials is
whoever holds a lease: Redis would tell it too, but may forget it.
"""

import logging
import os
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from itertools import count

from workers.born import Born, Nursery
from workers.flag import Flag
from workers.jobs import DIAL
from workers.lifeline import end
from workers.settings import Settings

log = logging.getLogger(__name__)

FIRST_WAIT, LONGEST_WAIT = 0.5, 15.0
LOOK_SECONDS = 0.05
LEAVE_SECONDS = 25.0  # for a claim under way, the flush, and what cannot be stored into a file
SETTLED_SECONDS = 5.0  # longer than a start takes: one that lived so long is followed at once

Holders = Callable[[], Collection[str] | None]
"""The workers that hold a lease now; None: nobody can tell."""


@dataclass(slots=True)
class Child:
    """One worker process. `lifeline`: our end of the pipe it lives by."""

    queue: str
    name: str
    process: Born
    lifeline: int
    started: float = field(default_factory=time.monotonic)
    leaving: bool = False  # it has been asked to end, and may still have calls to see through

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def gone(self) -> None:
        """It has ended: forget it."""
        os.close(self.lifeline)


class Children:
    """All worker processes of this supervisor."""

    def __init__(self, settings: Settings, queues: Sequence[str], name: str) -> None:
        self._settings = settings
        self._queues = queues
        self._name = name
        self._nursery = Nursery(settings.home, queues)
        self._children: list[Child] = []
        self._numbers = count(1)
        self._waits = dict.fromkeys(queues, FIRST_WAIT)
        self._not_before = dict.fromkeys(queues, 0.0)

    def bury(self) -> list[str]:
        """The names of those that have ended since the last look."""
        ended = [child for child in self._children if not child.running]
        for child in ended:
            self._children.remove(child)
            child.gone()
            if not child.leaving:
                self._wait_after(child)
        return [child.name for child in ended]

    def fill(self, holders: Holders) -> None:
        """Start what is missing. To be called often."""
        for queue in self._queues:
            if time.monotonic() >= self._not_before[queue] and self._is_short(queue, holders):
                self._children.append(self._start(queue))

    def renew(self) -> None:
        """Ask those that run to end, and others may start at once: Redis is elsewhere now."""
        for child in self._children:
            child.process.terminate()
            child.leaving = True
        self._not_before = dict.fromkeys(self._queues, 0.0)

    def names(self, queue: str) -> list[str]:
        """The running workers of a queue, without those that have been asked to end."""
        return [c.name for c in self._of(queue) if not c.leaving]

    def stop(self, seconds: float, stop: Flag) -> None:
        """Ask all to end, and end those that have not after `seconds`.

        When the flag is raised a second time they are asked again, and do not wait for their
        calls any more; a third time ends them.
        """
        deadline, asked = time.monotonic() + seconds, 0
        while any(child.running for child in self._children) and time.monotonic() < deadline:
            if stop.times > 2:
                break
            if asked < max(1, stop.times):
                asked += 1
                deadline = (
                    deadline if asked == 1 else min(deadline, time.monotonic() + LEAVE_SECONDS)
                )
                self._ask_to_end()
            time.sleep(LOOK_SECONDS)
        for child in self._children:
            end(child.process, 0.0)
            child.gone()
        self._children.clear()
        self._nursery.close()

    def _ask_to_end(self) -> None:
        for child in self._children:
            child.process.terminate()

    def _of(self, queue: str) -> list[Child]:
        return [child for child in self._children if child.queue == queue and child.running]

    def _is_short(self, queue: str, holders: Holders) -> bool:
        names = self.names(queue)
        if not names or queue != DIAL:
            return not names
        if len(self._of(queue)) >= self._settings.dial_workers:
            return False
        dialling = holders()
        return dialling is not None and set(names) <= set(dialling)

    def _start(self, queue: str) -> Child:
        name = f"{self._name}-{queue}-{next(self._numbers)}"
        reading, writing = os.pipe()
        try:
            process = self._nursery.bear(queue, name, reading)
        finally:
            os.close(reading)
        return Child(queue, name, process, writing)

    def _wait_after(self, child: Child) -> None:
        lived = time.monotonic() - child.started
        wait = FIRST_WAIT if lived >= SETTLED_SECONDS else self._waits[child.queue]
        self._waits[child.queue] = min(wait * 2, LONGEST_WAIT)
        self._not_before[child.queue] = time.monotonic() + wait
        log.warning(
            "%s worker %s ended (%s); another starts in %.1f s",
            child.queue,
            child.name,
            _how(child.process.wait()),
            wait,
        )


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
