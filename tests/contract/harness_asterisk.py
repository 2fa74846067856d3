"""A real Asterisk under the contract, with a second one as carrier and its AMI over a wire."""

import wave
from collections.abc import Callable
from pathlib import Path
from typing import Self

from connectors.clock import Clock, RunningClock
from connectors.pbx import Pbx, PbxError, PbxRefused, open_pbx
from lab.asterisk import AsteriskNode
from lab.carrier import Carrier
from tests.contract.wire import Wire

MESSAGE = "contract"
SECONDS = 1.0


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

    @classmethod
    async def make(cls, scheme: str, secret: str, node: AsteriskNode, carrier: Carrier) -> Self:
        write_message(node.sounds_dir / f"{MESSAGE}.wav")
        wire = await Wire(node.ami_host, node.ami_port).open()
        return cls(scheme, secret, node, carrier, wire)

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
        self._node.kill()
        await self._wire.cut()
        self._node.start()

    def arrived(self, number: str) -> int:
        digits = number.lstrip("+")
        return sum(call.number.lstrip("+") == digits for call in self._carrier.arrivals())

    async def call_in(self, line: str, caller: str) -> Callable[[], None]:
        name = self._carrier.call_in(self._node, line, caller)
        return lambda: self._carrier.give_up(name)

    def sent(self) -> bytes:
        return self._wire.sent

    async def close(self) -> None:
        await self._wire.cut()
