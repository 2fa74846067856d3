"""The table of all kinds of steps."""

from typing import Annotated, TypeAlias, get_args

from campaigns.flow.asking import Menu, Survey
from campaigns.flow.branch import Branch
from campaigns.flow.collecting import Collect
from campaigns.flow.reaching import Agent, Hangup, SubFlow, Transfer, Webhook
from campaigns.flow.speaking import Callback, OptOut, Play, Record, Voicemail
from campaigns.flow.ways import Step
from campaigns.spec.keyed import Keyed, key_of

OneStep: TypeAlias = Annotated[
    Play
    | Menu
    | Collect
    | Record
    | Branch
    | Webhook
    | Agent
    | Transfer
    | OptOut
    | Survey
    | Callback
    | Voicemail
    | Hangup
    | SubFlow,
    Keyed(),
]
KINDS: dict[str, type[Step]] = {key_of(kind): kind for kind in get_args(get_args(OneStep)[0])}
"""Every kind of step by its key."""


def kind_of(step: Step) -> str:
    """The key that tells a step's kind: play, menu, ..."""
    return key_of(type(step))
