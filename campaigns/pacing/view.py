"""What a pacing mode sees, and what it says. Ages and durations in seconds."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Numbers: TypeAlias = Sequence[float] | Floats
Indices: TypeAlias = Sequence[int] | NDArray[np.int64]


@dataclass(slots=True)
class View:
    """What a dialler can see at one instant. (Not frozen: made too often.)

    A segment is given by the pacer's own number for it (`Pacer.segment`).
    """

    now: float = 0.0  # as a timestamp
    free: int = 0  # ready agents who stay
    in_flight: int = 0  # calls placed or about to be, that may still ask for one of them
    talking: Numbers = ()  # for how long each agent has talked, of those who stay
    wrapping: Numbers = ()
    dialled: Numbers = ()  # ages of the calls that do not ring yet, since the originate
    dialled_segments: Indices = ()
    ringing: Numbers = ()  # ages of the calls that ring, since the originate
    ringing_segments: Indices = ()
    rung: Numbers = ()  # for how long each of them has rung; where calls may be cut short
    ringing_ids: list[UUID] = field(default_factory=list)  # likewise
    analysing: int = 0  # answered, AMD listens
    waiting: int = 0  # live, no agent yet
    inbound: int = 0  # calls that came in and wait: each keeps an agent from the others
    next_segments: Indices = ()  # of the leads that would be dialled next; empty: not known
    live: int = 0  # live answers of the limit's period, and how many of them were abandoned
    abandoned: int = 0
    asked: int = 0  # mode ivr: how many of them had asked for an agent
    asks: bool = True  # whether calls may ask for an agent at all
    room: int = 0  # calls that may be in flight beyond the free agents: the guard's
    guarded: int = 0  # calls that the guard allows now
    lines: int = 0  # calls that trunks and calls per second allow now
    left: float = 0.0  # seconds until the calling day is over
    tell: bool = False  # the decision is to be explained, even if it places nothing


@dataclass(slots=True)
class Decision:
    """How many calls to place now, which of the ringing ones to give up (by their place in
    `View.ringing`), and the sentence that explains it.

    `held`: what kept it from being more: the guard, the lines, or the mode's own wish (empty).
    `figures`: what the mode went by, where it placed or gave up a call, or was to tell.
    """

    calls: int
    why: str
    cancel: list[int] = field(default_factory=list)
    held: str = ""
    figures: dict[str, float] = field(default_factory=dict)


class Pacer(Protocol):
    """One campaign's pacing.

    `pause`: seconds between two decisions, at least. `models`: it looks at single calls and
    agents, not only at how many there are.
    """

    @property
    def pause(self) -> float: ...

    @property
    def models(self) -> bool: ...

    def segment(self, name: str) -> int:
        """The pacer's number for a segment."""

    def wants(self, view: View, most: int) -> Decision: ...

    def learn_placed(self, segment: int) -> None: ...

    def learn_end(self, segment: int, age: float, how: str) -> None:
        """A call's wait for an answer is over, `age` seconds after the originate."""

    def learn_talk(self, talk: float, wrap_up: float) -> None: ...

    def learn_live(self, abandoned: bool) -> None: ...
