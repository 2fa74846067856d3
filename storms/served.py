"""The fake PBX over the wire, in a thread of its own, with a witness behind it."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from dataclasses import replace
from types import TracebackType
from typing import Any, Self, TypeVar

from connectors.fake.presets import preset
from connectors.fake.spread import Spread
from connectors.fake.wire.ami.pbx import AmiPbx
from connectors.fake.wire.switch import Switch
from connectors.fake.world import World
from storms.truth import Witness

T = TypeVar("T")


def lab_world(talk: float) -> World:
    """Numbers say by their last digit what happens; people talk `talk` seconds after the answer."""
    world = preset("lab")
    return replace(world, customers=replace(world.customers, talk=Spread(talk, 0)))


class Served:
    """An Asterisk to those who dial; ask it for the truth from any thread."""

    def __init__(self, world: World, seed: int) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._world, self._seed = world, seed

    def ask(self, question: Callable[[Witness], T]) -> T:
        """What the witness says, between two of its own steps."""

        async def asked() -> T:
            return question(self.witness)

        return self._run(asked())

    def count(self) -> int:
        """How many calls were placed so far."""
        return self.ask(lambda witness: len(witness.placed))

    def hang_up_all(self) -> None:
        """Every customer hangs up."""

        async def hung_up() -> None:
            for call in self.witness.customers():
                self._switch.give_up(call)

        self._run(hung_up())

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._open())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._run(self._pbx.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _open(self) -> None:
        self._switch = switch = Switch(self._world, self._seed)
        self.witness = switch.exchange = Witness(self._world, self._seed)
        self._pbx = await AmiPbx(switch, "storm").open()
        self.url = self._pbx.url

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)
