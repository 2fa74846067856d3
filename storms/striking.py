"""A cell of the link cuts is played: a dialler, a PBX over the wire, and a fault between them."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from campaigns.orders import CampaignState, LogIn
from connectors.fake.wire.ami.pbx import AmiPbx
from connectors.fake.wire.esl.pbx import EslPbx
from connectors.fake.wire.switch import Switch
from faults.proxy import Proxy
from storage import attempts, campaigns, leases
from storage.engine import Store
from storms.cell import Bench, Cell, Seen
from storms.plan import fill, numbers, plan
from storms.points import Watch
from storms.served import lab_world
from storms.truth import Witness
from workers.context import Context
from workers.crew import Crew
from workers.dialling import Dialling

LASTS, PATIENCE = 4.0, 60.0  # seconds
LOOK = 0.25
PHONE = "1001"
TALK = 3.5  # from the answer: AMD takes two of it
SERVED: dict[str, tuple[type[AmiPbx] | type[EslPbx], str]] = {
    "ami": (AmiPbx, "ami://dialplane:storm@127.0.0.1:{}?ping=1&silence=1&give_up=2"),
    "esl": (EslPbx, "esl://:storm@127.0.0.1:{}?ping=1&silence=1&give_up=2&listen=2"),
}


async def strike(cell: Cell, bench: Bench, seed: int) -> Seen:
    """Dial the cell's campaign through a fault, to its end."""
    world = lab_world(TALK)
    switch = Switch(world, seed)
    witness = switch.exchange = Witness(world, seed)
    make, url = SERVED[cell.protocol]
    served = await make(switch, "storm").open()
    proxy = await Proxy("127.0.0.1", served.door.port).open()
    dialling = await _dial(cell, bench.context(url.format(proxy.port)), seed)
    try:
        return await _watch(cell, bench.store, proxy, witness)
    finally:
        dialling.cancel()
        await asyncio.gather(dialling, return_exceptions=True)
        await proxy.close()
        await served.close()


async def _dial(cell: Cell, context: Context, seed: int) -> "asyncio.Task[str]":
    spec = plan(cell.name, again=True)
    leads = numbers(2, "10", first=2 * cell.number)
    names = await asyncio.to_thread(fill, context.store, spec, leads, [PHONE])
    lease = await asyncio.to_thread(leases.acquire, context.store, cell.name, context.worker)
    stored = await asyncio.to_thread(campaigns.get, context.store, cell.name)
    assert lease is not None  # noqa: S101 - nobody else knows of this campaign
    crew = Crew(spec, names, seed)
    dialling = Dialling(context, stored, lease, crew, [LogIn(names[0], PHONE, "main")])
    return asyncio.create_task(dialling.run(), name=cell.name)


async def _watch(cell: Cell, store: Store, proxy: Proxy, witness: Witness) -> Seen:
    seen, begun = Seen(), asyncio.Event()

    def begin() -> None:
        proxy.poison(cell.fault(cell.protocol))
        begun.set()

    def reached(late: float) -> None:
        asyncio.get_running_loop().call_later(late, begin) if late else begin()

    proxy.on_piece = Watch(cell.point, cell.protocol, reached).seen
    seen.struck = await _soon(begun.is_set, PATIENCE)
    await asyncio.sleep(LASTS)
    proxy.heal()
    well, then = time.monotonic(), datetime.now(UTC)
    resolved = partial(_resolved, store, cell.name, then)
    await _soon(resolved, PATIENCE)
    seen.late = time.monotonic() - well
    seen.finished = await _soon(partial(_finished, store, cell.name), PATIENCE)
    rows = await asyncio.to_thread(attempts.page, store, cell.name, 1000)
    known = {row.id for row in rows}
    strangers = {placed.call_id for placed in witness.placed} - known
    seen.ghosts = len(strangers | witness.customers())
    seen.doubles = len(witness.doubles)
    return seen


async def _soon(probe: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not await asyncio.to_thread(probe):
        if time.monotonic() >= deadline:
            return False
        await asyncio.sleep(LOOK)
    return True


def _resolved(store: Store, name: str, then: datetime) -> bool:
    """Of the attempts that the fault can have struck, none is open."""
    return all(o.attempt.placed_at > then for o in attempts.open_attempts(store, name))


def _finished(store: Store, name: str) -> bool:
    over = campaigns.get(store, name).actual is CampaignState.FINISHED
    return over and not attempts.open_attempts(store, name)
