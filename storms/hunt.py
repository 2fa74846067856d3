"""Kills one process of a site after another, and sees who takes its place, and when."""

import time
from collections import Counter
from collections.abc import Callable

import redis

from faults.processes import kill
from storms.site import Site, children
from workers.sweeper import TURN_KEY

LONGEST = 60.0  # seconds


class Hunt:
    """`longest`: seconds until what was killed was done again, the worst of each: `dialling` by
    another worker, `sweeping` by another supervisor, `answering` by the API started again."""

    def __init__(self, here: Site, campaign: str) -> None:
        self.killed: Counter[str] = Counter()
        self.longest = dict.fromkeys(("dialling", "sweeping", "answering"), 0.0)
        self._here, self._campaign = here, campaign
        self._supervisors = list(here.workers)

    def strike(self, kind: str) -> None:
        """Kill one; wait until its work is done again."""
        if kind == "API":
            self._kill_api()
            return
        lease, sweeper = self._here.lease(self._campaign), self._sweeper()
        holder = lease.holder if lease else ""
        hit, begun = self._kill(kind, holder, sweeper), time.monotonic()
        self.killed[kind] += bool(hit)
        if hit and hit == sweeper:
            self._await("sweeping", lambda: self._sweeper() not in ("", hit), begun)
        if hit and hit in holder:
            self._await("dialling", lambda: self._dials_another(holder), begun)

    def _kill(self, kind: str, holder: str, sweeper: str) -> str:
        """The part of the names of those that were killed which is their own; empty: there was
        none of the kind just now."""
        if kind == "supervisor":
            return self._supervisor(self._supervisors[0].pid)
        if kind == "sweeper":
            return self._supervisor(int(sweeper.strip("-"))) if sweeper else ""
        return self._worker(kind, holder)

    def _worker(self, kind: str, holder: str) -> str:
        dial = children("dial", self._supervisors)
        kinds = {
            "dialling": {name: pid for name, pid in dial.items() if name == holder},
            "ready": {name: pid for name, pid in dial.items() if name != holder},
            "short jobs": children("short", self._supervisors),
        }
        name, pid = next(iter(kinds[kind].items()), ("", 0))
        kill([pid] if name else [])
        return name

    def _supervisor(self, pid: int) -> str:
        """Its workers end with it; it is started again, as systemd would."""
        kill([pid])
        self._supervisors = [one for one in self._supervisors if one.pid != pid]
        self._supervisors.append(self._here.worker())
        return f"-{pid}-"

    def _kill_api(self) -> None:
        self._here.api.kill()
        self.killed["API"] += 1
        begun = time.monotonic()
        self._here.api.start()
        self._await("answering", self._here.api.answers, begun)

    def _sweeper(self) -> str:
        """Of the supervisor that sweeps, the part of its workers' names that is its own; empty:
        nobody's turn, or Redis is away."""
        client = redis.Redis.from_url(self._here.valkey.url, socket_timeout=2)
        with client:
            turn = client.get(TURN_KEY)
        pids = {f"-{one.pid}-" for one in self._supervisors if one.running}
        name = turn.decode() if isinstance(turn, bytes) else ""
        return next((pid for pid in pids if pid in name), "")

    def _await(self, what: str, probe: Callable[[], object], begun: float) -> None:
        self._here.until(probe, LONGEST, f"{what} again")
        self.longest[what] = max(self.longest[what], time.monotonic() - begun)

    def _dials_another(self, than: str) -> bool:
        now = self._here.lease(self._campaign)
        return now is not None and now.holder != than

    def __str__(self) -> str:
        what = ", ".join(f"{count} {kind}" for kind, count in sorted(self.killed.items()))
        again = self.longest
        return (
            f"{self.killed.total()} kills ({what}), takeover at most {again['dialling']:.1f} s, "
            f"another sweeps after {again['sweeping']:.1f} s, the API answers again after "
            f"{again['answering']:.1f} s"
        )
