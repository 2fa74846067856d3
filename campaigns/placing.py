"""Placing calls: pacing, the hopper, the claim, the originate."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from campaigns.agents import Agent, Leaving
from campaigns.answering import on_ended
from campaigns.call_life import UNANSWERED, CallState
from campaigns.effects import AgentState, Claim, PacingDecided, Refill, StateChanged
from campaigns.leads import Attempt, Candidate, DialOrder, Refusal
from campaigns.orders import CampaignState
from campaigns.pacing import View, decide
from campaigns.rules import rule_of
from campaigns.run import Call, Run, seconds
from campaigns.spec import Mode
from campaigns.timers import Timer
from campaigns.wrap_up import free
from connectors.calls import Ended, EndReason, Originate

AT_WORK = (AgentState.RESERVED, AgentState.TALKING, AgentState.WRAP_UP)
"""While an agent may still file a call, a lead may have to be called again."""


def pace(run: Run, now: datetime) -> None:
    """Decide how many calls to place now, and order them. Asks for candidates where short."""
    if run.pace_again is not None and now < run.pace_again:
        _come_back(run, run.pace_again)
        return
    run.due = False
    run.pace_again = now + seconds(run.pacer.pause)
    if run.state is not CampaignState.RUNNING:
        return
    refill(run, now)
    if run.campaign.mode is Mode.PREVIEW:
        return
    seen = view(run, now)
    run.decided = decide(run.pacer, seen)
    orders = _orders(run, run.decided.calls, now)
    if orders:
        run.emit(PacingDecided(now, len(orders), run.decided.why, _figures(seen)))
        claim(run, orders)
        refill(run, now)


def view(run: Run, now: datetime) -> View:
    """What there is to decide from; single calls only for a pacer that models them."""
    states, ages = _asking(run, now) if run.pacer.models else ([], ())
    tally = run.tally(run.day_of(now))
    return View(
        free=run.floor.free(),
        in_flight=run.in_flight(),
        flight_ages=ages,
        analysing=states.count(CallState.ANALYSING),
        waiting=states.count(CallState.WAITING),
        talking=run.floor.count(AgentState.TALKING),
        wrapping=run.floor.count(AgentState.WRAP_UP),
        live=tally.live,
        abandoned=tally.unlawful,
        limit=run.campaign.abandonment.limit,
        lines=run.lines.room(now),
    )


def _asking(run: Run, now: datetime) -> tuple[list[CallState], tuple[float, ...]]:
    """The calls that may ask for an agent: states of those answered, ages of the others."""
    moment = now.timestamp()
    answered: list[CallState] = []
    ages: list[float] = []
    for call in run.asking.values():
        if call.state in UNANSWERED:
            ages.append(moment - call.placed)
        else:
            answered.append(call.state)
    return answered, tuple(ages)


def claim(run: Run, orders: Sequence[DialOrder]) -> None:
    """Ask for a committed attempt for each order."""
    run.claiming += len(orders)
    run.claiming_booked += sum(1 for o in orders if o.agent is not None)
    run.emit(Claim(tuple(orders)))


def claimed(
    run: Run, attempts: Iterable[Attempt], refusals: Iterable[Refusal], now: datetime
) -> None:
    """The database has answered a claim: originate what was committed, free what was refused."""
    for attempt in attempts:
        _settle(run, attempt.order)
        place(run, attempt, now)
    for refusal in refusals:
        _settle(run, refusal.order)
        run.refused[rule_of(refusal.why)] += 1
        run.lines.free(refusal.order.node, refusal.order.trunk)
        _unbook(run, refusal.order, now)
        run.due = True


def place(run: Run, attempt: Attempt, now: datetime) -> None:
    """Originate a committed attempt."""
    order = attempt.order
    agent = _booked(run, order)
    name = agent.name if agent is not None else None
    call = Call(attempt, run.day_of(attempt.placed_at), now, agent=name)
    run.calls[call.call_id] = call
    run.recount(call)
    run.counts["dialled"] += 1
    if agent is not None:
        agent.call_id = call.call_id
    if run.state is CampaignState.STOPPED:
        why = "the campaign was stopped before the call was sent"
        on_ended(run, call, Ended(call.call_id, now, EndReason.CANCELLED, why), now)
        return
    ring = int(run.campaign.ring)
    run.send(
        order.node,
        Originate(
            call.call_id, order.candidate.number, order.trunk, order.caller_id, ring, run.amd
        ),
    )


def refill(run: Run, now: datetime) -> None:
    wanted = run.hopper.wants(now)
    if wanted:
        run.hopper.refilling = True
        run.emit(Refill(wanted, run.hopper.held))


def refilled(
    run: Run, candidates: Sequence[Candidate], next_due: datetime | None, now: datetime
) -> None:
    """The list has answered a refill; where nothing is left to do, the campaign is finished."""
    run.hopper.refill(candidates, next_due, now)
    run.due = True
    busy = run.calls or run.claiming or any(run.floor.count(state) for state in AT_WORK)
    over = not run.hopper.waiting and next_due is None and not busy
    if over and run.state is CampaignState.RUNNING:
        run.state = CampaignState.FINISHED
        run.emit(StateChanged(now, run.state, "every lead of the list is done"))


def dial_order(
    run: Run, candidate: Candidate, now: datetime, agent: Agent | None
) -> DialOrder | None:
    """Book a line for a candidate; None when there is none.

    A call can only be taken by an agent on the same PBX. Calls therefore go to the node with the
    most agents to spare, and a booked agent's call to that agent's node. (The guard holds over
    several nodes as over one: agents to spare less calls uncovered is the same sum.)
    """
    line = run.lines.take(now, [agent.node] if agent is not None else _nodes(run))
    if line is None:
        return None
    ids = run.campaign.caller_ids
    run.counts["ordered"] += 1
    caller_id = ids[run.counts["ordered"] % len(ids)]
    if agent is None:
        run.claiming_on[line[0]] += 1
    return DialOrder(
        candidate, line[0], line[1], caller_id, agent.name if agent is not None else None
    )


def _nodes(run: Run) -> list[str]:
    """The nodes that are up, those with most free agents beyond the calls in flight there first."""
    if len(run.campaign.pbx) == 1:
        return list(run.lines.up)
    spare = Counter({node: -run.claiming_on[node] for node in run.lines.up})
    spare.update(a.node for a in run.floor.ready() if a.leaving is Leaving.NO)
    spare.subtract(call.node for call in run.asking.values())
    return sorted(run.lines.up, key=lambda n: (-spare[n], run.lines.calls_on.get(n, 0), n))


def _orders(run: Run, calls: int, now: datetime) -> list[DialOrder]:
    """Up to `calls` dial orders. A candidate that nobody free has the skills for waits."""
    orders: list[DialOrder] = []
    able = _able(run) if run.hopper.has_parked else []
    while len(orders) < calls and (candidate := run.hopper.pop(able)) is not None:
        order = _book(run, candidate, now)
        if order is not None:
            orders.append(order)
        elif _nobody(candidate, able := _able(run)):
            run.hopper.park(candidate)
        else:
            run.hopper.put_back(candidate)  # no line, where an agent would be
            break
    return orders


def _nobody(candidate: Candidate, able: Sequence[frozenset[str]]) -> bool:
    """Whether the candidate wants a skill that none of the free agents has."""
    return bool(candidate.skills) and not any(candidate.skills <= skills for skills in able)


def _able(run: Run) -> list[frozenset[str]]:
    """The skills of each agent who is free and stays."""
    return [a.skills for a in run.floor.ready() if a.leaving is Leaving.NO]


def _book(run: Run, candidate: Candidate, now: datetime) -> DialOrder | None:
    """An order for a candidate. One that needs skills gets an agent booked from the start.

    The guard counts agents, not their skills: a call that only some of the free agents can
    take is therefore never in flight without one of them set aside for it.
    """
    if not candidate.skills:
        return dial_order(run, candidate, now, None)
    agent = run.floor.longest_idle(candidate.skills)
    if agent is None or agent.leaving is not Leaving.NO:
        return None
    order = dial_order(run, candidate, now, agent)
    if order is not None:
        agent.booked = candidate.lead_id
        run.move(agent, AgentState.RESERVED, now, "booked")
    return order


def _come_back(run: Run, at: datetime) -> None:
    if not run.pace_armed:
        run.pace_armed = True
        run.timers.set(at, Timer.PACE)


def _settle(run: Run, order: DialOrder) -> None:
    run.claiming -= 1
    run.hopper.let_go(order.candidate.lead_id)
    if order.agent is not None:
        run.claiming_booked -= 1
    else:
        run.claiming_on[order.node] -= 1


def _unbook(run: Run, order: DialOrder, now: datetime) -> None:
    agent = _booked(run, order)
    if agent is not None:
        free(run, agent, now)


def _booked(run: Run, order: DialOrder) -> Agent | None:
    """The agent set aside for an order, if nothing has come between since."""
    agent = run.floor.get(order.agent) if order.agent else None
    if agent is None or agent.state is not AgentState.RESERVED or agent.call_id is not None:
        return None
    return agent if agent.booked == order.candidate.lead_id else None


def _figures(seen: View) -> dict[str, float]:
    return {
        "free": seen.free,
        "in_flight": seen.in_flight,
        "talking": seen.talking,
        "wrapping": seen.wrapping,
        "waiting": seen.waiting,
        "live": seen.live,
        "abandoned": seen.abandoned,
        "lines": seen.lines,
    }
