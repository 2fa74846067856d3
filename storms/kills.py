"""Processes are killed, one after another, while a campaign dials twenty calls a second.

Two supervisors (two machines), each with a worker that dials or stands ready and one for short
jobs. A supervisor that is killed takes its workers with it, and the site's sweeper if it is the
one; it is started again, as systemd would. The API is no process of its own yet.
"""

import time
from collections import Counter
from random import Random

from faults.processes import kill
from storms.load import under_load
from storms.served import Served
from storms.site import Site, children
from storms.storm import Figure, Order, Storm

NAME = "kills"
EVERY = 4.0  # seconds from kill to kill: 300 in twenty minutes
TAKEOVER, FINAL = 5.0, 30.0
VICTIMS = ("dialling", "dialling", "dialling", "ready", "short jobs", "supervisor")


def run(order: Order) -> Figure:
    hunts: list[Hunt] = []

    def strike(here: Site, _: Served, chance: Random) -> None:
        hunt = hunts[0] if hunts else Hunt(here)
        hunts[:] = [hunt]
        time.sleep(EVERY * chance.uniform(0.5, 1.5))
        hunt.strike(chance.choice(VICTIMS))

    seen = under_load(order, NAME, strike, seconds=EVERY, supervisors=2)
    (hunt,) = hunts
    held = seen.audit.is_clean and hunt.longest <= TAKEOVER and seen.audit.longest <= FINAL
    return Figure(f"{hunt} at {seen.rate:.0f} calls/s; {seen.audit}", held)


class Hunt:
    """Kills one process after another; `longest` is how long nobody dialled after it."""

    def __init__(self, here: Site) -> None:
        self.longest = 0.0
        self.killed: Counter[str] = Counter()
        self._here = here
        self._supervisors = list(here.workers)

    def strike(self, kind: str) -> None:
        """Kill one; wait until somebody dials who was not killed."""
        lease = self._here.lease(NAME)
        holder = lease.holder if lease else ""
        hit = self._supervisor() if kind == "supervisor" else self._worker(kind, holder)
        self.killed[kind] += bool(hit)
        if hit and hit in holder:
            took = self._here.until(lambda: self._dials_another(holder), 60, "a takeover")
            self.longest = max(self.longest, took)

    def _worker(self, kind: str, holder: str) -> str:
        """The name of the one that was killed; empty where there was none of the kind just now."""
        dial = children("dial", self._supervisors)
        kinds = {
            "dialling": {name: pid for name, pid in dial.items() if name == holder},
            "ready": {name: pid for name, pid in dial.items() if name != holder},
            "short jobs": children("short", self._supervisors),
        }
        name, pid = next(iter(kinds[kind].items()), ("", 0))
        kill([pid] if name else [])
        return name

    def _supervisor(self) -> str:
        """The part of its workers' names that is its own."""
        victim = self._supervisors.pop(0)
        kill([victim.pid])
        self._supervisors.append(self._here.worker())
        return f"-{victim.pid}-"

    def _dials_another(self, than: str) -> bool:
        now = self._here.lease(NAME)
        return now is not None and now.holder != than

    def __str__(self) -> str:
        what = ", ".join(f"{count} {kind}" for kind, count in sorted(self.killed.items()))
        return f"{self.killed.total()} kills ({what}), takeover at most {self.longest:.1f} s,"


STORM = Storm(
    name="kills",
    reach="300 SIGKILLs over workers, dial job, sweeper, API at 20 calls/s: 0 breaks of I1, I2, "
    "I7; takeover at most 5 s; every attempt final within 30 s",
    short=10,
    long=300,
    run=run,
)
