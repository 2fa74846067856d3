"""The link between a dialler and its PBX fails, in eight ways, at twelve points of a call.

Each cell of the matrix is a dialler of its own, with a PBX over the wire, one agent and two
leads, which may be called again a second after they were lost. The fault strikes once, at its
point, lasts, and is healed; then the campaign goes on to its end. The cells share one PostgreSQL.
"""

import asyncio
from collections.abc import Callable
from itertools import product
from random import Random

from faults import told
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
from storms.cell import Cell, Seen, bench
from storms.invariants import LEFT_ALONE, breaks
from storms.points import POINTS
from storms.storm import Figure, Order, Storm
from storms.striking import SERVED, strike

RESOLVED = 15.0  # seconds
AT_ONCE = 24
PARTS = 4  # of the matrix, in the short form: one to a run
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


def run(order: Order) -> Figure:
    """The whole matrix `order.count` times; in the short form a quarter of it, each toxic at each
    second point and both protocols by turns: the others with the next three seeds."""
    made = product(TOXICS, POINTS, SERVED, range(order.count))
    cells = [
        Cell(toxic, TOXICS[toxic], point, kind, n) for n, (toxic, point, kind, _) in enumerate(made)
    ]
    if not order.long:
        cells = [cell for cell in cells if _turn(cell) == order.seed % PARTS]
    Random(order.seed).shuffle(cells)
    return asyncio.run(_all(cells, order))


def _turn(cell: Cell) -> int:
    point, toxic = POINTS.index(cell.point), [*TOXICS].index(cell.toxic)
    return (point + toxic + 2 * [*SERVED].index(cell.protocol)) % PARTS


async def _all(cells: list[Cell], order: Order) -> Figure:
    seen: list[tuple[Cell, Seen]] = []
    turns = asyncio.Semaphore(AT_ONCE)
    with bench() as shared:

        async def one(cell: Cell) -> None:
            async with turns:
                seen.append((cell, await strike(cell, shared, order.seed)))
            order.tell(len(seen) / len(cells))

        await asyncio.gather(*map(one, cells))
        return _figure(seen, await asyncio.to_thread(breaks, shared.store))


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
    return Figure(text, not (doubles or ghosts or late or lame or broken.keys() - LEFT_ALONE))


STORM = Storm(
    name="link-cuts",
    reach="8 toxics x 12 points of a call x AMI and ESL: 0 double dials, 0 attempts unresolved "
    "15 s after the link is back",
    short=1,
    long=10,
    run=run,
)
