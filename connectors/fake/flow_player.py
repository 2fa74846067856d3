"""Who plays flows on the fake PBX. It knows none itself: what a flow is lies above the connectors.

A play is one call on its way through a flow. It is told of time and of what happens, and says at
each beat what is to be told and when it wants to go on. It draws its chance from the call's fate
alone, so that the same customer does the same on each run.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from connectors.calls import CallEvent
from connectors.fake.fate import Fate
from connectors.fake.world import World
from connectors.flows import EnterFlow


@dataclass(frozen=True, slots=True)
class Beat:
    """`events`: what has happened. `after`: seconds until it goes on, unless something happens
    before. `over`: the call ends now."""

    events: tuple[CallEvent, ...] = ()
    after: float = 0.0
    over: bool = False


class Play(Protocol):
    """A call in a flow: `flow` is the one that it goes through now."""

    flow: str

    def begin(self, now: datetime) -> Beat:
        """The call has come in."""

    def go_on(self, now: datetime) -> Beat:
        """The time of the last beat is over."""

    def press(self, key: str, now: datetime) -> Beat | None:
        """The customer has pressed a key. None: that changes nothing."""

    def answer(self, ticket: str, got: Mapping[str, str] | None, now: datetime) -> Beat | None:
        """See `AnswerFlow`. None: it is late, and changes nothing."""

    def say(self, ticket: str, now: datetime) -> Beat | None:
        """See `SayFlow`. None: it is late, and changes nothing."""

    def hang_up(self, now: datetime) -> Beat:
        """The call ends, whoever has hung up."""


class FlowPlayer(Protocol):
    """All flows that a fake PBX has."""

    def play(self, order: EnterFlow, fate: Fate, world: World) -> Play | None:
        """The call that `order` sends in. None: there is no such flow."""
