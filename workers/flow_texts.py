"""Texts with variables on the fake PBX: asked for and waited for as on an Asterisk.

There it is asked before a question is heard for the first time, and not at each further try, and
before each other prompt; keys are lost meanwhile.
"""

from datetime import datetime
from uuid import UUID

from campaigns.flow import doing as do
from campaigns.flow.asking import Asks
from campaigns.flow.flow import Flow
from campaigns.flow.walk import Walk
from connectors.flows import FlowSays
from dialplan_templates.flows import SAY_SECONDS


class Texts:
    """Of the call `call_id`. `ticket`: of the text that it waits for now; empty: it does not."""

    def __init__(self, call_id: UUID) -> None:
        self.ticket = ""
        self._call_id = call_id
        self._asked = 0
        self._question = 0  # the step of the walk whose question was asked for, counted from 1

    def ask(self, walk: Walk, flow: Flow, now: datetime) -> FlowSays | None:
        """What is asked for the prompt that the walk has come to, if it has to be said."""
        self.ticket = ""
        at, name = len(walk.trail) + 1, walk.at[1]
        if not isinstance(walk.doing, do.PlayPrompt):
            return None
        prompt, step = walk.doing.prompt, flow.steps[name]
        names = flow.spoken(prompt)
        is_question = isinstance(step, Asks) and prompt == step.question
        if not names or (is_question and self._question == at):
            return None
        if is_question:
            self._question = at
        self._asked += 1
        self.ticket = str(self._asked)
        values = {each: walk.values.get(each, "") for each in names}
        about = flow.name, name, prompt, self.ticket, float(SAY_SECONDS)
        return FlowSays(self._call_id, now, *about, values)

    def over(self, ticket: str) -> bool:
        """The text with this ticket need not be waited for any more. False: it was not."""
        waited = ticket != "" and ticket == self.ticket
        self.ticket = "" if waited else self.ticket
        return waited
