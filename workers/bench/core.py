"""How many events a second the dialler decides, alone, and how long predictive pacing thinks.

A shift is taped once, then replayed.

The tape holds every event that the core has to decide in a simulated shift: what the PBX tells,
what people order, what the database answers, and time passing; the replay gives them to a fresh
dialler with nothing else running. The note says how many of them are the PBX's alone.
"""

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from random import Random
from typing import Any, TypeAlias
from uuid import UUID

from campaigns.dialler import Dialler
from campaigns.effects import Effect
from campaigns.pacing.view import Decision, View
from campaigns.spec.campaign import Campaign
from connectors.fake.presets import preset
from workers.bench.rows import Row
from workers.shift import Shift
from workers.simulate import MONDAY, simulate

AGENTS, HOURS, SEED = 200, 0.5, 1
CROWD = 300
REACH = 50_000.0
REPLAYS = 6  # of which the fastest counts: on a busy machine the others measure the neighbours
SHIFTS = 2  # likewise
Input: TypeAlias = tuple[str, tuple[Any, ...]]
INPUTS = ("handle", "order", "claimed", "refilled", "tick")


def campaign(mode: str, agents: int) -> Campaign:
    """A campaign with lines enough that the dialler is the limit."""
    return Campaign.model_validate(
        {
            "name": "bench",
            "mode": mode,
            "trunks": [{"name": "carrier", "channels": 10 * agents, "calls_per_second": 200}],
            "caller_ids": ["+12125550100"],
            "agents": {"teams": ["all"], "wrap_up": 30},
            "leads": {"list": "bench"},
            "windows": {"timezone": "UTC", "hours": [{"from": "00:00", "to": "24:00"}]},
            "dispositions": [{"name": "sale", "success": True}, {"name": "no-sale"}],
            "pacing": {"calls_per_second": 200},
        }
    )


def bench_core() -> list[Row]:
    """Decided events per second and core, by mode; and decisions of the predictive mode."""
    modes = ("progressive", "predictive")
    tapes = {mode: _record(campaign(mode, AGENTS), MONDAY) for mode in modes}
    rates = dict.fromkeys(modes, 0.0)
    for _ in range(REPLAYS):  # by turns: a busy moment of the machine hits both
        for mode, tape in tapes.items():
            rates[mode] = max(rates[mode], len(tape) / _replay(campaign(mode, AGENTS), tape))
    core, thinking = (_events(tapes[mode], mode, rates[mode]) for mode in modes)
    thinking = replace(thinking, baseline=core.figure, baseline_name="core progressive")
    return [replace(core, reach=REACH), thinking, _decisions()]


def bench_simulation() -> list[Row]:
    """Virtual time: a shift of 8 h with 50 agents is to take at most 20 s, 1440 times faster."""
    taken = min(_simulated() for _ in range(SHIFTS))
    note = f"8 h with 50 agents in {taken:.1f} s, the faster of {SHIFTS} runs"
    return [Row("simulation", 8 * 3600 / taken, "s/s", 1.0, "real time", 1440, note)]


def _simulated() -> float:
    started = time.process_time()
    simulate(campaign("predictive", 50), preset("default"), agents=50, hours=8, seed=SEED)
    return time.process_time() - started


class _Tape:
    """Stands where the dialler stands, and keeps what goes in."""

    def __init__(self, dialler: Dialler) -> None:
        self.inputs: list[Input] = []
        self._dialler = dialler

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._dialler, name)
        if name not in INPUTS:
            return method

        def taped(*arguments: Any) -> list[Effect]:
            self.inputs.append((name, arguments))
            effects: list[Effect] = method(*arguments)
            return effects

        return taped


def _events(tape: Sequence[Input], mode: str, rate: float) -> Row:
    told = sum(1 for name, _ in tape if name == "handle")
    alone = f"{rate * told / len(tape):,.0f}/s"
    note = f"{AGENTS} agents, {len(tape)} events, of which the PBX's are {told} ({alone})"
    return Row(f"core {mode}", rate, "events/s", note=note)


def _decisions() -> Row:
    """Decisions of the predictive mode, from what is seen to how many calls: 1 ms at most."""
    shift = Shift(campaign("predictive", CROWD), preset("default"), CROWD, SEED, MONDAY)
    pacer, taken = shift.dialler.run.pacer, []
    wants = pacer.wants

    def timed(view: View, most: int) -> Decision:
        started = time.process_time()
        decision = wants(view, most)
        taken.append(time.process_time() - started)
        return decision

    pacer.wants = timed  # type: ignore[method-assign]
    shift.run(HOURS)
    each = sum(taken) / len(taken)
    note = f"{CROWD} agents, {len(taken)} decisions, {1e6 * each:.0f} microseconds each"
    return Row("predictive decisions", 1 / each, "/s", reach=1000.0, note=note)


def _record(plan: Campaign, start: datetime) -> list[Input]:
    shift = Shift(plan, preset("default"), AGENTS, SEED, start)
    tape = _Tape(shift.dialler)
    shift.dialler = tape  # type: ignore[assignment]  # it is one, to all who look
    shift.run(HOURS)
    return tape.inputs


def _replay(plan: Campaign, tape: Sequence[Input]) -> float:
    """Seconds of CPU. The same ids are made again, so that each event finds its call."""
    ids = Random(f"ids/{SEED}")
    dialler = Dialler(plan, lambda: UUID(int=ids.getrandbits(128), version=4))
    calls: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
        (getattr(dialler, name), arguments) for name, arguments in tape
    ]
    gc.collect()
    gc.freeze()  # the tape is the bench's own: no collection need walk through it
    started = time.process_time()
    for call, arguments in calls:
        call(*arguments)
    taken = time.process_time() - started
    gc.unfreeze()
    return taken
