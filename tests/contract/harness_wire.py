"""The fake PBX's own servers under the contract: the other connectors, over real sockets.

This is what tests the connectors of real PBXes where there is none, and the servers by the
connectors that were tested on real ones.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Self

from connectors.clock import Clock, RunningClock
from connectors.fake.presets import preset
from connectors.fake.wire.ami.pbx import AmiPbx
from connectors.fake.wire.esl.pbx import EslPbx
from connectors.fake.wire.switch import Switch
from connectors.pbx import Pbx, PbxError, PbxRefused, open_pbx
from tests.contract.wire import Wire

MESSAGE, SECRET = "contract", "served-secret"
SERVED: dict[str, type[AmiPbx] | type[EslPbx]] = {"ami": AmiPbx, "esl": EslPbx}


class ServedHarness:
    """`scheme` is a connector's, `served` the PBX that it speaks with."""

    trunk = "carrier"
    message = MESSAGE
    no_message = "not-recorded_yet"
    no_flows = "the fake PBX's own servers play no flows"

    def __init__(self, scheme: str, served: AmiPbx | EslPbx, wire: Wire) -> None:
        user, options = ("dialplane", "") if scheme.startswith("ami") else ("", "?listen=3")
        at = f"127.0.0.1:{wire.port}"
        self.clock: Clock = RunningClock()
        self.tells_humans = scheme.startswith("ami")
        self.strangers: dict[type[PbxError], str] = {
            PbxRefused: f"{scheme}://{user}:wrong-secret@{at}",
        }
        self._url = f"{scheme}://{user}:{SECRET}@{at}{options}"
        self._served = served
        self._wire = wire

    @classmethod
    async def make(cls, scheme: str) -> Self:
        world = replace(preset("lab"), messages=(MESSAGE,))
        served: AmiPbx | EslPbx = SERVED[scheme.partition("+")[0]](Switch(world), SECRET)
        await served.open()
        return cls(scheme, served, await Wire("127.0.0.1", served.door.port).open())

    def connect(self) -> Pbx:
        return open_pbx("contract", self._url, self.clock)

    async def cut(self) -> None:
        await self._wire.cut()

    async def freeze(self) -> None:
        self._wire.freeze()

    async def thaw(self) -> None:
        self._wire.thaw()

    async def restore(self) -> None:
        await self._wire.mend()

    async def crash(self) -> None:
        self._served.crash()
        await self._wire.cut()

    def arrived(self, number: str) -> int:
        return self._served.switch.exchange.arrived(number)

    async def call_in(self, line: str, caller: str) -> Callable[[], None]:
        call = self._served.switch.call_in(line, caller)
        return lambda: self._served.switch.give_up(call)

    def sent(self) -> bytes:
        return self._wire.sent

    async def close(self) -> None:
        await self._wire.cut()
        await self._served.close()
