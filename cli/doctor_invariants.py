"""`dialplane doctor --invariants`: whether everything holds that must always hold."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import UUID

from cli import output
from cli.errors import InputError
from cli.output import emit, say
from cli.pbx_session import visit
from cli.site import Site
from connectors.calls import LiveCall, Phase
from connectors.pbx import PbxError
from storage.dbtime import read_db_time
from storage.invariants import held
from storage.invariants.check import FIRST, MONTH, Checked, Offender, check
from workers.settings import Settings

LOOK_AGAIN = 3.0  # seconds in which a call that has just ended is written down
IN_A_WORKER = "fake"  # a PBX that each worker has in its own process
OF_CALLS = "I7"


@dataclass(frozen=True, slots=True)
class Looked:
    """What the rows and a PBX node say of one another. `why`: it could not be looked at."""

    pbx: str
    calls: int = 0
    ghosts: frozenset[UUID] = frozenset()
    not_held: frozenset[UUID] = frozenset()
    why: str = ""


def check_invariants(site: Site, since: datetime | None, as_json: bool) -> bool:
    """Check the attempts placed since then (else of 31 days), and tell. True: all is well."""
    with site.store.reading() as connection:
        start = since or read_db_time(connection) - MONTH
    looked = [_look(site, name) for name in sorted(site.settings.pbx)]
    found = [_with_calls(checked, looked) for checked in check(site.store, start)]
    if as_json:
        emit({"ok": _holds(found), "since": start, "invariants": found, "pbx": looked})
    else:
        _tell(start, found, looked)
    return _holds(found)


def _holds(found: Iterable[Checked]) -> bool:
    return not any(checked.rows for checked in found)


def _look(site: Site, name: str) -> Looked:
    if urlsplit(site.settings.pbx_url(name)).scheme == IN_A_WORKER:
        return Looked(name, why="it lives in its worker, which alone can ask it")
    try:
        first = _compare(site, name)
        if first.ghosts or first.not_held:
            time.sleep(LOOK_AGAIN)
            return _both(first, _compare(site, name))
    except (PbxError, InputError) as away:
        return Looked(name, why=str(away))
    return first


def _both(first: Looked, second: Looked) -> Looked:
    """A call may come or go between two questions: what stays is wrong."""
    ghosts, not_held = first.ghosts & second.ghosts, first.not_held & second.not_held
    return replace(second, ghosts=ghosts, not_held=not_held)


def _compare(site: Site, name: str) -> Looked:
    live = asyncio.run(_live(site.settings, name))
    calls = {c.call_id for c in live if c.phase is not Phase.AGENT_LEG and not c.line}
    ghosts = held.ghosts(site.store, calls)
    not_held = held.not_held(site.store, name, calls)
    return Looked(name, len(calls), frozenset(ghosts), frozenset(not_held))


async def _live(settings: Settings, name: str) -> tuple[LiveCall, ...]:
    async with visit(settings, name) as pbx:
        return await pbx.live_calls()


def _with_calls(checked: Checked, looked: Iterable[Looked]) -> Checked:
    """I7 with what the PBX nodes add to it."""
    if checked.name != OF_CALLS:
        return checked
    more = [
        Offender(call, f"{reason} {node.pbx}")
        for node in looked
        for calls, reason in ((node.ghosts, _GHOST), (node.not_held, _NOT_HELD))
        for call in sorted(calls)
    ]
    first = (*checked.first, *more)[:FIRST]
    return replace(checked, rows=checked.rows + len(more), first=first)


_GHOST = "no row tells of this call, which is held by PBX"
_NOT_HELD = "it is live by its row, and not among the calls of PBX"


def _tell(start: datetime, found: list[Checked], looked: list[Looked]) -> None:
    say(f"Attempts placed since {start.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC")
    output.show(
        ("invariant", "what must hold", "#rows"), [(c.name, c.meaning, c.rows) for c in found]
    )
    for checked in found:
        for offender in checked.first:
            say(f"{checked.name}: {offender.id}: {offender.reason}")
    for node in looked:
        said = f"not looked at: {node.why}" if node.why else f"{node.calls} calls, compared"
        say(f"PBX {node.pbx}: {said}")
