"""The table of how each kind of step is gone through."""

from collections.abc import Callable
from typing import Any

from campaigns.flow import acts_reaching as reaching
from campaigns.flow import acts_speaking as speaking
from campaigns.flow.asked import Asked
from campaigns.flow.asking import Menu, Survey
from campaigns.flow.branch import Branch
from campaigns.flow.collecting import Collect
from campaigns.flow.reaching import Agent, Hangup, SubFlow, Transfer, Webhook
from campaigns.flow.scene import Act
from campaigns.flow.speaking import Callback, OptOut, Play, Record, Voicemail
from campaigns.flow.ways import Step


def act_of(step: Step) -> Act:
    """The step, about to begin."""
    return ACTS[type(step)](step)


ACTS: dict[type[Step], Callable[[Any], Act]] = {
    Play: speaking.play,
    Menu: Asked,
    Collect: Asked,
    Survey: Asked,
    Record: speaking.record,
    Branch: reaching.branch,
    Webhook: reaching.webhook,
    Agent: reaching.agent,
    Transfer: reaching.transfer,
    OptOut: speaking.opt_out,
    Callback: speaking.callback,
    Voicemail: speaking.voicemail,
    Hangup: reaching.hangup,
    SubFlow: reaching.sub_flow,
}
