"""Where a walk is, and where it has been."""

from dataclasses import dataclass

from campaigns.flow.collecting import Collect
from campaigns.flow.flow import Flow
from campaigns.flow.reaching import SubFlow
from campaigns.flow.steps import kind_of
from campaigns.flow.ways import Step

HIDDEN = "•"
ENTER = "enter"
"""The way from a step into the flow that it calls; `next` follows when that has come back."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that the call went through, by which way out, and what was pressed for it."""

    flow: str
    step: str
    kind: str
    way: str  # the way's name; of the last step, how the walk has ended
    pressed: str = ""


@dataclass(slots=True)
class Frame:
    """A flow that is under way, and the step that the call is at."""

    flow: Flow
    values: dict[str, str]
    at: str
    by: SubFlow | None = None  # the step that has called the flow

    @property
    def step(self) -> Step:
        """The step itself."""
        return self.flow.steps[self.at]

    def left(self, way: str, pressed: str) -> Taken:
        """The step as it is left by a way."""
        secret = isinstance(self.step, Collect) and self.step.secret
        shown = HIDDEN * len(pressed) if secret else pressed
        return Taken(self.flow.name, self.at, kind_of(self.step), way, shown)
