"""What a call is told whose prompt holds variables: which text."""

from collections.abc import Mapping
from dataclasses import dataclass

from campaigns.flow.flow import Flow, Spoken
from campaigns.flow.texts import filled
from speech.errors import BadText


@dataclass(frozen=True, slots=True)
class Saying:
    """A text for a voice, without variables, and the language that it is in."""

    text: str
    language: str


def saying(flow: Flow, prompt: str, values: Mapping[str, str]) -> Saying:
    """What a prompt says in a call whose variables have these values, as `flow try` has it.

    Raises `BadText` for a prompt that is not said, or that would say a secret.
    """
    found = flow.prompts.get(prompt)
    if not isinstance(found, Spoken):
        raise BadText(f"the flow '{flow.name}' has no prompt '{prompt[:80]}' that is said")
    if flow.secrets() & {*flow.spoken(prompt)}:
        raise BadText(f"the prompt '{prompt}' holds what is to stay secret")
    text = " ".join(filled(found.say, values).split())
    return Saying(text, found.language or flow.language)


def without_values(flow: Flow, prompt: str) -> Saying:
    """What is heard when nobody makes the sound of a call in time: the variables are left out."""
    return saying(flow, prompt, {})
