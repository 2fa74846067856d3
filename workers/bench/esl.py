"""ESL events a second through each transport, against greenswitch with nothing around it.

One recorded stream (see `esl_player`) is played over a loopback socket to each of them in turns;
each asks for the format it reads. What is compared is the processor time of the client with all
its threads, from the subscription to the last event, three headers of each being looked at. A
transport whose library is not there has no figure, and says what it needs.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from connectors.freeswitch.codec import line
from connectors.freeswitch.event import Event
from connectors.freeswitch.transport import Ears
from connectors.freeswitch.transports import Transport, load
from connectors.pbx import PbxError
from workers.bench.esl_player import events, playing, recorded
from workers.bench.rounds import BenchFailed, medians, run_in_time
from workers.bench.rows import Row

REPEATS = 100
REACH = 3.0  # times what bare greenswitch makes of it
DEFAULT, BARE = "asyncio", "bare greenswitch"
SCHEMES = {DEFAULT: "esl", "native": "esl+native", "greenswitch": "esl+greenswitch"}


@dataclass(frozen=True, slots=True)
class EslRow(Row):
    """`transport` has a `figure`, or its library is missing and the `note` says so."""

    transport: str = ""
    events: int = 0


def bench_esl(repeats: int = REPEATS) -> list[Row]:
    """Events per second of the client's processor time, for each transport."""
    missing: dict[str, str] = {}
    heard = events(recorded("json")) * repeats
    with playing(repeats) as port:
        runs = dict(_runs(port, heard, missing))
        found = medians(runs)
    return [_row(name, heard, found, missing) for name in SCHEMES]


def document(rows: list[EslRow]) -> dict[str, Any]:
    """The rows in one object."""
    [default] = [row for row in rows if row.transport == DEFAULT]
    return {
        "bench": "esl",
        "transports": {row.transport: _figure(row) for row in rows},
        "stream_events": default.events,
        "baseline": {"name": BARE, "events_per_s": round(default.baseline) or None},
        "ratio": default.ratio,
        "reach": default.reach,
        "holds": default.holds,
    }


def _figure(row: EslRow) -> dict[str, Any]:
    if not row.figure:
        return {"events_per_s": None, "reason": row.note}
    return {"events_per_s": round(row.figure)}


def _runs(port: int, heard: int, missing: dict[str, str]) -> list[tuple[str, Callable[[], float]]]:
    runs: list[tuple[str, Callable[[], float]]] = []
    for name, scheme in SCHEMES.items():
        try:
            runs.append((name, partial(_rate, load(scheme), port, heard)))
        except PbxError as error:
            missing[name] = str(error)
    if "greenswitch" not in missing:
        runs.append((BARE, partial(_bare_rate, port, heard)))
    return runs


def _row(name: str, heard: int, found: Mapping[str, float], missing: Mapping[str, str]) -> EslRow:
    bare = found.get(BARE, 0.0)
    note = missing.get(name, f"{heard} events of a recorded stream")
    reach = REACH if bare and name == DEFAULT else None
    title = f"esl by {name}"
    figure = found.get(name, 0.0)
    against = bare if figure else 0.0
    return EslRow(title, figure, "events/s", against, BARE, reach, note, name, heard)


def _rate(transport: Transport, port: int, heard: int) -> float:
    return heard / run_in_time("ESL events", _listen(transport, port, heard))


async def _listen(transport: Transport, port: int, left: int) -> float:
    """Seconds of processor time until so many events have been heard."""
    over = asyncio.Event()

    def hear(event: Event) -> None:
        nonlocal left
        _ = event.name, event["Unique-ID"], event["Hangup-Cause"]
        left -= 1
        if not left:
            over.set()

    ears = Ears(lambda _: None, hear, lambda _: None)
    link = await transport.connect("127.0.0.1", port, "auth bench", ears)
    started = time.process_time()
    link.write(line(f"event {transport.FORMAT} ALL"))
    await over.wait()
    taken = time.process_time() - started
    link.abort()
    return taken


def _bare_rate(port: int, heard: int) -> float:
    from workers.bench.bare_greenswitch import seconds_of_processor  # noqa: PLC0415 - not always

    try:
        return heard / seconds_of_processor(port, heard)
    except TimeoutError:
        raise BenchFailed("bare greenswitch did not hear the recorded stream to its end") from None
