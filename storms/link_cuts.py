"""The link between a dialler and its PBX fails, in eight ways, at twelve points of a call.

Each cell of the matrix is a dialler of its own, with a PBX over the wire, one agent and two
leads, which may be called again a second after they were lost. The fault strikes once, at its
point, lasts, and is healed; then the campaign goes on to its end. The cells share one PostgreSQL.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import product
from pathlib import Path
from random import Random

import lab.postgres
from campaigns.orders import CampaignState, LogIn
from connectors.fake.presets import preset
from connectors.fake.spread import Spread
from connectors.fake.wire.ami.pbx import AmiPbx
from connectors.fake.wire.esl.pbx import EslPbx
from connectors.fake.wire.switch import Switch
from faults import told
from faults.proxy import Proxy
from faults.toxics import (
    Bandwidth,
    BlackHole,
    CutAfter,
    Duplicate,
    HalfClose,
    Latency,
    Reset,
    Slicer,
    Toxic,
)
from storage import attempts, campaigns, leases
from storage.engine import Store, open_store
from storage.migrate import create_or_upgrade
from storms.invariants import breaks
from storms.plan import fill, numbers, plan
from storms.points import POINTS, Point, Watch
from storms.storm import Figure, Order, Storm
from storms.truth import Witness
from workers.context import Context
from workers.crew import Crew
from workers.dialling import Dialling
from workers.settings_file import load_settings

LASTS, RESOLVED, OVER = 4.0, 15.0, 60.0  # seconds: the fault; the figure to reach; patience
LOOK = 0.25
PHONE = "1001"
AT_ONCE = 32
SECRET = "storm"  # noqa: S105 - of a PBX on this machine that lives a minute
TALK = 3.5  # from the answer: AMD takes two of it
SERVED: dict[str, tuple[type[AmiPbx] | type[EslPbx], str]] = {
    "ami": (AmiPbx, "ami://dialplane:storm@127.0.0.1:{}?ping=1&silence=2"),
    "esl": (EslPbx, "esl://:storm@127.0.0.1:{}?ping=1&silence=2&listen=2"),
}
TOXICS: dict[str, Callable[[str], Toxic]] = {
    "reset": lambda _: Reset(),
    "black hole": lambda _: BlackHole(),
    "half close": lambda _: HalfClose(),
    "latency": lambda _: Latency(1.0),
    "bandwidth": lambda _: Bandwidth(20_000),
    "slicer": lambda _: Slicer(),
    "duplicate": lambda protocol: Duplicate(getattr(told, protocol)),
    "cut after 40 bytes": lambda _: CutAfter(40),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One of the matrix; `number` tells its repetitions, and all else, apart."""

    toxic: str
    point: Point
    protocol: str
    number: int

    @property
    def name(self) -> str:
        """Of its campaign."""
        return f"cell-{self.number}"

    def __str__(self) -> str:
        return f"{self.toxic} at '{self.point.name}' over {self.protocol}"


@dataclass(slots=True)
class Seen:
    """What came of a cell. `late`: the seconds until all was resolved, from when all was well."""

    doubles: int = 0
    ghosts: int = 0
    late: float = 0.0
    struck: bool = False
    finished: bool = False


def run(order: Order) -> Figure:
    """Every cell `order.count` times."""
    made = product(TOXICS, POINTS, SERVED, range(order.count))
    cells = [Cell(toxic, point, kind, n) for n, (toxic, point, kind, _) in enumerate(made)]
    Random(order.seed).shuffle(cells)
    return asyncio.run(_all(cells, order))


async def _all(cells: list[Cell], order: Order) -> Figure:
    seen: list[tuple[Cell, Seen]] = []
    turns = asyncio.Semaphore(AT_ONCE)
    with _bench() as bench:

        async def one(cell: Cell) -> None:
            async with turns:
                seen.append((cell, await _strike(cell, bench, order.seed)))
            order.tell(len(seen) / len(cells))

        await asyncio.gather(*map(one, cells))
        return _figure(seen, await asyncio.to_thread(breaks, bench.store))


@dataclass(frozen=True, slots=True)
class Bench:
    """What the cells share."""

    home: Path
    url: str
    store: Store

    def context(self, pbx: str) -> Context:
        said = {"DIALPLANE_DATABASE_URL": self.url, "DIALPLANE_PBX_MAIN": pbx}
        return Context(load_settings(self.home, said), self.store, "", "storm")


@contextmanager
def _bench() -> Iterator[Bench]:
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="dialplane-storm-"))
        url = stack.enter_context(lab.postgres.start()).fresh()
        store = open_store(url)
        stack.callback(store.close)
        create_or_upgrade(store)
        yield Bench(Path(home), url, store)


async def _strike(cell: Cell, bench: Bench, seed: int) -> Seen:
    """Dial the cell's campaign through a fault, to its end."""
    world = preset("lab")
    world = replace(world, customers=replace(world.customers, talk=Spread(TALK, 0)))
    switch = Switch(world, seed)
    witness = switch.exchange = Witness(world, seed)
    make, url = SERVED[cell.protocol]
    served = await make(switch, SECRET).open()
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
        proxy.poison(TOXICS[cell.toxic](cell.protocol))
        begun.set()

    def strike(late: float) -> None:
        asyncio.get_running_loop().call_later(late, begin) if late else begin()

    proxy.on_piece = Watch(cell.point, cell.protocol, strike).seen
    seen.struck = await _soon(begun.is_set, OVER)
    await asyncio.sleep(LASTS)
    proxy.heal()
    well, then = time.monotonic(), datetime.now(UTC)
    resolved = partial(_resolved, store, cell.name, then)
    await _soon(resolved, OVER)
    seen.late = time.monotonic() - well
    seen.finished = await _soon(partial(_finished, store, cell.name), OVER)
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


def _figure(seen: list[tuple[Cell, Seen]], broken: dict[str, int]) -> Figure:
    doubles = sum(one.doubles for _, one in seen)
    ghosts = sum(one.ghosts for _, one in seen)
    late = [cell for cell, one in seen if one.late > RESOLVED]
    lame = [cell for cell, one in seen if not (one.finished and one.struck)]
    longest = max(one.late for _, one in seen)
    text = (
        f"{len(seen)} cuts: {doubles} double dials, {len(late)} unresolved after {RESOLVED:g} s "
        f"(longest {longest:.1f} s), {ghosts} calls without an attempt"
    )
    text += "".join(f"; late: {cell}" for cell in late[:3])
    text += "".join(f"; did not come to its end: {cell}" for cell in lame[:3])
    text += f"; broken: {broken}" if broken else ""
    return Figure(text, not (doubles or ghosts or late or lame or broken))


STORM = Storm(
    name="link-cuts",
    reach="8 toxics x 12 points of a call x AMI and ESL: 0 double dials, 0 attempts unresolved "
    "15 s after the link is back",
    short=1,
    long=10,
    run=run,
)
