"""The fake PBX under the contract, at five times the speed of the world."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from campaigns.flow.flow import Flow
from connectors.clock import Clock, RunningClock
from connectors.fake.connector import FakePbx
from connectors.fake.exchange import Exchange
from connectors.fake.presets import preset
from connectors.pbx import Pbx, PbxError
from workers.flow_player import FlowPlayer


class FakeHarness:
    trunk = "carrier"
    message = "contract"
    no_message = "not-recorded_yet"
    tells_humans = True
    no_flows = ""

    def __init__(self) -> None:
        self.clock: Clock = RunningClock(5)
        self.strangers: dict[type[PbxError], str] = {}
        self._exchange = Exchange(replace(preset("lab"), messages=(self.message,)))
        self._pbx = self._new()
        self._is_cut = False

    def connect(self) -> Pbx:
        self._pbx = self._new()
        if self._is_cut:
            self._pbx.cut_link()
        return self._pbx

    async def cut(self) -> None:
        self._is_cut = True
        self._pbx.cut_link()

    async def freeze(self) -> None:
        self._pbx.freeze()

    async def thaw(self) -> None:
        self._pbx.thaw()

    async def restore(self) -> None:
        self._is_cut = False
        self._pbx.restore_link()

    async def crash(self) -> None:
        self._is_cut = True
        self._pbx.crash()

    def arrived(self, number: str) -> int:
        return self._exchange.arrived(number)

    async def call_in(self, line: str, caller: str) -> Callable[[], None]:
        call_id = self._exchange.call_in(line, caller, self.clock.now())
        self._pbx.look()
        return lambda: self._give_up(call_id)

    def _give_up(self, call_id: UUID) -> None:
        self._exchange.gives_up(call_id, self.clock.now())
        self._pbx.look()

    async def install(self, flow: Flow) -> None:
        self._exchange.plays(FlowPlayer({flow.name: flow}))

    async def listens(self, call: UUID, step: str) -> None:
        """It does at once, as keys end a prompt."""
        await self.clock.sleep(0.1)

    async def press(self, call: UUID, number: str, step: str, keys: str) -> None:
        await self.listens(call, step)
        self._exchange.press(call, keys, self.clock.now())
        self._pbx.look()

    def sent(self) -> bytes:
        return b""

    async def close(self) -> None:
        await self._pbx.close()

    def _new(self) -> FakePbx:
        return FakePbx("contract", self._exchange, self.clock)
