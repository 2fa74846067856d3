"""What a flow file says, as pydantic models: what a call goes through without an agent.

Each step is of one kind, which one of its keys tells (`play: welcome`), and names the steps that
come after it. What must hold between the parts is in `checks`, what happens on a call in `walk`.
"""

from collections.abc import Iterator
from typing import Annotated, TypeAlias

from pydantic import Field

from campaigns.flow.collecting import Collect
from campaigns.flow.reaching import SubFlow
from campaigns.flow.steps import OneStep
from campaigns.flow.texts import names_in
from campaigns.flow.types import FlowPart, Goto, Language, Name, Phone, Sound, Speech, Value
from campaigns.flow.ways import Step
from campaigns.spec.form import Form
from campaigns.spec.keyed import Keyed
from campaigns.spec.types import Token

MOST_STEPS = 200


class Recorded(FlowPart):
    """A prompt that was recorded."""

    file: Sound = Field(description="sound file, from the flow file's folder: prompts/hello.wav")


class Spoken(FlowPart):
    """A prompt that a voice says."""

    say: Speech = Field(description="the text, with variables in it: You owe {due} dollars.")
    language: Language | None = Field(default=None, description="the voice's; else the flow's")


Prompt: TypeAlias = Annotated[Recorded | Spoken, Keyed()]


class Flow(FlowPart):
    """A flow, whole."""

    name: Token = Field(description="the flow's name, in every command, report and sub-flow")
    start: Goto = Field(description="the first step")
    language: Language = Field(default="en", description="what its voice speaks")
    variables: Annotated[dict[Name, Value], Field(max_length=50)] = Field(
        default_factory=dict,
        description="what a call begins with: the customer's field of this name, else this text; "
        "of a sub-flow, what it is given",
    )
    prompts: Annotated[dict[Token, Prompt], Field(max_length=MOST_STEPS)] = Field(
        default_factory=dict, description="what is played and said, by name"
    )
    targets: Annotated[dict[Token, Phone], Field(max_length=50)] = Field(
        default_factory=dict, description="numbers that calls may be transferred to, by name"
    )
    steps: Annotated[dict[Token, OneStep], Field(min_length=1, max_length=MOST_STEPS)] = Field(
        description="the steps, by name"
    )

    def each(self) -> Iterator[tuple[str, Step]]:
        """Every step, with its name."""
        yield from self.steps.items()

    def calls(self) -> Iterator[tuple[str, SubFlow]]:
        """The steps that call another flow."""
        yield from ((name, s) for name, s in self.each() if isinstance(s, SubFlow))

    def secrets(self) -> frozenset[str]:
        """The variables that are shown nowhere."""
        asked = (step for _, step in self.each() if isinstance(step, Collect))
        return frozenset(step.collect for step in asked if step.secret)

    def spoken(self, prompt: str) -> tuple[str, ...]:
        """The variables in a prompt's text."""
        found = self.prompts.get(prompt)
        return names_in(found.say) if isinstance(found, Spoken) else ()


FLOW = Form(
    Flow,
    word="flow",
    begins="name: survey",
    hint="'dialplane init' writes examples to start from",
    as_written=True,
)
