"""AMI messages a second through the whole connector, against panoramisk with nothing around it.

The same bytes come over a loopback socket. Ours: transport, codec, translation, events of the
vocabulary given to the receiver, for calls that it has originated. panoramisk: a `Manager` whose
one callback, for all events, counts. What is compared is the processor time of the client.

Two streams: all that Asterisk has to tell, and only what the event filters of Dialplane's AMI
user let through, where nothing can be passed over unread.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any

from panoramisk import Manager

from connectors.calls import Ended, Event, Originate
from connectors.pbx import Pbx, open_pbx
from dialplan_templates.render import EVENTS
from workers.bench.ami_server import AmiServer, serving
from workers.bench.ami_stream import Stream, generate
from workers.bench.rounds import medians, run_in_time
from workers.bench.rows import Row

MESSAGES, SEED = 50_000, 1
USER = "bench"
BARE = "panoramisk"
DEFAULT = "ami"
OURS = {DEFAULT: "ami", "ami by panoramisk": "ami+panoramisk"}
QUIET = "?ping=60&silence=60"  # nothing else is said meanwhile
IN_ONE_GO = 500  # originates between two breaths


def bench_ami(messages: int = MESSAGES) -> list[Row]:
    """Messages per second of the client's processor time, for both streams."""
    everything = _rows("all events", generate(messages, SEED))
    let_through = _rows("filtered", generate(messages // 2, SEED, frozenset(EVENTS)))
    return [*everything, *let_through]


def _rows(name: str, stream: Stream) -> list[Row]:
    with serving(stream) as server:
        runs = {BARE: partial(_rate, stream, partial(_bare, server, stream))}
        for ours, scheme in OURS.items():
            runs[ours] = partial(_rate, stream, partial(_ours, scheme, server, stream))
        found = medians(runs)
    return [_row(name, ours, stream, found) for ours in OURS]


def _row(name: str, ours: str, stream: Stream, found: Mapping[str, float]) -> Row:
    note = f"{stream.messages} messages of {stream.size}"
    reach = 1.0 if ours == DEFAULT else None
    return Row(f"{ours}, {name}", found[ours], "messages/s", found[BARE], BARE, reach, note)


def _rate(stream: Stream, client: Callable[[], Coroutine[Any, Any, float]]) -> float:
    return stream.messages / run_in_time("AMI messages", client())


async def _ours(scheme: str, server: AmiServer, stream: Stream) -> float:
    """Seconds of processor time from the first byte to the end of the last call."""
    pbx = open_pbx("bench", f"{scheme}://{USER}:{USER}@{server.host}:{server.port}{QUIET}")
    left, over = len(stream.call_ids), asyncio.Event()

    def on_event(event: Event) -> None:
        nonlocal left
        if isinstance(event, Ended):
            left -= 1
            if not left:
                over.set()

    await pbx.open(on_event)
    try:
        await _originate(pbx, stream)
        return await _played(server, over)
    finally:
        await pbx.close()


async def _originate(pbx: Pbx, stream: Stream) -> None:
    for count, call_id in enumerate(stream.call_ids):
        pbx.send(Originate(call_id, "+12125550100", "carrier", "+12125550199"))
        if count % IN_ONE_GO == 0:
            await pbx.ping()


async def _bare(server: AmiServer, stream: Stream) -> float:
    """The same, to the last message."""
    manager = Manager(host=server.host, port=server.port, username=USER, secret=USER, ping_delay=60)
    left, over, booted = stream.messages, asyncio.Event(), asyncio.Event()

    def count(_: Any, message: Any) -> None:
        nonlocal left
        if message.event == "FullyBooted":
            booted.set()
            return
        left -= 1
        if not left:
            over.set()

    manager.register_event("*", count)
    await manager.connect()
    try:
        await booted.wait()
        return await _played(server, over)
    finally:
        manager.close()


async def _played(server: AmiServer, over: asyncio.Event) -> float:
    started = time.thread_time()
    sent = asyncio.get_running_loop().run_in_executor(None, server.play)
    await over.wait()
    taken = time.thread_time() - started
    await sent
    return taken
