"""Customers of the example campaigns: what each presses, and what the walk makes of that."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from campaigns.flow import doing as do
from campaigns.flow.doing import Doing
from campaigns.flow.flow import Flow
from campaigns.flow.scene import Call
from campaigns.flow.trying import Script, go_through
from campaigns.flow.walk import Walk
from connectors.calls import Party
from lab.ami import Ami, Message
from lab.asterisk import AsteriskNode
from lab.carrier import Carrier
from lab.errors import LabError
from tests.system.tuned import BEEP, SECONDS, Prompt, shown

PATIENCE = SECONDS + 0.25
"""Seconds from the beginning of a question until it is answered: it was heard by then."""
SPEECH = 2.0
"""Seconds that somebody speaks who is recorded."""
ACCOUNT = """\
[ears]
secret = ears
read = dialplan
write =
eventfilter = Application: Read
eventfilter = Application: Record
"""
"""An account that is told when a call begins to ask, or to record."""


@dataclass
class Customer:
    """`entries`: what is pressed each time the flow asks, or records. `fields`: of the list."""

    campaign: str
    number: str
    entries: list[str] = field(default_factory=list)
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def machine(self) -> bool:
        return self.number[-3] == "8"


@dataclass
class Walked:
    """What a walk has come to. `plays`: what is heard, as `Tuning.heard` tells it; `says`: texts
    that are said with values, with their prompts."""

    walk: Walk
    plays: list[str] = field(default_factory=list)
    says: dict[str, Prompt] = field(default_factory=dict)

    def saw(self, doing: Doing) -> None:
        flow = self.walk.at[0]
        if isinstance(doing, do.PlayPrompt):
            said = bool(self._flow(flow).spoken(doing.prompt))
            prompt = (flow, doing.prompt, said)
            self.plays.append(shown(prompt))
            if said:
                self.says[" ".join(doing.say.split())] = prompt
        elif isinstance(doing, do.FindAgent) or (
            isinstance(doing, do.StartRecording) and doing.beep
        ):
            self.plays.append(BEEP)

    def _flow(self, name: str) -> Flow:
        return self.walk.flows[name]


def walked(
    it: Customer,
    flows: Mapping[str, Flow],
    answers: Mapping[str, Mapping[str, str] | None],
    at: datetime,
) -> Walked:
    """What the walk says of a customer whose call begins at that time."""
    entries = [entry for entry in it.entries if entry != "#"]  # which only ends a recording
    party = Party.MACHINE if it.machine else Party.HUMAN
    walk = Walk(flows[it.campaign], Call(fields=it.fields, party=party), flows)
    found = Walked(walk)
    script = Script(lambda: entries.pop(0) if entries else "", answers)
    go_through(walk, script, at, found.saw)
    return found


class Fingers:
    """Press what each customer presses, a little after the flow has begun to ask, while `with` is
    on. `number_of` tells whose call it is, by its id on the PBX."""

    def __init__(
        self,
        pbx: AsteriskNode,
        carrier: Carrier,
        customers: list[Customer],
        number_of: Callable[[str], str],
    ) -> None:
        self._left = {each.number: [*each.entries] for each in customers}
        self._carrier, self._number_of = carrier, number_of
        self._ears = Ami(pbx.ami_host, pbx.ami_port, "ears", "ears")
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen)
        self._presses: list[threading.Timer] = []

    def __enter__(self) -> "Fingers":
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._over.set()
        self._thread.join()
        self._ears.close()
        for press in self._presses:
            press.join()

    def _listen(self) -> None:
        while not self._over.is_set():
            try:
                asked = self._ears.event(lambda e: e.get("Event") == "Newexten", 0.5)
            except LabError:
                continue  # nobody was asked anything
            self._asked(asked)

    def _asked(self, event: Message) -> None:
        number = self._number_of(event["Uniqueid"])
        entries = self._left.get(number)
        if not entries:
            return
        wait = PATIENCE + (SPEECH if event["Application"] == "Record" else 0)
        press = threading.Timer(wait, self._carrier.press, (number, entries.pop(0)))
        press.start()
        self._presses.append(press)
