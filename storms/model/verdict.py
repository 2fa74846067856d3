"""What must hold of an example: at every instant, and once all has come to rest."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from campaigns.call_life import CallState
from campaigns.effects import AgentState
from campaigns.guard import total
from campaigns.outcomes import Outcome
from campaigns.periods import day_of
from connectors.calls import EndReason
from storage.dnc import check as entries_of
from storage.invariants.check import broken
from storage.invariants.declared import INVARIANTS
from storage.messages import ENDS, key_of
from storage.tables.agents import AGENTS
from storage.tables.attempts import ATTEMPTS
from storage.tables.people import CUSTOMERS, LEADS
from storage.tallies import tallies
from storms.model.process import Process
from storms.model.site import NAMES, spec
from storms.model.wire import Link
from storms.model.world import World

_A, _L, _C, _G = ATTEMPTS.c, LEADS.c, CUSTOMERS.c, AGENTS.c
SOON = timedelta(seconds=5)
UNSEEN = ("I5", "I9")
"""What nobody can promise to a person who waits as a worker or a link is lost."""


def at_rest(world: World) -> list[str]:
    """What is wrong by now, in sentences."""
    seeing = [p for p in world.at_work() if p.wire.link is Link.UP and not p.stalled]
    wrongs = [why for process in world.at_work() for why in _channels(process)]
    wrongs += [why for process in seeing for why in _calls(world, process)]
    wrongs += [why for process in world.at_work() for why in _forgotten(world, process)]
    return [*world.wrongs, *wrongs]


def at_the_end(world: World) -> list[str]:
    """The same, when every campaign was stopped, all links are up, and everybody had time."""
    asked = [i.name for i in INVARIANTS if not (world.disturbed and i.name in UNSEEN)]
    said = broken(world.site.store, names=asked)
    wrongs = [f"{name}: {reasons[0].partition(': ')[2]}" for name, reasons in said.items()]
    with world.site.store.reading() as connection:
        rows = connection.execute(select(ATTEMPTS)).all()
        wrongs += [*_left_open(world, rows), *_counts(connection, rows)]
        wrongs += [*_agents(connection)]
    wrongs += [*_told(world, rows), *_tallied(world), *_heard(world, rows), *_asked_not_to(world)]
    return [*wrongs, *at_rest(world)]


def _calls(world: World, process: Process) -> Iterator[str]:
    """A worker that sees the PBX, alone, knows each of its campaign's calls there."""
    calls = process.run.calls
    up = {c.call_id for c in world.switch.calls.values() if c.campaign == process.campaign}
    if any(calls[each].state is CallState.ENDING for each in up & set(calls)):
        yield "a call goes on that was to be ended"
    if up - set(calls) and len(world.at_work(process.campaign)) == 1 and process.took_over:
        yield "a call is up that no worker knows of"


def _forgotten(world: World, process: Process) -> Iterator[str]:
    """A worker that nothing has troubled for some seconds knows each open attempt."""
    calm_since = max(process.calm_since, world.away_until)
    alone = len(world.at_work(process.campaign)) == 1
    if not alone or world.time.elapsed - calm_since <= SOON.total_seconds():
        return
    old = _A.placed_at < world.time.now() - SOON
    query = select(_A.id).where(_A.campaign == process.campaign, _A.ended_at.is_(None), old)
    with world.site.store.reading() as connection:
        left_open = set(connection.execute(query).scalars())
    if left_open - set(process.run.calls) - process.unwritten():
        yield "an attempt is open that its worker does not know"


def _channels(process: Process) -> Iterator[str]:
    run = process.run
    if sum(run.lines.in_use().values()) != len(run.calls) + run.claiming:
        yield "the channels in use are not those of the calls in progress"


def _left_open(world: World, rows: Any) -> Iterator[str]:
    if any(row.ended_at is None for row in rows):
        yield "an attempt has not ended"
    if set(world.switch.placed) - {row.id for row in rows}:
        yield "a call was placed without an attempt"
    if world.at_work():
        yield "a worker goes on with a campaign that was stopped"


def _counts(connection: Connection, rows: Any) -> Iterator[str]:
    """Leads and customers count what the attempts tell, once."""
    made = Counter(row.lead_id for row in rows)
    outcomes = Counter((row.lead_id, row.outcome) for row in rows)
    talks = Counter(row.customer_id for row in rows if row.outcome == Outcome.CONNECTED)
    for lead in connection.execute(select(_L.id, _L.attempts_total, _L.tries)):
        if lead.attempts_total != made[lead.id]:
            yield "a lead does not count its attempts"
        tries = {o.value: lead.tries.get(o.value, 0) for o in Outcome}
        if any(times != outcomes[lead.id, outcome] for outcome, times in tries.items()):
            yield "a lead does not count its outcomes once each"
    for customer in connection.execute(select(_C.id, _C.contacts)):
        if customer.contacts != talks[customer.id]:
            yield "a customer's conversations are not counted once each"


def _agents(connection: Connection) -> Iterator[str]:
    held = [AgentState.RESERVED.value, AgentState.TALKING.value]
    query = select(func.count()).where(_G.state.in_(held), _G.campaign.is_not(None))
    if connection.execute(query).scalar_one():
        yield "an agent is held by a call that is over"


def _told(world: World, rows: Any) -> Iterator[str]:
    """The receiver's last word of each attempt is the table's."""
    told = world.receiver.told
    for row in rows:
        about = [told[key] for end in ENDS if (key := key_of(row.id, end)) in told]
        last = about[-1] if about else None
        if last is None:
            yield "the receiver was never told of a result"
        elif last["outcome"] != row.outcome:
            yield "the receiver was told another result than the table has"


def _tallied(world: World) -> Iterator[str]:
    """The guard has counted no more than there was; and no less, where it has seen all of it."""
    workers = Counter(process.campaign for process in world.processes)
    for process in [process for process in world.processes if not process.dead]:
        campaign = spec(process.campaign)
        day = day_of(campaign.windows, world.time.now())
        mine = process.run.tally(day)
        stored = total(tallies(world.site.store, campaign, [day]))
        talks, there = mine.connected + mine.late, stored.connected + stored.late
        saw_all = workers[process.campaign] == 1
        if talks > there or (saw_all and talks < there):
            yield "the guard has not counted each conversation once"


def _heard(world: World, rows: Any) -> Iterator[str]:
    """An end that somebody was told of, and could still tell, is not only inferred."""
    heard = {call for process in world.processes for call in process.heard_end}
    if any(row.id in heard and row.reason == EndReason.PBX_LOST for row in rows):
        yield "a result that was seen is stored as lost"


def _asked_not_to(world: World) -> Iterator[str]:
    query = select(_A.number).where(_A.disposition == "never", _A.campaign.in_(NAMES))
    with world.site.store.reading() as connection:
        numbers = connection.execute(query).scalars().all()
    if not all(entries_of(world.site.store, number) for number in numbers):
        yield "who asked not to be called again is not on the do-not-call list"
