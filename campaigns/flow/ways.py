"""What every step of a flow has: ways out, prompts that it plays, variables that it uses.

Checks, pictures, the walk and the renderings for a PBX all go by these; none of them looks into
a step for the names of other steps.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from campaigns.flow.types import FlowPart
from campaigns.spec.errors import Loc

MACHINE = "party: machine"
"""A fact that holds on a way, as a variable that is set there does."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way out of a step. `loc`: where in the step it is written."""

    name: str  # as the trail tells it: next, no_input, else, or the keys that were pressed
    to: str  # a step, or `return`
    loc: Loc
    asked: bool = False  # a person has pressed something that was asked for
    sets: frozenset[str] = frozenset()  # variables that have a value from here on


@dataclass(frozen=True, slots=True)
class Mention:
    """A name (of a prompt, a variable, ...) and where in the step it is written."""

    name: str
    loc: Loc


class Step(FlowPart):
    """One step of a flow. `ends`: the call may end with it, or become somebody else's."""

    ends: ClassVar[bool] = False

    def ways(self) -> Iterable[Way]:
        """The ways out; none where the call ends, or is somebody else's."""
        return ()

    def prompts(self) -> Iterable[Mention]:
        """The prompts that it plays."""
        return ()

    def variables(self) -> Iterable[Mention]:
        """The variables that it uses; those of its prompts come on top."""
        return ()


def way(name: str, to: str, asked: bool = False, sets: Iterable[str] = ()) -> Way:
    """A way that is written under its own name."""
    return Way(name, to, (name,), asked, frozenset(sets))


def mentions(key: str, name: str | None) -> Iterable[Mention]:
    """What stands under a key; nothing where it is left out."""
    return () if name is None else (Mention(name, (key,)),)
