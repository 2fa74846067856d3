"""Callers side by side on a real Asterisk: each presses its entries, one whenever it is asked."""

import time
import wave
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from campaigns.flow.flow import Flow
from dialplan_templates.flows import asterisk_flow_files
from lab.ami import Ami, Message
from lab.asterisk import AsteriskNode
from lab.carrier import Carrier
from tests.dialplan_templates.answering import take
from tests.dialplan_templates.caller import Caller
from tests.dialplan_templates.dialplane import Dialplane

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
    pbx: AsteriskNode,
    carrier: Carrier,
    flows: Mapping[str, Flow],
    callers: Iterable[Caller],
    seconds: float = SECONDS,
    dialplane: Dialplane | None = None,
) -> None:
    """Place all calls at once, and be each customer until all have ended. `dialplane` places them
    and says their texts; without it the test does."""
    waiting = {caller.id: caller for caller in callers}
    watcher = Ami(pbx.ami_host, pbx.ami_port, "watcher", "watcher")
    pressed: list[Future[None]] = []
    with watcher as session, ThreadPoolExecutor(len(waiting)) as fingers:
        for nth, caller in enumerate(waiting.values()):
            caller.number = caller.number or f"493055575{nth:02}"
            if dialplane is not None:
                dialplane.place(caller)
            else:
                _place(session, caller)
        deadline = time.monotonic() + seconds
        while waiting:
            event = session.event(lambda e: e.get("Uniqueid") in waiting, seconds)
            assert time.monotonic() < deadline, f"still on the line: {[*waiting.values()]}"
            caller = waiting[event["Uniqueid"]]
            if event["Event"] == "Hangup":
                del waiting[caller.id]
            elif event["Event"] == "UserEvent":
                take(session, caller, event, flows, speaks=dialplane is None)
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
