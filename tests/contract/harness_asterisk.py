"""A real Asterisk under the contract, with a second one as carrier and its AMI over a wire."""

import asyncio
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Self
from uuid import UUID

from campaigns.flow.flow import Flow
from connectors.asterisk.arrivals import Naming
from connectors.clock import Clock, RunningClock
from connectors.linked.channels import uuid
from connectors.pbx import Pbx, PbxError, PbxRefused, open_pbx
from dialplan_templates.flows import asterisk_flow_files
from lab.asterisk import AsteriskNode
from lab.carrier import Carrier
from lab.wait import until
from tests.contract.wire import Wire
from tests.dialplan_templates.calling import quiet

MESSAGE = "contract"
NAMING = Naming("contract")
SECONDS = 1.0
PROMPT_SECONDS = 0.2


def write_message(path: Path) -> None:
    """Near-silence, which takes as long to play as speech does."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\1\0" * int(8000 * SECONDS))


class AsteriskHarness:
    trunk = "carrier"
    message = MESSAGE
    no_message = "not-recorded_yet"
    tells_humans = True
    no_flows = ""

    def __init__(
        self, scheme: str, secret: str, node: AsteriskNode, carrier: Carrier, wire: Wire
    ) -> None:
        self.clock: Clock = RunningClock()
        self.strangers: dict[type[PbxError], str] = {
            PbxRefused: f"{scheme}://dialplane:wrong-secret@127.0.0.1:{wire.port}",
        }
        self._url = f"{scheme}://dialplane:{secret}@127.0.0.1:{wire.port}"
        self._node = node
        self._carrier = carrier
        self._wire = wire
        self._callers: dict[str, str] = {}  # by number: what the carrier knows them by

    @classmethod
    async def make(cls, scheme: str, secret: str, node: AsteriskNode, carrier: Carrier) -> Self:
        write_message(node.sounds_dir / f"{MESSAGE}.wav")
        wire = await Wire(node.ami_host, node.ami_port).open()
        return cls(scheme, secret, node, carrier, wire)

    def connect(self) -> Pbx:
        return open_pbx(NAMING.node, self._url, self.clock)

    async def cut(self) -> None:
        await self._wire.cut()

    async def freeze(self) -> None:
        self._wire.freeze()

    async def thaw(self) -> None:
        self._wire.thaw()

    async def restore(self) -> None:
        await self._wire.mend()

    async def crash(self) -> None:
        self._node.kill()
        await self._wire.cut()
        self._node.start()

    def arrived(self, number: str) -> int:
        digits = number.lstrip("+")
        return sum(call.number.lstrip("+") == digits for call in self._carrier.arrivals())

    async def call_in(self, line: str, caller: str) -> Callable[[], None]:
        name = self._callers[caller] = self._carrier.call_in(self._node, line, caller)
        return lambda: self._carrier.give_up(name)

    async def install(self, flow: Flow) -> None:
        for prompt in flow.prompts:
            quiet(self._node.sounds_dir / flow.name / f"{prompt}.wav", PROMPT_SECONDS)
        self._node.write(asterisk_flow_files(flow))
        self._node.cli("dialplan reload")

    async def listens(self, call: UUID, step: str) -> None:
        there = await asyncio.to_thread(until, lambda: self._at(call) == (step, "Read"), 10.0)
        assert there, f"the call is at {self._at(call)}, and not at the step {step}"

    async def press(self, call: UUID, number: str, step: str, keys: str) -> None:
        await self.listens(call, step)
        if number in self._callers:
            await asyncio.to_thread(self._carrier.caller_presses, self._callers[number], keys)
        else:
            await asyncio.to_thread(self._carrier.press, number, keys)

    def _at(self, call: UUID) -> tuple[str, str] | None:
        """The extension and the application that a call is in."""
        for line in self._node.cli("core show channels concise").splitlines():
            parts = line.split("!")
            if call in (uuid(parts[-1]), NAMING.call_id(parts[-1])):
                return parts[2], parts[5]
        return None

    def sent(self) -> bytes:
        return self._wire.sent

    async def close(self) -> None:
        await self._wire.cut()
