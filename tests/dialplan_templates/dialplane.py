"""Dialplane's connector and voice on a real PBX, on an event loop of their own.

They place calls, send them into their flows, and say what the flows ask for.
"""

import asyncio
from collections.abc import Mapping
from threading import Thread
from typing import Self
from uuid import UUID

from campaigns.flow.flow import Flow
from campaigns.flow.scene import first_values
from campaigns.flow_effects import SayPrompt
from connectors.calls import Answered, Event, Originate
from connectors.flows import EnterFlow, FlowSays, SayFlow
from connectors.pbx import Pbx, open_pbx
from speech.said import Saying, saying
from tests.dialplan_templates.caller import Caller
from workers.voice import Voice

AT_ONCE = 2
CALLER_ID = "+4930999999"


class Dialplane:
    """`said`: what it was asked for, by the caller's number."""

    def __init__(self, url: str, flows: Mapping[str, Flow]) -> None:
        self.said: dict[str, list[Saying]] = {}
        self._flows = flows
        self._callers: dict[UUID, Caller] = {}
        self._voices: dict[UUID, Voice] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever)
        self._pbx: Pbx = open_pbx("main", url)

    def __enter__(self) -> Self:
        self._thread.start()
        self._wait_for(self._pbx.open(self._hear))
        return self

    def __exit__(self, *_: object) -> None:
        for voice in self._voices.values():
            self._wait_for(voice.close())
        self._wait_for(self._pbx.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def place(self, caller: Caller) -> None:
        """Call somebody."""
        self._wait_for(self._place(caller))

    async def _place(self, caller: Caller) -> None:
        call = UUID(caller.id)
        self._callers[call], self.said[caller.number] = caller, []
        if caller.voice is not None:
            self._voices[call] = Voice(caller.voice, AT_ONCE, "test", self._flows, self._tell)
        self._pbx.send(Originate(call, f"+{caller.number}", "carrier", CALLER_ID))

    def _hear(self, event: Event) -> None:
        if isinstance(event, Answered):
            it = self._callers[event.call_id]
            given = first_values(it.call.fields, it.call.fields)
            known = given, (*it.call.tags,), it.call.zones, it.call.party
            self._pbx.send(EnterFlow(event.call_id, it.flow, "carrier", *known))
        elif isinstance(event, FlowSays):
            self._says(event)

    def _says(self, event: FlowSays) -> None:
        number = self._callers[event.call_id].number
        said = saying(self._flows[event.flow], event.prompt, event.values)
        self.said[number].append(said)
        voice = self._voices.get(event.call_id)
        if voice is not None:
            about = event.call_id, event.flow, event.prompt, event.ticket, event.timeout
            voice.say(SayPrompt("main", *about, dict(event.values)))

    def _tell(self, say: SayPrompt, sound: str) -> None:
        self._pbx.send(SayFlow(say.call_id, say.ticket, sound))

    def _wait_for(self, todo: object) -> None:
        asyncio.run_coroutine_threadsafe(todo, self._loop).result(10)  # type: ignore[arg-type]
