"""What others read of a snapshot, so that one that cannot be read is found where it comes in.

Whatever writes to Redis could have written it. A part that is not there is no fault: the worker
that dials the campaign may be of another version.
"""

import json
from typing import Annotated, Any

from pydantic import BaseModel, Strict, ValidationError

Figure = Annotated[float, Strict()]
Figures = dict[str, Figure]
Words = list[Annotated[str, Strict()]]


class StrangeSnapshot(ValueError):
    """A sentence: what Redis holds of a campaign's live state is none of a worker's."""


class _Inbound(BaseModel):
    waiting: Figure = 0
    longest_wait: Figure = 0


class _Period(BaseModel):
    abandonment: Figure = 0


class _Guard(BaseModel):
    room: Figure = 0
    left: Figure = 0


class _Pacing(BaseModel):
    calls: Figure = 0


class _Measures(BaseModel):
    idle: dict[str, Figure | None] = {}
    ended: Figures = {}
    events: Figure = 0
    event_lag: Figure = 0
    loop_lag: Figure = 0
    turns: Figures = {}
    unwritten: Figure = 0
    write_lag: Figure = 0


class _Shot(BaseModel):
    nodes: Words = []
    nodes_up: Words = []
    trouble: Words = []
    voice: Annotated[str, Strict()] = ""
    calls: Figures = {}
    agents: Figures = {}
    trunks: Figures = {}
    claiming: Figure = 0
    hopper: Figure = 0
    dialled: Figure = 0
    limit: Figure = 0
    inbound: _Inbound | None = None
    period: _Period = _Period()
    guard: _Guard = _Guard()
    pacing: _Pacing = _Pacing()
    measures: _Measures = _Measures()


def read_shot(campaign: str, told: bytes) -> dict[str, Any]:
    """The snapshot in its JSON. Raises `StrangeSnapshot`."""
    try:
        shot: dict[str, Any] = json.loads(told)
        _Shot.model_validate(shot)
    except (ValueError, ValidationError, RecursionError) as wrong:
        raise StrangeSnapshot(
            f"The live state of campaign '{campaign}' in Redis cannot be read: no worker of this "
            "version has written it; see docs/queue.md on who else can"
        ) from wrong
    return shot
