"""A caller: who is called, what he presses, and what was told of his call."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import uuid4

from campaigns.flow.scene import Call, first_values
from connectors.packed import pack
from lab.ami import Message
from speech.sounds import Sounds
from tests.dialplan_templates.told import Told


@dataclass
class Caller:
    """`entries`: what is pressed each time the flow asks; None: hangs up. None left: silence.

    `early` is pressed while the prompt `slow` is played, or begins to be. `voice` makes the sounds
    of prompts with variables; where there is none, nobody does. `late`: its answers are to the
    question before. `gone`: hangs up while that is waited for.
    """

    flow: str
    entries: list[str | None]
    call: Call = field(default_factory=Call)
    early: str = ""
    agent: bool = False
    answer: bool = True
    webhook: Mapping[str, str] | None = None
    voice: Sounds | None = None
    late: bool = False
    gone: bool = False
    id: str = field(default_factory=lambda: str(uuid4()))
    number: str = ""
    told: Told = field(default_factory=Told)
    events: list[Message] = field(default_factory=list)

    def variables(self) -> str:
        """What Dialplane gives a call on its way."""
        given = {
            f"DIALPLANE_WITH.{self.flow}.{name}": f"v{pack(text)}"
            for name, text in first_values(self.call.fields, self.call.fields).items()
        }
        given["DIALPLANE_TAGS"] = f"={'='.join(sorted(self.call.tags))}="
        given["DIALPLANE_ZONES"] = "=".join(self.call.zones)
        given["DIALPLANE_PARTY"] = self.call.party.value
        given["DIALPLANE_TRUNK"] = "carrier"
        return ",".join(f"{name}={value}" for name, value in given.items())
