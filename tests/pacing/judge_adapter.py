"""The product's own predictive pacing behind the interface of an independent judge.

The judge is an event-driven simulator of a shift that lives outside this repository; with it

    PYTHONPATH=.:tests/pacing python sim.py --pacer judge_adapter:JudgePacer --scenario NAME

judges the very code that dials. Thin: events are handed to `Pacer.learn_*`, the judge's state
becomes a `View`, `decide` decides.

The judge does not tell what an agent files a call under. A conversation of a few seconds stands
for the disposition "a machine had answered", as in the product an agent's does.
"""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from campaigns.guard import room_beyond_agents
from campaigns.pacing.answers import Answers
from campaigns.pacing.budget import Budget
from campaigns.pacing.durations import Durations
from campaigns.pacing.modes import decide
from campaigns.pacing.predictive import Predictive
from campaigns.pacing.view import View

DIALLED, RINGING = 1, 2  # the judge's phases of a call
TALKING, WRAPPING = 2, 3  # and its states of an agent
WAYS_TO_END = {
    "live": "live",
    "machine": "machine",
    "busy": "failed",
    "fail": "failed",
    "noanswer": "no_answer",
    "cancel": "cancelled",
}
LOG_OUTS = 200.0  # seconds before the end in which a call placed brings nothing any more
MACHINE_TALKS = 8.0  # seconds


class JudgePacer:
    """`guard`: hold the hard bound. `cancel`: ringing calls may be given up. `margin`: below the
    limit, as a fraction, for what is only learned after the fact."""

    wake: ClassVar = {"tick", "idle", *WAYS_TO_END} - {"live", "cancel"}

    def __init__(
        self, cfg: dict[str, Any], guard: bool = True, cancel: bool = True, margin: float = 0.001
    ) -> None:
        prior, detects = cfg["prior"], cfg["amd_enabled"]
        self._limit, self._guard = cfg["target_abandon"], guard
        self._end = cfg["horizon_s"] - LOG_OUTS
        self._pacer = Predictive(
            Budget(self._limit - margin, self._limit if guard else None),
            Answers(prior["p_live"], prior["ring_mean"] + 1.8, cfg["max_ring_s"], detects),
            Durations(prior["talk_mean"], 0.9),
            Durations(prior["wrap_mean"], 0.7),
            grace=cfg["abandon_after_s"] - cfg["connect_delay_s"],
            cancel_after=cfg["min_ring_s"] if cancel else None,
        )
        names = [self._pacer.segment(name) for name in cfg["segments"]]
        self._segments: NDArray[np.int64] = np.array(names)
        self._talked: dict[int, float] = {}
        self._machines = 0
        self._woken_by = ""

    def on_event(self, ev: Any) -> None:
        self._woken_by = ev.kind
        if ev.kind == "dial":
            self._pacer.learn_placed(self._segments[ev.seg])
        elif ev.kind in WAYS_TO_END:
            self._pacer.learn_end(self._segments[ev.seg], ev.val, WAYS_TO_END[ev.kind])
        elif ev.kind in ("connect", "abandon"):
            self._pacer.learn_live(ev.kind == "abandon")
        elif ev.kind == "talk_end":
            self._talked[ev.agent] = ev.val
            self._machines += int(ev.val < MACHINE_TALKS)
        elif ev.kind == "wrap_end":
            self._pacer.learn_talk(self._talked.pop(ev.agent), ev.val)

    def decide(self, now: float, state: Any) -> Any:
        at_once = self._woken_by in ("tick", "idle") or self._pacer.budget.held
        if not state.n_logged or not at_once:
            return 0
        view, ringing = self._view(now, state)
        decision = decide(self._pacer, view)
        if not decision.cancel:
            return decision.calls
        return decision.calls, [int(state.call_id[ringing[place]]) for place in decision.cancel]

    def report(self) -> dict[str, Any]:
        shares = self._pacer.answers.share[: self._pacer.answers.count]
        return {
            "theta": self._pacer.budget.theta,
            "answered": [round(float(share), 3) for share in shares],
            "machines": self._machines,
        }

    def _view(self, now: float, state: Any) -> tuple[View, NDArray[np.int64]]:
        slots = slice(0, state.hi_slot)
        phase, segment = state.call_phase[slots], state.call_seg[slots]
        dialled, ringing = np.flatnonzero(phase == DIALLED), np.flatnonzero(phase == RINGING)
        age, rung = now - state.call_t0[slots], now - state.call_since[slots]
        since = now - state.agent_since
        stays = ~state.agent_pending
        live = state.connected + state.abandoned - self._machines
        view = View(
            now=now + 1,  # 0 would mean that no time has been told yet
            free=state.n_idle,
            in_flight=state.n_outstanding + state.n_waiting,
            talking=since[(state.agent_state == TALKING) & stays],
            wrapping=since[(state.agent_state == WRAPPING) & stays],
            dialled=age[dialled],
            dialled_segments=self._segments[segment[dialled]],
            ringing=age[ringing],
            ringing_segments=self._segments[segment[ringing]],
            rung=rung[ringing],
            analysing=state.n_analysing,
            waiting=state.n_waiting,
            live=live,
            abandoned=state.abandoned,
            lines=min(state.cps_available, state.trunks_max - state.trunks_in_use),
            left=max(0.0, self._end - now),
        )
        beyond = room_beyond_agents(self._limit, live, state.abandoned)
        view.room = beyond if self._guard else 1_000_000
        view.guarded = view.free + view.room - view.in_flight
        ahead = max(0, min(60, view.lines))
        view.next_segments = self._segments[state.next_segments(ahead)]
        return view, ringing
