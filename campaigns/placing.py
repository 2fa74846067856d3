"""Placing calls: pacing, the hopper, the claim, the originate."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from campaigns.agents import Agent, Leaving
from campaigns.call_life import UNANSWERED, CallState
from campaigns.effects import AgentState, Claim, PacingDecided, Refill, StateChanged
from campaigns.leads import Attempt, Candidate, DialOrder, Refusal
from campaigns.orders import CampaignState
from campaigns.pacing import View, decide
from campaigns.rules import rule_of
from campaigns.run import Call, Run, seconds
from campaigns.spec import Mode
from campaigns.timers import Timer
from connectors.calls import Originate


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
    calls = run.asking.values()
    answered = [c.state for c in calls if c.state not in UNANSWERED]
    ages = [now - c.attempt.placed_at for c in calls if c.state in UNANSWERED]
    return answered, tuple(map(timedelta.total_seconds, ages))


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
    call = Call(attempt, run.day_of(attempt.placed_at), now, agent=order.agent)
    run.calls[call.call_id] = call
    run.recount(call)
    run.counts["dialled"] += 1
    agent = run.floor.get(order.agent) if order.agent else None
    if agent is not None:
        agent.call_id = call.call_id
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
    over = not len(run.hopper) and next_due is None and not run.calls and not run.claiming
    if over and run.state is CampaignState.RUNNING:
        run.state = CampaignState.FINISHED
        run.emit(StateChanged(now, run.state, "every lead of the list is done"))


def dial_order(
    run: Run, candidate: Candidate, now: datetime, agent: str | None
) -> DialOrder | None:
    """Book a line for a candidate; None when there is none."""
    line = run.lines.take(now)
    if line is None:
        return None
    ids = run.campaign.caller_ids
    run.counts["ordered"] += 1
    caller_id = ids[run.counts["ordered"] % len(ids)]
    return DialOrder(candidate, line[0], line[1], caller_id, agent)


def _orders(run: Run, calls: int, now: datetime) -> list[DialOrder]:
    """Up to `calls` dial orders. A candidate that nobody free has the skills for waits."""
    orders: list[DialOrder] = []
    for _ in range(len(run.hopper)):
        candidate = run.hopper.pop() if len(orders) < calls else None
        if candidate is None:
            break
        order = _book(run, candidate, now)
        if order is None:
            run.hopper.put_back(candidate, last=bool(candidate.skills))
            if not candidate.skills:
                break
        else:
            orders.append(order)
    return orders


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
    order = dial_order(run, candidate, now, agent.name)
    if order is not None:
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


def _unbook(run: Run, order: DialOrder, now: datetime) -> None:
    agent: Agent | None = run.floor.get(order.agent) if order.agent else None
    if agent is not None and agent.state is AgentState.RESERVED:
        agent.preview = None
        run.move(agent, AgentState.READY, now)


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
