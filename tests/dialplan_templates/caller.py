"""Callers side by side on a real Asterisk: each presses its entries, one whenever it is asked."""

import time
import wave
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from campaigns.flow.flow import Flow
from campaigns.flow.scene import Call
from connectors.packed import pack
from dialplan_templates.flows import asterisk_flow_files
from lab.ami import Ami, Message
from lab.asterisk import AsteriskNode
from lab.carrier import Carrier
from tests.dialplan_templates.told import Told, hear

SECONDS = 15.0
WATCHER = """\
[watcher]
secret = watcher
read = call,user,dialplan
write = call,originate
eventfilter = Event: UserEvent
eventfilter = Event: Hangup
eventfilter = Application: Read
eventfilter = AppData: dialplane/quiz/slow
"""
"""An account that is told when a call begins to listen, or to hear the slow prompt."""


@dataclass
class Caller:
    """`entries`: what is pressed each time the flow asks; None: hangs up. None left: silence.

    `early` is pressed while the prompt `slow` is played, or begins to be.
    """

    flow: str
    entries: list[str | None]
    call: Call = field(default_factory=Call)
    early: str = ""
    agent: bool = False
    answer: bool = True
    webhook: Mapping[str, str] | None = None
    id: str = field(default_factory=lambda: str(uuid4()))
    number: str = ""
    told: Told = field(default_factory=Told)
    events: list[Message] = field(default_factory=list)

    def variables(self) -> str:
        """What Dialplane gives a call on its way."""
        given = {
            f"DIALPLANE_WITH.{self.flow}.{name}": f"v{pack(text)}"
            for name, text in self.call.fields.items()
        }
        given["DIALPLANE_TAGS"] = f"={'='.join(sorted(self.call.tags))}="
        given["DIALPLANE_ZONES"] = "=".join(self.call.zones)
        given["DIALPLANE_PARTY"] = self.call.party.value
        given["DIALPLANE_TRUNK"] = "carrier"
        return ",".join(f"{name}={value}" for name, value in given.items())


def install(pbx: AsteriskNode, flows: Iterable[Flow]) -> None:
    """The rendering, and a short sound for each prompt but `nowhere`."""
    flow, *called = flows
    for each in (flow, *called):
        for prompt in each.prompts.keys() - {"nowhere"}:
            length = 1.5 if prompt == "slow" else 0.2
            quiet(pbx.sounds_dir / each.name / f"{prompt}.wav", length)
    pbx.write(asterisk_flow_files(flow, called) | {"manager.d/watcher.conf": WATCHER})
    pbx.cli("dialplan reload")
    pbx.cli("manager reload")


def quiet(path: Path, seconds: float) -> None:
    """A sound of that length in which there is nothing."""
    path.parent.mkdir(exist_ok=True)
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(2 * int(8000 * seconds)))


def call_all(
    pbx: AsteriskNode, carrier: Carrier, flows: Mapping[str, Flow], callers: Iterable[Caller]
) -> None:
    """Place all calls at once, and be each customer until all have ended."""
    waiting = {caller.id: caller for caller in callers}
    watcher = Ami(pbx.ami_host, pbx.ami_port, "watcher", "watcher")
    pressed: list[Future[None]] = []
    with watcher as session, ThreadPoolExecutor(len(waiting)) as fingers:
        for nth, caller in enumerate(waiting.values()):
            caller.number = f"493055575{nth:02}"
            _place(session, caller)
        deadline = time.monotonic() + SECONDS
        while waiting:
            event = session.event(lambda e: e.get("Uniqueid") in waiting, SECONDS)
            assert time.monotonic() < deadline, f"still on the line: {[*waiting.values()]}"
            caller = waiting[event["Uniqueid"]]
            if event["Event"] == "Hangup":
                del waiting[caller.id]
            elif event["Event"] == "UserEvent":
                _told(session, caller, event, flows)
            elif keys := _entry(session, caller, event):
                pressed.append(fingers.submit(carrier.press, caller.number, keys))
    for each in pressed:
        each.result()


def _place(session: Ami, caller: Caller) -> None:
    headers = {
        "Channel": f"PJSIP/{caller.number}@carrier",
        "ChannelId": caller.id,
        "Context": f"dialplane-call-{caller.flow}",
        "Exten": "s",
        "Priority": "1",
        "Async": "true",
        "Variable": caller.variables(),
    }
    answer = session.action("Originate", headers)
    assert answer["Response"] == "Success", answer


def _entry(session: Ami, caller: Caller, event: Message) -> str:
    """What is pressed now that the flow listens."""
    if event["Application"] == "Playback":
        return caller.early
    entry = caller.entries.pop(0) if caller.entries else ""
    if entry is None:
        session.action("Hangup", {"Channel": event["Channel"]})
    return entry or ""


def _told(session: Ami, caller: Caller, event: Message, flows: Mapping[str, Flow]) -> None:
    """A step tells something: it is kept, and Dialplane does its part."""
    caller.events.append(event)
    hear(caller.told, event, flows)
    if event["What"] == "agent" and caller.agent:
        where = {"Context": "dialplane-caller", "Exten": "wait", "Priority": "1"}
        session.action("Redirect", {"Channel": event["Channel"], **where})
        caller.told.trail.append((event["Flow"], event["Step"], "agent", "agent", ""))
        caller.told.ended = "agent"  # as the dialler knows, whose agent has the call
        session.action("Hangup", {"Channel": event["Channel"]})
    if event["What"] == "webhook" and caller.webhook is not None:
        for name, text in caller.webhook.items():
            _set(session, event, f"DIALPLANE_GOT.{name}", pack(text))
        _set(session, event, "DIALPLANE_ANSWER", f"{event['Ticket']}=answered")


def _set(session: Ami, event: Message, name: str, value: str) -> None:
    session.action("Setvar", {"Channel": event["Channel"], "Variable": name, "Value": value})
