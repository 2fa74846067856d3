"""Callers side by side on a real FreeSWITCH: each presses its entries, one whenever it is asked.

What is told is what the connector tells.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from uuid import UUID

from campaigns.flow.flow import Flow
from campaigns.flow.scene import first_values
from connectors.calls import Answered, Ended, Event, HangUp, Originate, PlayMessage
from connectors.clock import RunningClock
from connectors.flows import (
    AnswerFlow,
    EnterFlow,
    FlowAsked,
    FlowWantsAgent,
)
from connectors.freeswitch.asyncio_transport import connect
from connectors.freeswitch.codec import line
from connectors.freeswitch.event import Event as Heard
from connectors.freeswitch.transport import Ears
from connectors.freeswitch.url import read
from connectors.pbx import Pbx, open_pbx
from dialplan_templates.freeswitch_flows import freeswitch_flow_files
from lab.esl import Esl
from tests.contract.harness_freeswitch import WORLD
from tests.dialplan_templates.caller import Caller
from tests.dialplan_templates.calling import quiet
from tests.dialplan_templates.told_events import take

AT_ONCE = 12
SECONDS = 30.0  # for one call
SLOW = "dialplane/quiz/slow.wav"


def install(url: str, flows: Iterable[Flow]) -> None:
    """The rendering, and a short sound for each prompt but `nowhere`."""
    at = read(url)
    with Esl(at.host, at.port, at.password) as session:
        conf, sounds = (
            Path(session.api(f"global_getvar {name}")) for name in ("conf_dir", "sounds_dir")
        )
        for flow in flows:
            for prompt in flow.prompts.keys() - {"nowhere"}:
                length = 1.5 if prompt == "slow" else 0.2
                (sounds / "dialplane").mkdir(exist_ok=True)
                quiet(sounds / "dialplane" / flow.name / f"{prompt}.wav", length)
            for path, text in freeswitch_flow_files(flow).items():
                (conf / path).write_text(text)
        assert session.api("reloadxml").startswith("+OK")


async def call_all(url: str, flows: Mapping[str, Flow], callers: Iterable[Caller]) -> None:
    """Place all calls, some at a time, and be each customer until all have ended."""
    people = People(flows, callers)
    at = url.partition("?")[0]
    people.pbx = open_pbx("walk", f"{at}?{WORLD}", RunningClock())
    where = read(url)
    ears = Ears(lambda _: None, people.runs, lambda _: None)
    link = await connect(where.host, where.port, where.log_in, ears)
    link.write(line("event json CHANNEL_EXECUTE"))
    people.does = lambda command: link.write(line(f"api {command}"))
    await people.pbx.open(people.tell)
    try:
        await people.call()
    finally:
        await people.pbx.close()
        link.abort()


class People:
    """All callers, by their calls."""

    pbx: Pbx
    does: Callable[[str], None]

    def __init__(self, flows: Mapping[str, Flow], callers: Iterable[Caller]) -> None:
        self._flows = flows
        self._callers = {UUID(caller.id): caller for caller in callers}
        self._over = {call: asyncio.Event() for call in self._callers}
        self._room = asyncio.Semaphore(AT_ONCE)

    async def call(self) -> None:
        await asyncio.gather(*(self._call(nth, call) for nth, call in enumerate(self._callers)))

    async def _call(self, nth: int, call: UUID) -> None:
        async with self._room:
            self.pbx.send(Originate(call, f"+4930{7000 + nth:06}8", "carrier", "+4930999999"))
            try:
                async with asyncio.timeout(SECONDS):
                    await self._over[call].wait()
            except TimeoutError:
                self._callers[call].told.ended += " still on the line"
                self.pbx.send(HangUp(call))

    def runs(self, heard: Heard) -> None:
        """An application begins."""
        caller = self._callers.get(_uuid(heard["Unique-ID"]))
        if caller is None:
            return
        if heard["Application"] == "read":
            entry = caller.entries.pop(0) if caller.entries else ""
            if entry is None:
                self.pbx.send(HangUp(UUID(caller.id)))
            elif entry:
                self.does(f"uuid_recv_dtmf {caller.id} {entry}")
        elif caller.early and heard["Application-Data"].endswith(SLOW):
            self.does(f"uuid_recv_dtmf {caller.id} {caller.early}")

    def tell(self, event: Event) -> None:
        """What the connector tells."""
        call = getattr(event, "call_id", None)
        caller = self._callers.get(call) if call else None
        if caller is None:
            return
        match event:
            case Answered():
                self._enter(caller)
            case FlowWantsAgent() if caller.agent:
                self._agent(caller, event)
            case FlowAsked() if caller.webhook is not None:
                got = dict(caller.webhook)
                self.pbx.send(AnswerFlow(event.call_id, event.ticket, got))
            case Ended():
                self._over[event.call_id].set()
            case _:
                take(caller.told, event, self._flows)

    def _enter(self, caller: Caller) -> None:
        known = caller.call
        given = first_values(known.fields, known.fields)
        tags, zones = tuple(sorted(known.tags)), tuple(known.zones)
        into = (UUID(caller.id), caller.flow, "carrier", given, tags, zones, known.party)
        self.pbx.send(EnterFlow(*into))

    def _agent(self, caller: Caller, event: FlowWantsAgent) -> None:
        """An agent has the call."""
        call = event.call_id
        self.pbx.send(PlayMessage(call, "contract"))  # out of the flow, without a word
        caller.told.trail.append((caller.flow, "talk", "agent", "agent", ""))
        caller.told.ended = "agent"
        self.pbx.send(HangUp(call))


def _uuid(text: str) -> UUID:
    return UUID(text)
